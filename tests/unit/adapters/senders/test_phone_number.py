import pytest

from mfa.adapters.senders.phone_number import PhonenumbersAddressing
from mfa.application.ports.delivery import Addressing
from mfa.domain.errors import InvalidField
from mfa.testing.contracts.delivery import AddressingContract


class TestPhonenumbersAddressing(AddressingContract):
    @pytest.fixture
    def addressing(self) -> Addressing:
        return PhonenumbersAddressing()

    @pytest.fixture
    def typed(self) -> str:
        return "+31 (0)6-1234 56 78"

    @pytest.fixture
    def normal(self) -> str:
        return "+31612345678"


@pytest.mark.parametrize(
    ("region", "text", "full"),
    [
        (None, "+31 6 12345678", "+31612345678"),
        (None, "+31.6.12.34.56.78", "+31612345678"),
        (None, "0031612345678", "+31612345678"),
        (None, " 00 31 (0)6-12345678", "+31612345678"),
        (None, "+31/6/12345678", "+31612345678"),
        (None, "\u202a+31 6 12345678\u202c", "+31612345678"),
        (None, "+31\u202f6\u20091234\u20075678", "+31612345678"),
        (None, "+31\ufe636\u20111234\u20145678", "+31612345678"),
        (None, "\uff0b３１６１２３４５６７８", "+31612345678"),  # noqa: RUF001 - as an input method for Japanese writes it
        (None, "+1 (202) 555-0123", "+12025550123"),
        (None, "+44 7911 123456", "+447911123456"),
        (None, "+39 06 12345678", "+390612345678"),
        ("NL", "06-12345678", "+31612345678"),
        ("NL", "0031 6 12345678", "+31612345678"),
        ("US", "011 31 6 12345678", "+31612345678"),
        ("NL", "+44 7911 123456", "+447911123456"),
        ("US", "(202) 555-0123", "+12025550123"),
    ],
)
def test_any_common_writing_is_the_same_number(region: str | None, text: str, full: str) -> None:
    assert PhonenumbersAddressing(region).read(text, "number").full == full


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+31612345678", "+31 ** ****78"),
        ("+12025550123", "+1 ** ****23"),
        ("+447911123456", "+44 ** ****56"),
    ],
)
def test_the_mask_leaves_the_country_and_two_digits(text: str, masked: str) -> None:
    assert PhonenumbersAddressing().read(text, "number").masked == masked


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_a_number_has_to_be_there(text: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        PhonenumbersAddressing().read(text, "number")

    assert (refusal.value.field, refusal.value.problem) == ("number", "required")


@pytest.mark.parametrize(
    "text",
    [
        "06-12345678",
        "000 31 612345678",
        "+0031612345678",
        "+31 6 1234567",
        "+31 6 123456789",
        "+999 123456",
        "+",
        "12345",
        "+31612345678 ext 5",
        "+31612345678#5",
        "+31612345678;ext=5",
        "+1 800 FLOWERS",
        "+31612345678\n+31687654321",
        "+31612345678, +31687654321",
        "+31612345678\x00",
        "+1 900 555 1234",
        "+44 845 464 7000",
        "(" * 300,
        "+31" + "6" * 300,
    ],
)
def test_what_is_no_number_or_costs_or_has_an_extension_is_refused(text: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        PhonenumbersAddressing().read(text, "number")

    assert refusal.value.problem == "invalid_phone_number"


def test_a_region_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="'Holland'"):
        PhonenumbersAddressing("Holland")
