"""Codes through Django's task framework: ``django.tasks``, or its backport on Django 5.2 (the extra ``tasks``)."""

from importlib import import_module
from typing import Any, ClassVar

import django

from mfa.adapters.senders.queue import QueuedSender, deliver_sealed

framework: Any = import_module("django.tasks" if django.VERSION >= (6, 0) else "django_tasks")


class TaskSender(QueuedSender):
    """Hands messages to Django's task framework.

    A project writes which sender does the work, and names its own class in the settings::

        class QueuedEmail(TaskSender):
            sender = "mfa.adapters.senders.django_email.DjangoEmailSender"

    ``backend`` and ``queue_name`` choose another entry of ``TASKS`` and another of its queues than ``default``, so
    that codes need not wait behind newsletters. The framework tries nothing twice, so the first failure voids the
    challenge.
    """

    backend: ClassVar[str] = "default"
    queue_name: ClassVar[str] = "default"

    def hand_over(self, sealed: str) -> None:
        """Put a sealed parcel into the queue; raises what the task backend raises."""
        deliver.using(backend=self.backend, queue_name=self.queue_name).enqueue(sealed)


@framework.task  # type: ignore[untyped-decorator]  # one of two modules, chosen as this one is imported
def deliver(sealed: str) -> None:
    """Deliver a sealed parcel in a worker, as ``deliver_sealed`` does."""
    deliver_sealed(sealed)
