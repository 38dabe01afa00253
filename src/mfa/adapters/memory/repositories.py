"""Accounts in memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from threading import Lock

import attrs

from mfa.application.ports.repositories import AccountRepository, HeldDevice
from mfa.domain.accounts import Account
from mfa.domain.challenges import Challenge, SpentLogin
from mfa.domain.errors import AlreadySpent, NotUnique, StaleAccount
from mfa.domain.identifiers import TokenId, UserId


class MemoryAccountRepository(AccountRepository):
    """Keeps accounts in a dictionary; what is kept holds the challenges of every token, what is read those of one."""

    def __init__(self) -> None:
        self._accounts: dict[UserId, Account] = {}
        self._logins: dict[UserId, str] = {}
        self._spent: dict[str, SpentLogin] = {}
        self._lock = Lock()

    def of(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        """Return a user's account with the challenges of one token; an empty one where nothing is stored."""
        return attrs.evolve(_as_seen_by(token_id, self._stored(user_id)), login=self._logins.get(user_id, ""))

    def change_password(self, user_id: UserId, password: str) -> None:
        """Have a user log in with something else from now on; real stores read it beside the account."""
        self._logins[user_id] = password

    def held(self, unique: str) -> HeldDevice | None:
        """Return the active device of that unique name, or None where there is none."""
        with self._lock:
            for user_id, account in self._accounts.items():
                device = account.holder_of(unique)
                if device is not None:
                    return HeldDevice(user_id=user_id, index=device.index, method=device.method, state=device.state)
            return None

    def users(self, *, after: UserId | None, limit: int) -> Sequence[UserId]:
        """Return the next users who have an account, by their keys."""
        return sorted(user_id for user_id in self._accounts if after is None or user_id > after)[:limit]

    def awaited_by(self, user_id: UserId) -> Sequence[TokenId]:
        """Return the tokens of a user for which something is out."""
        return sorted({each.token_id for each in self._stored(user_id).challenges if each.sent is not None})

    def seals(self, length: int) -> Mapping[bytes, int]:
        """Count what is sealed, by the beginning of each seal."""
        return Counter(sealed[:length] for account in self._accounts.values() for sealed in _seals(account))

    def seals_of(self, users: Collection[UserId], length: int) -> Mapping[UserId, Collection[bytes]]:
        """Return what the seals of these users begin with."""
        return {user_id: {sealed[:length] for sealed in _seals(self._stored(user_id))} for user_id in users}

    def save(self, before: Account, after: Account, *, spending: SpentLogin | None = None) -> Account:
        """Store what differs between two states of an account, and return it as stored.

        Raises ``AlreadySpent``, ``NotUnique``, and ``StaleAccount`` when the stored version is no longer that of
        ``before``, having changed nothing. The lock makes comparing and setting one step, as a database does.
        """
        with self._lock:
            if spending is not None and spending.digest in self._spent:
                raise AlreadySpent
            stored = self._save(before, after)
            if spending is not None:
                self._spent[spending.digest] = spending
            return stored

    def drop(self, kind: str, until: datetime, most: int) -> int:
        """Drop so many ``challenges`` or spent ``logins`` that ended by then, and return how many."""
        with self._lock:
            if kind == "logins":
                over = [digest for digest, login in self._spent.items() if login.expires_at <= until][:most]
                for digest in over:
                    del self._spent[digest]
                return len(over)
            dropped = 0
            for user_id, account in self._accounts.items():
                ended = [each for each in account.challenges if each.expires_at and each.expires_at <= until]
                gone = ended[: most - dropped]
                dropped += len(gone)
                kept = tuple(each for each in account.challenges if each not in gone)
                self._accounts[user_id] = attrs.evolve(account, challenges=kept)
            return dropped

    def _save(self, before: Account, after: Account) -> Account:
        stored = self._stored(before.user_id)
        if before == after:
            return after
        if after.concerns_token_alone(before):
            self._accounts[before.user_id] = attrs.evolve(
                stored, challenges=tuple(_challenges(stored, before, after).values())
            )
            return after
        if stored.version != before.version:
            raise StaleAccount
        names = {device.unique for device in after.devices} - {None}
        others = [other for other in self._accounts.values() if other.user_id != before.user_id]
        if any(device.unique in names for other in others for device in other.devices):
            raise NotUnique
        stored = _merged(stored, before, after)
        self._accounts[before.user_id] = stored
        return attrs.evolve(_as_seen_by(after.token_id, stored), login=after.login)

    def _stored(self, user_id: UserId) -> Account:
        return self._accounts.get(user_id, Account(user_id=user_id))


def _as_seen_by(token_id: TokenId | None, stored: Account) -> Account:
    mine = (challenge for challenge in stored.challenges if challenge.token_id == token_id)
    return attrs.evolve(stored, token_id=token_id, challenges=tuple(sorted(mine, key=lambda each: each.index)))


def _by_place(account: Account) -> dict[tuple[int, TokenId], Challenge]:
    return {(each.index, each.token_id): each for each in account.challenges}


def _challenges(stored: Account, before: Account, after: Account) -> dict[tuple[int, TokenId], Challenge]:
    """Return what is stored with what has changed; raises ``StaleAccount`` where that is not as it was read."""
    known, read, written = _by_place(stored), _by_place(before), _by_place(after)
    left = {device.index for device in after.devices}
    if any(known.get(place) != read[place] for place in read.keys() - written.keys() if place[0] in left):
        raise StaleAccount
    for place, each in written.items():
        if each != read.get(place):
            if known.get(place) != read.get(place):
                raise StaleAccount
            known[place] = each
    return known


def _merged(stored: Account, before: Account, after: Account) -> Account:
    """Take over everything, but leave challenges that were not read, which stay as long as their devices do."""
    mine = _by_place(after)
    if after.generation == before.generation:
        old = {device.index: device for device in before.devices}
        left = {device.index for device in after.devices}
        renewed = {device.index for device in after.devices if device.renews(old.get(device.index))}
        read = _by_place(before)
        mine = {
            place: each
            for place, each in _challenges(stored, before, after).items()
            if place in mine
            or (place not in read and each.index in (left if each.token_id == before.token_id else left - renewed))
        }
    return attrs.evolve(after, token_id=None, version=stored.version + 1, challenges=tuple(mine.values()))


def _seals(account: Account) -> list[bytes]:
    sent = [each.sent for each in account.challenges if each.sent is not None]
    return [*(device.state for device in account.devices), *sent, *([account.moved] if account.moved else [])]
