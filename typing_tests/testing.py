"""What a project writes in its own tests."""

from datetime import UTC, datetime, timedelta
from typing import Any, assert_type

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from rest_framework.request import Request
from rest_framework.test import APIClient

from mfa.adapters.drf.permissions import acheck_requirement
from mfa.application.ports.delivery import Message
from mfa.application.ports.system import Clock
from mfa.domain.devices import Device
from mfa.domain.policies import Requirement
from mfa.testing import Enrolled, FrozenClock, SoftwareAuthenticator, enrol, verified_client, verify
from mfa.testing.contracts.system import ClockContract


def test_a_transfer(
    user: User, mfa_clock: FrozenClock, mfa_outbox: list[Message], mfa_authenticator: SoftwareAuthenticator
) -> None:
    enrolled = enrol(user, "email", address="work@example.com")
    assert_type(enrolled, Enrolled)
    assert_type(enrolled.index, int)
    assert_type(enrolled.device, Device)
    assert_type(enrolled.code(), str)
    assert_type(enrolled.code({"challenge": ""}), dict[str, Any])
    assert_type(verified_client(user), APIClient)
    assert_type(mfa_clock.now(), datetime)
    assert_type(mfa_clock.advance(timedelta(days=1)), None)
    assert_type(mfa_outbox[0].code, str)
    assert_type(mfa_authenticator.create({}), dict[str, Any])
    assert_type(mfa_authenticator.get({}), dict[str, Any])


for client in (Client(), APIClient(), AsyncClient()):
    assert_type(verify(client), None)

enrol("ann")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
enrol(User(), number=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
verify(User())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class WallClock(Clock):
    def now(self) -> datetime:
        return datetime(2026, 1, 31, 12, tzinfo=UTC)


class TestWallClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return WallClock()


async def transfer(request: Request) -> None:
    assert_type(await acheck_requirement(request, Requirement(max_age=timedelta(minutes=5))), None)
