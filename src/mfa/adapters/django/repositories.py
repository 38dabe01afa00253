"""Accounts in Django's database: one statement to read, and the compare-and-set first of all that write."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, cast

import attrs
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, router, transaction
from django.db.models import FilteredRelation, Q, QuerySet
from django.db.models.manager import BaseManager

from mfa.adapters.django import prepared
from mfa.adapters.django.models import AccountRecord, ChallengeRecord, DeviceRecord
from mfa.application.ports.repositories import AccountJoin, AccountRepository, Credentials
from mfa.domain.accounts import Account
from mfa.domain.challenges import Challenge
from mfa.domain.devices import Device
from mfa.domain.errors import NotUnique, StaleAccount
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.throttling import Failures, Sends
from mfa.domain.trusts import Trust

_ACCOUNT = ("version", "next_index", "carried", "sends", "spent", "trusts")
_DEVICE = (
    "index",
    "method",
    "name",
    "state",
    "unique",
    "destination",
    "created_at",
    "activated_at",
    "last_used_at",
    "registered_by",
    "expires_at",
    "failures",
    "last_failure_at",
)
_CHALLENGE = ("token", "sent", "dispatched_at", "confirmed_at", "trust", "trusted_at")
_COLUMNS = (*_ACCOUNT, *(f"devices__{column}" for column in _DEVICE), *(f"mine__{column}" for column in _CHALLENGE))

_DEVICES_BEGIN = len(_ACCOUNT)
_CHALLENGES_BEGIN = _DEVICES_BEGIN + len(_DEVICE)
_LOGIN_BEGINS = len(_COLUMNS)
"""Where each part of a row begins; the last is the user's password, where users have one."""

_STORED_PASSWORD = "user__password"  # noqa: S105 - where it is, not what

_LOGIN_CHARACTERS = 32

_TRUST_MOMENTS = ("created_at", "expires_at", "last_used_at")


def database() -> str:
    """Return the database that accounts are written to, and so read from: a replica may lag behind a removal."""
    return router.db_for_write(AccountRecord)


