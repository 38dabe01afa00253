from io import BytesIO
from typing import IO, Any

import pytest
from django.http import UnreadablePostError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import DataAndFiles
from rest_framework.test import APIRequestFactory

from mfa.adapters.parsers import MOST_BYTES, MOST_DEPTH, FormParser, JSONParser, MultiPartParser


class Recorder(BytesIO):
    """Remembers how much was read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        self.taken += len(chunk)
        return chunk


class HungUp(BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise UnreadablePostError("the client is gone")


def multipart(stream: IO[Any]) -> "DataAndFiles[Any, Any]":
    request = APIRequestFactory().post("/")
    context = {"request": request, "encoding": "bz2_codec"}
    request.META["CONTENT_LENGTH"] = "5000000"
    parsed: DataAndFiles[Any, Any] = MultiPartParser().parse(stream, "multipart/form-data; boundary=x", context)
    return parsed


PARSE = {
    "json": lambda stream: JSONParser().parse(stream),
    "form": lambda stream: FormParser().parse(stream),
    "multipart": multipart,
}


@pytest.mark.parametrize("kind", PARSE)
def test_no_more_is_read_than_the_limit_and_a_byte(kind: str) -> None:
    stream = Recorder(b"1" * 5_000_000)

    with pytest.raises(ParseError):
        PARSE[kind](stream)

    assert stream.taken == MOST_BYTES + 1


@pytest.mark.parametrize("kind", PARSE)
def test_a_client_that_hangs_up_is_a_bad_request(kind: str) -> None:
    with pytest.raises(ParseError):
        PARSE[kind](HungUp())


def test_json_is_taken_up_to_the_limit() -> None:
    body = b'"' + b"1" * (MOST_BYTES - 2) + b'"'

    assert len(JSONParser().parse(BytesIO(body))) == MOST_BYTES - 2


def test_json_is_taken_down_to_the_depth() -> None:
    deep = b"[" * MOST_DEPTH + b"]" * MOST_DEPTH
    mixed = b'{"a":' * MOST_DEPTH + b"1" + b"}" * MOST_DEPTH

    assert JSONParser().parse(BytesIO(deep))
    assert JSONParser().parse(BytesIO(mixed))
    for body in (b"[[" + deep + b"]]", b'{"a": [' + mixed + b"]}"):
        with pytest.raises(ParseError):
            JSONParser().parse(BytesIO(body))


@pytest.mark.parametrize("body", [b"", b"NaN", b"Infinity", b"-Infinity", b"\xff", b"9" * 5_000, b"{'a': 1}", b"[1,]"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        JSONParser().parse(BytesIO(body))


def test_forms_are_utf_8() -> None:
    data = FormParser().parse(BytesIO("value=é&name=%C3%A9&other=%ff".encode()), "", {"encoding": "utf-16"})

    assert (data["value"], data["name"], data["other"]) == ("é", "é", "\ufffd")


def test_parts_are_utf_8() -> None:
    body = '--x\r\nContent-Disposition: form-data; name="value"\r\n\r\né\r\n--x--\r\n'

    assert multipart(BytesIO(body.encode())).data["value"] == "é"
