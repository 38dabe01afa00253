"""Somebody in another's place, where packages that impersonate users put operators: not verified as that user."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.views import APIView

from tests.integration.drf.people import World
from tests.integration.tokens.systems import SYSTEMS, Client, Jwt, System, deploy

GATES = [*((system, "database") for system in SYSTEMS), (Jwt(), "claims")]
IN_PLACE = {"HTTP_X_PLACE": "bert"}


def impersonating(authentication: Any) -> type[BaseAuthentication]:  # noqa: ANN401 - whichever class it is
    """Have who authenticates say in whose place to act, which is left to operators otherwise."""

    class Impersonating(authentication):  # type: ignore[misc] # as above
        def authenticate(self, request: Request) -> Any:  # noqa: ANN401 - as in DRF
            found = super().authenticate(request)
            name = request.headers.get("X-Place")
            return found if found is None or name is None else (User.objects.get(username=name), found[1])

    return Impersonating


@pytest.mark.parametrize(("system", "gate"), GATES, ids=lambda each: getattr(each, "name", each))
@pytest.mark.usefixtures("bert")
def test_nobody_is_verified_nor_registers_in_anothers_place(
    system: System, gate: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, anna: User
) -> None:
    world = World(settings)
    deploy(world, settings, monkeypatch, system, JWT_GATE=gate)
    monkeypatch.setattr(APIView, "authentication_classes", [impersonating(system.authentication)])
    operator: Client = system.log_in(world, anna)
    operator.enrol_app()
    system.refresh(operator)

    assert operator.gate().status_code == 200
    assert operator.ask("get", "/protected/", **IN_PLACE).status_code == 403
    assert operator.get("status/", **IN_PLACE).status_code == 403
    assert operator.post("register/totp/", **IN_PLACE).status_code == 403
    assert operator.get("status/").json()["verified"] is True
