"""Accounts in Django's database: one statement to read, and the compare-and-set first of all that write.

So are the rotations of keys that were completed.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import Any, cast

import attrs
from django.db import IntegrityError, router, transaction
from django.db.models import BinaryField, Count, FilteredRelation, Model, Q, QuerySet, Value
from django.db.models.constants import OnConflict
from django.db.models.functions import Substr

from mfa.adapters.django import prepared
from mfa.adapters.django.database import database, translate_errors
from mfa.adapters.django.fields import MomentField, MomentText
from mfa.adapters.django.models import (
    AccountRecord,
    ChallengeRecord,
    DeviceRecord,
    KeyRotationRecord,
    SpentLoginRecord,
)
from mfa.application.ports.repositories import AccountJoin, AccountRepository, Credentials, HeldDevice, Holders
from mfa.application.ports.system import KeyRotations
from mfa.domain import states
from mfa.domain.accounts import Account
from mfa.domain.challenges import Challenge, SpentLogin
from mfa.domain.devices import Device, Factor
from mfa.domain.errors import AlreadySpent, NotUnique, StaleAccount
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.proofs import Proofs
from mfa.domain.sends import Sends
from mfa.domain.throttling import Failures
from mfa.domain.trusts import Trust

# All but the keys: each row is found by what the domain calls it.
_ACCOUNT = tuple(name for name in prepared.columns(AccountRecord)[1:] if name != "purge_at")
_DEVICE = prepared.columns(DeviceRecord)[2:]
_CHALLENGE = prepared.columns(ChallengeRecord)[3:]
_COLUMNS = (*_ACCOUNT, *(f"devices__{column}" for column in _DEVICE), *(f"mine__{column}" for column in _CHALLENGE))

_OUT = ("sent", "expires_at")
"""What changes whenever anything else is out for a challenge, or confirmed, which need not move the account."""

_MOMENTS = frozenset(
    prefix + field.attname
    for prefix, model in (("", AccountRecord), ("devices__", DeviceRecord), ("mine__", ChallengeRecord))
    for field in model._meta.concrete_fields  # noqa: SLF001 - Django's name for it
    if isinstance(field, MomentField)
)

_DEVICES_BEGIN = len(_ACCOUNT)
_CHALLENGES_BEGIN = _DEVICES_BEGIN + len(_DEVICE)
_LOGIN_BEGINS = len(_COLUMNS)
"""Where each part of a row begins; the last is the user's password, where users have one."""

_TOKEN = ChallengeRecord._meta.get_field("token")  # noqa: SLF001 - Django's name for it

_LOGIN_CHARACTERS = 32

SEALS_AT_ONCE = 5_000
"""Rows, by their keys, whose seals are counted in one statement: a hundredth of a second."""


