"""Asynchronous views behind the permissions, with the package that has them, under ASGI."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from adrf.views import APIView
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.test import AsyncClient
from django.urls import path
from pytest_django import Settings
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from mfa.adapters.django.decorators import verified
from mfa.adapters.drf.permissions import IsVerified, acheck_requirement, check_requirement
from mfa.adapters.memory.system import FrozenClock
from mfa.domain.policies import Requirement
from mfa.testing import override, verify

FRESH = Requirement(max_age=timedelta(minutes=5))
PATIENCE = 10  # seconds


class Gate(APIView):  # type: ignore[misc] # the package carries no types
    permission_classes: Sequence[type[BasePermission]] = (IsVerified,)

    async def get(self, request: Request) -> Response:
        return Response({"thread": threading.get_ident()})


class Fresh(Gate):
    mfa_requirement = FRESH


class Inside(Gate):
    permission_classes = (AllowAny,)

    async def get(self, request: Request) -> Response:
        await acheck_requirement(request, FRESH)
        return Response()


class InsideOnceMore(Gate):
    async def get(self, request: Request) -> Response:
        check_requirement(request, FRESH)
        return Response()


class Open(Gate):
    permission_classes = (AllowAny,)


urlpatterns = [
    *(path(f"{view.__name__}/", view.as_view()) for view in (Gate, Fresh, Inside, InsideOnceMore)),
    path("Decorated/", verified()(Open.as_view())),
]


class SlowClock(FrozenClock):
    """Takes its time, as a database does: until the loop has gone on. Remembers where it was asked."""

    def __init__(self, time: datetime, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(time)
        self.threads: set[int] = set()
        self._loop = loop

    def now(self) -> datetime:
        self.threads.add(threading.get_ident())
        gone_on = threading.Event()
        self._loop.call_soon_threadsafe(gone_on.set)
        assert gone_on.wait(PATIENCE), "the loop stands still"
        return super().now()


@pytest.fixture
def ann(db: None, settings: Settings) -> User:
    settings.ROOT_URLCONF = __name__
    return get_user_model().objects.create_user("ann")


@pytest.fixture
def client(ann: User) -> Any:  # noqa: ANN401 - an asynchronous client, of which the tests ask what they like
    return AsyncClient(AUTHORIZATION=f"Token {AuthToken.objects.create(user=ann).key}")


def get(client: Any, name: str) -> Any:  # noqa: ANN401 - as above
    return async_to_sync(client.get)(f"/{name}/")


@pytest.mark.parametrize("name", ["Gate", "Fresh", "Inside", "InsideOnceMore", "Decorated"])
def test_whoever_is_verified_passes_and_nobody_else(client: Any, name: str, mfa_clock: FrozenClock) -> None:  # noqa: ANN401 - as above
    refused = get(client, name)
    assert (refused.status_code, refused.json()["code"]) == (403, "registration_required")
    assert get(AsyncClient(), name).status_code == 401
    verify(client)
    assert get(client, name).status_code == 200

    mfa_clock.advance(timedelta(minutes=6))

    stale = get(client, name)
    assert stale.status_code == (200 if name in {"Gate", "Decorated"} else 403)
    if stale.status_code == 403:
        assert 'max_age="300"' in stale["WWW-Authenticate"]


@pytest.mark.parametrize("name", ["Gate", "Inside", "Decorated"])
def test_the_loop_goes_on_meanwhile(client: Any, name: str, mfa_clock: FrozenClock) -> None:  # noqa: ANN401 - as above
    verify(client)

    async def watched() -> tuple[int, set[int]]:
        slow = SlowClock(mfa_clock.now(), asyncio.get_running_loop())
        with override(clock=slow):
            answer = await client.get(f"/{name}/")
        assert answer.status_code == 200
        return threading.get_ident(), slow.threads

    loop, threads = async_to_sync(watched)()

    assert threads
    assert loop not in threads
