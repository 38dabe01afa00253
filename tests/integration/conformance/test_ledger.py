"""Every item of the ledger comes to what the page says of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from mfa.adapters.django.signals import verification_rejected
from tests.integration.conformance.groups import GROUPS
from tests.integration.conformance.ledger import Group, Item
from tests.integration.conformance.page import PAGE, made_anew
from tests.integration.conformance.site import Site
from tests.integration.drf.people import Person, World

# What the public list has of each group: so many that are to be accepted, so many that are to be refused.
LISTED = {
    "Server-ServerPublicKeyCredentialCreationOptions-Req-1": (3, 0),
    "Server-ServerAuthenticatorAttestationResponse-Resp-1": (1, 14),
    "Server-ServerAuthenticatorAttestationResponse-Resp-2": (0, 17),
    "Server-ServerAuthenticatorAttestationResponse-Resp-3": (1, 19),
    "Server-ServerAuthenticatorAttestationResponse-Resp-4": (12, 0),
    "Server-ServerAuthenticatorAttestationResponse-Resp-5": (2, 14),
    "Server-ServerAuthenticatorAttestationResponse-Resp-6": (1, 3),
    "Server-ServerAuthenticatorAttestationResponse-Resp-7": (2, 1),
    "Server-ServerAuthenticatorAttestationResponse-Resp-8": (1, 2),
    "Server-ServerAuthenticatorAttestationResponse-Resp-9": (3, 4),
    "Server-ServerAuthenticatorAttestationResponse-Resp-A": (1, 3),
    "Server-ServerAuthenticatorAttestationResponse-Resp-B": (1, 7),
    "Server-ServerPublicKeyCredentialGetOptionsResponse-Req-1": (2, 0),
    "Server-ServerAuthenticatorAssertionResponse-Resp-1": (1, 21),
    "Server-ServerAuthenticatorAssertionResponse-Resp-2": (0, 17),
    "Server-ServerAuthenticatorAssertionResponse-Resp-3": (8, 5),
    "Server-ServerAuthenticatorAttestationResponse-Resp-1, metadata": (1, 6),
}

RUN = [
    pytest.param(group, item, id=f"{group.name} {item.name}")
    for group in GROUPS
    for item in group.items
    if item.run is not None
]


@pytest.fixture
def site(settings: Settings, db: None, tmp_path: Path) -> Iterator[Site]:
    world = World(settings)
    site = Site(world, Person(world, "ann"), tmp_path)
    verification_rejected.connect(site.hear)
    yield site
    verification_rejected.disconnect(site.hear)


@pytest.mark.parametrize(("group", "item"), RUN)
def test_an_item(site: Site, group: Group, item: Item) -> None:
    assert item.run is not None
    site.configure({**group.under, **item.under})

    assert item.run(site) == item.outcome


def test_the_page_is_made_of_the_ledger() -> None:
    text = PAGE.read_text()

    assert made_anew(text) == text, "make conformance writes it anew"


def test_no_item_of_the_list_is_missing() -> None:
    names = {group.name: [item.name for item in group.items if not item.later] for group in GROUPS}

    assert names == {
        group: [
            f"{letter}-{number}" for letter, most in zip("PF", counts, strict=True) for number in range(1, most + 1)
        ]
        for group, counts in LISTED.items()
    }
