"""The token of a link: who can make one, how long it lives, and what using it uses up."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing
from pytest_django import Settings

from mfa.adapters import links
from mfa.adapters.links import LIFETIME, LinkExpired, made, path_to, read
from mfa.adapters.memory.system import SeededEntropy
from mfa.domain.identifiers import UserId

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
ANNA = UserId("1")


@pytest.fixture
def token() -> str:
    return made(ANNA, SeededEntropy(), NOW)


def test_it_says_whose_it_is_until_it_is_over(token: str) -> None:
    assert read(token, NOW).user_id == ANNA
    assert read(token, NOW + LIFETIME - timedelta(seconds=1)).user_id == ANNA

    with pytest.raises(LinkExpired):
        read(token, NOW + LIFETIME)


def test_two_use_up_different_things_and_one_always_the_same() -> None:
    entropy = SeededEntropy()
    first, second = (made(ANNA, entropy, NOW) for _ in range(2))

    assert read(first, NOW).spending == read(first, NOW + timedelta(days=1)).spending
    assert read(first, NOW).spending.digest != read(second, NOW).spending.digest
    assert len(read(first, NOW).spending.digest) == 64
    assert read(first, NOW).spending.expires_at == NOW + timedelta(days=8)


def test_every_letter_of_it_counts(token: str) -> None:
    for place, letter in enumerate(token):
        changed = token[:place] + ("A" if letter != "A" else "B") + token[place + 1 :]
        # The last letter of base64 holds bits that nobody reads.
        if place < len(token) - 1:
            with pytest.raises(signing.BadSignature):
                read(changed, NOW)


def test_another_purpose_or_key_signs_no_link(token: str, settings: Settings) -> None:
    claims = [ANNA, "00" * 16, int((NOW + LIFETIME).timestamp())]
    for other in (signing.dumps(claims), signing.dumps(claims, salt="x"), signing.dumps(claims, "key", links.SALT)):
        with pytest.raises(signing.BadSignature):
            read(other, NOW)

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert read(token, NOW).user_id == ANNA
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(signing.BadSignature):
        read(token, NOW)


def test_it_fits_into_a_path(token: str) -> None:
    assert path_to(token) == f"/multi-factor/this-was-not-me/{token}/"


def test_a_project_without_routes_has_no_path(settings: Settings) -> None:
    del settings.ROOT_URLCONF

    assert path_to("token") == ""
