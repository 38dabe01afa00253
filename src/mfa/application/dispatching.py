"""Making a challenge, and having it sent."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import attrs

from mfa.application.ports.audit import SYSTEM, Origin, acting
from mfa.application.ports.delivery import Message, Sender, SentChallenge
from mfa.application.transactions import Decision, Transactions, UseCase
from mfa.domain import events
from mfa.domain.accounts import Account
from mfa.domain.errors import DeliveryFailed, NotDispatchable
from mfa.domain.identifiers import Token
from mfa.domain.values import ValueObject

_Stored = tuple[SentChallenge, Message | None, Mapping[str, object]]
"""A challenge that is stored, the message that is still to be sent, and what the client is shown."""

UNTOLD_LIFETIME = timedelta(days=1)
"""How long a challenge is kept whose method does not say how long it is good for."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class RequestChallenge(ValueObject):
    """The wish to be sent a code; ``again`` even though the token's challenge is confirmed.

    ``site`` is the host that is asked, for messages of a site whose name is not configured.
    """

    token: Token
    index: int
    again: bool = False
    site: str = ""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class DispatchChallenge(UseCase):
    """Makes a challenge, stores it, and only then has it sent.

    Raises ``DeviceNotFound``, ``NotDispatchable``, ``DeviceIsDisabled``, ``AlreadyVerified``, ``Throttled`` and
    ``DeliveryFailed``.
    """

    senders: Mapping[str, Sender]

    def __call__(self, command: RequestChallenge) -> Mapping[str, object] | None:
        """Dispatch a challenge, and return what the client is shown of it, where that is how it travels."""
        challenge, message, shown = self.transactions.run(
            command.token.user_id, command.token.id, lambda account, now: self._decide(account, command, now)
        )
        if message is None:
            return shown
        try:
            self.senders[message.method].send(message)
            delivered = True
        except Exception:  # noqa: BLE001 - whatever a sender raises, the code did not get there
            delivered = False
        if not delivered:
            # Out here nothing is chained: what a sender puts into its exceptions may hold the code or the address.
            _void(self.transactions, challenge)
            raise DeliveryFailed
        return None

    def _decide(self, account: Account, command: RequestChallenge, now: datetime) -> Decision[_Stored]:
        rules = self.transactions.rules
        device = account.device(command.index, now)
        method = rules.methods.named(device.method)
        if not method.dispatchable:
            raise NotDispatchable
        account.demand_dispatch(device, method, rules, now, again=command.again)
        state = self.transactions.open(device.state, account, device.index)
        dispatch = method.dispatch(state, now, self.transactions.opened_siblings(account, method))
        sealed = self.transactions.seal(dispatch.sent, account, device.index, command.token.id)
        challenge = SentChallenge(token=command.token, index=device.index, dispatched_at=now)
        message = None
        if dispatch.message is not None:
            message = Message(
                method=method.name,
                destination=dispatch.message.destination,
                code=dispatch.message.code,
                lifetime=dispatch.message.lifetime,
                user_id=account.user_id,
                # Until somebody has proved the address, it may be anybody's, and whoever registers it must not write to
                # a stranger in the site's name.
                device_name=device.name if device.active else "",
                site=command.site,
                challenge=challenge,
            )
        kinds: list[type[events.DeviceEvent]] = [events.ChallengeDispatched]
        after = account.dispatched(device, method, sealed, now, until=now + (dispatch.lifetime or UNTOLD_LIFETIME))
        if method.limits is not None and after.sends[method.name].capped(method.limits, now):
            kinds.append(events.SendLimitReached)
        return Decision(
            account=after,
            events=tuple(kind.of(account.user_id, device, now) for kind in kinds),
            answer=(challenge, message, dispatch.shown),
        )


class VoidChallenge(UseCase):
    """Voids a challenge whose delivery failed after the request was answered, as with a queue."""

    def __call__(self, sent: SentChallenge) -> None:
        """Void what was sent, so that the user can ask for another at once."""
        with acting(Origin(actor=SYSTEM)):
            _void(self.transactions, sent)


def _void(transactions: Transactions, sent: SentChallenge) -> None:
    def decide(account: Account, now: datetime) -> Decision[None]:
        device = next((device for device in account.devices if device.index == sent.index), None)
        if device is None:
            return Decision(account=account, events=(), answer=None)
        after = account.undelivered(device, sent.dispatched_at)
        happened = events.DispatchFailed.of(account.user_id, device, now)
        return Decision(account=after, events=(happened,), answer=None)

    transactions.run(sent.token.user_id, sent.token.id, decide)
