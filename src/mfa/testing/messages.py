"""What is sent while tests run: each message is kept for whoever asks for its code."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import attrs

from mfa.adapters.memory.delivery import OutboxSender
from mfa.application.ports.delivery import Message, Sender
from mfa.application.use_cases import UseCases
from mfa.containers.core import UseCasesProvider, compose
from mfa.domain.identifiers import UserId
from mfa.testing.deployment import app_config, lay, override

_kept: dict[tuple[UserId, int | None], Message] = {}
"""The last message to each device, by its user and its index."""

_outboxes: list[OutboxSender] = []
"""Where messages end in the place of whoever delivers them; the last one counts."""


@attrs.frozen(eq=False, repr=False)
class WatchedSender(Sender):
    """Keeps each message that another sender delivers."""

    sender: Sender

    def send(self, message: Message) -> None:
        """Deliver a message, and keep it where that worked."""
        (_outboxes[-1] if _outboxes else self.sender).send(message)
        _kept[message.user_id, None if message.challenge is None else message.challenge.index] = message


class _WatchedUseCases(UseCasesProvider):
    """Makes the use cases as the deployment does, but with senders that are watched."""


def watch() -> None:
    """Keep what is sent by this deployment from now on."""
    if not any(isinstance(each, _WatchedUseCases) for each in app_config().container.use_cases.overridden):
        lay(lambda laid, _: laid.use_cases.override(_WatchedUseCases(_composed, laid)), ExitStack())


def _composed(container: Any) -> UseCases:  # noqa: ANN401 - as the app config has it
    use_cases = compose(container)
    dispatch = use_cases.dispatch_challenge
    # What is no sender stays as it is, for the system checks to tell of.
    senders = {
        name: WatchedSender(sender) if hasattr(sender, "send") else sender for name, sender in dispatch.senders.items()
    }
    return attrs.evolve(use_cases, dispatch_challenge=attrs.evolve(dispatch, senders=senders))


def forget(user_id: UserId, index: int) -> None:
    """Forget what was sent to another device under the same name, as of a test before."""
    _kept.pop((user_id, index), None)


def last_code(user_id: UserId, index: int) -> str:
    """Return the last code that was sent to a device; raises ``LookupError`` where there was none."""
    message = _kept.get((user_id, index))
    if message is None:
        raise LookupError(f"Nothing was sent to device {index}: first POST to its dispatch/, as a client does")
    return message.code


@contextmanager
def outbox() -> Iterator[list[Message]]:
    """Have every message end in a list, in the place of whoever delivers it."""
    kept = OutboxSender()
    watch()
    _outboxes.append(kept)
    try:
        with override(email_sender=kept, sms_sender=kept):
            yield kept.messages
    finally:
        _outboxes.remove(kept)
