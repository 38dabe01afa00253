"""The relying parties that are measured judge what they are given, so that a figure is that of a judgement."""

import os
from collections.abc import Callable

import attrs
import pytest

from benchmarks.ceremonies.__main__ import measured
from benchmarks.ceremonies.parties import PARTIES, Response, responses
from mfa.testing.authenticator import b64decode, b64encode

pytestmark = pytest.mark.skipif(
    os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="no database has a part in it"
)

RESPONSES = tuple(responses())


@pytest.mark.parametrize("party", PARTIES.values(), ids=PARTIES)
def test_every_party_takes_what_is_right_and_refuses_what_is_not(party: Callable[[Response], bytes]) -> None:
    for response in RESPONSES:
        assert party(response) == b64decode(response.value["id"])
        given = response.value["response"]
        told = b64decode(given["clientDataJSON"]).replace(b"example.com", b"example.org")
        with pytest.raises(Exception, match=r"(?i)origin|7\.[12]\.(9|12)"):
            party(
                attrs.evolve(
                    response, value={**response.value, "response": {**given, "clientDataJSON": b64encode(told)}}
                )
            )


@pytest.mark.parametrize("party", PARTIES.values(), ids=PARTIES)
def test_every_party_checks_signatures(party: Callable[[Response], bytes]) -> None:
    for response in RESPONSES:
        if response.stored is not None:
            given = response.value["response"]
            signature = bytearray(b64decode(given["signature"]))
            signature[-1] ^= 1
            with pytest.raises(Exception, match=r"(?i)signature"):
                party(
                    attrs.evolve(
                        response,
                        value={**response.value, "response": {**given, "signature": b64encode(bytes(signature))}},
                    )
                )


def test_all_take_some_time() -> None:
    table = measured(RESPONSES[:1], rounds=3, times=1)

    assert [*table] == [RESPONSES[0].name]
    assert all(0 < seconds < 1 for seconds in table[RESPONSES[0].name])
