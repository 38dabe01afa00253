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


def rehearse() -> int:
    """Run the tests twice in one process, the second time by their names, as mutmut does; return how pytest ended.

    A test that fails then, or is not found because it is called otherwise, would notice every mistake.
    """
    names: list[str] = []

    class Names:
        def pytest_collection_finish(self, session: pytest.Session) -> None:
            names.extend(item.nodeid for item in session.items)

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]
    arguments = ["-q", f"--rootdir={ROOT}", *settings["pytest_add_cli_args"]]
    tests = settings["pytest_add_cli_args_test_selection"]
    return pytest.main([*arguments, *tests], plugins=[Names()]) or pytest.main([*arguments, *names])


def run(*arguments: str) -> int:
    return subprocess.run([MUTMUT, *arguments], cwd=ROOT, check=False).returncode


def main(chosen: list[str]) -> int:
    if failed := rehearse():
        return failed
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
