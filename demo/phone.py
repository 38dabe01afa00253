"""How mails and text messages get to the demo's phone."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from demo.models import Message
from mfa.adapters.senders.wording import worded
from mfa.application.ports.delivery import Message as Code
from mfa.application.ports.delivery import Sender


class Mailbox(BaseEmailBackend):
    """Takes the mails of Django."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep each; the number says that all were taken."""
        for each in email_messages:
            Message.objects.create(to=", ".join(each.to), subject=each.subject, text=each.body)
        return len(email_messages)


class TextMessages(Sender):
    """Takes the codes of the method ``sms``."""

    def send(self, message: Code) -> None:
        """Keep a message, in the package's own words."""
        Message.objects.create(to=message.destination, text=worded("mfa/sms/body.txt", message, ""))
