"""Accounts in Django's database: one statement to read, and the compare-and-set first of all that write."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, cast

import attrs
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, router, transaction
from django.db.models import F, FilteredRelation, Q, QuerySet

from mfa.adapters.django.models import AccountRecord, ChallengeRecord, DeviceRecord
from mfa.application.ports.repositories import AccountJoin, AccountRepository, Credentials
from mfa.domain.accounts import Account
from mfa.domain.challenges import Challenge
from mfa.domain.devices import Device
from mfa.domain.errors import NotUnique, StaleAccount
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.throttling import Failures, Sends
from mfa.domain.trusts import Trust

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
_COLUMNS = (
    "version",
    "next_index",
    "carried",
    "sends",
    "spent",
    "trusts",
    *(f"devices__{column}" for column in _DEVICE),
    *(f"mine__{column}" for column in _CHALLENGE),
)


_CHALLENGES = "user__multi_factor_account__devices__challenges"
_STORED_PASSWORD = "user__password"  # noqa: S105 - where it is, not what

_LOGIN_CHARACTERS = 32

_TRUST_MOMENTS = ("created_at", "expires_at", "last_used_at")


def database() -> str:
    """Return the database that accounts are written to, and so read from: a replica may lag behind a removal."""
    return router.db_for_write(AccountRecord)


@attrs.frozen
class DjangoAccountRepository(AccountRepository, AccountJoin):
    """Keeps accounts in three tables."""

    def of(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        """Read the account with its devices and the token's challenges, in one statement."""
        mine = FilteredRelation("devices__challenges", condition=Q(devices__challenges__token=token_id or ""))
        records = _accounts(user_id).annotate(mine=mine)
        columns = (*_COLUMNS, *_login_columns())
        rows = [dict(zip(columns, row, strict=True)) for row in records.values_list(*columns)]
        return _account(user_id, token_id, rows)

    def along(
        self,
        tokens: Any,  # noqa: ANN401 - a query set, whatever its model
        *,
        between: tuple[TokenId, TokenId],
        known_as: Callable[[Credentials], Token],
    ) -> tuple[Credentials, Account | None]:
        """Read a token, its user and the account in one statement; the token alone where it is in another database.

        The identities are compared as a range, for a database cannot make one of a key; in Python, to the letter.
        """
        if router.db_for_write(tokens.model) != database():
            return cast("Credentials", tokens.select_related("user").get()), None
        mine = FilteredRelation(_CHALLENGES, condition=Q(**{f"{_CHALLENGES}__token__range": between}))
        columns = {f"mfa_{number}": F(_beside(column)) for number, column in enumerate(_COLUMNS)}
        found = tokens.using(database()).select_related("user").annotate(mine=mine).annotate(**columns)
        rows = list(found)
        if not rows:
            raise tokens.model.DoesNotExist
        token = known_as(rows[0])
        return rows[0], _account(
            token.user_id,
            token.id,
            [
                {
                    **{column: getattr(row, f"mfa_{number}") for number, column in enumerate(_COLUMNS)},
                    _STORED_PASSWORD: getattr(row.user, "password", None),
                }
                for row in rows
            ],
        )

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
            if challenge != challenges.get(challenge.index):
                self._write_challenge(after.user_id, challenge, new=challenge.index not in challenges)
        return stored

    def _compare_and_set(self, before: Account, stored: Account) -> None:
        fields: dict[str, Any] = {
            "version": stored.version,
            "next_index": stored.next_index,
            "carried": {method: _write_failures(entry) for method, entry in stored.carried.items()},
            "sends": {method: _write_sends(entry) for method, entry in stored.sends.items()},
            "spent": {digest: end.isoformat() for digest, end in stored.spent.items()},
            "trusts": [_write_trust(trust) for trust in stored.trusts],
        }
        if before.version:
            if not _accounts(before.user_id).filter(version=before.version).update(**fields):
                raise StaleAccount
            return
        try:
            # A savepoint, so that losing the race for the first row leaves the transaction usable.
            with transaction.atomic(using=database()):
                AccountRecord.objects.using(database()).create(user_id=before.user_id, **fields)
        except IntegrityError:
            raise StaleAccount from None

    def _write_device(self, user_id: UserId, device: Device, old: Device | None) -> None:
        fields: dict[str, Any] = {
            **{column: getattr(device, column, None) for column in _DEVICE},
            "failures": device.failures.count,
            "last_failure_at": device.failures.last_at,
        }
        if old is None:
            DeviceRecord.objects.using(database()).create(account_id=user_id, **fields)
        elif device.unique in (None, old.unique):
            _devices(user_id).filter(index=device.index).update(**fields)
        else:
            try:
                # A savepoint, as for the first row: the constraint finds a name that another user's device has.
                with transaction.atomic(using=database()):
                    _devices(user_id).filter(index=device.index).update(**fields)
            except IntegrityError:
                raise NotUnique from None

    def _write_challenge(self, user_id: UserId, challenge: Challenge, *, new: bool) -> None:
        place: dict[str, Any] = {"index": challenge.index, "token": challenge.token_id}
        fields: dict[str, Any] = {
            "sent": challenge.sent,
            "dispatched_at": challenge.dispatched_at,
            "confirmed_at": challenge.confirmed_at,
            "trust": challenge.trust,
            "trusted_at": challenge.trusted_at,
        }
        if new:
            ChallengeRecord.objects.using(database()).create(account_id=user_id, **place, **fields)
        else:
            _challenges(user_id).filter(**place).update(**fields)


