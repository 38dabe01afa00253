"""Fixtures for every test: what it needs beside Python, or a reason to skip it."""

import gc
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.management.commands import flush
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker
from xdist.scheduler import LoadScopeScheduling

from tests import services

hypothesis.settings.register_profile("bounded", max_examples=int(os.environ.get("MFA_EXAMPLES", "40")), deadline=None)
hypothesis.settings.load_profile("bounded")

ROOT = Path(__file__).resolve().parent.parent

ROOMS = (
    "promises/test_promise_8_half_way",
    "promises/test_model",
    "senders/test_celery",
    "openapi/test_conformance",
    "/promises/",
    "/browser/",
    "/demo/",
    "/e2e/",
    "/benchmarks/",
    "tests/docs/",
    "/integration/",
    "/unit/",
)
"""From what takes longest, by file, to what takes next to nothing."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401 - as the plugin has it
    """Leave each file to one process, and all that meets the sites that are started once to one, too."""
    scheduling = LoadScopeScheduling(config, log)
    scheduling._split_scope = lambda nodeid: "e2e" if "/e2e/" in nodeid else nodeid.partition("::")[0]
    return scheduling


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Look for garbage neither while thousands of tests are collected, nor ever again among what stays to the end."""
    gc.disable()
    try:
        if worker := getattr(session.config, "workerinput", None):
            _import_a_part(session.config.args, int(worker["workerid"].removeprefix("gw")), worker["workercount"])
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _import_a_part(folders: Iterable[str], number: int, processes: int) -> None:
    """Compile a part of the tests before all else, for each process collects everything and finds what others have."""
    files = sorted(file for folder in folders for file in Path(folder).resolve().rglob("test_*.py"))
    for file in files[number::processes]:
        import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that processes that share the files end together; otherwise leave the order."""
    items.sort(key=lambda item: next((rank for rank, room in enumerate(ROOMS) if room in item.nodeid), 0))


@pytest.fixture(scope="session")
def as_installed() -> None:
    """Refuse to make the database for other apps than those of the run: whatever follows would find other tables."""
    assert settings.INSTALLED_APPS == import_module(os.environ["DJANGO_SETTINGS_MODULE"]).INSTALLED_APPS, (
        "a fixture has other apps installed, and has not asked for django_db_setup before"
    )


@pytest.fixture(scope="session")
def django_db_setup(as_installed: None, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Empties tables quickly after a test that commits, and ends what still hangs on the database before it is dropped.

    Django would have PostgreSQL truncate the tables, which makes their files anew, and make all content types and
    permissions anew, which nobody has changed. And PostgreSQL may notice only late that a process is gone which a test
    has killed in the middle of a statement.
    """
    given = connection.ops.sql_flush

    def emptied(style: Any, tables: Iterable[str], **how: bool) -> list[str]:  # noqa: ANN401 - as Django has it
        changed = [table for table in tables if table not in {"django_content_type", "auth_permission"}]
        if connection.vendor == "postgresql":  # foreign keys are looked at when it is committed
            return [f"DELETE FROM {connection.ops.quote_name(table)}" for table in changed]  # noqa: S608 - our tables
        return given(style, changed, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection.ops, "sql_flush", emptied)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
        yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session")
def require_service() -> Callable[[str], None]:
    """To be called with the name of a service: skips the test without it, or fails it where MFA_REQUIRE names it."""
    return services.require


@pytest.fixture(scope="session")
def oathtool() -> str:
    """The path of oathtool, a second opinion on one-time passwords."""
    services.require("oathtool")
    path = shutil.which("oathtool")
    assert path is not None
    return path


@pytest.fixture(scope="session")
def redis_url() -> str:
    """Where Redis answers."""
    services.require("redis")
    return f"redis://{services.REDIS}/0"
