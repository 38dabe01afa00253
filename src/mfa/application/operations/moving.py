"""Moving in: the devices that users have in another package become theirs here, without one of them enrolling anew."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Literal

import attrs

from mfa.application.operations.operator import Operator
from mfa.application.ports.audit import acting
from mfa.application.ports.importing import (
    Failed,
    FoundRow,
    FoundUser,
    ImportedAddress,
    ImportSource,
    KnownUser,
    LeftOut,
    SourceMaker,
    SourcePlace,
    UserFinder,
)
from mfa.application.ports.repositories import Holders
from mfa.application.transactions import MOST_ATTEMPTS_OF_OPERATORS, Decision, Transactions, UseCase, retried
from mfa.domain.accounts import Account
from mfa.domain.devices import Device, storable_name
from mfa.domain.errors import MfaError, Unavailable
from mfa.domain.events import DeviceActivated
from mfa.domain.methods.adoption import Adoption, Arrival, NotAdopted
from mfa.domain.methods.base import Method
from mfa.domain.operations import MEMORY_INDEX, Moved, moved_in
from mfa.domain.states import decode, encode
from mfa.domain.values import Confidential, ValueObject

BATCH = 200
"""Users who are looked up at once."""

Outcome = Literal["imported", "present", "left_out", "failed"]


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Import(Confidential):
    """The wish to move users in: all, or the ``only`` one; on a ``dry_run`` nothing is changed.

    ``source`` is a short name or a dotted path. Where not ``told``, nobody is mailed.
    """

    source: str
    place: SourcePlace
    only: KnownUser | None = None
    dry_run: bool = False
    told: bool = True


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ImportedRow(ValueObject):
    """What became of a row: ``index`` is that of its device, where there is one, ``reason`` a stable word, or empty.

    An imported one has a reason where it is weak.
    """

    row: str
    method: str
    outcome: Outcome
    name: str = attrs.field(default="", repr=False)
    reason: str = ""
    index: int | None = None


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ImportedUser(Confidential):
    """What became of all rows of a user; ``user`` is None for rows of nobody who is here."""

    user: KnownUser | None
    rows: tuple[ImportedRow, ...]


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ImportDevices(UseCase):
    """Moves the devices of a source in, user by user, each through the compare-and-set of the account.

    It may run while both packages serve, be stopped and run again: what is there is left as it is, but for what was
    spent there since. Raises ``SourceUnreadable`` and ``Unavailable``; whatever else is wrong is told of the rows that
    it concerns.
    """

    finder: UserFinder
    holders: Holders
    sources: SourceMaker

    def __call__(self, command: Import, operator: Operator) -> Iterator[ImportedUser]:
        """Import, and tell of each user once it is stored."""
        source = self.sources(command.source, command.place)
        users = (each for each in source.users(command.only) if each.rows)
        while batch := list(islice(users, BATCH)):
            known, doubtful = self._known(source, [each.user for each in batch])
            for found in batch:
                user = known.get(found.user)
                if user is None:
                    yield _nobodys(found, doubtful=found.user in doubtful)
                else:
                    yield ImportedUser(user=user, rows=self._import(user, found.rows, command, operator))

    def _known(self, source: ImportSource, names: Sequence[str]) -> tuple[Mapping[str, KnownUser], frozenset[str]]:
        """Find users, and which of the names might mean two of them."""
        by_key = retried(partial(self.finder.by_keys, names))
        if not source.by_name:
            return by_key, frozenset()
        by_name = retried(partial(self.finder.by_names, names))
        doubtful = frozenset(each for each in by_key.keys() & by_name.keys() if by_key[each] != by_name[each])
        known = {**by_key, **by_name}
        return {each: user for each, user in known.items() if each not in doubtful}, doubtful

    def _import(
        self, user: KnownUser, rows: Sequence[FoundRow], command: Import, operator: Operator
    ) -> tuple[ImportedRow, ...]:
        def decide(account: Account, now: datetime) -> Decision[tuple[ImportedRow, ...]]:
            return _Arrivals(self.transactions, self.holders, now).decide(account, rows, told=command.told)

        try:
            if command.dry_run:
                account = retried(partial(self.transactions.unit_of_work.account, user.id))
                return decide(account, self.transactions.clock.now()).answer
            with acting(operator.origin):
                return self.transactions.run(user.id, None, decide, attempts=MOST_ATTEMPTS_OF_OPERATORS)
        except Unavailable:
            raise
        except MfaError as error:
            # Such as a key that is missing for what is there already: it is this user's affair alone.
            return tuple(_told(each, "failed", error.code) for each in rows)


class _Arrivals:
    """One user's rows on their way into the account, which is then another."""

    def __init__(self, transactions: Transactions, holders: Holders, now: datetime) -> None:
        self.transactions = transactions
        self.holders = holders
        self.now = now
        self.memory: dict[tuple[str, bytes], Moved] = {}
        self.states: dict[str, dict[int, bytes]] = {}
        self.come: dict[int, Device] = {}

    def decide(self, before: Account, rows: Sequence[FoundRow], *, told: bool) -> Decision[tuple[ImportedRow, ...]]:
        """Take the rows one after another, and what only stands in for others last."""
        self.account = before
        remembered: tuple[Moved, ...] = ()
        if before.moved is not None:
            opened = self.transactions.open(before.moved, before, MEMORY_INDEX)
            remembered = decode(tuple[Moved, ...], opened)
            self.memory = {(each.method, each.identity): each for each in remembered}
        methods = self.transactions.rules.methods
        order = sorted(range(len(rows)), key=lambda position: methods.backup(rows[position].method))
        told_of = {position: self._take(rows[position]) for position in order}
        memory = tuple(self.memory.values())
        if memory != remembered:
            sealed = self.transactions.seal(encode(memory), before, MEMORY_INDEX)
            self.account = attrs.evolve(self.account, moved=sealed)
        return Decision(
            account=self.account,
            events=tuple(
                DeviceActivated(user_id=before.user_id, at=self.now, index=each.index, method=each.method)
                for each in self.come.values()
            ),
            answer=tuple(told_of[position] for position in range(len(rows))),
            told=told,
        )

    def _take(self, row: FoundRow) -> ImportedRow:
        try:
            method = self._method(row)
            arrival = Arrival(
                found=row.found,
                row=row.row,
                states=self._states(method),
                user_email=self._email(row.found),
                now=self.now,
            )
            adoption = _adopted(method, arrival)
        except NotAdopted as refusal:
            return _told(row, "failed" if refusal.failed else "left_out", refusal.reason)
        return self._enter(row, method, adoption)

    def _method(self, row: FoundRow) -> Method:
        """Return the method that a row is for; raises ``NotAdopted`` where there is nothing for any."""
        if isinstance(row.found, Failed | LeftOut):
            raise NotAdopted(row.found.reason, failed=isinstance(row.found, Failed))
        rules = self.transactions.rules
        method = next((each for each in rules.methods if each.name == row.method), None)
        if method is None:
            raise NotAdopted("method_off", failed=False)
        if method.backup and all(rules.methods.backup(each.method) for each in self.account.active):
            raise NotAdopted("device_required", failed=False)
        return method

    def _enter(self, row: FoundRow, method: Method, adoption: Adoption) -> ImportedRow:
        known = self.memory.get((method.name, adoption.identity))
        if known is not None and known.device(self.account) is None:
            return _told(row, "left_out", "removed")
        index = adoption.index if known is None else known.index
        device = next((each for each in self.account.active if each.index == index), None)
        if device is None:
            return self._add(row, method, adoption)
        if adoption.index == index:
            self._renew(device, adoption)
        self._remember(device, adoption)
        if adoption.grown:
            self.come[device.index] = device
            return _told(row, "imported", adoption.warning, device.index)
        return _told(row, "present", "", device.index)

    def _add(self, row: FoundRow, method: Method, adoption: Adoption) -> ImportedRow:
        if adoption.unique is not None and retried(partial(self.holders.held, adoption.unique)) is not None:
            return _told(row, "failed", "not_unique")
        index = self.account.next_index
        device = Device(
            index=index,
            method=method.name,
            name=storable_name(row.name),
            state=self.transactions.seal(adoption.state, self.account, index),
            destination=adoption.destination,
            unique=adoption.unique,
            created_at=min(row.created_at or self.now, self.now),
            activated_at=self.now,
            last_used_at=row.last_used_at and min(row.last_used_at, self.now),
            guessable=adoption.guessable,
        )
        self.account = moved_in(self.account, device, self.transactions.rules, self.now)
        self.states[method.name][index] = adoption.state
        self.come[index] = device
        self._remember(device, adoption)
        return _told(row, "imported", adoption.warning, index)

    def _renew(self, device: Device, adoption: Adoption) -> None:
        """Enter what was spent since, or what came to it; what has not changed stays sealed as it is."""
        states = self.states[device.method]
        guessable = device.guessable or adoption.guessable
        if (states[device.index], device.guessable) == (adoption.state, guessable):
            return
        sealed = self.transactions.seal(adoption.state, self.account, device.index)
        self.account = self.account.replaced(attrs.evolve(device, state=sealed, guessable=guessable))
        states[device.index] = adoption.state

    def _remember(self, device: Device, adoption: Adoption) -> None:
        self.memory[device.method, adoption.identity] = Moved(
            method=device.method, identity=adoption.identity, index=device.index, created_at=device.created_at
        )

    def _states(self, method: Method) -> Mapping[int, bytes]:
        """Open the states of the devices of a method, once."""
        if method.name not in self.states:
            self.states[method.name] = {
                each.index: self.transactions.open(each.state, self.account, each.index)
                for each in self.account.active
                if each.method == method.name
            }
        return self.states[method.name]

    def _email(self, found: object) -> str:
        asked = isinstance(found, ImportedAddress) and not found.address
        return self.transactions.profile(self.account.user_id).email if asked else ""


def _adopted(method: Method, arrival: Arrival) -> Adoption:
    """Ask a method, and take whatever it raises but a refusal for a row that is not readable: it may hold anything."""
    try:
        return method.adopt(arrival)
    except NotAdopted:
        raise
    except Exception:  # noqa: BLE001 - as above
        raise NotAdopted("unreadable") from None


def _told(row: FoundRow, outcome: Outcome, reason: str, index: int | None = None) -> ImportedRow:
    return ImportedRow(
        row=row.row, method=row.method, name=storable_name(row.name), outcome=outcome, reason=reason, index=index
    )


def _nobodys(found: FoundUser, *, doubtful: bool) -> ImportedUser:
    """Tell of rows whose user is not here, or might be either of two."""
    outcome: Outcome = "failed" if doubtful else "left_out"
    reason = "ambiguous_user" if doubtful else "no_user"
    return ImportedUser(user=None, rows=tuple(_told(each, outcome, reason) for each in found.rows))