@attrs.frozen(eq=False, repr=False)
class DjangoAccountRepository(AccountRepository, AccountJoin):
    """Keeps accounts in three tables."""

    def of(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        """Read the account with its devices and the token's challenges, in one statement."""
        rows = prepared.rows(database(), "account", _account_rows, user=user_id, token=token_id or "")
        return _account(user_id, token_id, rows)

    def along(
        self,
        tokens: Any,  # noqa: ANN401 - a model, whichever the token system has
        known_by: Mapping[str, str],
        *,
        between: tuple[TokenId, TokenId],
        known_as: Callable[[Credentials], Token],
    ) -> tuple[Credentials, Account | None]:
        """Read a token, its user and the account in one statement; the token alone where it is in another database.

        The identities are compared as a range, for a database cannot make one of a key; in Python, to the letter.
        """
        if router.db_for_write(tokens) != database():
            return cast("Credentials", tokens.objects.select_related("user").get(**known_by)), None
        beside = _Beside.of(tokens)
        rows = prepared.rows(
            database(),
            ("along", tokens, *known_by) if beside.same else None,
            lambda: beside.rows(known_by),
            **known_by,
            first=between[0],
            last=between[1],
        )
        if not rows:
            raise tokens.DoesNotExist
        credentials = beside.token(rows[0])
        token = known_as(credentials)
        return credentials, _account(token.user_id, token.id, [beside.account(row) for row in rows])

    def holder(self, unique: str) -> UserId | None:
        """Find a device by its unique name, in one statement."""
        devices = DeviceRecord.objects.using(database()).filter(unique=unique, activated_at__isnull=False)
        keys = [UserId(str(key)) for key in devices.values_list("account_id", flat=True)]
        return keys[0] if keys else None

    def save(self, before: Account, after: Account) -> Account:
        """Move the account on from the version that was read, and only then write the rows that differ."""
        if before == after:
            return after
        stored = attrs.evolve(after, version=before.version + 1)
        self._compare_and_set(before, stored)
        devices = {device.index: device for device in before.devices}
        challenges = {challenge.index: challenge for challenge in before.challenges}
        gone = devices.keys() - {device.index for device in after.devices}
        if gone:
            _challenges(before.user_id).filter(index__in=gone).delete()
            _devices(before.user_id).filter(index__in=gone).delete()
        undone = challenges.keys() - {challenge.index for challenge in after.challenges} - gone
        if undone:
            _challenges(before.user_id).filter(index__in=undone, token=before.token_id).delete()
        for device in after.devices:
            old = devices.get(device.index)
            if device != old:
                self._write_device(after.user_id, device, old)
        for challenge in after.challenges:
            known = challenges.get(challenge.index)
            if challenge != known:
                self._write_challenge(after.user_id, challenge, known)
        return stored

    def _compare_and_set(self, before: Account, stored: Account) -> None:
        if before.version:
            changed = _changed({name: getattr(before, name) for name in _ACCOUNT}, stored)
            if not prepared.update(database(), AccountRecord, changed, user=before.user_id, version=before.version):
                raise StaleAccount
            return
        try:
            # A savepoint, so that losing the race for the first row leaves the transaction usable.
            with transaction.atomic(using=database()):
                prepared.insert(database(), AccountRecord, {"user": before.user_id, **_changed({}, stored)})
        except IntegrityError:
            raise StaleAccount from None

    def _write_device(self, user_id: UserId, device: Device, old: Device | None) -> None:
        fields = _device_fields(device)
        if old is None:
            prepared.insert(database(), DeviceRecord, {"account": user_id, **fields})
            return
        before = _device_fields(old)
        changed = {name: value for name, value in fields.items() if value != before[name]}
        if device.unique in (None, old.unique):
            prepared.update(database(), DeviceRecord, changed, account=user_id, index=device.index)
            return
        try:
            # A savepoint, as for the first row: the constraint finds a name that another user's device has.
            with transaction.atomic(using=database()):
                prepared.update(database(), DeviceRecord, changed, account=user_id, index=device.index)
        except IntegrityError:
            raise NotUnique from None

    def _write_challenge(self, user_id: UserId, challenge: Challenge, old: Challenge | None) -> None:
        place: dict[str, Any] = {"account": user_id, "index": challenge.index, "token": challenge.token_id}
        fields = {name: getattr(challenge, name) for name in _CHALLENGE[1:]}
        if old is None:
            prepared.insert(database(), ChallengeRecord, {**place, **fields})
        else:
            changed = {name: value for name, value in fields.items() if value != getattr(old, name)}
            prepared.update(database(), ChallengeRecord, changed, **place)


def _changed(before: Mapping[str, Any], stored: Account) -> dict[str, object]:
    """Return the columns of an account that were otherwise before, as they are written."""
    columns = {name: getattr(stored, name) for name in _ACCOUNT}
    return {
        name: _WRITTEN[name](value) for name, value in columns.items() if name not in before or value != before[name]
    }


def _device_fields(device: Device) -> dict[str, object]:
    fields = {column: getattr(device, column, None) for column in _DEVICE}
    return {**fields, "failures": device.failures.count, "last_failure_at": device.failures.last_at}


def _accounts(user_id: UserId | prepared.Slot) -> QuerySet[AccountRecord]:
    key: Any = user_id
    return AccountRecord.objects.using(database()).filter(pk=key)


def _devices(user_id: UserId) -> QuerySet[DeviceRecord]:
    key: Any = user_id
    return DeviceRecord.objects.using(database()).filter(account_id=key)


def _challenges(user_id: UserId) -> QuerySet[ChallengeRecord]:
    key: Any = user_id
    return ChallengeRecord.objects.using(database()).filter(account_id=key)


@cache
def _login_columns() -> tuple[str, ...]:
    """Return where a user's password is, as Django stores it; nowhere where the project's users have none."""
    try:
        AccountRecord._meta.get_field("user").related_model._meta.get_field("password")  # noqa: SLF001 - Django's name for it
    except FieldDoesNotExist:
        return ()
    return (_STORED_PASSWORD,)


def _login(password: str | None = None) -> str:
    """Digest a password as it is stored: a slow hash, with a salt, that here is only to be told from another."""
    known = b"mfa/login/" + (password or "").encode()
    return hashlib.sha256(known).hexdigest()[:_LOGIN_CHARACTERS]


def _account_rows() -> QuerySet[AccountRecord, Any]:
    token = prepared.Slot("token", ChallengeRecord._meta.get_field("token"))  # noqa: SLF001 - Django's name for it
    mine = FilteredRelation("devices__challenges", condition=Q(devices__challenges__token=token))
    found = _accounts(prepared.Slot("user", AccountRecord._meta.pk)).annotate(mine=mine)  # noqa: SLF001 - as above
    return found.values_list(*_COLUMNS, *_login_columns())


_PATH = "user__multi_factor_account__"


@attrs.frozen(repr=False)
class _Beside:
    """How a row of tokens, each with its user and the account, is told apart again."""

    tokens: Any
    users: Any
    token_names: tuple[str, ...]
    user_names: tuple[str, ...]
    same: bool
    """Whether the model's manager shows the same rows always, as one does not that asks for the time or a tenant."""

    @classmethod
    @cache
    def of(cls, tokens: Any) -> "_Beside":  # noqa: ANN401 - a model, whichever the token system has
        users = tokens._meta.get_field("user").related_model  # noqa: SLF001 - Django's name for it
        same = type(tokens.objects).get_queryset is BaseManager.get_queryset
        return cls(tokens, users, _names(tokens), _names(users), same)

    def rows(self, known_by: Iterable[str]) -> QuerySet[Any, Any]:
        identity = ChallengeRecord._meta.get_field("token")  # noqa: SLF001 - Django's name for it
        between = (prepared.Slot("first", identity), prepared.Slot("last", identity))
        mine = FilteredRelation(
            f"{_PATH}devices__challenges", condition=Q(**{f"{_PATH}devices__challenges__token__range": between})
        )
        known = {name: prepared.Slot(name, self.tokens._meta.get_field(name)) for name in known_by}  # noqa: SLF001 - as above
        found = self.tokens.objects.using(database()).filter(**known).annotate(mine=mine)
        account = (column if column.startswith("mine__") else _PATH + column for column in _COLUMNS)
        read: QuerySet[Any, Any] = found.values_list(
            *self.token_names, *(f"user__{name}" for name in self.user_names), *account
        )
        return read

    def token(self, row: Sequence[Any]) -> Any:  # noqa: ANN401 - as above
        """Make the token and its user, as Django makes what it reads."""
        user = self.users.from_db(database(), self.user_names, row[len(self.token_names) : self._account_begins])
        token = self.tokens.from_db(database(), self.token_names, row[: len(self.token_names)])
        token._meta.get_field("user").set_cached_value(token, user)  # noqa: SLF001 - as above
        return token

    def account(self, row: Sequence[Any]) -> Sequence[Any]:
        """Return what is the account's, as of a row that was read for it alone."""
        password = dict(zip(self.user_names, row[len(self.token_names) :], strict=False)).get("password")
        return (*row[self._account_begins :], password)

    @property
    def _account_begins(self) -> int:
        return len(self.token_names) + len(self.user_names)


def _names(model: Any) -> tuple[str, ...]:  # noqa: ANN401 - any model
    return tuple(field.attname for field in model._meta.concrete_fields)  # noqa: SLF001 - Django's name for it


def _account(user_id: UserId, token_id: TokenId | None, rows: Sequence[Sequence[Any]]) -> Account:
    """Put an account together; without rows, or with one that has none, it is empty."""
    if not rows or rows[0][0] is None:
        return Account(user_id=user_id, token_id=token_id)
    version, next_index, carried, sends, spent, trusts = rows[0][:_DEVICES_BEGIN]
    devices = {row[_DEVICES_BEGIN]: row for row in rows if row[_DEVICES_BEGIN] is not None}
    # Compared once more, since a database may take two texts for one that Python does not.
    challenges = {
        row[_DEVICES_BEGIN]: row for row in rows if token_id is not None and row[_CHALLENGES_BEGIN] == token_id
    }
    return Account(
        user_id=user_id,
        token_id=token_id,
        version=version,
        next_index=next_index,
        devices=tuple(_device(*devices[index][_DEVICES_BEGIN:_CHALLENGES_BEGIN]) for index in sorted(devices)),
        challenges=tuple(
            _challenge(index, *challenges[index][_CHALLENGES_BEGIN:_LOGIN_BEGINS]) for index in sorted(challenges)
        ),
        carried=MappingProxyType({method: _failures(*entry) for method, entry in carried.items()}),
        sends=MappingProxyType({method: _sends(*entry) for method, entry in sends.items()}),
        spent=MappingProxyType({each: datetime.fromisoformat(end) for each, end in spent.items()}),
        trusts=tuple(map(_trust, trusts)),
        login=_login(*rows[0][_LOGIN_BEGINS:]),
    )


def _device(*row: Any) -> Device:
    columns = dict(zip(_DEVICE, row, strict=True))
    failures = _failures(columns.pop("failures"), columns.pop("last_failure_at"))
    return Device(**{**columns, "state": bytes(columns["state"])}, failures=failures)


def _challenge(index: int, token: str, sent: bytes | None, *rest: Any) -> Challenge:
    dispatched_at, confirmed_at, trust, trusted_at = rest
    return Challenge(
        index=index,
        token_id=TokenId(token),
        sent=None if sent is None else bytes(sent),
        dispatched_at=dispatched_at,
        confirmed_at=confirmed_at,
        trust=trust,
        trusted_at=trusted_at,
    )


def _trust(entry: Mapping[str, Any]) -> Trust:
    moments = {name: entry[name] and datetime.fromisoformat(entry[name]) for name in _TRUST_MOMENTS}
    return Trust(**{**entry, **moments})


def _write_trust(trust: Trust) -> dict[str, Any]:
    moments = {name: getattr(trust, name) for name in _TRUST_MOMENTS}
    return {**attrs.asdict(trust), **{name: moment and moment.isoformat() for name, moment in moments.items()}}


def _failures(count: int, last_at: datetime | str | None) -> Failures:
    return Failures(count=count, last_at=datetime.fromisoformat(last_at) if isinstance(last_at, str) else last_at)


def _write_failures(failures: Failures) -> list[object]:
    return [failures.count, failures.last_at and failures.last_at.isoformat()]


def _sends(recent: list[str], last_at: str | None) -> Sends:
    return Sends(
        recent=tuple(map(datetime.fromisoformat, recent)),
        last_at=None if last_at is None else datetime.fromisoformat(last_at),
    )


def _write_sends(sends: Sends) -> list[object]:
    return [[at.isoformat() for at in sends.recent], sends.last_at and sends.last_at.isoformat()]


_WRITTEN: Mapping[str, Callable[[Any], object]] = {
    "version": int,
    "next_index": int,
    "carried": lambda carried: {method: _write_failures(entry) for method, entry in carried.items()},
    "sends": lambda sends: {method: _write_sends(entry) for method, entry in sends.items()},
    "spent": lambda spent: {digest: end.isoformat() for digest, end in spent.items()},
    "trusts": lambda trusts: [_write_trust(trust) for trust in trusts],
}
"""How each column of an account is written."""
