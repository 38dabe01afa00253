"""Reads the models, and has Spin and a C compiler verify them.

A model is compiled once. Which rule is left out of it, if any, is told the verifier that comes of that when it starts
(``store.pml``), so a mistake costs a run and no compilation. Every state is looked at: none is left out by a reduction.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parent
SHARED = "store.pml"

DEEPEST = 200_000
"""Steps of the longest history; a search that would have to go deeper fails."""

PATIENCE = 120
"""Seconds that a run may take; it takes less than one."""

_RULE = re.compile(r"^#define ([A-Z_]+) (\d+) +/\* ([a-z_]+) \*/$", re.MULTILINE)
_PROPERTY = re.compile(r"^ltl ([a-z_]+) { (.+) }$", re.MULTILINE)


class Unverified(Exception):
    """A run that tells nothing: it was not complete, or did not begin."""


class Rule(NamedTuple):
    """A rule that can be left out, the number by which it is, and the property that breaks then."""

    name: str
    number: int
    breaks: str


class Property(NamedTuple):
    """What holds of a model, as a formula of linear temporal logic."""

    name: str
    formula: str

    @property
    def live(self) -> bool:
        """Tell whether it says that something happens some time, and not only that something never does."""
        return "<>" in self.formula


class Model(NamedTuple):
    """A model: its rules, in the order of their numbers, and its properties."""

    name: str
    rules: tuple[Rule, ...]
    properties: tuple[Property, ...]

    @classmethod
    def read(cls, path: Path) -> "Model":
        """Read a model; raises ``Unverified`` where rules are not numbered from 1 on, or break what is no property."""
        text = path.read_text()
        rules = tuple(Rule(name, int(number), breaks) for name, number, breaks in _RULE.findall(text))
        model = cls(path.stem, rules, tuple(Property(*found) for found in _PROPERTY.findall(text)))
        if [each.number for each in rules] != [*range(1, len(rules) + 1)]:
            raise Unverified(f"{path.name}: the rules are not numbered one after another")
        if {each.breaks for each in rules} != {each.name for each in model.properties}:
            raise Unverified(f"{path.name}: each rule breaks one of the properties, and each property has a rule")
        return model

    def rule(self, name: str) -> Rule:
        """Return a rule by its name; raises ``KeyError``."""
        return {each.name: each for each in self.rules}[name]

    def property(self, name: str) -> Property:
        """Return a property by its name; raises ``KeyError``."""
        return {each.name: each for each in self.properties}[name]


class Run(NamedTuple):
    """What came of a run: how many states were met, and whether the property holds in all of them."""

    states: int
    holds: bool


def models() -> list[Model]:
    """Read all models, by their names."""
    return [Model.read(path) for path in sorted(FOLDER.glob("*.pml")) if path.name != SHARED]


def absence() -> str | None:
    """Say what has to be installed, as the end of a sentence; None where nothing has."""
    if shutil.which("spin") is None:
        return "Spin is not on the PATH (on Debian: apt-get install spin)"
    if _compiler() is None:
        return "a C compiler is not on the PATH (on Debian: apt-get install gcc libc6-dev)"
    return None


class Verifier:
    """Verifies one model in a folder of its own."""

    def __init__(self, model: Model, folder: Path) -> None:
        self._model = model
        self._folder = folder
        for name in (SHARED, f"{model.name}.pml"):
            shutil.copy(FOLDER / name, folder)
        compiler = _compiler()
        _run([shutil.which("spin") or "spin", f"-P{compiler} -E -x c", "-a", f"{model.name}.pml"], folder)
        if not (folder / "pan.c").exists():
            raise Unverified(f"{model.name}: Spin makes no verifier of it")
        self._safe = not any(each.live for each in model.properties)

    def verify(self, found: Property, *, without: Rule | None = None) -> Run:
        """Search all histories for one in which a property does not hold, where a rule is left out; stop at the first.

        Raises ``Unverified`` where the search is not complete.
        """
        said = self._search("pan", found, without)
        return Run(states=int(re.findall(r"(\d+) states, stored", said)[0]), holds=not _errors(said))

    def history(self, without: Rule) -> list[str]:
        """Tell of a history in which the property breaks that hangs on a rule: of a shortest, where that is known."""
        found = self._model.property(without.breaks)
        program = "pan" if found.live else "shortest"
        self._search(program, found, without)
        told = _run([f"./{program}", "-r", "-N", found.name], self._folder, without)
        cycle = "from here on again and again:"
        return [
            cycle if "START OF CYCLE" in line else line for line in told.splitlines() if re.match("- |<+START", line)
        ]

    def _search(self, program: str, found: Property, without: Rule | None) -> str:
        if not (self._folder / program).exists():
            flags = [
                *(["-DBFS"] if program == "shortest" else []),
                *(["-DSAFETY"] if self._safe or program == "shortest" else []),
            ]
            _run([_compiler() or "cc", "-O1", "-w", "-DNOREDUCE", *flags, "-o", program, "pan.c"], self._folder)
        live = ["-a", "-f"] if found.live else []
        said = _run([f"./{program}", f"-m{DEEPEST}", "-w20", *live, "-N", found.name], self._folder, without)
        complete = "Search not completed" not in said and "too small" not in said
        if "errors:" not in said or not (_errors(said) or complete):
            raise Unverified(f"{self._model.name}, {found.name}: the search is not complete\n{said}")
        return said


class Verdict(NamedTuple):
    """What came of a model: of each property, and of each rule when it is left out."""

    model: Model
    properties: dict[str, Run]
    rules: dict[str, Run]

    def wrong(self) -> Iterator[str]:
        """Say what is not as it has to be."""
        for name, run in self.properties.items():
            if not run.holds:
                yield f"{self.model.name}: {name} does not hold"
        for rule in self.model.rules:
            if self.rules[rule.name].holds:
                yield f"{self.model.name}: nobody misses {rule.name}, without which {rule.breaks} holds all the same"


def judged(model: Model, folder: Path) -> Verdict:
    """Verify every property of a model, and see that each rule is missed; raises ``Unverified``."""
    verifier = Verifier(model, folder)
    properties = {each.name: verifier.verify(each) for each in model.properties}
    rules = {each.name: verifier.verify(model.property(each.breaks), without=each) for each in model.rules}
    return Verdict(model, properties, rules)


def _compiler() -> str | None:
    return next((each for each in ("cc", "gcc", "clang") if shutil.which(each)), None)


def _errors(said: str) -> int:
    return int(re.findall(r"errors: (\d+)", said)[0])


def _run(command: list[str], folder: Path, without: Rule | None = None) -> str:
    """Run a program, and return what it says; raises ``Unverified`` where it takes too long."""
    environment = {**os.environ, "WITHOUT": str(without.number if without else 0)}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unverified(f"{' '.join(command)} took longer than {PATIENCE} seconds") from None
    return done.stdout
