"""What a project writes to send its mail through Celery; a worker process loads it by ``celery --app``."""

import os
from datetime import timedelta

import django
from celery import Celery

app = Celery("project", broker=os.environ.get("WORKER_BROKER"))
app.conf.task_default_queue = os.environ.get("WORKER_QUEUE", "celery")

if "WORKER_DATABASE" in os.environ:
    django.setup()

from mfa.adapters.senders import celery, queue  # noqa: E402 - Django has to be set up first

QUEUED_EMAIL = f"{__name__}.QueuedEmail"


class QueuedEmail(celery.CelerySender):
    sender = "mfa.adapters.senders.django_email.DjangoEmailSender"


if "WORKER_DATABASE" in os.environ:
    # A test does not wait as long as a person.
    queue.FIRST_WAIT = timedelta(milliseconds=50)
