"""What is stored is read for ever: every state as it is written now, and as it was written before."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa.domain.methods.one_time_password import Parameters, State
from mfa.domain.methods.out_of_band import SentCode
from mfa.domain.methods.security_keys import IssuedOptions, PendingCredential, Purpose
from mfa.domain.methods.webauthn import Credential
from mfa.domain.secrets import SaltedHash
from mfa.domain.states import decode, encode, octets

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HASH = SaltedHash.of("123456", bytes(range(16)))
OTHER_HASH = SaltedHash.of("abcd", b"\xfb\xff" * 8)
HASHES = tuple[SaltedHash, ...]

TOTP = State(
    seed=bytes(range(20)),
    parameters=Parameters(digits=6, algorithm="sha1", tolerance=1, period=30),
    next_counter=58995361,
)
HOTP = State(
    seed=b"\xff" * 32, parameters=Parameters(digits=8, algorithm="sha256", tolerance=3), next_counter=7, far=19
)
SENT = SentCode(code=HASH, expires_at=NOON.replace(microsecond=250), wrong=2)
ISSUED = IssuedOptions(challenge=b"\xfb\xff" * 16, purpose=Purpose.LOG_IN, expires_at=NOON)
PENDING = PendingCredential(awaits="ann \N{EURO SIGN}", handle=b"\xfb\xff" * 16)
CREDENTIAL = Credential(
    id=b"\xfb\xff" * 8,
    public_key=bytes(range(10)),
    sign_count=7,
    backup_eligible=True,
    backed_up=False,
    aaguid=bytes(16),
    user_handle=b"\xfb\xff",
    transports=("usb", "nfc"),
)

STORED: list[tuple[Any, bytes, object]] = [
    (
        State,
        (
            b'{"seed":"AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT","parameters":{"digits":6,"algorithm":"sha1","tolerance":1,'
            b'"period":30},"next_counter":58995361,"far":null}'
        ),
        TOTP,
    ),
    (
        State,
        (
            b'{"seed":"777777777777777777777777777777777777777777777777777Q====","parameters":{"digits":8,'
            b'"algorithm":"sha256","tolerance":3,"period":null},"next_counter":7,"far":19}'
        ),
        HOTP,
    ),
    (
        SentCode,
        (
            b'{"code":"AAECAwQFBgcICQoLDA0ODw==.mckHc+qc5mo1W9aipuVRIsPK9aFkeFyQsdWMLWO7hoA=",'
            b'"expires_at":"2026-01-31T12:00:00.000250+00:00","wrong":2}'
        ),
        SENT,
    ),
    (
        SentCode,
        (
            b'{"code":{"salt":"AAECAwQFBgcICQoLDA0ODw==","digest":"mckHc+qc5mo1W9aipuVRIsPK9aFkeFyQsdWMLWO7hoA="},'
            b'"expires_at":"2026-01-31T12:00:00.000250+00:00","wrong":2}'
        ),
        SENT,
    ),
    (
        HASHES,
        (
            b'["AAECAwQFBgcICQoLDA0ODw==.mckHc+qc5mo1W9aipuVRIsPK9aFkeFyQsdWMLWO7hoA=", '
            b'"+//7//v/+//7//v/+//7/w==./Nwq4BiXj9qZXGf70M8HfNS+5EjeD+EnShGDXnYzycw="]'
        ),
        (HASH, OTHER_HASH),
    ),
    (
        HASHES,
        b'[{"salt":"+//7//v/+//7//v/+//7/w==","digest":"/Nwq4BiXj9qZXGf70M8HfNS+5EjeD+EnShGDXnYzycw="}]',
        (OTHER_HASH,),
    ),
    (
        IssuedOptions,
        (
            b'{"challenge": "-__7__v_-__7__v_-__7__v_-__7__v_-__7__v_-_8=", "purpose": "log_in", '
            b'"expires_at": "2026-01-31T12:00:00+00:00"}'
        ),
        ISSUED,
    ),
    (
        PendingCredential,
        b'{"awaits": "ann \\u20ac", "handle": "-__7__v_-__7__v_-__7__v_-__7__v_-__7__v_-_8="}',
        PENDING,
    ),
    (
        Credential,
        (
            b'{"id":"-__7__v_-__7__v_-__7_w","public_key":"AAECAwQFBgcICQ","sign_count":7,"backup_eligible":true,'
            b'"backed_up":false,"aaguid":"AAAAAAAAAAAAAAAAAAAAAA","user_handle":"-_8","transports":["usb","nfc"]}'
        ),
        CREDENTIAL,
    ),
]
"""As they were first written, and as they are written now."""


@pytest.mark.parametrize(("kind", "stored", "state"), STORED)
def test_what_was_once_stored_is_read_for_ever(kind: type[object], stored: bytes, state: object) -> None:
    assert decode(kind, stored) == state


def test_a_seed_is_written_as_authenticator_apps_have_it() -> None:
    assert b'"seed":"AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"' in encode(TOTP)


def test_a_field_that_is_missing_has_its_default() -> None:
    stored = encode(CREDENTIAL).replace(b',"transports":["usb","nfc"]', b"")

    assert decode(Credential, stored) == attrs.evolve(CREDENTIAL, transports=())


def test_a_kind_is_read_the_same_the_first_time() -> None:
    @attrs.frozen
    class Inner:
        digest: bytes
        made_of: bytes

    @attrs.frozen
    class Outer:
        hashed: Inner
        shouted: str = attrs.field(metadata={"load": str.lower})
        missing: int = 7

    read = Outer(Inner(b"\x00", b"\x01"), "loud")

    assert decode(Outer, b'{"hashed":{"digest":"AA==","made_of":"AQ=="},"shouted":"LOUD"}') == read
    assert decode(Outer, b'{"hashed":"AA==.AQ==","shouted":"LOUD"}') == read
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        decode(Outer, b'{"hashed":"AA==","shouted":"LOUD"}')


def test_what_is_nothing_of_the_kind_is_told_apart() -> None:
    with pytest.raises(TypeError):
        decode(PendingCredential, encode(attrs.evolve(CREDENTIAL, transports=("awaits", "handle"))))


STATES = {
    State: st.builds(State, seed=st.binary(), parameters=st.builds(Parameters, algorithm=st.just("sha512"))),
    SentCode: st.builds(SentCode, expires_at=st.datetimes(timezones=st.just(UTC))),
    IssuedOptions: st.builds(IssuedOptions, expires_at=st.datetimes(timezones=st.just(UTC))),
    PendingCredential: st.builds(PendingCredential),
    Credential: st.builds(Credential),
}


@given(st.data())
@pytest.mark.parametrize("kind", STATES)
def test_every_state_comes_back_from_its_bytes(kind: type[Any], data: st.DataObject) -> None:
    state = data.draw(STATES[kind])

    assert decode(kind, encode(state)) == state


@given(st.binary())
def test_octets_are_read_in_either_alphabet(data: bytes) -> None:
    padded = b64encode(data).decode()

    for text in (padded, padded.rstrip("="), padded.replace("+", "-").replace("/", "_")):
        assert octets(text) == data


@pytest.mark.parametrize(
    "text",
    ["A", "AAAAA", "A A", "AAA\n", "AAA\nA", "AAA.A", "=AAA", "A=AA", "A.AA", "\N{FULLWIDTH LATIN CAPITAL LETTER A}"],
)
def test_what_is_no_base64_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the decoder says
        octets(text)
