"""Codes by mail, through Django's own mail system."""

from typing import Any

from django.core import mail
from django.core.mail import EmailMultiAlternatives

from mfa.adapters.senders.waiting import timed_out
from mfa.adapters.senders.wording import worded
from mfa.application.ports.delivery import DeliveryTimedOut, Message, Notice, NoticeSender, Sender


class NotAccepted(Exception):
    """The mail system took nothing, and did not say why."""


class DjangoEmailSender(Sender, NoticeSender):
    """Mails codes and notices as text and as HTML, by whatever mail system the project has configured.

    The wording is in the templates ``mfa/email/subject.txt``, ``body.txt`` and ``body.html``. ``timeout`` is how many
    seconds the server may take for each answer where the project has set nothing (``EMAIL_TIMEOUT``, or ``timeout``
    among the options of ``MAILERS``): Django would wait for ever, and the request with it.
    """

    def __init__(self, issuer: str = "", timeout: float = 10) -> None:
        self._issuer = issuer
        self._timeout = timeout

    def send(self, message: Message) -> None:
        """Mail a code; raises ``DeliveryTimedOut``, ``NotAccepted`` and whatever the mail system raises."""
        self._send(
            _letter(
                subject=worded("mfa/email/subject.txt", message, self._issuer),
                text=worded("mfa/email/body.txt", message, self._issuer),
                html=worded("mfa/email/body.html", message, self._issuer),
                destination=message.destination,
            )
        )

    def send_notice(self, notice: Notice) -> None:
        """Mail a notice; raises as ``send`` does."""
        self._send(_letter(subject=notice.subject, text=notice.text, html=notice.html, destination=notice.destination))

    def _send(self, letter: EmailMultiAlternatives) -> None:
        # Django 6.1 has its connections elsewhere than before.
        mailers = getattr(mail, "mailers", None)
        connection: Any = mail.get_connection() if mailers is None else mailers.default
        if getattr(connection, "timeout", self._timeout) is None:
            connection.timeout = self._timeout
        try:
            accepted = connection.send_messages([letter])
        except Exception as failure:
            if timed_out(failure):
                raise DeliveryTimedOut from None
            raise
        if accepted == 0:
            raise NotAccepted


def _letter(*, subject: str, text: str, html: str, destination: str) -> EmailMultiAlternatives:
    """Write the mail, with the subject on one line whatever a name holds.

    It says that a program wrote it, so that no other program answers (RFC 3834 section 5).
    """
    letter = EmailMultiAlternatives(
        subject=" ".join(subject.split()), body=text, to=[destination], headers={"Auto-Submitted": "auto-generated"}
    )
    letter.attach_alternative(html, "text/html")
    return letter
