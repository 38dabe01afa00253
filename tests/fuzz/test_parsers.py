"""Whatever is thrown at a parser, nothing comes out but what it reads or the errors that it documents."""

import json
from datetime import timedelta
from io import BytesIO

import attrs
import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from mfa.adapters.parsers import MOST_BYTES
from mfa.config import DURATION, Config, Problem, read
from mfa.domain.methods.base import MAX_VALUE_BYTES, Method
from tests.fuzz import targets

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
    targets.typed_value(value)


@pytest.mark.parametrize("method", targets.METHODS, ids=lambda method: method.name)
@given(value=any_json | near_codes)
def test_every_method_judges_any_value(method: Method, value: object) -> None:
    targets.judged(method, value)


near_addresses = st.from_regex(r"""[a-zA-Z".+@ \\é\r\n-]{0,12}@[a-zA-Z.\[\]0-9-]{0,20}(\.[a-z]{2,3})?[ \n]?""")


@given(any_text | near_addresses | st.emails())
def test_mail_addresses(text: str) -> None:
    targets.mail_address(text)


near_numbers = st.from_regex(r"\A[+0]?[0-9 ()./x;=\u0661\u200e-]{0,25}\Z") | st.builds(
    "+{}{}".format, st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)), st.integers(0, 10**11)
)


@pytest.mark.parametrize("region", [None, "NL", "US"])
@given(text=any_text | near_numbers)
def test_phone_numbers(region: str | None, text: str) -> None:
    targets.phone_number(region, text)


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
@example(timedelta(microseconds=1))
def test_durations(value: object) -> None:
    try:
        found = DURATION.read(value)
    except ValueError:
        return
    assert found == value if isinstance(value, timedelta) else isinstance(value, str)
    assert found > timedelta(0)


class Stream(BytesIO):
    """Remembers how much was read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        self.taken += len(chunk)
        return chunk


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


@pytest.mark.parametrize("kind", targets.PARSERS)
@given(body=st.binary() | near_json | near_forms | near_parts)
def test_bodies(kind: str, body: bytes) -> None:
    targets.parsed_body(kind, BytesIO(body))


def test_the_limit_is_64_kib() -> None:
    assert MOST_BYTES == 64 * 1024


@pytest.mark.parametrize("kind", targets.PARSERS)
@given(more=st.integers(1, 2 * MOST_BYTES), filler=st.sampled_from([b" ", b"1", b"[", b"a=1&", b"--x\r\n"]))
def test_what_is_too_long_is_refused_unparsed(kind: str, more: int, filler: bytes) -> None:
    size = MOST_BYTES + more
    stream = Stream((filler * size)[:size])

    with pytest.raises(ParseError):
        targets.PARSERS[kind](stream)

    assert stream.taken == MOST_BYTES + 1
