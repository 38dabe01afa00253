import hashlib
from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Any

import attrs
import pytest

from mfa.domain import trusts
from mfa.domain.trusts import MOST_DESCRIPTION_CHARACTERS, TRUST_BYTES, Trust, described, digest_of, id_of, new_token
from tests.unit.domain.samples import HOUR, NOW, SECOND, TICK, PredictableEntropy

TOKEN = "what the browser keeps"
TRUST = Trust(digest=digest_of(TOKEN), index=0, login="a password", created_at=NOW, expires_at=NOW + HOUR)

CUT = {
    "a line feed": "\n",
    "a carriage return": "\r",
    "a tab": "\t",
    "zero": "\x00",
    "an escape": "\x1b",
    "delete": "\x7f",
    "a control character of Latin-1": "\x9b",
    "a mark from right to left": "\u200f",
    "an override from right to left": "\u202e",
    "an embedding": "\u202b",
    "an isolate": "\u2067",
    "an end of an isolate": "\u2069",
    "a zero-width space": "\u200b",
    "a byte order mark": "\ufeff",
    "a separator of lines": "\u2028",
    "a separator of paragraphs": "\u2029",
    "a tag": "\U000e0041",
    "half a pair": "\ud800",
    "a private character": "\ue000",
}


def test_a_token_has_256_bits_and_is_written_for_a_url() -> None:
    token = new_token(PredictableEntropy())

    assert TRUST_BYTES * 8 == 256
    assert urlsafe_b64decode(token + "=") == PredictableEntropy().token(TRUST_BYTES)
    assert len(token) == 43
    assert "=" not in token


def test_every_token_is_another() -> None:
    entropy = PredictableEntropy()

    assert len({new_token(entropy) for _ in range(100)}) == 100


def test_a_digest_is_of_the_token_and_of_what_it_is_for() -> None:
    assert digest_of(TOKEN) == hashlib.sha256(b"mfa/trust/what the browser keeps").hexdigest()
    assert digest_of(TOKEN) != hashlib.sha256(TOKEN.encode()).hexdigest()


def test_who_has_a_token_knows_what_its_trust_is_called() -> None:
    assert id_of(TOKEN) == TRUST.id
    assert id_of(f"{TOKEN}.") != TRUST.id


@pytest.mark.parametrize("token", ["", "\ud800", "\x00", "é", "a" * 100_000, "\N{MOBILE PHONE}"])
def test_whatever_is_shown_has_a_digest(token: str) -> None:
    assert len(digest_of(token)) == 64
    assert not TRUST.made_of(token)


def test_a_trust_knows_the_token_that_it_was_made_of() -> None:
    assert TRUST.made_of(TOKEN)


@pytest.mark.parametrize("token", [TOKEN[:-1], f"{TOKEN} ", TOKEN.upper(), digest_of(TOKEN), TRUST.id, ""])
def test_a_trust_is_made_of_nothing_else(token: str) -> None:
    assert not TRUST.made_of(token)


def test_a_trust_is_called_by_a_part_of_its_digest_alone() -> None:
    assert TRUST.id == digest_of(TOKEN)[:16]


def test_no_token_is_compared_otherwise_than_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def record(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(trusts, "equal", record)

    assert not TRUST.made_of("another")
    assert TRUST.holds("a password", NOW)
    assert compared == [(TRUST.digest.encode(), digest_of("another").encode()), (b"a password", b"a password")]


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        (NOW - SECOND, True),
        (NOW, True),
        (NOW + HOUR - TICK, True),
        (NOW + HOUR, False),
        (NOW + HOUR + TICK, False),
        (NOW + 1000 * HOUR, False),
    ],
)
def test_a_trust_holds_to_the_microsecond(at: datetime, holds: bool) -> None:  # noqa: FBT001
    assert TRUST.holds("a password", at) == holds


@pytest.mark.parametrize("login", ["another password", "", "a passwor", "a password ", "A password", "é"])
def test_a_trust_does_not_hold_with_another_password(login: str) -> None:
    assert not TRUST.holds(login, NOW)


def test_neither_digest_nor_login_is_printed() -> None:
    printed = repr(TRUST)

    assert TRUST.digest not in printed
    assert TRUST.id not in printed
    assert "a password" not in printed


def test_a_trust_cannot_be_changed() -> None:
    trust: Any = TRUST
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        trust.expires_at = NOW + 2 * HOUR


@pytest.mark.parametrize("name", CUT)
def test_what_does_not_print_is_cut(name: str) -> None:
    assert described(f"Fire{CUT[name]}fox{CUT[name]}") == "Firefox"


@pytest.mark.parametrize("text", ["Mozilla/5.0 (X11; Linux x86_64)", "Café \N{MOBILE PHONE} 浏览器", "<b>'\"&", ""])
def test_what_prints_is_kept(text: str) -> None:
    assert described(text) == text


def test_a_description_has_a_length_of_what_is_left() -> None:
    assert MOST_DESCRIPTION_CHARACTERS == 128
    assert described("x" * 129) == "x" * 128
    assert described("\n" * 1000 + "x" * 1000) == "x" * 128
