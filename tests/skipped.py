"""What one run has skipped, another one runs and nothing else: a plugin, ``pytest -p tests.skipped``.

Each run leaves the names of what it skipped. Where ``MFA_EARLIER`` is the folder of an earlier run, the tests that
were skipped there are chosen; it is an error where one of them is not to be found, for it would be run nowhere.
"""

import json
import os
from pathlib import Path

import pytest

FILE = ".skipped"

_skipped: set[str] = set()


def skipped(folder: str) -> list[str]:
    """The names of what the last run in a folder has skipped."""
    names: list[str] = json.loads(Path(folder, FILE).read_text())
    return names


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    earlier = os.environ.get("MFA_EARLIER")
    if not earlier:
        return
    names = {*skipped(earlier)}
    if unknown := names - {item.nodeid for item in items}:
        raise pytest.UsageError("skipped earlier, and not to be found: " + ", ".join(sorted(unknown)))
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in names])
    items[:] = [item for item in items if item.nodeid in names]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        _skipped.add(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # the process that hears of what the others have run
        (session.config.rootpath / FILE).write_text(json.dumps(sorted(_skipped)))
