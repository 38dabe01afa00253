"""Measures what the tests run of the package, in each process of pytest, and from before Django is set up.

A plugin: ``PYTEST_PLUGINS=tests.measured``. Each process leaves a file of its own for ``coverage combine``.
"""

import os
import sys
from collections.abc import Iterator

import coverage
import pytest

UNMEASURED = (
    "tests/docs/",
    "tests/integration/benchmarks/",
    "tests/integration/browser/",
    "tests/integration/demo/",
    "tests/integration/django/test_notices.py",
    "tests/integration/drf/test_audit.py",
    "tests/integration/drf/test_events.py",
    "tests/integration/drf/test_foreign_indexes.py",
    "tests/integration/drf/test_hostile_input.py",
    "tests/integration/drf/test_transactions.py",
    "tests/integration/drf/test_webauthn.py",
    "tests/integration/e2e/",
    "tests/integration/openapi/test_client.py",
    "tests/integration/openapi/test_conformance.py",
    "tests/integration/promises/",
    "tests/integration/recipes/",
    "tests/integration/tokens/test_lives.py",
    "tests/integration/tokens/test_login_statements.py",
    "tests/integration/tokens/test_passkey_logins.py",
    "tests/integration/tokens/test_statements.py",
    "tests/unit/adapters/webauthn/test_vectors.py",
    "tests/unit/domain/test_guessing.py",
    "tests/unit/domain/test_methods.py",
    "tests/unit/test_fuzz_parsers.py",
)
"""What takes long and reaches no line that the others leave out: to measure it would only take longer."""

ONLY_SERVERS_REACH = (
    "tests/integration/django/test_prepared.py",
    "tests/integration/tokens/test_authtoken.py",
)
"""On servers, where everything runs again, what reaches the lines that SQLite does not."""

_ON_A_SERVER = os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite"

_measured = coverage.Coverage(data_suffix=True)
_measured.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    if _measures(item.nodeid):
        return (yield)
    _measured.stop()
    try:
        return (yield)
    finally:
        forget()
        _measured.start()


def forget() -> None:
    """Empty the caches of the package, or what an unmeasured test has filled would not be run when it is measured."""
    for name, module in [*sys.modules.items()]:
        if name.partition(".")[0] == "mfa":
            for each in vars(module).values():
                getattr(each, "cache_clear", int)()


def _measures(test: str) -> bool:
    return test.startswith(ONLY_SERVERS_REACH) if _ON_A_SERVER else not test.startswith(UNMEASURED)


def pytest_unconfigure() -> None:
    _measured.stop()
    _measured.save()
