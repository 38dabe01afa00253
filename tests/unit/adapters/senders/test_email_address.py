import pytest

from mfa.adapters.senders.email_address import DjangoEmailAddressing
from mfa.application.ports.delivery import Addressing
from mfa.domain.errors import InvalidField
from mfa.testing.contracts.delivery import AddressingContract


class TestDjangoEmailAddressing(AddressingContract):
    @pytest.fixture
    def addressing(self) -> Addressing:
        return DjangoEmailAddressing()

    @pytest.fixture
    def typed(self) -> str:
        return " Anna.B+mfa@EXAMPLE.Com "

    @pytest.fixture
    def normal(self) -> str:
        return "Anna.B+mfa@example.com"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("anna@example.com", "a***@example.com"),
        ("a@example.com", "a***@example.com"),
        ("Anna@EXAMPLE.com", "A***@example.com"),
        ("anna@bücher.example", "a***@bücher.example"),
    ],
)
def test_the_mask_leaves_the_first_character_and_the_domain(text: str, masked: str) -> None:
    assert DjangoEmailAddressing().read(text, "address").masked == masked


@pytest.mark.parametrize("text", ["", " ", "\t\n"])
def test_an_address_has_to_be_there(text: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        DjangoEmailAddressing().read(text, "address")

    assert (refusal.value.field, refusal.value.problem) == ("address", "required")


@pytest.mark.parametrize(
    "text",
    [
        "anna",
        "@example.com",
        "anna@",
        "anna@example",
        "anna@@example.com",
        "anna@other.example@example.com",
        "anna@example.com, bert@example.com",
        "Anna <anna@example.com>",
        "anna@example.com\r\nBcc: bert@example.com",
        "anna@example.com\n",
        "\nanna@example.com",
        "anna@example.com\x00",
        "an\x7fna@example.com",
        "anna\u2028@example.com",
        "anna\u200b@example.com",
        "anna@exam\u202eple.com",
        '"anna"@example.com',
        '"bert@other.example "@example.com',
        '"a\nBcc: b"@example.com',
        f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example",
    ],
)
def test_what_is_no_address_or_could_become_another_is_refused(text: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        DjangoEmailAddressing().read(text, "address")

    assert refusal.value.problem == "invalid_email"


def test_254_characters_are_taken_and_255_are_not() -> None:
    longest = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 59}.example"
    assert len(longest) == 254

    assert DjangoEmailAddressing().read(longest, "address").full == longest
    with pytest.raises(InvalidField):
        DjangoEmailAddressing().read(longest.replace("@", "@b"), "address")
