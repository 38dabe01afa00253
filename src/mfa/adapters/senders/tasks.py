"""Codes and notices through Django's task framework: ``django.tasks``, or its backport (the extra ``tasks``)."""

from importlib import import_module
from typing import Any, ClassVar

import attrs
import django

from mfa.adapters.senders.queue import NoticeParcel, QueuedSender, defined, give_up, now, received
from mfa.adapters.senders.queue import deliver as deliver_parcel

framework: Any = import_module("django.tasks" if django.VERSION >= (6, 0) else "django_tasks")


class TaskSender(QueuedSender):
    """Hands messages to Django's task framework.

    A project writes which sender does the work, and names its own class in the settings::

        class QueuedEmail(TaskSender):
            sender = "mfa.adapters.senders.django_email.DjangoEmailSender"

    ``backend`` and ``queue_name`` choose another entry of ``TASKS`` and another of its queues than ``default``, so
    that codes need not wait behind newsletters. The framework tries nothing twice, so the first failure voids the
    challenge; a notice that failed is put into the queue again, to wait longer each time, where a backend can defer.
    """

    backend: ClassVar[str] = "default"
    queue_name: ClassVar[str] = "default"

    def hand_over(self, sealed: str) -> None:
        """Put a sealed parcel into the queue; raises what the task backend raises."""
        deliver.using(backend=self.backend, queue_name=self.queue_name).enqueue(sealed)


@framework.task  # type: ignore[untyped-decorator]  # one of two modules, chosen as this one is imported
def deliver(sealed: str) -> None:
    """Deliver a sealed parcel in a worker; raises ``DeliveryFailed`` when it is given up.

    One that is not this deployment's own does nothing.
    """
    parcel = received(sealed)
    if parcel is None:
        return
    failure = deliver_parcel(parcel)
    if failure is None:
        return
    if not (isinstance(parcel, NoticeParcel) and _put_off(parcel)):
        give_up(parcel, failure)


def _put_off(parcel: NoticeParcel) -> bool:
    """Put a notice into its queue again, and tell whether that could be done.

    It is worth no try at once, which is all that a backend has that does its tasks in the request.
    """
    queue: Any = defined[parcel.sender]
    wait = parcel.wait(parcel.tries)
    task = deliver.using(backend=queue.backend, queue_name=queue.queue_name)
    if wait is None or not task.get_backend().supports_defer:
        return False
    task.using(run_after=now() + wait).enqueue(attrs.evolve(parcel, tries=parcel.tries + 1).seal())
    return True
