"""Accounts in Django's database: one statement to read, and the compare-and-set first of all that write."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, cast

import attrs
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, router, transaction
from django.db.models import FilteredRelation, Q, QuerySet
from django.db.models.manager import BaseManager

from mfa.adapters.django import prepared
from mfa.adapters.django.models import AccountRecord, ChallengeRecord, DeviceRecord, SpentLoginRecord
from mfa.application.ports.repositories import AccountJoin, AccountRepository, Credentials, HeldDevice
from mfa.domain import states
from mfa.domain.accounts import Account
from mfa.domain.challenges import Challenge, SpentLogin
from mfa.domain.devices import Device
from mfa.domain.errors import AlreadySpent, NotUnique, StaleAccount
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.sends import Sends
from mfa.domain.throttling import Failures
from mfa.domain.trusts import Trust

_ACCOUNT = ("version", "next_index", "gone", "sends", "trusts")
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
    "recent_failures",
    "last_failure_at",
)
_CHALLENGE = ("token", "sent", "dispatched_at", "confirmed_at", "trust", "trusted_at", "expires_at")
_COLUMNS = (*_ACCOUNT, *(f"devices__{column}" for column in _DEVICE), *(f"mine__{column}" for column in _CHALLENGE))

_DEVICES_BEGIN = len(_ACCOUNT)
_CHALLENGES_BEGIN = _DEVICES_BEGIN + len(_DEVICE)
_LOGIN_BEGINS = len(_COLUMNS)
"""Where each part of a row begins; the last is the user's password, where users have one."""

_STORED_PASSWORD = "user__password"  # noqa: S105 - where it is, not what

_LOGIN_CHARACTERS = 32


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

    def held(self, unique: str) -> HeldDevice | None:
        """Find a device by its unique name, in one statement."""
        for user_id, index, method, state in prepared.rows(database(), "held", _held_rows, unique=unique):
            return HeldDevice(user_id=UserId(str(user_id)), index=index, method=method, state=bytes(state))
        return None

    def users(self, *, after: UserId | None, limit: int) -> Sequence[UserId]:
        """Read the keys of the next users, in the order of the primary key."""
        accounts = AccountRecord.objects.using(database()).order_by("pk")
        if after is not None:
            accounts = accounts.filter(pk__gt=after)
        return [UserId(str(key)) for key in accounts.values_list("pk", flat=True)[:limit]]

    def awaited_by(self, user_id: UserId) -> Sequence[TokenId]:
        """Read the tokens for which something is out."""
        out = _challenges(user_id).filter(sent__isnull=False).order_by("token")
        return [TokenId(token) for token in out.values_list("token", flat=True).distinct()]

    def save(self, before: Account, after: Account, *, spending: SpentLogin | None = None) -> Account:
        """Move the account on from the version that was read, and only then write the rows that differ.

        What is out for one token concerns nobody else, and moves nothing.
        """
        stored = after
        if before != after and not after.concerns_token_alone(before):
            stored = attrs.evolve(after, version=before.version + 1)
            self._compare_and_set(before, stored)
            self._write_devices(before, after)
        self._write_challenges(before, after)
        if spending is not None:
            _spend(spending)
        return stored

    def _write_devices(self, before: Account, after: Account) -> None:
        old = {device.index: device for device in before.devices}
        gone = old.keys() - {device.index for device in after.devices}
        if gone:
            _challenges(before.user_id).filter(index__in=gone).delete()
            _devices(before.user_id).filter(index__in=gone).delete()
        for device in after.devices:
            if device.renews(old.get(device.index)):
                _challenges(before.user_id).filter(index=device.index).exclude(token=before.token_id).delete()
            if device != old.get(device.index):
                self._write_device(after.user_id, device, old.get(device.index))

    def _write_challenges(self, before: Account, after: Account) -> None:
        old = {challenge.index: challenge for challenge in before.challenges}
        kept = {each.index for each in after.challenges if before.token_id == after.token_id}
        left = {device.index for device in after.devices}
        undone = [index for index in old if index not in kept and index in left]
        if undone:
            _challenges(before.user_id).filter(index__in=undone, token=before.token_id).delete()
        for challenge in after.challenges:
            known = old.get(challenge.index) if challenge.index in kept else None
            if challenge != known:
                self._write_challenge(after.user_id, challenge, known)

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
            if not prepared.update(database(), ChallengeRecord, changed, **place):
                raise StaleAccount


