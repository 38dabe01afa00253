"""Codes and notices through Celery, from the extra ``celery``."""

from contextlib import suppress
from typing import Any

from celery import shared_task
from celery.exceptions import Reject

from mfa.adapters.senders.queue import QueuedSender, give_up, received
from mfa.adapters.senders.queue import deliver as deliver_parcel
from mfa.adapters.senders.waiting import timed_out
from mfa.application.ports.delivery import DeliveryTimedOut


class CelerySender(QueuedSender):
    """Hands messages to Celery.

    A project writes which sender does the work, in a ``tasks.py`` of one of its apps, where Celery's workers find it,
    and names its own class in the settings::

        class QueuedEmail(CelerySender):
            sender = "mfa.adapters.senders.django_email.DjangoEmailSender"

    The task is called ``mfa.deliver``, for ``task_routes``: codes need not wait behind newsletters. A worker tries
    again a few times, but not when the code has expired meanwhile, and then voids the challenge.

    How long a request waits for a broker is for Celery's settings to say: with Redis it waits for ever unless
    ``broker_transport_options`` has a ``socket_timeout``.
    """

    def hand_over(self, sealed: str) -> None:
        """Put a sealed parcel into the queue; raises ``DeliveryTimedOut`` and what Celery raises."""
        try:
            deliver.apply_async((sealed,))
        except Exception as failure:
            if timed_out(failure):
                raise DeliveryTimedOut from None
            raise


# Acknowledged late: a worker that dies half-way leaves its parcel to the next, which delivers the same code or finds
# it expired. No result: nobody asks for it.
@shared_task(  # type: ignore[untyped-decorator]  # Celery carries no types
    name="mfa.deliver", bind=True, max_retries=None, acks_late=True, reject_on_worker_lost=True, ignore_result=True
)
def deliver(task: Any, sealed: str) -> None:  # noqa: ANN401 - Celery carries no types
    """Deliver a sealed parcel in a worker; raises ``DeliveryFailed`` when it is given up.

    One that is not this deployment's own does nothing.
    """
    parcel = received(sealed)
    if parcel is None:
        return
    failure = deliver_parcel(parcel)
    if failure is None:
        return
    wait = None if failure.final else parcel.wait(task.request.retries)
    if wait is not None:
        with suppress(Reject):  # the broker is gone, and the retry with it
            task.retry(countdown=wait.total_seconds())
    give_up(parcel, failure)
