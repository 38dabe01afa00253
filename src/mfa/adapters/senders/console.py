"""Codes and notices on the screen, for demonstrations."""

import sys

from mfa.application.ports.delivery import Message, Notice, NoticeSender, Sender


class ConsoleSender(Sender, NoticeSender):
    """Writes codes and notices to standard output, in clear: for a demonstration or a developer's own machine.

    Whoever reads the output, or the log that it ends up in, holds the second factor.
    """

    def send(self, message: Message) -> None:
        """Write a message."""
        seconds = int(message.lifetime.total_seconds())
        sys.stdout.write(f"{message.method} to {message.destination}: {message.code}, valid for {seconds} seconds\n")
        sys.stdout.flush()

    def send_notice(self, notice: Notice) -> None:
        """Write a notice, with its link in clear as well."""
        sys.stdout.write(f"email to {notice.destination}: {notice.subject}\n\n{notice.text}\n")
        sys.stdout.flush()
