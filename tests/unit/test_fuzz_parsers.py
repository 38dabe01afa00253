"""Whatever is thrown at a parser, nothing comes out but what it reads or the errors that it documents."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import attrs
import phonenumbers
import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError
from rest_framework.test import APIRequestFactory

from mfa.adapters.parsers import MOST_BYTES, FormParser, JSONParser, MultiPartParser
from mfa.adapters.senders.email_address import DjangoEmailAddressing
from mfa.adapters.senders.phone_number import PhonenumbersAddressing
from mfa.config import DURATION, Config, Problem, read
from mfa.containers.memory import MemoryContainer
from mfa.domain.errors import InvalidField, MalformedValue
from mfa.domain.methods.base import MAX_VALUE_BYTES, Attempt, Enrolment, Method
from mfa.domain.methods.out_of_band import Addressing
from mfa.domain.verdicts import Accepted, Rejected

CONTAINER = MemoryContainer()
METHODS: tuple[Method, ...] = tuple(CONTAINER.methods())
NOW = CONTAINER.clock().now()

any_text = st.text(st.characters(exclude_categories=()))
"""Lone surrogates, control characters and all."""

near_codes = st.text(st.sampled_from("0123456789 -\u0660\uff10aA\x00\u200b"), max_size=14) | st.from_regex(
    r"\A[ -]*([0-9][ -]*){4,10}\Z"
)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | any_text

any_json = st.recursive(
    scalars,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(any_text, inside, max_size=4),
    max_leaves=12,
)


@given(any_json | near_codes | st.text("1é", min_size=MAX_VALUE_BYTES // 2, max_size=MAX_VALUE_BYTES + 2))
def test_typed_values(value: object) -> None:
    try:
        read = Attempt(state=b"", value=value, now=NOW).value
    except MalformedValue:
        assert len(str(value).encode("utf-8", "surrogatepass")) > MAX_VALUE_BYTES
    else:
        again = Attempt(state=b"", value=read, now=NOW).value
        assert again is read or again == read
        assert not isinstance(read, str) or (read.encode(), re.search("[ -]", read)) == (read.encode(), None)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
@given(value=any_json | near_codes)
def test_every_method_judges_any_value(method: Method, value: object) -> None:
    fields = {"address": "ann@example.com", "number": "+31612345678"}
    enrolment = Enrolment(user_name="ann", user_email="ann@example.com", fields=fields, now=NOW)
    state = method.register(enrolment).state
    sent = method.dispatch(state, NOW, {}).sent if method.limits else None

    for attempt in (Attempt(state=state, sent=sent, value=value, now=NOW), Attempt(state=state, value=value, now=NOW)):
        try:
            verdict = method.verify(attempt)
        except MalformedValue:
            assert not isinstance(value, str)
        else:
            assert isinstance(verdict, Accepted | Rejected)


def read_again(addressing: Addressing, text: str, problems: set[str]) -> str | None:
    """Read an address; what comes out reads as itself, and its mask gives away less."""
    try:
        address = addressing.read(text, "field")
    except InvalidField as error:
        if (error.field, error.problem in problems) != ("field", True):
            raise
        return None
    assert addressing.read(address.full, "field") == address
    assert address.masked != address.full
    return address.full


near_addresses = st.from_regex(r"""[a-zA-Z".+@ \\é\r\n-]{0,12}@[a-zA-Z.\[\]0-9-]{0,20}(\.[a-z]{2,3})?[ \n]?""")


@given(any_text | near_addresses | st.emails())
def test_mail_addresses(text: str) -> None:
    full = read_again(DjangoEmailAddressing(), text, {"required", "invalid_email"})

    if full is not None:
        assert full.isprintable()
        assert full.count("@") == 1
        assert len(full) <= 254


near_numbers = st.from_regex(r"\A[+0]?[0-9 ()./x;=\u0661\u200e-]{0,25}\Z") | st.builds(
    "+{}{}".format, st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)), st.integers(0, 10**11)
)


@pytest.mark.parametrize("region", [None, "NL", "US"])
@given(text=any_text | near_numbers)
def test_phone_numbers(region: str | None, text: str) -> None:
    full = read_again(PhonenumbersAddressing(region), text, {"required", "invalid_phone_number"})

    assert full is None or re.fullmatch(r"\+[1-9][0-9]{3,16}", full)


anything = st.recursive(
    scalars | st.binary() | st.dates() | st.timedeltas() | st.complex_numbers() | st.just(object()),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.tuples(inside)
        | st.dictionaries(any_text | st.integers() | st.none(), inside, max_size=3)
    ),
    max_leaves=8,
)

KEYS = [field.name.upper() for field in attrs.fields(Config)]


@given(anything | st.dictionaries(st.sampled_from(KEYS), anything))
def test_settings(settings: object) -> None:
    config, problems = read(settings)

    assert isinstance(config, Config)
    assert all(isinstance(problem, Problem) for problem in problems)


@given(anything | st.from_regex(r"\A[ +-]?[0-9\u0661]{0,12}[smhdw ]?\Z"))
def test_durations(value: object) -> None:
    try:
        found = DURATION.read(value)
    except ValueError:
        return
    assert isinstance(value, str)
    assert found > timedelta(0)


class Stream(BytesIO):
    """Remembers how much was read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        self.taken += len(chunk)
        return chunk


def parse_parts(stream: Stream) -> object:
    request = APIRequestFactory().post("/")
    request.META["CONTENT_LENGTH"] = str(len(stream.getvalue()))
    return MultiPartParser().parse(stream, "multipart/form-data; boundary=x", {"request": request})


PARSERS: dict[str, Callable[[Stream], Any]] = {
    "json": lambda stream: JSONParser().parse(stream),
    "form": lambda stream: FormParser().parse(stream),
    "parts": parse_parts,
}

near_json = any_json.map(json.dumps).map(str.encode)
near_forms = st.lists(st.sampled_from([b"a", b"=", b"&", b"%", b"%ff", b"+", b";", b"\xff", b"[", b"0"])).map(b"".join)
near_parts = st.lists(
    st.sampled_from(
        [
            b"--x",
            b"--x--",
            b"\r\n",
            b"Content-Disposition: form-data",
            b'; name="value"',
            b'; filename="a"',
            b"; filename*=utf-8''%ff",
            b"Content-Type: text/plain; charset=utf-16",
            b"Content-Transfer-Encoding: base64",
            b"!",
            b"\xff",
            b"1",
        ]
    ),
    max_size=30,
).map(b"".join)


@pytest.mark.parametrize("kind", PARSERS)
@given(body=st.binary() | near_json | near_forms | near_parts)
def test_bodies(kind: str, body: bytes) -> None:
    try:
        parsed = PARSERS[kind](Stream(body))
    except ParseError:
        return
    match kind:
        case "json":
            assert json.loads(json.dumps(parsed)) == parsed
        case "form":
            assert isinstance(parsed, QueryDict)
        case _:
            assert isinstance(parsed.data, QueryDict)


def test_the_limit_is_64_kib() -> None:
    assert MOST_BYTES == 64 * 1024


@pytest.mark.parametrize("kind", PARSERS)
@given(more=st.integers(1, 2 * MOST_BYTES), filler=st.sampled_from([b" ", b"1", b"[", b"a=1&", b"--x\r\n"]))
def test_what_is_too_long_is_refused_unparsed(kind: str, more: int, filler: bytes) -> None:
    size = MOST_BYTES + more
    stream = Stream((filler * size)[:size])

    with pytest.raises(ParseError):
        PARSERS[kind](stream)

    assert stream.taken == MOST_BYTES + 1