def _spend(login: SpentLogin) -> None:
    fields = {"digest": login.digest, "expires_at": login.expires_at}
    try:
        # A savepoint, as for the first row of an account.
        with transaction.atomic(using=database()):
            prepared.insert(database(), SpentLoginRecord, fields)
    except IntegrityError:
        raise AlreadySpent from None


def _changed(before: Mapping[str, Any], stored: Account) -> dict[str, object]:
    """Return the columns of an account that were otherwise before, as they are written."""
    columns = {name: getattr(stored, name) for name in _ACCOUNT}
    return {
        name: _WRITTEN[name](value) for name, value in columns.items() if name not in before or value != before[name]
    }


def _device_fields(device: Device) -> dict[str, object]:
    fields = {column: getattr(device, column, None) for column in _DEVICE}
    failures = device.failures
    return {
        **fields,
        "failures": failures.count,
        "recent_failures": failures.recent,
        "last_failure_at": failures.last_at,
    }


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


def login_digest(password: str | None = None) -> str:
    """Digest a password as it is stored: a slow hash, with a salt, that here is only to be told from another."""
    known = b"mfa/login/" + (password or "").encode()
    return hashlib.sha256(known).hexdigest()[:_LOGIN_CHARACTERS]


def _account_rows() -> QuerySet[AccountRecord, Any]:
    token = prepared.Slot("token", ChallengeRecord._meta.get_field("token"))  # noqa: SLF001 - Django's name for it
    mine = FilteredRelation("devices__challenges", condition=Q(devices__challenges__token=token))
    found = _accounts(prepared.Slot("user", AccountRecord._meta.pk)).annotate(mine=mine)  # noqa: SLF001 - as above
    return found.values_list(*_COLUMNS, *_login_columns())


def _held_rows() -> QuerySet[DeviceRecord, Any]:
    unique = prepared.Slot("unique", DeviceRecord._meta.get_field("unique"))  # noqa: SLF001 - as above
    found = DeviceRecord.objects.using(database()).filter(unique=unique, activated_at__isnull=False)
    return found.values_list("account_id", "index", "method", "state")


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
        made = tokens.objects.all()
        same = type(tokens.objects).get_queryset is BaseManager.get_queryset and type(made) is QuerySet
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
    version, next_index, gone, sends, trusts = rows[0][:_DEVICES_BEGIN]
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
        gone=tuple(states.load(Failures, entry) for entry in gone),
        sends=MappingProxyType({method: states.load(Sends, entry) for method, entry in sends.items()}),
        trusts=tuple(states.load(Trust, entry) for entry in trusts),
        login=login_digest(*rows[0][_LOGIN_BEGINS:]),
    )


def _device(*row: Any) -> Device:
    columns = dict(zip(_DEVICE, row, strict=True))
    failures = Failures(
        count=columns.pop("failures"), recent=columns.pop("recent_failures"), last_at=columns.pop("last_failure_at")
    )
    return Device(**{**columns, "state": bytes(columns["state"])}, failures=failures)


def _challenge(index: int, token: str, sent: bytes | None, *rest: Any) -> Challenge:
    dispatched_at, confirmed_at, trust, trusted_at, expires_at = rest
    return Challenge(
        index=index,
        token_id=TokenId(token),
        sent=None if sent is None else bytes(sent),
        dispatched_at=dispatched_at,
        confirmed_at=confirmed_at,
        trust=trust,
        trusted_at=trusted_at,
        expires_at=expires_at,
    )


_WRITTEN: Mapping[str, Callable[[Any], object]] = {
    "version": int,
    "next_index": int,
    "gone": lambda gone: [states.dump(each) for each in gone],
    "sends": lambda sends: {method: states.dump(each) for method, each in sends.items()},
    "trusts": lambda trusts: [states.dump(each) for each in trusts],
}
"""How each column of an account is written."""
