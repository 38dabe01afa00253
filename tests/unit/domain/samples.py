"""What the tests of the domain are made of: a time, people, predictable entropy, HOTP by the letter, sample values."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import attrs

from mfa.domain.accounts import Account, Rules
from mfa.domain.challenges import Challenge
from mfa.domain.devices import Device
from mfa.domain.identifiers import TokenId, UserId
from mfa.domain.methods.base import Attempt, Dispatch, Enrolment, Entropy, Method, Methods, Registration
from mfa.domain.methods.base import RegistrationField as Field
from mfa.domain.methods.one_time_password import Algorithm, OneTimePasswords
from mfa.domain.policies import EveryUser
from mfa.domain.sends import SendLimits
from mfa.domain.throttling import Failures, RecursiveThrottle
from mfa.domain.verdicts import Verdict

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

OWNER = UserId("7")
LAPTOP = TokenId("digest of the laptop's token")
PHONE = TokenId("digest of the phone's token")


class StandardPasswords(OneTimePasswords):
    """RFC 4226 section 5.3, with nothing but the standard library."""

    def at(self, seed: bytes, counters: Sequence[int], *, digits: int, algorithm: Algorithm) -> list[str]:
        return [self._at(seed, counter, digits, algorithm) for counter in counters]

    def _at(self, seed: bytes, counter: int, digits: int, algorithm: Algorithm) -> str:
        mac = hmac.digest(seed, counter.to_bytes(8, "big"), algorithm)
        offset = mac[-1] & 0xF
        number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
        return str(number % 10**digits).zfill(digits)


@attrs.frozen
class TablePasswords(OneTimePasswords):
    """Values that a test chooses; at every other counter stands what nobody can type."""

    values: Mapping[int, str]

    def at(self, seed: bytes, counters: Sequence[int], *, digits: int, algorithm: Algorithm) -> list[str]:
        return [self.values.get(counter, "x" * digits) for counter in counters]


class PredictableEntropy(Entropy):
    """Bytes and digits that differ every time, and are the same in every run."""

    def __init__(self) -> None:
        self.drawn = 0

    def token(self, size: int) -> bytes:
        self.drawn += 1
        return hashlib.shake_128(f"token {self.drawn}".encode()).digest(size)

    def digits(self, count: int) -> str:
        self.drawn += 1
        return str(self.drawn).zfill(count)


@attrs.frozen(kw_only=True)
class Kind(Method):
    """A method that is only known by its traits."""

    name: str
    verbose_name: str = "A kind"
    guessable: bool = True
    phishing_resistant: bool = False
    backup: bool = False
    limits: SendLimits | None = None
    fields: tuple[Field, ...] = ()

    def register(self, enrolment: Enrolment) -> Registration:
        raise NotImplementedError

    def dispatch(self, state: bytes, now: datetime, siblings: Mapping[int, bytes]) -> Dispatch:
        raise NotImplementedError

    def verify(self, attempt: Attempt) -> Verdict:
        raise NotImplementedError


@attrs.frozen(kw_only=True)
class Settings:
    """The part of a configuration that throttles and policies read."""

    required_verifications: int = 1
    policy_groups: tuple[str, ...] = ()
    verification_throttle_tryouts: int = 5
    verification_throttle_timeout: timedelta = timedelta(seconds=30)


LIMITS = SendLimits(interval=timedelta(seconds=30), hourly=10)

TOTP = Kind(name="totp")
HOTP = Kind(name="hotp")
EMAIL = Kind(name="email", limits=LIMITS)
SMS = Kind(name="sms", limits=LIMITS)
WEBAUTHN = Kind(name="webauthn", guessable=False, phishing_resistant=True)
RECOVERY = Kind(name="recovery", guessable=False, backup=True)

RULES = Rules(
    methods=Methods((TOTP, HOTP, EMAIL, SMS, WEBAUTHN, RECOVERY)),
    policy=EveryUser(Settings()),
    throttle=RecursiveThrottle(Settings()),
    max_failures=100,
    failure_memory=24 * HOUR,
    max_devices_per_method=5,
    registration_lifetime=HOUR,
    change_max_age=timedelta(minutes=10),
    verification_lifetime=None,
)


def rules(**changes: Any) -> Rules:
    return attrs.evolve(RULES, **changes)


def failures(count: int, last_at: datetime = NOW) -> Failures:
    return Failures(count=count, recent=count, last_at=last_at) if count else Failures()


def active(index: int, method: Method = TOTP, **changes: Any) -> Device:
    device = Device(index=index, method=method.name, state=b"sealed", created_at=NOW - HOUR, activated_at=NOW - HOUR)
    return attrs.evolve(device, **changes)


def pending(index: int, method: Method = TOTP, by: TokenId = LAPTOP, **changes: Any) -> Device:
    device = Device(
        index=index,
        method=method.name,
        state=b"sealed",
        created_at=NOW - MINUTE,
        registered_by=by,
        expires_at=NOW - MINUTE + HOUR,
    )
    return attrs.evolve(device, **changes)


def challenge(index: int, **changes: Any) -> Challenge:
    return attrs.evolve(Challenge(index=index, token_id=LAPTOP), **changes)


def account(
    *devices: Device,
    confirmed: Mapping[int, datetime] = MappingProxyType({}),
    token_id: TokenId | None = LAPTOP,
    **changes: Any,
) -> Account:
    """Make the account as the laptop meets it, where it has confirmed some devices at some times."""
    made = Account(
        user_id=OWNER,
        token_id=token_id,
        version=3,
        next_index=max((device.index for device in devices), default=-1) + 1,
        devices=devices,
        challenges=tuple(challenge(index, confirmed_at=at) for index, at in confirmed.items()),
    )
    return attrs.evolve(made, **changes)


def in_digits_from(zero: str, digits: str) -> str:
    """Write digits in another script, which ``int`` would read just the same."""
    return "".join(chr(ord(zero) + int(digit)) for digit in digits)


def accepted(account: Account, device: Device, *, state: bytes, sent: bytes | None, now: datetime) -> Account:
    """Accept a value that answers the device's own challenge."""
    account = challenge_answered(account, device, sent)
    return account.accepted(device, state=state, unique=None, now=now, until=None)


def rejected(
    account: Account, device: Device, *, state: bytes, sent: bytes | None, counted: bool, now: datetime
) -> Account:
    """Reject a value that answers the device's own challenge."""
    account = challenge_answered(account, device, sent)
    return account.rejected(device, state=state, counted=counted, rules=RULES, now=now)


def challenge_answered(account: Account, device: Device, sent: bytes | None) -> Account:
    own = account.challenge(device.index)
    return account if own is None else account.with_challenge(attrs.evolve(own, sent=sent))
