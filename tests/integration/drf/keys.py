"""Security keys of people, over HTTP: a site that takes them, and what somebody does with one."""

from typing import Any

from mfa.testing.authenticator import SoftwareAuthenticator
from tests.integration.drf.people import Answer, Browser, World

ORIGIN = "https://example.com"
SITE = {"WEBAUTHN_RP_ID": "example.com", "WEBAUTHN_ORIGINS": [ORIGIN]}
METHODS = ["webauthn", "totp", "recovery"]

Json = dict[str, Any]


def take_keys(world: World, **mfa: object) -> None:
    world.configure(**{"METHODS": METHODS, **SITE, **mfa})


def new_key(**behaviour: Any) -> SoftwareAuthenticator:
    return SoftwareAuthenticator(**{"origin": ORIGIN, **behaviour})


def registered(browser: Browser, **body: object) -> Json:
    answer = browser.post("register/webauthn/", body)
    assert answer.status_code == 201, answer.data
    device: Json = answer.json()
    return device


def enrolled(browser: Browser, key: SoftwareAuthenticator) -> int:
    """Register a key and prove it, and return its index."""
    device = registered(browser)
    answer = browser.verify(device["index"], key.create(device["options"]))
    assert answer.status_code == 200, answer.data
    index: int = device["index"]
    return index


def dispatched(browser: Browser, index: int, *, again: bool = False) -> Json:
    answer = browser.post(f"{index}/dispatch/", {"reverify": again})
    assert answer.status_code == 200, answer.data
    options: Json = answer.json()["options"]
    return options


def proved(browser: Browser, index: int, key: SoftwareAuthenticator) -> Answer:
    return browser.verify(index, key.get(dispatched(browser, index, again=True)))
