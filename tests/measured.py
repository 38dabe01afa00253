"""Measures what the tests run of the package, in each process of pytest; in one of them from before Django is set up.

A plugin: ``PYTEST_PLUGINS=tests.measured``. Each process leaves a file of its own for ``coverage combine``.
"""

import os
import sys
from collections.abc import Generator

import coverage
import pytest

UNMEASURED = (
    "tests/docs/",
    "tests/fuzz/",
    "tests/integration/attacks/",
    "tests/integration/benchmarks/",
    "tests/integration/browser/",
    "tests/integration/conformance/",
    "tests/integration/demo/",
    "tests/integration/django/test_commands_half_way.py",
    "tests/integration/django/test_migrations.py",
    "tests/integration/django/test_projects.py",
    "tests/integration/django/test_third_party.py",
    "tests/integration/drf/test_audit.py",
    "tests/integration/drf/test_events.py",
    "tests/integration/drf/test_foreign_indexes.py",
    "tests/integration/drf/test_gate.py",
    "tests/integration/drf/test_hostile_input.py",
    "tests/integration/drf/test_transactions.py",
    "tests/integration/drf/test_webauthn.py",
    "tests/integration/e2e/",
    "tests/integration/histories/",
    "tests/integration/openapi/test_client.py",
    "tests/integration/openapi/test_conformance.py",
    "tests/integration/pages/test_guards.py",
    "tests/integration/pages/test_languages.py",
    "tests/integration/promises/",
    "tests/integration/recipes/",
    "tests/integration/testing/test_team.py",
    "tests/integration/tokens/test_lives.py",
    "tests/integration/tokens/test_login_races.py",
    "tests/integration/tokens/test_login_statements.py",
    "tests/integration/tokens/test_passkey_logins.py",
    "tests/integration/tokens/test_statements.py",
    "tests/integration/tokens/test_trusts.py",
    "tests/unit/adapters/webauthn/test_vectors.py",
    "tests/unit/adapters/webauthn/test_witness.py",
    "tests/unit/architecture/",
    "tests/unit/domain/test_guessing.py",
    "tests/unit/domain/test_methods.py",
    "tests/unit/test_catalogues.py",
    "tests/unit/test_distribution.py",
)
"""What takes long and reaches no line that the others leave out: to measure it would only take longer."""

ONLY_SERVERS_REACH = (
    "tests/integration/django/test_fields.py",
    "tests/integration/django/test_prepared.py",
    "tests/integration/tokens/test_authtoken.py",
)
"""On servers, where everything runs again, what reaches the lines that SQLite does not."""

_ON_A_SERVER = os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite"

_IMPORTS = not _ON_A_SERVER and os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
"""Whether this process measures what runs while tests are collected, which is the same in each."""

_measured = coverage.Coverage(data_suffix=True)
_measured.set_option("run:disable_warnings", ["module-not-measured"])  # where another process measures the imports
_measuring = False


def _measure(*, now: bool) -> None:
    """Begin to measure, or end it; between two tests of a kind neither is done, for it would take long."""
    global _measuring  # noqa: PLW0603 - a process measures or it does not
    if now == _measuring:
        return
    _measuring = now
    if now:
        forget()
        _measured.start()
    else:
        _measured.stop()


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("numprocesses", None):  # others run the tests, and this one hears of them
        _measure(now=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    _measure(now=_measures(item.nodeid))


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: "pytest.FixtureDef[object]") -> Generator[None, object, object]:
    """Measure how the database is made, whichever test is the first to need one."""
    before = _measuring
    if fixturedef.argname == "django_db_setup" and not _ON_A_SERVER:
        _measure(now=True)
    try:
        return (yield)
    finally:
        _measure(now=before)


def forget() -> None:
    """Empty the caches of the package, or what an unmeasured test has filled would not be run when it is measured.

    Those of the settings' rules stay: they are filled while the package is imported, and two rules are never equal.
    """
    for name, module in [*sys.modules.items()]:
        if name.partition(".")[0] == "mfa" and name != "mfa.config":
            for each in vars(module).values():
                getattr(each, "cache_clear", int)()


def _measures(test: str) -> bool:
    return test.startswith(ONLY_SERVERS_REACH) if _ON_A_SERVER else not test.startswith(UNMEASURED)


def pytest_unconfigure() -> None:
    _measure(now=False)
    _measured.save()


if _IMPORTS:
    _measure(now=True)
