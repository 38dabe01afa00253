"""What the tests need beside Python: where it is, and whether it is there.

A server answers on this machine at its own port, or where the environment says: ``MFA_POSTGRESQL``, ``MFA_MARIADB``,
``MFA_REDIS``, each as ``host:port``.
"""

import importlib
import importlib.util
import os
import secrets
import shutil
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
import redis

from models import verifier


class Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @classmethod
    def of(cls, name: str, port: int) -> "Address":
        host, _, chosen = os.environ.get(f"MFA_{name.upper()}", f"127.0.0.1:{port}").rpartition(":")
        return cls(host, int(chosen))


POSTGRESQL = Address.of("postgresql", 5432)
MARIADB = Address.of("mariadb", 3306)
REDIS = Address.of("redis", 6379)
PATIENCE = 3  # seconds

PORTS = range(20_000, 32_000)
"""Below those that a system hands out by itself, which somebody else may be given at any time."""

MOVING = Path(__file__).parents[1] / ".venv" / "moving" / "bin" / "python"
"""The Python beside which other packages are installed, from which users move in."""


SITE = Path(__file__).parents[1] / ".venv" / "docs"
"""Where what makes the site of the documentation is installed, to be laid over this environment."""


def free_port() -> int:
    """Choose a port of this machine at which nobody listens; by chance, for other processes choose at the same time."""
    while True:
        port = secrets.choice(PORTS)  # ``random`` begins alike in all of them
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def absence(name: str) -> str | None:
    """Why the service cannot be used, as the end of a sentence; None where it can."""
    return _PROBES[name]()


def absences() -> dict[str, str]:
    """What cannot be used, with the reason."""
    return {name: reason for name in _PROBES if (reason := absence(name))}


def known() -> frozenset[str]:
    """Everything that can be required."""
    return frozenset(_PROBES)


def required() -> frozenset[str]:
    """The services that must be there: MFA_REQUIRE, a comma-separated list."""
    names = frozenset(filter(None, map(str.strip, os.environ.get("MFA_REQUIRE", "").split(","))))
    if unknown := names - known():
        raise ValueError(f"MFA_REQUIRE knows {', '.join(_PROBES)}; not {', '.join(sorted(unknown))}")
    return names


def require(name: str) -> None:
    """Skips the test where the service is absent; fails it where MFA_REQUIRE names the service."""
    if reason := absence(name):
        if name in required():
            pytest.fail(f"{reason}, and MFA_REQUIRE names it", pytrace=False)
        pytest.skip(reason)


def has_mariadb_client() -> bool:
    """Whether mysqlclient is installed, which is built apart from the rest."""
    return importlib.util.find_spec("MySQLdb") is not None


def _postgresql() -> str | None:
    try:
        psycopg.connect(
            host=POSTGRESQL.host, port=POSTGRESQL.port, user="postgres", dbname="postgres", connect_timeout=PATIENCE
        ).close()
    except psycopg.OperationalError as error:
        return f"PostgreSQL does not answer on {POSTGRESQL} ({_first_line(error)})"
    return None


def _mariadb() -> str | None:
    if not has_mariadb_client():
        return "MariaDB's client for Python is not installed (requirements/mariadb.txt; it needs libmariadb-dev)"
    client = importlib.import_module("MySQLdb")
    try:
        client.connect(host=MARIADB.host, port=MARIADB.port, user="root", connect_timeout=PATIENCE).close()
    except client.OperationalError as error:
        return f"MariaDB does not answer on {MARIADB} ({_first_line(error)})"
    return None


def _redis() -> str | None:
    try:
        with redis.Redis(REDIS.host, REDIS.port, socket_connect_timeout=PATIENCE) as client:
            client.ping()
    except redis.RedisError as error:
        return f"Redis does not answer on {REDIS} ({_first_line(error)})"
    return None


def _oathtool() -> str | None:
    return None if shutil.which("oathtool") else "oathtool is not on the PATH"


def _curl() -> str | None:
    return None if shutil.which("curl") and shutil.which("bash") else "curl or bash is not on the PATH"


def _node() -> str | None:
    return None if shutil.which("node") and shutil.which("npm") else "Node.js or npm is not on the PATH"


def chromium() -> tuple[str, str] | None:
    """Where Chromium and its driver are, under the names that distributions give them."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


def _chromium() -> str | None:
    return None if chromium() else "Chromium or its driver, chromedriver, is not on the PATH"


def _moving() -> str | None:
    return (
        None if MOVING.exists() else "the packages that users move in from are not installed (make .venv/moving/stamp)"
    )


def _docs() -> str | None:
    return None if (SITE / "sphinx").exists() else "what makes the site is not installed (make .venv/docs/stamp)"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


_PROBES: dict[str, Callable[[], str | None]] = {
    "postgresql": _postgresql,
    "mariadb": _mariadb,
    "redis": _redis,
    "oathtool": _oathtool,
    "curl": _curl,
    "node": _node,
    "chromium": _chromium,
    "moving": _moving,
    "spin": verifier.absence,
    "docs": _docs,
}
