"""What every Sender and every Addressing does."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from mfa.application.ports.delivery import Addressing, Message, Sender
from mfa.domain.errors import InvalidField
from mfa.domain.identifiers import UserId

MESSAGE = Message(
    method="email",
    destination="anna@example.com",
    code="042195",
    lifetime=timedelta(minutes=10),
    user_id=UserId("1"),
    device_name="work mail",
)
"""A code on its way to Anna."""


class SenderContract:
    """Provide ``sender``, ``arrived``, which tells where which texts arrived, and ``broken``, which cannot deliver."""

    @pytest.fixture
    def message(self) -> Message:
        return MESSAGE

    def test_a_sender_is_one(self, sender: Sender) -> None:
        assert isinstance(sender, Sender)

    def test_the_code_arrives_once_where_it_should(
        self, sender: Sender, message: Message, arrived: Callable[[], list[tuple[str, str]]]
    ) -> None:
        sender.send(message)

        [(destination, text)] = arrived()
        assert destination == message.destination
        assert message.code in text

    def test_a_failure_is_told(self, broken: Sender, message: Message) -> None:
        with pytest.raises(Exception) as failure:  # noqa: PT011 - any exception will do, but none that tells the code
            broken.send(message)

        assert message.code not in str(failure.value)


class AddressingContract:
    """Provide ``addressing``, an address in a form that a person types, and the same in its one normal form."""

    def test_an_address_is_read_in_its_normal_form(self, addressing: Addressing, typed: str, normal: str) -> None:
        assert addressing.read(typed, "field").full == normal

    def test_the_normal_form_stays_as_it_is(self, addressing: Addressing, normal: str) -> None:
        assert addressing.read(normal, "field").full == normal

    def test_the_masked_form_and_the_repr_hide_the_full_one(
        self, addressing: Addressing, typed: str, normal: str
    ) -> None:
        address = addressing.read(typed, "field")

        assert "*" in address.masked
        assert normal not in repr(address)

    @pytest.mark.parametrize("text", ["", " ", "nonsense", "@", "a@b\nBcc: c@example.com", "+", "12\x00"])
    def test_what_is_no_address_is_refused_with_the_name_of_its_field(self, addressing: Addressing, text: str) -> None:
        with pytest.raises(InvalidField) as refusal:
            addressing.read(text, "field")

        assert refusal.value.field == "field"
