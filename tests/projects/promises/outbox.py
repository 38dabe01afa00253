"""Codes in a file, for whoever tests the project."""

import json

from mfa.application.ports.delivery import Message, Sender
from tests.projects.promises.clock import folder
from tests.projects.promises.faults import point

OUTBOX = "outbox.jsonl"


class FileSender(Sender):
    """Writes each code as a line, unless a fault that was asked for comes before."""

    def send(self, message: Message) -> None:
        line = json.dumps({"to": message.destination, "code": message.code}) + "\n"

        def write() -> None:
            with (folder() / OUTBOX).open("a") as file:
                file.write(line)

        point(write)


def codes(destination: str) -> list[str]:
    """The codes that were sent there, the latest last."""
    try:
        lines = (folder() / OUTBOX).read_text().splitlines()
    except FileNotFoundError:
        return []
    return [sent["code"] for sent in map(json.loads, lines) if sent["to"] == destination]
