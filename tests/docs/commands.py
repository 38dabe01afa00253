"""The commands that pages type: ``console`` blocks, with a prompt before each, and its answer after it if it is told.

Those of ``manage.py`` with an answer are run; what they say on the standard error is part of it. What is shown without
one need not have anything to say here, such as an import from a package that is not there: then the command is taken
apart as its program would take it apart.
"""

import io
import json
import re
import shlex
import tomllib
from typing import Any

from django.core.management import call_command, get_commands, load_command_class
from packaging.requirements import Requirement

from mfa.config import IMPORT_SOURCES
from tests.docs.pages import ROOT, Block, fits, typed

PROMPT = "$ python manage.py "

OTHERS = {
    "docker compose up --detach --wait",
    "npm ci",
    "pytest",
    "python -W error::DeprecationWarning -m pytest",
}
"""Commands of other programs, in which nothing is ours."""


def has_commands(block: Block) -> bool:
    return block.language == "console" and block.text.startswith(PROMPT)


def take_apart(command: str) -> None:
    """Look at what a command names: a program, and of ours what it is told; fails where there is no such thing.

    Raises:
        CommandError: ``manage.py`` would not understand it.

    """
    words = shlex.split(command.partition(" < ")[0], comments=True)
    match words:
        case ["python", "manage.py", name, *rest]:
            assert name in get_commands(), command
            told = load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(rest)
            assert name != "mfa_import" or told.source in IMPORT_SOURCES, command
        case ["kubectl", "exec", _, "--", *inner]:
            take_apart(shlex.join(inner))
        case ["make", target]:
            assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE), command
        case ["pip", "install", wanted]:
            project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
            requirement = Requirement(wanted)
            assert requirement.name == project["name"], command
            assert requirement.extras <= project["optional-dependencies"].keys(), command
        case ["npm", "install", package]:
            assert package == _package("packages/js")["name"], command
        case ["npm", "run", script]:
            assert script in _package("examples/react")["scripts"], command
        case ["cd", folder]:
            assert (ROOT / folder).is_dir(), command
        case _:
            assert shlex.join(words) in OTHERS, command


def options(name: str) -> set[str]:
    """Return the options of a command of ``manage.py``."""
    return {*load_command_class(get_commands()[name], name).create_parser("manage.py", name)._option_string_actions}


def _package(folder: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((ROOT / folder / "package.json").read_text())


def shown_by(command: str) -> str:
    """Run a command, as it stands behind the prompt, and return what a terminal shows of it."""
    shown = io.StringIO()
    call_command(*shlex.split(command.removeprefix(PROMPT[2:])), stdout=shown, stderr=shown, no_color=True)
    return shown.getvalue()


def type_all(block: Block) -> None:
    """Run what a block types, each with what it answers; what has no answer is taken apart alone."""
    for line in typed(block):
        take_apart(line.command)
        if not line.answer:
            continue
        shown = shown_by(line.command)
        assert fits(line.answer, shown), f"{line.place}\n$ {line.command}\n{shown}\nis not\n{line.answer}"
