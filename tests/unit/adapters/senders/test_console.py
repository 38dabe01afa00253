from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO

import pytest

from mfa.adapters.senders.console import ConsoleSender
from mfa.application.ports.delivery import Message, Sender
from mfa.testing.contracts.delivery import SenderContract


class Closed(StringIO):
    """An output that nobody reads."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


class Unread(ConsoleSender):
    def send(self, message: Message) -> None:
        with redirect_stdout(Closed()):
            super().send(message)


class TestConsoleSender(SenderContract):
    @pytest.fixture
    def sender(self) -> Sender:
        return ConsoleSender()

    @pytest.fixture
    def arrived(self, capsys: pytest.CaptureFixture[str]) -> Callable[[], list[tuple[str, str]]]:
        def lines() -> list[tuple[str, str]]:
            written = capsys.readouterr().out.splitlines()
            return [(line.partition(" to ")[2].partition(":")[0], line) for line in written]

        return lines

    @pytest.fixture
    def broken(self) -> Sender:
        return Unread()


def test_a_message_is_one_line(message: Message, capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleSender().send(message)

    assert capsys.readouterr().out == "email to anna@example.com: 042195, valid for 600 seconds\n"
