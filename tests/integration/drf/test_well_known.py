"""The documents at the root of a site that browsers and password managers look for."""

from typing import Any

import pytest
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from tests.integration.drf.keys import SITE, take_keys
from tests.integration.drf.people import World

RELATED = "https://example.co.uk"
URLS = "tests.integration.drf.test_well_known"
WEBAUTHN, ENDPOINTS = "/.well-known/webauthn", "/.well-known/passkey-endpoints"

urlpatterns = [path("", include("mfa.adapters.drf.well_known.urls"))]


class Paged:
    """The same site, with the pages."""

    urlpatterns = (*urlpatterns, path("security/", include("mfa.pages.urls")))


@pytest.fixture(autouse=True)
def _mounted(settings: Settings, world: World) -> None:
    settings.ROOT_URLCONF = URLS
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
        "mfa.adapters.django.middleware.VerifiedMiddleware",
    ]
    take_keys(world)


def get(where: str, **extra: Any) -> Any:  # noqa: ANN401 - what the client of tests makes of it
    answer: Any = Client().get(where, **extra)
    if answer.status_code == 200:
        assert answer["Content-Type"] == "application/json"
        assert set(answer["Cache-Control"].split(", ")) == {"public", "max-age=3600"}
        assert "Set-Cookie" not in answer
    return answer


def test_related_origins_are_told_to_everybody(world: World) -> None:
    assert get(WEBAUTHN).status_code == 404

    take_keys(world, WEBAUTHN_RELATED_ORIGINS=[RELATED], WEBAUTHN_ORIGINS=[*SITE["WEBAUTHN_ORIGINS"], RELATED])

    assert get(WEBAUTHN).json() == {"origins": [RELATED]}
    assert Client().head(WEBAUTHN).status_code == 200
    assert Client().post(WEBAUTHN).status_code == 405


def test_endpoints_are_those_of_the_settings_or_the_pages(world: World, settings: Settings) -> None:
    assert get(ENDPOINTS).json() == {}

    settings.ROOT_URLCONF = Paged
    page = "https://testserver/security/"
    assert get(ENDPOINTS, secure=True).json() == {"enroll": f"{page}add/webauthn/", "manage": page}

    take_keys(world, PASSKEY_ENROLL_URL="https://example.com/passkeys/new")
    assert get(ENDPOINTS).json() == {
        "enroll": "https://example.com/passkeys/new",
        "manage": "http://testserver/security/",
    }
    take_keys(world, PASSKEY_MANAGE_URL="https://example.com/passkeys")
    assert get(ENDPOINTS).json()["manage"] == "https://example.com/passkeys"


def test_without_passkeys_there_is_nothing(world: World) -> None:
    world.configure(METHODS=["totp"])

    assert [get(each).status_code for each in (WEBAUTHN, ENDPOINTS)] == [404, 404]
