import unicodedata
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa.domain.devices import MOST_NAME_CHARACTERS, Device, device_name
from mfa.domain.errors import InvalidField
from mfa.domain.identifiers import TokenId
from tests.unit.domain.samples import HOUR, LAPTOP, NOW, PHONE, SECOND, TOTP, active, pending


def test_a_device_is_active_once_it_was_proved() -> None:
    assert not pending(0).active
    assert active(0).active


@pytest.mark.parametrize("token_id", [LAPTOP, PHONE, None])
def test_an_active_device_is_visible_to_every_token_of_its_user(token_id: TokenId | None) -> None:
    assert active(0).visible(token_id, NOW)
    assert active(0, registered_by=LAPTOP).visible(token_id, NOW)


def test_a_pending_device_is_visible_only_to_the_token_that_registered_it() -> None:
    device = pending(0, by=LAPTOP)

    assert device.visible(LAPTOP, NOW)
    assert not device.visible(PHONE, NOW)
    assert not device.visible(None, NOW)


@pytest.mark.parametrize(("at", "visible"), [(NOW - SECOND, True), (NOW, False), (NOW + HOUR, False)])
def test_a_pending_device_expires(at: datetime, visible: bool) -> None:  # noqa: FBT001
    assert pending(0, expires_at=NOW).visible(LAPTOP, at) is visible


def test_a_pending_device_that_nobody_registered_is_visible_to_nobody() -> None:
    assert not pending(0, registered_by=None).visible(None, NOW)
    assert not pending(0, expires_at=None).visible(LAPTOP, NOW)


def test_a_repr_shows_neither_state_nor_token() -> None:
    device = Device(index=0, method="totp", state=b"seed", created_at=NOW, registered_by=TokenId("the digest"))

    assert "seed" not in repr(device)
    assert "digest" not in repr(device)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", ""),
        ("   ", ""),
        ("Pixel 9", "Pixel 9"),
        (" \t Pixel 9 \n", "Pixel 9"),
        ("<b>phone</b>", "<b>phone</b>"),
        ("Téléphone d'été", "Téléphone d'été"),
        ("\N{MOBILE PHONE} \N{MAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",) * 2,
        ("x" * MOST_NAME_CHARACTERS, "x" * MOST_NAME_CHARACTERS),
        (f"  {'x' * MOST_NAME_CHARACTERS}  ", "x" * MOST_NAME_CHARACTERS),
    ],
)
def test_a_name_is_kept_as_it_is_but_for_the_space_around_it(text: str, name: str) -> None:
    assert device_name(text) == name


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x" * (MOST_NAME_CHARACTERS + 1), "too_long"),
        ("x" * 1_000_000, "too_long"),
        ("Pixel\n9", "unprintable"),
        ("Pixel\r\nBcc: everybody@example.com", "unprintable"),
        ("Pixel\x009", "unprintable"),
        ("Pixel\x1b[2J9", "unprintable"),
        ("Pixel\x7f9", "unprintable"),
        ("Pixel\x859", "unprintable"),
        ("Pixel\N{LINE SEPARATOR}9", "unprintable"),
        ("Pixel\N{PARAGRAPH SEPARATOR}9", "unprintable"),
        ("Pixel\ud8009", "unprintable"),
        ("lexiP\N{RIGHT-TO-LEFT OVERRIDE}9", "unprintable"),
        ("\N{LEFT-TO-RIGHT ISOLATE}Pixel 9", "unprintable"),
    ],
)
def test_a_name_that_is_too_long_or_breaks_a_line_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidField) as refused:
        device_name(text)

    assert (refused.value.field, refused.value.problem) == ("name", problem)


@given(st.text())
def test_whatever_passes_is_short_and_of_one_line(text: str) -> None:
    try:
        name = device_name(text)
    except InvalidField:
        return

    assert len(name) <= MOST_NAME_CHARACTERS
    assert len(name.splitlines()) <= 1
    assert not {unicodedata.category(character) for character in name} & {"Cc", "Cs", "Zl", "Zp"}
    assert device_name(name) == name


def test_a_device_has_no_details_unless_its_method_says_so() -> None:
    assert (TOTP.detailed, TOTP.details(None)) == (False, {})
