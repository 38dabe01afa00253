"""What one run has skipped, another one runs and nothing else: a plugin, ``PYTEST_PLUGINS=tests.skipped``.

Each run leaves the names of what it skipped. Where ``MFA_EARLIER`` is the folder of an earlier run, the tests that
were skipped there are chosen; it is an error where one of them is not to be found, for it would be run nowhere.
"""

import json
import os
from pathlib import Path

import pytest

FILE = ".skipped"

_skipped: set[str] = set()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    earlier = os.environ.get("MFA_EARLIER")
    if not earlier:
        return
    chosen = {*json.loads(Path(earlier, FILE).read_text())}
    if unknown := chosen - {item.nodeid for item in items}:
        raise pytest.UsageError("skipped earlier, and not to be found: " + ", ".join(sorted(unknown)))
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in chosen])
    items[:] = [item for item in items if item.nodeid in chosen]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        _skipped.add(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # the process that hears of what the others have run
        (session.config.rootpath / FILE).write_text(json.dumps(sorted(_skipped)))
