"""What the promises share: the table that their tests fill in, and the project that they are tried on."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest
from pytest_django import Settings

from tests.integration.promises.deployment import Deployment, own_database, served
from tests.integration.promises.stage import InProcess, Stage
from tests.integration.promises.table import DATABASE, FILE, Table
from tests.projects.promises.settings import MFA, MIDDLEWARE, ROOT_URLCONF

TABLE = Table()


class Record(Protocol):
    def __call__(
        self,
        promise: str,
        *,
        attempts: int,
        answers: Mapping[str, int] | Iterable[object] = (),
        violations: Sequence[str] = (),
        database: str = DATABASE,
    ) -> None: ...


@pytest.fixture
def record() -> Record:
    """To be called for a row of the table: ``record("1 one value, one token: totp", attempts=20, …)``.

    A promise begins with its number in the contract. ``answers`` are counts by name, or just the answers themselves.
    ``violations`` are sentences; the test fails of them once they stand in the table. What is told under one name of
    one database is added up.
    """

    def record(
        promise: str,
        *,
        attempts: int,
        answers: Mapping[str, int] | Iterable[object] = (),
        violations: Sequence[str] = (),
        database: str = DATABASE,
    ) -> None:
        counted = answers if isinstance(answers, Mapping) else Counter(map(str, answers))
        TABLE.add(promise, attempts=attempts, answers=counted, violations=violations, database=database)
        if violations:
            pytest.fail("\n".join([f"{promise}, on {database}:", *violations]), pytrace=False)

    return record


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where all processes find the time and leave the codes that they send."""
    folder = tmp_path_factory.mktemp("promises")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROMISES_FOLDER", str(folder))
        yield folder


@pytest.fixture(scope="session")
def own(folder: Path) -> Iterator[str]:
    """The name of a database that no other test knows."""
    with own_database(folder) as name:
        yield name


@pytest.fixture(scope="session")
def deployment(folder: Path, own: str) -> Iterator[Deployment]:
    """Four processes."""
    with served(folder, own, "deployment") as deployment:
        yield deployment


@pytest.fixture(scope="session")
def fragile(folder: Path, own: str) -> Iterator[Deployment]:
    """Four more, with ``ATOMIC_REQUESTS``, that soon lose their patience with locks and with silent workers."""
    more = {"PROMISES_ATOMIC_REQUESTS": "1", "PROMISES_LOCK_TIMEOUT": "1"}
    with served(folder, own, "fragile", timeout=10, **more) as deployment:
        yield deployment


@pytest.fixture
def stage(folder: Path, settings: Settings, transactional_db: None) -> Stage:
    """The same project in this process, with the tokens of Django REST framework: one for each user."""
    settings.MFA = {**MFA, "TOKEN_PROVIDER": "authtoken"}
    settings.MIDDLEWARE = MIDDLEWARE
    settings.ROOT_URLCONF = ROOT_URLCONF
    return Stage(InProcess(), folder)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not TABLE.rows:
        return
    if FILE is not None:
        TABLE.write(Path(FILE))
    terminalreporter.section("promises")
    terminalreporter.write_line(str(TABLE))
