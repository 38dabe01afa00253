"""Puts mistakes into the core, one at a time, and tells which of them no unit test notices.

Each argument is a module, such as ``mfa.domain.policies``; without one it is the whole core. What was tried stays tried
(``mutants/``), so a run of the whole core that was ended goes on where it was; a module that is named is tried anew.
What was found is in docs/development.md.
"""

import json
import os
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
MUTANTS = ROOT / "mutants" / "src"
MUTMUT = Path(sys.executable).with_name("mutmut")
LEAST = 0.95

UNNOTICED, UNTRIED = {0, 5, 33}, None
"""What mutmut notes of a mistake that all tests overlooked or none reached, and of one that it has not come to yet."""


class Module(NamedTuple):
    name: str
    tried: int
    survivors: list[str]

    @property
    def share(self) -> float:
        return 1 - len(self.survivors) / self.tried


def modules(chosen: Sequence[str]) -> Iterator[Module]:
    """Yield what was found out about each module so far."""
    for file in sorted(MUTANTS.rglob("*.meta")):
        name = ".".join(file.relative_to(MUTANTS).with_suffix("").with_suffix("").parts)
        ends = {key: end for key, end in json.loads(file.read_text())["exit_code_by_key"].items() if end is not UNTRIED}
        if ends and (not chosen or name.startswith(tuple(chosen))):
            yield Module(name, len(ends), [key for key, end in ends.items() if end in UNNOTICED])


def names() -> list[str]:
    """Return what the tests are called that look for mistakes."""
    found: list[str] = []

    class Names:
        def pytest_collection_finish(self, session: pytest.Session) -> None:
            found.extend(item.nodeid for item in session.items)

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]
    arguments = [*settings["pytest_add_cli_args"], *settings["pytest_add_cli_args_test_selection"]]
    with redirect_stdout(StringIO()) as told:
        failed = pytest.main([f"--rootdir={ROOT}", "--collect-only", *arguments], plugins=[Names()])
    if failed:
        raise SystemExit(told.getvalue())
    return found


def unstable() -> list[str]:
    """Return the tests that a process which collects twice calls otherwise the second time.

    Then mutmut, which does so, asks for tests that there are not, and takes the error for a mistake that was noticed.
    pytest escapes a backslash again in names that a function has made (``ids=ascii``).
    """
    once = names()
    return sorted({*once} - {*names()})


def run(*arguments: str) -> int:
    return subprocess.run([MUTMUT, *arguments], cwd=ROOT, check=False).returncode


def main(chosen: list[str]) -> int:
    if renamed := unstable():
        print("name these tests without a backslash:", *renamed, sep="\n")
        return 2
    if failed := run("run", "--max-children", str(os.cpu_count()), *(f"{name}*" for name in chosen)):
        return failed
    found = list(modules(chosen))
    for module in found:
        for survivor in module.survivors:
            run("show", survivor)
    total = Counter(tried=sum(each.tried for each in found), survived=sum(len(each.survivors) for each in found))
    print(f"\n{'module':<45} {'mistakes':>8} {'survive':>8} {'noticed':>8}")
    for each in found:
        print(f"{each.name:<45} {each.tried:>8} {len(each.survivors):>8} {each.share:>8.1%}")
    share = 1 - total["survived"] / max(total["tried"], 1)
    print(f"{'all':<45} {total['tried']:>8} {total['survived']:>8} {share:>8.1%}")
    return int(share < LEAST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
