import pytest

from mfa.domain.errors import MalformedValue, MethodNotFound
from mfa.domain.methods.base import MAX_VALUE_BYTES, Methods, typed_value
from tests.unit.domain.samples import RECOVERY, TOTP, WEBAUTHN, Kind

METHODS = Methods((TOTP, RECOVERY, WEBAUTHN))


def test_methods_keep_their_order() -> None:
    assert list(METHODS) == [TOTP, RECOVERY, WEBAUTHN]


def test_a_method_is_found_by_name() -> None:
    assert METHODS.named("recovery") is RECOVERY


@pytest.mark.parametrize(("key", "method"), [("0", TOTP), ("1", RECOVERY), ("2", WEBAUTHN), ("totp", TOTP)])
def test_a_method_is_found_by_position_or_name(key: str, method: Kind) -> None:
    assert METHODS.at(key) is method


@pytest.mark.parametrize(
    "key",
    ["3", "-1", "00", "+0", " 0", "0 ", "0\n", "\N{ARABIC-INDIC DIGIT ZERO}", "TOTP", "totp/", "", "sms", "9" * 5000],
)
def test_whatever_else_is_no_method(key: str) -> None:
    with pytest.raises(MethodNotFound):
        METHODS.at(key)
    with pytest.raises(MethodNotFound):
        METHODS.named(key)


def test_a_position_is_no_name() -> None:
    with pytest.raises(MethodNotFound):
        METHODS.named("0")


def test_the_traits_of_a_method_are_known_by_its_name() -> None:
    names = ("totp", "recovery", "webauthn")

    assert [METHODS.guessable(name) for name in names] == [True, False, False]
    assert [METHODS.backup(name) for name in names] == [False, True, False]
    assert [METHODS.phishing_resistant(name) for name in names] == [False, False, True]


def test_a_method_that_is_gone_counts_as_the_weakest() -> None:
    assert METHODS.guessable("sms")
    assert not METHODS.backup("sms")
    assert not METHODS.phishing_resistant("sms")


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        ("123456", "123456"),
        ("123 456", "123456"),
        (" 12-34 - 56 ", "123456"),
        ("", ""),
        ("- -", ""),
        ("123\t456", "123\t456"),
        ("123456\n", "123456\n"),
        ("123\N{NO-BREAK SPACE}456", "123\N{NO-BREAK SPACE}456"),
        ("123\N{EN DASH}456", "123\N{EN DASH}456"),
        ("x" * MAX_VALUE_BYTES, "x" * MAX_VALUE_BYTES),
        ("\ud800", "\ud800"),
    ],
)
def test_a_typed_value_loses_ascii_spaces_and_hyphens_and_nothing_else(value: str, typed: str) -> None:
    assert typed_value(value) == typed


@pytest.mark.parametrize(
    "value",
    [
        123456,
        12.5,
        None,
        True,
        b"123456",
        ["123456"],
        {"value": "123456"},
        "x" * (MAX_VALUE_BYTES + 1),
        " " * (MAX_VALUE_BYTES + 1),
        "é" * (MAX_VALUE_BYTES // 2 + 1),
        "\ud800" * (MAX_VALUE_BYTES // 3 + 1),
    ],
    ids=lambda value: f"{type(value).__name__} {str(value)[:10]!r}",
)
def test_what_nobody_can_have_typed_is_malformed(value: object) -> None:
    with pytest.raises(MalformedValue):
        typed_value(value)


def test_a_typed_value_is_at_most_4096_bytes() -> None:
    assert MAX_VALUE_BYTES == 4096