def _accounts(user_id: UserId) -> QuerySet[AccountRecord]:
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


def _login(password: str | None) -> str:
    """Digest a password as it is stored: a slow hash, with a salt, that here is only to be told from another."""
    known = b"mfa/login/" + (password or "").encode()
    return hashlib.sha256(known).hexdigest()[:_LOGIN_CHARACTERS]


def _beside(column: str) -> str:
    """Return the path to a column of an account from a token."""
    return column if column.startswith("mine__") else f"user__multi_factor_account__{column}"


def _account(user_id: UserId, token_id: TokenId | None, rows: Sequence[Mapping[str, Any]]) -> Account:
    """Put an account together; without rows, or with one that has none, it is empty."""
    if not rows or rows[0]["version"] is None:
        return Account(user_id=user_id, token_id=token_id)
    devices = {row["devices__index"]: _device(row) for row in rows if row["devices__index"] is not None}
    return Account(
        user_id=user_id,
        token_id=token_id,
        version=rows[0]["version"],
        next_index=rows[0]["next_index"],
        devices=tuple(devices[index] for index in sorted(devices)),
        # Compared once more, since a database may take two texts for one that Python does not.
        challenges=tuple(
            sorted(
                (_challenge(row) for row in rows if token_id is not None and row["mine__token"] == token_id),
                key=lambda challenge: challenge.index,
            )
        ),
        carried=MappingProxyType({method: _failures(*entry) for method, entry in rows[0]["carried"].items()}),
        sends=MappingProxyType({method: _sends(*entry) for method, entry in rows[0]["sends"].items()}),
        spent=MappingProxyType({each: datetime.fromisoformat(end) for each, end in rows[0]["spent"].items()}),
        trusts=tuple(map(_trust, rows[0]["trusts"])),
        login=_login(rows[0].get(_STORED_PASSWORD)),
    )


def _device(row: Mapping[str, Any]) -> Device:
    columns = {column: row[f"devices__{column}"] for column in _DEVICE}
    failures = _failures(columns.pop("failures"), columns.pop("last_failure_at"))
    return Device(**{**columns, "state": bytes(columns["state"])}, failures=failures)


def _challenge(row: Mapping[str, Any]) -> Challenge:
    sent = row["mine__sent"]
    return Challenge(
        index=row["devices__index"],
        token_id=TokenId(row["mine__token"]),
        sent=None if sent is None else bytes(sent),
        dispatched_at=row["mine__dispatched_at"],
        confirmed_at=row["mine__confirmed_at"],
        trust=row["mine__trust"],
        trusted_at=row["mine__trusted_at"],
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
