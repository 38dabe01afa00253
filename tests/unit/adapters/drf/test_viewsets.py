from typing import Any, NoReturn

import pytest
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.routers import SimpleRouter
from rest_framework.test import APIRequestFactory

from mfa.adapters.drf.routers import MultiFactorRegisterRouter, MultiFactorVerifierRouter
from mfa.adapters.drf.viewsets import (
    NOWHERE,
    MultiFactorRegistrationViewSet,
    MultiFactorVerifierViewSet,
    device_index,
)


@pytest.mark.parametrize("index", [0, 1, 9, 10, 123456789])
def test_an_index_is_read(index: int) -> None:
    assert device_index(str(index)) == index
    assert device_index(index) == index


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "00", "007", "1.0", "1e3", "0x1", " 1", "1\n", "1_0", "\u0661", "\uff11", "9" * 5000, "abc"],
)
def test_what_is_no_index_is_nowhere(text: str) -> None:
    assert device_index(text) == NOWHERE


def names(router: SimpleRouter) -> list[object]:
    return [getattr(url, "name", None) for url in router.urls]


def test_a_router_has_a_name_for_its_routes() -> None:
    verifier, register = MultiFactorVerifierRouter(), MultiFactorRegisterRouter()
    verifier.register("", MultiFactorVerifierViewSet)
    register.register("register", MultiFactorRegistrationViewSet)

    assert names(verifier) == [
        "multi-factor-overview",
        "multi-factor-status",
        "multi-factor-specific",
        "multi-factor-dispatch",
    ]
    assert names(register) == ["multi-factor-register-overview", "multi-factor-register"]


class Confused(DefaultContentNegotiation):
    """Fails as older versions of DRF do on parameters in a charset that does not exist."""

    def select_renderer(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise LookupError("unknown encoding: klingon")


def test_an_accept_header_that_cannot_be_read_is_not_acceptable() -> None:
    view = MultiFactorVerifierViewSet.as_view({"get": "overview"}, content_negotiation_class=Confused)

    response = view(APIRequestFactory().get("/", headers={"Accept": "application/json; a*=klingon''b"}))

    assert response.status_code == 406
    assert response.data["code"] == "not_acceptable"
    assert response.headers["Cache-Control"] == "no-store"
