import sys
import unicodedata

import attrs
import pytest

from mfa.domain.errors import MalformedValue, MethodNotFound
from mfa.domain.methods.base import MAX_VALUE_BYTES, Attempt, Methods
from tests.unit.domain.samples import EMAIL, NOW, RECOVERY, TOTP, WEBAUTHN, Kind

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


def test_so_is_what_a_person_calls_it_and_whether_it_sends() -> None:
    methods = Methods((TOTP, attrs.evolve(EMAIL, verbose_name="Mail")))

    assert [methods.verbose_name(name) for name in ("totp", "email", "sms")] == ["A kind", "Mail", "sms"]
    assert [methods.dispatchable(name) for name in ("totp", "email", "sms")] == [False, True, False]


def test_a_method_that_is_gone_counts_as_the_weakest() -> None:
    assert METHODS.guessable("sms")
    assert not METHODS.backup("sms")
    assert not METHODS.phishing_resistant("sms")


def typed(value: object) -> object:
    return Attempt(state=b"", value=value, now=NOW).value


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("123456", "123456"),
        (" 12-34 - 56\r\n", "123456"),
        ("", ""),
        ("\u202a123\N{NO-BREAK SPACE}\N{EN DASH}456\u202c\N{ZERO WIDTH SPACE}", "123456"),
        ("\N{MINUS SIGN}1", "1"),
        ("\N{ARABIC-INDIC DIGIT FOUR}\N{FULLWIDTH DIGIT TWO}\N{MATHEMATICAL BOLD DIGIT ONE}", "421"),
        (
            "\N{SUPERSCRIPT TWO}\N{CIRCLED DIGIT ONE}\N{ROMAN NUMERAL FIVE}",
            "\N{SUPERSCRIPT TWO}\N{CIRCLED DIGIT ONE}\N{ROMAN NUMERAL FIVE}",
        ),
        ("1_2.3+4\x1c\x00", "1_2.3+4\x1c\x00"),
        ("1\ud8002", "1\N{REPLACEMENT CHARACTER}2"),
        ("x" * MAX_VALUE_BYTES, "x" * MAX_VALUE_BYTES),
    ],
    ids=[
        "plain",
        "spaces and hyphens",
        "nothing",
        "what is not seen",
        "minus",
        "digits of other scripts",
        "numbers that are no digits",
        "anything else",
        "a surrogate",
        "the longest",
    ],
)
def test_a_typed_value_is_read_in_one_normal_form(value: str, read: str) -> None:
    attempt = Attempt(state=b"", value=value, now=NOW)

    assert attempt.value == attempt.text == read
    assert attrs.evolve(attempt).value == read


SPACE = [*range(0x9, 0xE), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000]
UNSEEN = [0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]
SPARSE = 1000


def test_no_character_is_dropped_or_read_as_another_beside_those_of_the_contract() -> None:
    characters = [chr(point) for point in range(sys.maxunicode + 1)]
    dropped = {chr(point) for point in (*SPACE, *UNSEEN, 0x2212)}
    dropped |= {character for character in characters if unicodedata.category(character) == "Pd"}
    for start in range(0, len(characters), SPARSE):
        some = characters[start : start + SPARSE]
        kept = [character for character in some if character not in dropped]
        read = [
            str(int(each)) if each.isdecimal() else "\ufffd" if "\ud800" <= each <= "\udfff" else each for each in kept
        ]
        assert typed("".join(some)) == "".join(read)


@pytest.mark.parametrize(
    "value",
    [
        "x" * (MAX_VALUE_BYTES + 1),
        " " * (MAX_VALUE_BYTES + 1),
        "\N{LATIN SMALL LETTER E WITH ACUTE}" * (MAX_VALUE_BYTES // 2 + 1),
        "\ud800" * (MAX_VALUE_BYTES // 3 + 1),
    ],
    ids=["letters", "spaces", "letters of two bytes", "surrogates"],
)
def test_what_is_too_long_is_malformed_as_it_came(value: str) -> None:
    assert MAX_VALUE_BYTES == 4096
    with pytest.raises(MalformedValue):
        typed(value)


@pytest.mark.parametrize("value", [123456, 12.5, None, True, b"123456", ["123456"], {"value": "1 2"}], ids=repr)
def test_what_is_no_text_is_left_for_the_method_to_judge(value: object) -> None:
    attempt = Attempt(state=b"", value=value, now=NOW)

    assert attempt.value is value
    with pytest.raises(MalformedValue):
        attempt.text  # noqa: B018 - it raises
