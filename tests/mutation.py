"""Puts mistakes into the core, one at a time, and tells which of them no unit test notices.

Each argument is a module, such as ``mfa.domain.policies``; without one it is the whole core. What was tried stays tried
(``mutants/``), so a run of the whole core that was ended goes on where it was; a module that is named is tried anew.
What was found is in docs/development.md.
"""

import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from _pytest.config import get_config
from mutmut import __main__ as mutmut
from mutmut.runners.harness import PytestRunner
from mutmut.state import state
from mutmut.workers import isolation

ROOT = Path(__file__).resolve().parent.parent
MUTANTS = ROOT / "mutants" / "src"
LEAST = 0.95

PATIENCE = 20
"""How much longer than mutmut waits by the clock: a loop ends by what it computes, however busy the machine is."""

FAILED, UNTRIED = 1, None
TOO_LONG = {-signal.SIGXCPU, -signal.SIGKILL}
"""What mutmut notes of a mistake: a test failed; it has not come to it yet; a test took too long, as in a loop."""


class CollectedOnce(PytestRunner):  # type: ignore[misc] # mutmut is there only where it runs
    """Collects the tests once; each mistake is tried in a fork of the process that did, where no test has run yet.

    mutmut itself collects for each mistake anew. That takes longer than the tests do, and what is not found then, as it
    is called otherwise the second time, it takes for a mistake that was noticed.
    """

    _session: pytest.Session | None = None

    def warm_up(self) -> None:
        """Collect."""
        os.chdir(ROOT / "mutants")
        arguments = ["--rootdir=.", "-q", "--capture=no", "--tb=no", *self._pytest_add_cli_args]
        config = get_config(arguments)
        config.parse([*arguments, *self._pytest_add_cli_args_test_selection])
        self._session = pytest.Session.from_config(config)
        config._do_configure()
        config.hook.pytest_sessionstart(session=self._session)
        config.hook.pytest_collection(session=self._session)

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        """Run tests, or all, the quickest first, until one fails."""
        if self._session is None:
            self.warm_up()
        assert self._session is not None
        known = {item.nodeid: item for item in self._session.items}
        items = [known[name] for name in sorted(tests or known, key=state().duration_by_test.__getitem__)]
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._session.testsfailed:
                return 1
        return 0


class Module(NamedTuple):
    name: str
    tried: int
    too_long: int
    survivors: list[str]

    @property
    def share(self) -> float:
        return 1 - len(self.survivors) / max(self.tried, 1)


def modules(chosen: Sequence[str]) -> Iterator[Module]:
    """Yield what was found out about each module so far."""
    for file in sorted(MUTANTS.rglob("*.meta")):
        name = ".".join(file.relative_to(MUTANTS).with_suffix("").with_suffix("").parts)
        ends = {key: end for key, end in json.loads(file.read_text())["exit_code_by_key"].items() if end is not UNTRIED}
        if ends and (not chosen or name.startswith(tuple(chosen))):
            too_long = sum(end in TOO_LONG for end in ends.values())
            yield Module(
                name, len(ends), too_long, [key for key, end in ends.items() if end not in {FAILED, *TOO_LONG}]
            )


def main(chosen: list[str]) -> int:
    os.chdir(ROOT)
    isolation.PytestRunner = CollectedOnce
    wait_for = isolation.register_timeout
    isolation.register_timeout = lambda process, seconds: wait_for(process, PATIENCE * seconds)
    mutmut._run([f"{name}*" for name in chosen], os.cpu_count())
    found = list(modules(chosen))
    for module in found:
        for survivor in module.survivors:
            print(mutmut.get_diff_for_mutant(survivor))
    total = Module(
        "all",
        sum(each.tried for each in found),
        sum(each.too_long for each in found),
        [survivor for each in found for survivor in each.survivors],
    )
    print(f"\n{'module':<45} {'mistakes':>8} {'too long':>8} {'survive':>8} {'noticed':>8}")
    for each in (*found, total):
        print(f"{each.name:<45} {each.tried:>8} {each.too_long:>8} {len(each.survivors):>8} {each.share:>8.1%}")
    return int(total.share < LEAST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