class DjangoAccountRepository(AccountRepository, AccountJoin):
    """Keeps accounts in three tables."""

    def of(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        """Read the account with its devices and the token's challenges, in one statement."""
        rows = prepared.rows(database(), "account", _account_rows, user=user_id, token=token_id or "")
        return _account(user_id, token_id, rows)

    def proofs(self, user_id: UserId, token_id: TokenId, *, trusts: bool) -> Proofs[Factor]:
        """Read what a gate asks, in one statement."""
        build = _trust_rows if trusts else _proof_rows
        rows = prepared.rows(database(), build, build, user=user_id, token=token_id)
        devices = {
            index: Factor(index=index, method=method, created_at=at, expires_at=ends)
            for index, method, at, ends, *_ in rows
            if method is not None
        }
        proofs = Proofs(
            user_id=user_id,
            token_id=token_id,
            devices=tuple(devices.values()),
            challenges=tuple(
                [
                    Challenge(index=index, token_id=token_id, confirmed_at=at, trusted_at=trusted_at, trust=trust)
                    for index, method, at, trusted_at, token, trust, *_ in rows
                    # Compared once more, since a database may take two texts for one that Python does not.
                    if method is None and token == token_id and index in devices
                ]
            ),
        )
        if not trusts or not devices:
            return proofs
        remembered, *login = next(row[6:] for row in rows if row[1] is not None)
        loaded = tuple(states.load(Trust, each) for each in remembered)
        return attrs.evolve(proofs, trusts=loaded, login=login_digest(*login))

    def read_joined(
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
        rows = prepared.rows(
            database(),
            ("joined", tokens, *known_by) if prepared.same_rows(tokens.objects) else None,
            lambda: _joined_rows(tokens, known_by),
            **known_by,
            first=between[0],
            last=between[1],
        )
        if not rows:
            raise tokens.DoesNotExist
        of_user = tokens._meta.get_field("user")  # noqa: SLF001 - Django's name for it
        names, user_names = prepared.columns(tokens), prepared.columns(of_user.related_model)
        account_begins = len(names) + len(user_names)
        user_row = rows[0][len(names) : account_begins]
        credentials = tokens.from_db(database(), names, rows[0][: len(names)])
        of_user.set_cached_value(credentials, of_user.related_model.from_db(database(), user_names, user_row))
        password = dict(zip(user_names, user_row, strict=True)).get("password")
        token = known_as(credentials)
        return credentials, _account(token.user_id, token.id, [(*row[account_begins:], password) for row in rows])

    def held(self, unique: str) -> HeldDevice | None:
        """Find a device by its unique name, in one statement."""
        for user_id, index, method, state in prepared.rows(database(), "held", _held_rows, unique=unique):
            return HeldDevice(user_id=UserId(str(user_id)), index=index, method=method, state=bytes(state))
        return None

    @translate_errors
    def users(self, *, after: UserId | None, limit: int) -> Sequence[UserId]:
        """Read the keys of the next users, in the order of the primary key."""
        accounts = AccountRecord.objects.using(database()).order_by("pk")
        if after is not None:
            accounts = accounts.filter(pk__gt=after)
        return [UserId(str(key)) for key in accounts.values_list("pk", flat=True)[:limit]]

    @translate_errors
    def awaited_by(self, user_id: UserId) -> Sequence[TokenId]:
        """Read the tokens for which something is out."""
        out = _challenges(user_id).filter(sent__isnull=False).order_by("token")
        return [TokenId(token) for token in out.values_list("token", flat=True).distinct()]

    def seals(self, length: int) -> Mapping[bytes, int]:
        """Count so many rows at once that nobody waits for it, however many there are."""
        counts: Counter[bytes] = Counter()
        for model, column in ((DeviceRecord, "state"), (ChallengeRecord, "sent")):
            last = 0
            while (first := _next_key(model, last)) is not None:
                last = first + SEALS_AT_ONCE - 1
                counts.update(_beginnings(model, column, length, first, last))
        user: UserId | None = None
        while users := self.users(after=user, limit=SEALS_AT_ONCE):
            user = users[-1]
            counts.update(_beginnings(AccountRecord, "moved", length, users[0], user))
        return counts

    @translate_errors
    def seals_of(self, users: Collection[UserId], length: int) -> Mapping[UserId, Collection[bytes]]:
        """Read no more of each seal than its beginning, in three statements."""
        found: defaultdict[UserId, set[bytes]] = defaultdict(set)
        for model, column, whose in (
            (DeviceRecord, "state", "account_id"),
            (ChallengeRecord, "sent", "account_id"),
            (AccountRecord, "moved", "user_id"),
        ):
            rows = _sealed(model, column).filter(**{f"{whose}__in": users})
            begins = rows.annotate(begins=_beginning(column, length)).values_list(whose, "begins")
            for key, beginning in begins:
                found[UserId(str(key))].add(bytes(beginning or b""))
        return found

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
            with _savepoint(AlreadySpent):
                prepared.insert(database(), SpentLoginRecord, attrs.asdict(spending))
        return stored

    def _write_devices(self, before: Account, after: Account) -> None:
        if after.generation != before.generation:
            _challenges(before.user_id).delete()
        old = {device.index: device for device in before.devices}
        gone = old.keys() - {device.index for device in after.devices}
        if gone:
            _challenges(before.user_id).filter(index__in=gone).delete()
            key: Any = before.user_id
            DeviceRecord.objects.using(database()).filter(account_id=key, index__in=gone).delete()
        for device in after.devices:
            known = old.get(device.index)
            if device.renews(known):
                _challenges(before.user_id).filter(index=device.index).exclude(token=before.token_id).delete()
            if device != known:
                place = {"account": after.user_id, "index": device.index}
                # The constraint finds a name that another user's device has.
                named = device.unique not in (None, known and known.unique)
                with _savepoint(NotUnique) if named else nullcontext():
                    _write(DeviceRecord, place, _device_fields(device), _device_fields(known) if known else {})

    def _write_challenges(self, before: Account, after: Account) -> None:
        old = {each.index: each for each in before.challenges if before.generation == after.generation}
        kept = {each.index for each in after.challenges if before.token_id == after.token_id}
        left = {device.index for device in after.devices}
        undone = [index for index in old if index not in kept and index in left]
        if undone:
            # What was used up meanwhile, which moves no version, must not go on under another token.
            out = (Q(index=index, **{name: getattr(old[index], name) for name in _OUT}) for index in undone)
            found = _challenges(before.user_id).filter(reduce(or_, out), token=before.token_id)
            if found.delete()[0] < len(undone):
                raise StaleAccount
        for challenge in after.challenges:
            known = old.get(challenge.index) if challenge.index in kept else None
            if challenge != known:
                place = {"account": after.user_id, "index": challenge.index, "token": challenge.token_id}
                fields, read = _challenge_fields(challenge), _challenge_fields(known) if known else {}
                if not _write(ChallengeRecord, place, fields, read, compared=_OUT):
                    raise StaleAccount

    def _compare_and_set(self, before: Account, stored: Account) -> None:
        if not before.version:
            first = {"user": before.user_id, **_account_fields(stored, None)}
            written = prepared.insert(database(), AccountRecord, first, on_conflict=OnConflict.IGNORE)
        else:
            changed = _account_fields(stored, before)
            written = prepared.update(database(), AccountRecord, changed, user=before.user_id, version=before.version)
        if not written:
            raise StaleAccount


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class DjangoHolders(Holders):
    """Asks the repository, and says in the words of the core what the database could not do."""

    accounts: Holders

    @translate_errors
    def held(self, unique: str) -> HeldDevice | None:
        """Find the device; raises ``StoreBusy`` and ``Unavailable``."""
        return self.accounts.held(unique)


class DjangoKeyRotations(KeyRotations):
    """Keeps a row for each rotation; raises ``StoreBusy`` and ``Unavailable``."""

    @translate_errors
    def complete(self, at: datetime) -> None:
        """Write a row."""
        KeyRotationRecord.objects.using(database()).create(completed_at=at)

    @translate_errors
    def completed(self) -> bool:
        """Look for any row."""
        return KeyRotationRecord.objects.using(database()).exists()


@translate_errors
def _next_key(model: type[Model], last: int) -> int | None:
    keys = model._default_manager.using(database()).filter(pk__gt=last).order_by("pk")  # noqa: SLF001 - Django's name for it
    return keys.values_list("pk", flat=True).first()


@translate_errors
def _beginnings(model: type[Model], column: str, length: int, first: object, last: object) -> Mapping[bytes, int]:
    """Count the rows with these keys by what their seals begin with."""
    rows = _sealed(model, column).filter(pk__gte=first, pk__lte=last).annotate(begins=_beginning(column, length))
    found = rows.order_by().values_list("begins").annotate(Count("pk"))
    return {bytes(beginning or b""): count for beginning, count in found}


def _sealed(model: type[Model], column: str) -> QuerySet[Any, Any]:
    return model._default_manager.using(database()).filter(**{f"{column}__isnull": False})  # noqa: SLF001 - as above


def _beginning(column: str, length: int) -> Substr:
    return Substr(column, 1, length, output_field=BinaryField())


@contextmanager
def _savepoint(refusal: type[Exception]) -> Iterator[None]:
    """Write behind a savepoint, so that what a constraint refuses leaves the transaction usable; raises ``refusal``."""
    try:
        with transaction.atomic(using=database()):
            yield
    except IntegrityError:
        raise refusal from None


def _account_fields(account: Account, before: Account | None) -> dict[str, object]:
    """Return the columns of an account that were otherwise before, as they are written."""
    changed = {
        name: getattr(account, name)
        for name in _ACCOUNT
        if before is None or getattr(account, name) != getattr(before, name)
    }
    changed |= {name: write(changed[name]) for name, write in _WRITTEN.items() if name in changed}
    if "trusts" in changed:
        changed["purge_at"] = min((each.expires_at for each in account.trusts), default=None)
    return changed


def _device_fields(device: Device) -> dict[str, object]:
    failures = device.failures
    of_failures = {"failures": failures.count, "recent_failures": failures.recent, "last_failure_at": failures.last_at}
    return {column: getattr(device, column) for column in _DEVICE if column not in of_failures} | of_failures


def _challenge_fields(challenge: Challenge) -> dict[str, object]:
    return {name: getattr(challenge, name) for name in _CHALLENGE[1:]}


def _write(
    model: type[Model],
    place: Mapping[str, object],
    fields: Mapping[str, object],
    before: Mapping[str, object],
    *,
    compared: Iterable[str] = (),
) -> int:
    """Write a row that was not there before, or what has changed of it, and return how many rows there are.

    There is none where what is ``compared`` is not as it was before.
    """
    if not before:
        prepared.insert(database(), model, {**place, **fields})
        return 1
    changed = {name: value for name, value in fields.items() if value != before[name]}
    return prepared.update(database(), model, changed, **place, **{name: before[name] for name in compared})


def _challenges(user_id: UserId) -> QuerySet[ChallengeRecord]:
    key: Any = user_id
    return ChallengeRecord.objects.using(database()).filter(account_id=key)


def login_digest(password: str | None = None) -> str:
    """Digest a password as it is stored: a slow hash, with a salt, that here is only to be told from another."""
    known = b"mfa/login/" + (password or "").encode()
    return hashlib.sha256(known).hexdigest()[:_LOGIN_CHARACTERS]


def _proof_rows(*of_user: str) -> QuerySet[Any, Any]:
    """Ask for the active devices, and under them for the token's challenges, which have no method.

    A join of the two would take longer to plan: on PostgreSQL, 0.05 ms and not 0.03, for which a gate has to wait.
    """
    user = prepared.Placeholder("user", AccountRecord._meta.pk)  # noqa: SLF001 - Django's name for it
    token, text = prepared.Placeholder("token", _TOKEN), Value(None, _TOKEN)
    devices = DeviceRecord.objects.using(database()).filter(account=user, activated_at__isnull=False)
    challenges = ChallengeRecord.objects.using(database()).filter(account=user, token=token)
    created, expires = MomentText("created_at"), MomentText("expires_at")
    confirmed, trusted = MomentText("confirmed_at"), MomentText("trusted_at")
    return devices.values_list("index", "method", created, expires, text, text, *of_user).union(
        challenges.values_list("index", text, confirmed, trusted, "token", "trust", *(text for _ in of_user)),
        all=True,
    )


def _trust_rows() -> QuerySet[Any, Any]:
    return _proof_rows("account__trusts", *_login("account__user__"))


def _account_rows() -> QuerySet[AccountRecord, Any]:
    mine = FilteredRelation(
        "devices__challenges", condition=Q(devices__challenges__token=prepared.Placeholder("token", _TOKEN))
    )
    key: Any = AccountRecord._meta.pk  # noqa: SLF001 - as above
    found = AccountRecord.objects.using(database()).filter(pk=prepared.Placeholder("user", key)).annotate(mine=mine)
    return found.values_list(*map(_read_as, _COLUMNS), *_login("user__"))


def _read_as(column: str, account: str = "") -> str | MomentText:
    """Say how a column is read that is found from an account by this name."""
    return MomentText(account + column) if column in _MOMENTS else account + column


def _login(user: str) -> tuple[str, ...]:
    """Tell where a user's password is, as Django stores it; nowhere where the project's users have none."""
    users: Any = AccountRecord._meta.pk.related_model  # noqa: SLF001 - as above
    return (f"{user}password",) if "password" in prepared.columns(users) else ()


def _held_rows() -> QuerySet[DeviceRecord, Any]:
    unique = prepared.Placeholder("unique", DeviceRecord._meta.get_field("unique"))  # noqa: SLF001 - as above
    found = DeviceRecord.objects.using(database()).filter(unique=unique, activated_at__isnull=False)
    return found.values_list("account_id", "index", "method", "state")


def _joined_rows(tokens: Any, known_by: Iterable[str]) -> QuerySet[Any, Any]:  # noqa: ANN401 - a model, as above
    meta, account = tokens._meta, "user__multi_factor_account__"  # noqa: SLF001 - as above
    between = (prepared.Placeholder("first", _TOKEN), prepared.Placeholder("last", _TOKEN))
    challenges = f"{account}devices__challenges"
    mine = FilteredRelation(challenges, condition=Q(**{f"{challenges}__token__range": between}))
    known = {name: prepared.Placeholder(name, meta.get_field(name)) for name in known_by}
    read: QuerySet[Any, Any] = tokens.objects.using(database()).filter(**known).annotate(mine=mine)
    return read.values_list(
        *prepared.columns(tokens),
        *(f"user__{name}" for name in prepared.columns(meta.get_field("user").related_model)),
        *(_read_as(column, "" if column.startswith("mine__") else account) for column in _COLUMNS),
    )


def _account(user_id: UserId, token_id: TokenId | None, rows: Sequence[Sequence[Any]]) -> Account:
    """Put an account together; without rows, or with one that has none, it is empty."""
    if not rows or rows[0][0] is None:
        return Account(user_id=user_id, token_id=token_id)
    columns = dict(zip(_ACCOUNT, rows[0], strict=False))
    devices = {row[_DEVICES_BEGIN]: row for row in rows if row[_DEVICES_BEGIN] is not None}
    # Compared once more, since a database may take two texts for one that Python does not.
    challenges = {
        row[_DEVICES_BEGIN]: row for row in rows if token_id is not None and row[_CHALLENGES_BEGIN] == token_id
    }
    return Account(
        user_id=user_id,
        token_id=token_id,
        devices=tuple(_device(*devices[index][_DEVICES_BEGIN:_CHALLENGES_BEGIN]) for index in sorted(devices)),
        challenges=tuple(
            _challenge(index, *challenges[index][_CHALLENGES_BEGIN:_LOGIN_BEGINS]) for index in sorted(challenges)
        ),
        **columns | {name: read(columns[name]) for name, read in _READ.items()},
        login=login_digest(*rows[0][_LOGIN_BEGINS:]),
    )


def _device(*row: Any) -> Device:
    columns = dict(zip(_DEVICE, row, strict=True))
    failures = Failures(
        count=columns.pop("failures"), recent=columns.pop("recent_failures"), last_at=columns.pop("last_failure_at")
    )
    return Device(**{**columns, "state": bytes(columns["state"])}, failures=failures)


def _challenge(index: int, *row: Any) -> Challenge:
    columns = dict(zip(_CHALLENGE, row, strict=True))
    token, sent = columns.pop("token"), columns.pop("sent")
    return Challenge(index=index, token_id=TokenId(token), sent=None if sent is None else bytes(sent), **columns)


_READ: Mapping[str, Callable[[Any], Any]] = {
    "gone": lambda gone: tuple(states.load(Failures, each) for each in gone),
    "sends": lambda sends: MappingProxyType({method: states.load(Sends, each) for method, each in sends.items()}),
    "trusts": lambda trusts: tuple(states.load(Trust, each) for each in trusts),
    "browsers": tuple,
    "moved": lambda moved: None if moved is None else bytes(moved),
}
_WRITTEN: Mapping[str, Callable[[Any], object]] = {
    "gone": lambda gone: [states.dump(each) for each in gone],
    "sends": lambda sends: {method: states.dump(each) for method, each in sends.items()},
    "trusts": lambda trusts: [states.dump(each) for each in trusts],
    "browsers": list,
}
"""How columns of an account are read, and how they are written, that are not kept as they are."""
