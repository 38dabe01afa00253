"""Fixtures for a project's tests, which pytest finds by itself; nothing is imported before a test asks for one."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest


@pytest.fixture
def mfa_verified_client() -> Callable[..., Any]:
    """Return ``mfa.testing.verified_client``, which makes a client of a user whose token is verified."""
    from mfa.testing import verified_client

    return verified_client


@pytest.fixture
def mfa_clock() -> Iterator[Any]:
    """Have the time stand still where it is, and return the ``FrozenClock`` that is in force."""
    from mfa.adapters.system.clock import SystemClock
    from mfa.testing import FrozenClock, override

    clock = FrozenClock(SystemClock().now())
    with override(clock=clock):
        yield clock


@pytest.fixture
def mfa_outbox() -> Iterator[Any]:
    """Have every code end in a list, and return that list of ``Message``s; nothing is delivered."""
    from mfa.testing.messages import outbox

    with outbox() as messages:
        yield messages


@pytest.fixture
def mfa_authenticator() -> Any:  # noqa: ANN401 - its class is imported only here
    """Return a ``SoftwareAuthenticator``: a new security key, in a browser that shows this site."""
    from mfa.testing import SoftwareAuthenticator
    from mfa.testing.enrolment import first_origin

    return SoftwareAuthenticator(origin=first_origin)
