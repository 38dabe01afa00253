"""Fills the tables in bulk, and puts some users among the crowd whose devices are real."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import attrs
import pyotp
from django.apps import apps
from django.db import connections
from django.db.models import Model

from mfa.adapters.accessor import APP_LABEL
from mfa.adapters.django.models import AccountRecord, ChallengeRecord, DeviceRecord
from mfa.adapters.memory.delivery import OutboxSender
from mfa.adapters.memory.system import FrozenClock
from mfa.application.ports.system import Vault, seal_context
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.methods.base import Enrolment

APP, MAIL = 0, 1
"""The indexes of everybody's two devices."""

TOKENS = 2
"""Everybody has verified both devices with each of so many tokens."""

SINCE = datetime(2026, 1, 1, tzinfo=UTC)

KEY = "left(encode(sha256((u || '/' || t)::bytea), 'hex'), 40)"
"""The key of a user's token as the database makes it."""

_USERS = """
INSERT INTO auth_user (id, username, email, password, first_name, last_name, is_superuser, is_staff, is_active,
                       date_joined)
SELECT u, 'user' || u, 'user' || u || '@example.com', '', '', '', false, false, true, %(since)s
FROM generate_series(1, %(users)s) u
"""

_ACCOUNTS = """
INSERT INTO multi_factor_accountrecord (user_id, version, next_index, {columns})
SELECT u, 1, 2, {values} FROM generate_series(1, %(users)s) u ORDER BY md5(u::text)
"""

# In no order, so that what belongs together does not lie together either.
_DEVICES = """
INSERT INTO multi_factor_devicerecord (account_id, index, method, name, state, destination, created_at, activated_at,
                                       failures, recent_failures, {columns})
SELECT u, i, CASE i WHEN 0 THEN 'totp' ELSE 'email' END, 'device ' || i,
       coalesce(real_devices.state, %(header)s::bytea || decode(repeat(md5(u || '/' || i), 12), 'hex')),
       CASE i WHEN 0 THEN NULL ELSE 'u***@example.com' END, %(since)s, %(since)s, 0, 0, {values}
FROM generate_series(1, %(users)s) u CROSS JOIN generate_series(0, 1) i
LEFT JOIN real_devices ON real_devices.user_id = u AND real_devices.index = i
ORDER BY md5(u || '/' || i)
"""

_CHALLENGES = """
INSERT INTO multi_factor_challengerecord (account_id, index, token, dispatched_at, confirmed_at, expires_at,
                                          {columns})
SELECT u, i, 'authtoken:' || encode(sha256(('mfa/authtoken/' || {key})::bytea), 'hex') || '.20260101000000000000',
       CASE i WHEN 0 THEN NULL ELSE %(since)s::timestamptz END, %(now)s, {ends}, {values}
FROM generate_series(1, %(users)s) u CROSS JOIN generate_series(0, 1) i CROSS JOIN generate_series(1, %(tokens)s) t
ORDER BY md5(u || '/' || i || '/' || t)
"""

TABLES = ("auth_user", "multi_factor_accountrecord", "multi_factor_devicerecord", "multi_factor_challengerecord")


@attrs.frozen
class Person:
    """Somebody in the crowd whose devices answer."""

    token: Token
    key: str = attrs.field(repr=False)
    secret: str = attrs.field(repr=False)

    def code(self, now: datetime) -> str:
        """Return what the authenticator app shows."""
        return pyotp.TOTP(self.secret).at(now)


