"""What the project sends mails through; Celery's worker loads it by ``celery --app``."""

import os
import time

import django
from celery import Celery
from django.apps import apps

app = Celery("soak", broker=f"redis://127.0.0.1:{os.environ['SOAK_REDIS']}/0")
app.conf.broker_transport_options = {"socket_timeout": 3, "socket_connect_timeout": 3}
app.conf.broker_connection_retry_on_startup = True
app.conf.broker_connection_max_retries = None

if not apps.apps_ready:  # this is the worker
    django.setup()

from benchmarks.soak.mails import Sent, digest, note  # noqa: E402 - Django has to be set up first
from mfa.adapters.senders.celery import CelerySender  # noqa: E402 - as above
from mfa.application.ports.delivery import Message  # noqa: E402 - as above


class QueuedEmail(CelerySender):
    """Mails from the worker."""

    sender = "mfa.adapters.senders.django_email.DjangoEmailSender"

    def send(self, message: Message) -> None:
        """Note the code, and hand it over."""
        assert message.challenge is not None
        token, index = message.challenge.token.id, message.challenge.index
        note(Sent(at=time.time(), token=token, index=index, value=digest(message.code)))
        super().send(message)
