"""Somebody who has moved in, over HTTP."""

from base64 import b32encode
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from rest_framework import status

from tests.integration.drf.people import Person
from tests.otp import PlainOneTimePasswords

SEED = b"twenty octets, more.."


def code(counter: int, digits: int = 6) -> str:
    return PlainOneTimePasswords().at(SEED, [counter], digits=digits, algorithm="sha1")[0]


@pytest.fixture
def moved(tmp_path: Path, ann: Person) -> Callable[..., None]:
    def move(*lines: str) -> None:
        file = tmp_path / "devices.csv"
        file.write_text("".join(f"ann,{line}\n" for line in lines).replace("SEED", b32encode(SEED).decode()))
        call_command("mfa_import", "csv", str(file), "--quiet", "--json")

    return move


def test_the_same_codes_go_on_and_what_was_used_does_not(ann: Person, moved: Callable[..., None]) -> None:
    moved("hotp,SEED,8,,,7,Token", "recovery,Code-1234-5678-90ab")

    assert [(each["name"], each["method"], each["remaining"]) for each in ann.get().json()] == [
        ("Token", "hotp", None),
        ("", "recovery", 1),
    ]
    assert ann.post("0/", {"value": code(6, 8)}).status_code == status.HTTP_401_UNAUTHORIZED
    assert ann.post("0/", {"value": code(7, 8)}).status_code == status.HTTP_200_OK
    assert ann.get("status/").json()["verified"]
    laptop = ann.again()
    assert laptop.post("1/", {"value": "CODE 1234 5678 90AB"}).status_code == status.HTTP_200_OK
    assert laptop.post("1/", {"value": "code1234567890ab"}).status_code == status.HTTP_401_UNAUTHORIZED


def test_short_codes_wait_and_new_ones_end_that(ann: Person, moved: Callable[..., None]) -> None:
    moved("hotp,SEED,,,,7", "recovery,12345678")
    ann.post("0/", {"value": code(7)})
    for _ in range(5):
        assert ann.post("1/", {"value": "00000000"}).status_code == status.HTTP_401_UNAUTHORIZED

    answer = ann.post("1/", {"value": "12345678"})

    assert answer.status_code == status.HTTP_429_TOO_MANY_REQUESTS
    assert answer.headers["Retry-After"] == "30"
    [new, *_] = ann.post("register/recovery/").json()["codes"]
    assert ann.post("1/", {"value": "12345678"}).status_code == status.HTTP_401_UNAUTHORIZED
    assert ann.post("1/", {"value": new}).status_code == status.HTTP_200_OK
