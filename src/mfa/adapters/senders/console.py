"""Codes on the screen, for demonstrations."""

import sys

from mfa.application.ports.delivery import Message, Sender


class ConsoleSender(Sender):
    """Writes codes to standard output, in clear: for a demonstration or a developer's own machine, and nothing else.

    Whoever reads the output, or the log that it ends up in, holds the second factor.
    """

    def send(self, message: Message) -> None:
        """Write a message."""
        seconds = int(message.lifetime.total_seconds())
        sys.stdout.write(f"{message.method} to {message.destination}: {message.code}, valid for {seconds} seconds\n")
        sys.stdout.flush()
