"""Fixtures for every test: what it needs beside Python, or a reason to skip it."""

import shutil
from collections.abc import Callable

import pytest

from tests import services


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
