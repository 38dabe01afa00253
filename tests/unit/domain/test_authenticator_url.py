import hashlib
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa.domain.methods.one_time_password import Algorithm, Parameters, authenticator_url

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
TOTP = Parameters(digits=6, algorithm="sha1", tolerance=1, period=30)
HOTP = Parameters(digits=6, algorithm="sha1", tolerance=3)

HOSTILE = [
    "ann",
    "ann@example.com",
    "Ann Other",
    " ",
    "a:b",
    "a%3Ab",
    "a/b/../c",
    "?",
    "a?secret=AAAA",
    "a&secret=AAAA",
    "a&issuer=Evil&secret=AAAA&algorithm=MD5",
    "a#fragment",
    "a=b;c,d",
    "a+b",
    "100%",
    "%41%",
    "line\nbreak\r\n",
    "\x00\x1b",
    "\"'<script>",
    "\\",
    "[::1]",
    "émile",
    "\N{MOBILE PHONE}\N{MAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",
    "\N{RIGHT-TO-LEFT OVERRIDE}nna",
    "x" * 300,
    "é:" * 150,
]


def url(user_name: str = "ann", issuer: str = "Bank", parameters: Parameters = TOTP) -> str:
    return authenticator_url(secret=SECRET, user_name=user_name, issuer=issuer, parameters=parameters)


def test_a_url_of_an_app() -> None:
    assert url("ann@example.com", "My Bank") == (
        f"otpauth://totp/My%20Bank:ann%40example.com?secret={SECRET}&issuer=My%20Bank&algorithm=SHA1&digits=6&period=30"
    )


def test_a_url_of_a_counter() -> None:
    assert url(parameters=HOTP) == (
        f"otpauth://hotp/Bank:ann?secret={SECRET}&issuer=Bank&algorithm=SHA1&digits=6&counter=0"
    )


def check(user_name: str, issuer: str, parameters: Parameters) -> None:
    written = url(user_name, issuer, parameters)

    # A parser that others wrote reads back what was meant, but for the colon that no name may have.
    read: Any = pyotp.parse_uri(written)
    assert (read.name, read.issuer, read.secret) == (user_name.replace(":", "-"), issuer.replace(":", "-"), SECRET)
    assert "%3A" not in written.upper()

    # And nothing in a name ends a part of the URL, whatever the parser.
    assert written.isascii()
    assert written.isprintable()
    assert not set(written) & set(" +#\"'<>[]\\")
    scheme, rest = written.split("://")
    label, query = rest.split("?")
    assert scheme == "otpauth"
    assert label.count("/") == label.count(":") == 1
    assert query.count("=") == query.count("&") + 1
    moving = "counter" if parameters.period is None else "period"
    assert [key for key, _ in parse_qsl(query)] == ["secret", "issuer", "algorithm", "digits", moving]


@pytest.mark.parametrize("parameters", [TOTP, HOTP], ids=["totp", "hotp"])
@pytest.mark.parametrize("user_name", HOSTILE)
def test_no_name_breaks_out_of_its_place(user_name: str, parameters: Parameters) -> None:
    check(user_name, "Bank", parameters)


@pytest.mark.parametrize("parameters", [TOTP, HOTP], ids=["totp", "hotp"])
@pytest.mark.parametrize("issuer", HOSTILE)
def test_no_issuer_breaks_out_of_its_places(issuer: str, parameters: Parameters) -> None:
    check("ann", issuer, parameters)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(texts, texts, st.sampled_from([TOTP, HOTP]))
def test_no_text_breaks_out_of_its_place(user_name: str, issuer: str, parameters: Parameters) -> None:
    check(user_name, issuer, parameters)


def test_a_space_is_written_so_that_no_app_shows_a_plus() -> None:
    written = url("Ann Other", "My Bank")

    assert written.count("%20") == 3
    assert "+" not in written


def test_the_issuer_stands_in_both_places() -> None:
    parts = urlsplit(url(issuer="Bank"))

    assert parts.path.startswith("/Bank:")
    assert dict(parse_qsl(parts.query))["issuer"] == "Bank"


@pytest.mark.parametrize("digits", [6, 7, 8])
@pytest.mark.parametrize(
    ("algorithm", "digest"), [("sha1", hashlib.sha1), ("sha256", hashlib.sha256), ("sha512", hashlib.sha512)]
)
def test_an_app_learns_how_values_are_made(digits: int, algorithm: Algorithm, digest: object) -> None:
    clock: Any = pyotp.parse_uri(url(parameters=Parameters(digits=digits, algorithm=algorithm, tolerance=1, period=45)))
    counter: Any = pyotp.parse_uri(url(parameters=Parameters(digits=digits, algorithm=algorithm, tolerance=1)))

    assert (clock.digits, clock.digest, clock.interval) == (digits, digest, 45)
    assert (counter.digits, counter.digest, counter.initial_count) == (digits, digest, 0)