class Deployment:
    """The deployment under measurement: its clock stands, and its mail goes no further than a list."""

    def __init__(self) -> None:
        config: Any = apps.get_app_config(APP_LABEL)
        self.container = config.container
        self.clock = FrozenClock()
        self.outbox = OutboxSender()
        self.container.clock.override(self.clock)
        self.container.email_sender.override(self.outbox)
        self.use_cases = config.use_cases

    def close(self) -> None:
        """Give the container back what was replaced."""
        self.container.clock.reset_override()
        self.container.email_sender.reset_override()

    def enrol(self, user: int, vault: Vault) -> tuple[Person, list[bytes]]:
        """Make a person, and the states of both devices, sealed by a vault."""
        user_id = UserId(str(user))
        enrolment = Enrolment(user_name=f"user{user}", user_email=f"user{user}@example.com", now=SINCE)
        made = [self.use_cases.methods.named(name).register(enrolment) for name in ("totp", "email")]
        states = [vault.seal(each.state, seal_context(user_id, index)) for index, each in enumerate(made)]
        key = hashlib.sha256(f"{user}/1".encode()).hexdigest()[:40]
        digest = hashlib.sha256(f"mfa/authtoken/{key}".encode()).hexdigest()
        token = Token(id=TokenId(f"authtoken:{digest}.20260101000000000000"), user_id=user_id)
        return Person(token, key, str(made[APP].shown["secret"])), states


@contextmanager
def deployment() -> Iterator[Deployment]:
    """Lend a deployment."""
    lent = Deployment()
    try:
        yield lent
    finally:
        lent.close()


@attrs.frozen(kw_only=True)
class Upkeep:
    """What there is to do about the rows beside serving; by default nothing."""

    vault: Vault | None = None
    """Seals what is the people's; the deployment's own otherwise."""

    header: bytes = b""
    """What the seals of everybody else begin with."""

    challenges_end: str = "NULL"
    """When each challenge is over, in SQL; ``u`` is the user, ``i`` the device and ``t`` the token."""


def fill(deployed: Deployment, alias: str, devices: int, people: int, *, upkeep: Upkeep | None = None) -> list[Person]:
    """Fill a database with that many devices, and return the people that stand evenly among their users.

    Everybody has verified at the moment that the deployment's clock shows.
    """
    upkeep = upkeep or Upkeep()
    users = devices // 2
    vault = upkeep.vault or deployed.use_cases.vault
    enrolled = {user: deployed.enrol(user, vault) for user in range(1, users + 1, max(users // people, 1))}
    values: dict[str, Any] = {
        "users": users,
        "tokens": TOKENS,
        "since": SINCE,
        "now": deployed.clock.time,
        "header": upkeep.header,
    }
    with connections[alias].cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE real_devices (user_id int, index int, state bytea)")
        cursor.executemany(
            "INSERT INTO real_devices VALUES (%s, %s, %s)",
            [(user, index, state) for user, (_, states) in enrolled.items() for index, state in enumerate(states)],
        )
        cursor.execute(_USERS, values)
        for model, statement in (
            (AccountRecord, _ACCOUNTS),
            (DeviceRecord, _DEVICES),
            (ChallengeRecord, _CHALLENGES),
        ):
            others = _others(model, statement, alias)
            columns = ", ".join(map(connections[alias].ops.quote_name, others))
            placeholders = ", ".join(f"%({column})s" for column in others)
            filled = statement.format(columns=columns, values=placeholders, key=KEY, ends=upkeep.challenges_end)
            cursor.execute(filled, {**values, **others})
        cursor.execute("DROP TABLE real_devices")
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")
    return [person for person, _ in enrolled.values()]


def keep_house(alias: str) -> None:
    """Do what a running server's own housekeeping would have done by now."""
    with connections[alias].cursor() as cursor:
        cursor.execute("VACUUM (FREEZE, ANALYZE)")
        cursor.execute("CHECKPOINT")


def _others(model: type[Model], statement: str, alias: str) -> dict[str, Any]:
    """Return the columns that a statement does not name, each with its default."""
    named = set(statement.partition("(")[2].partition(")")[0].replace("\n", " ").replace(",", " ").split())
    concrete = model._meta.concrete_fields  # noqa: SLF001 - Django's name for it
    fields = [field for field in concrete if field.column not in named and not field.primary_key]
    return {str(field.column): field.get_db_prep_save(field.get_default(), connections[alias]) for field in fields}
