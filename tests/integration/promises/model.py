"""The contract of one user's account in plain Python: lists, sets and times, and nothing of the package's own code.

It says of every wish what the answer must be, and by which promise of the contract's section 5 where one decides.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache

import attrs
import pyotp

HOUR = timedelta(hours=1)
PERIOD = 30
AHEAD = 3
"""HOTP_TOLERANCE: so many counters beyond the next one are looked at."""

WRONG_VALUES_OF_A_CODE = 5
MOST_PENDING = 100
MOST_PENDING_OF_ONE_TOKEN = 3
MOST_WAITS = 120

SENT = frozenset({"email", "sms"})
GUESSABLE = frozenset({"totp", "hotp", "email", "sms"})
BACKUP = "recovery"
KEY = "key"
TOUCH = "touch"
METHODS = ("totp", "hotp", "email", "sms", BACKUP, KEY)

ACCEPTED = "accepted"
REJECTED = "rejected"
DONE = "done"


@attrs.frozen(kw_only=True)
class Limits:
    """The settings that the contract's section 4 names."""

    required: int = 1
    tryouts: int = 3
    timeout: timedelta = timedelta(seconds=30)
    recursive: bool = True
    most_failures: int = 12
    most_devices: int = 2
    pending: timedelta = HOUR
    change: timedelta = timedelta(minutes=10)
    verification: timedelta | None = None
    code: timedelta = timedelta(minutes=10)
    interval: timedelta = timedelta(seconds=30)
    hourly: int = 4


@attrs.frozen
class Expected:
    """The answer that the contract demands: a stable code, or whether the value is right; and the promise behind it."""

    answer: str
    promise: int | None = None


class Refusal(Exception):
    def __init__(self, answer: str, promise: int | None = None) -> None:
        super().__init__(answer)
        self.expected = Expected(answer, promise)


@attrs.define(kw_only=True)
class Device:
    index: int
    method: str
    name: str = ""
    active: bool = False
    token: str | None = None
    ends: datetime | None = None
    secret: str = ""
    spent: int = -1
    codes: set[str] = attrs.field(factory=set)
    failures: int = 0
    """Wrong values in a row."""
    recent: list[datetime] = attrs.field(factory=list)
    """Those that make the user wait; the machine's days are too short for any to be forgotten."""
    worked: list[str] = attrs.field(factory=list)
    """Every value that was right once."""


@attrs.define(kw_only=True)
class Code:
    """A code that is out."""

    text: str
    until: datetime
    wrong: int = 0


@attrs.define
class Challenge:
    """What one token and one device have to do with each other."""

    code: Code | None = None
    dispatched: bool = False
    confirmed: datetime | None = None


@attrs.define(kw_only=True)
class Model:
    limits: Limits
    devices: dict[int, Device] = attrs.field(factory=dict)
    challenges: dict[tuple[str, int], Challenge] = attrs.field(factory=dict)
    gone: list[datetime] = attrs.field(factory=list)
    """Wrong values for devices that are no more."""
    sends: dict[str, list[datetime]] = attrs.field(factory=dict)
    last_send: dict[str, datetime] = attrs.field(factory=dict)
    retried: set[str] = attrs.field(factory=set)
    """The methods whose last delivery failed, and had its one more try."""
    sent: list[str] = attrs.field(factory=list)
    """Every code that ever went out."""
    next_index: int = 0

    # What is so

    @property
    def active(self) -> list[Device]:
        return [device for device in self.devices.values() if device.active]

    def visible(self, token: str, now: datetime) -> list[Device]:
        return [device for _, device in sorted(self.devices.items()) if _visible(device, token, now)]

    def confirmations(self, token: str, now: datetime) -> dict[int, datetime]:
        lifetime = self.limits.verification
        times = {device.index: self.challenge(token, device.index).confirmed for device in self.active}
        return {index: at for index, at in times.items() if at and (lifetime is None or now < at + lifetime)}

    def left(self, token: str, now: datetime) -> int:
        return max(self.limits.required - len(self.confirmations(token, now)), 0)

    def may_register(self, token: str, now: datetime) -> bool:
        confirmed = self.confirmations(token, now)
        return not self.left(token, now) or all(
            device.index in confirmed or device.method == BACKUP for device in self.active
        )

    @property
    def failures(self) -> list[datetime]:
        return sorted([*(at for device in self.devices.values() for at in device.recent), *self.gone])

    def disabled(self, device: Device) -> bool:
        return device.failures >= self.limits.most_failures

    def locked(self, now: datetime) -> bool:
        return self.wait(now) is not None

    def wait(self, now: datetime) -> timedelta | None:
        """How long guesses have to wait; None where they need not."""
        count, limits = len(self.failures), self.limits
        if count < limits.tryouts:
            return None
        growing = min(count - limits.tryouts + 1, MOST_WAITS)
        waits = growing if limits.recursive else int(count % limits.tryouts == 0)
        left = self.failures[-1] + waits * limits.timeout - now
        return left if left > timedelta(0) else None

    def challenge(self, token: str, index: int) -> Challenge:
        return self.challenges.get((token, index), Challenge())

    def matching(self, device: Device, value: str, now: datetime) -> list[int]:
        return [counter for counter in window(device, now) if password(device.secret, counter) == value]

    # What is wished

    def register(self, token: str, method: str, now: datetime) -> Expected:
        """Say what the answer must be; a device is entered with ``registered``, when its secrets are known."""
        try:
            self._demand_registration(token, method, now)
        except Refusal as refusal:
            return refusal.expected
        return Expected(DONE)

    def registered(self, token: str, method: str, name: str, shown: Mapping[str, object], now: datetime) -> Device:
        if method == BACKUP:
            return self._backed_up(token, name, {plain(str(code)).lower() for code in _list(shown["codes"])}, now)
        device = Device(index=self.next_index, method=method, name=name, token=token, ends=now + self.limits.pending)
        device.secret = str(shown.get("secret", ""))
        self._enter(device, now)
        return device

    def dispatch(self, token: str, index: int, now: datetime, *, again: bool) -> Expected:
        """Say what the answer must be; a code that goes out is entered with ``dispatched``."""
        try:
            self._demand_dispatch(token, self._device(token, index, now), now, again=again)
        except Refusal as refusal:
            return refusal.expected
        return Expected(DONE)

    def dispatched(self, token: str, index: int, code: str, now: datetime) -> None:
        challenge = self.challenges.setdefault((token, index), Challenge())
        challenge.dispatched, challenge.code = True, Code(text=code, until=now + self.limits.code)
        self._sending(self.devices[index].method, now)
        self.sent.append(code)

    def undelivered(self, token: str, index: int, now: datetime) -> None:
        challenge = self.challenges.setdefault((token, index), Challenge())
        challenge.dispatched, challenge.code = True, None
        method = self.devices[index].method
        self._sending(method, now)
        if method not in self.retried:
            del self.last_send[method]
            self.retried.add(method)

    def verify(self, token: str, index: int, value: object, now: datetime) -> Expected:
        try:
            device = self._device(token, index, now)
            self._demand_attempt(token, device, now)
            expected = self._judge(token, device, value, now)
        except Refusal as refusal:
            return refusal.expected
        if expected.answer == ACCEPTED:
            self._accept(token, device, now)
        elif device.method in GUESSABLE:
            device.failures += 1
            device.recent.append(now)
        return expected

    def rename(self, token: str, index: int, name: str, now: datetime) -> Expected:
        try:
            device = self._device(token, index, now)
            self._demand_verified(token, now)
        except Refusal as refusal:
            return refusal.expected
        device.name = name
        return Expected(DONE)

    def remove(self, token: str, index: int, now: datetime) -> Expected:
        try:
            device = self._device(token, index, now)
            if self.active:
                self._demand_verified(token, now)
                self._demand_fresh(token, now, beside=index if self.disabled(device) else None)
        except Refusal as refusal:
            return refusal.expected
        trusted = any(self.devices[each].method not in GUESSABLE for each in self._fresh(token, now))
        self._drop([device])
        if trusted:
            self.gone.clear()
            self._pardon_pending()
        if all(other.method == BACKUP for other in self.active):
            self._drop(self.active)
        return Expected(DONE)

    # What is allowed

    def _device(self, token: str, index: int, now: datetime) -> Device:
        device = self.devices.get(index)
        if device is None or not _visible(device, token, now):
            raise Refusal("not_found", 4)
        return device

    def _refusal(self) -> Refusal:
        return Refusal("verification_required" if self.active else "registration_required")

    def _demand_verified(self, token: str, now: datetime) -> None:
        if self.left(token, now):
            raise self._refusal()

    def _fresh(self, token: str, now: datetime) -> list[int]:
        return [index for index, at in self.confirmations(token, now).items() if now - at <= self.limits.change]

    def _pardon_pending(self) -> None:
        for device in self.devices.values():
            if not device.active:
                device.recent.clear()

    def _demand_fresh(self, token: str, now: datetime, *, beside: int | None = None) -> None:
        if not self.active:
            return
        resistant = any(device.method == KEY for device in self.active)
        fresh = [self.devices[index].method for index in self._fresh(token, now) if index != beside]
        if not any(method in {KEY, BACKUP} or not resistant for method in fresh):
            raise Refusal("verification_required")

    def _demand_registration(self, token: str, method: str, now: datetime) -> None:
        if not self.may_register(token, now):
            raise self._refusal()
        if method == BACKUP:
            if not any(device.method != BACKUP for device in self.active):
                raise Refusal("device_required")
            self._demand_verified(token, now)
        self._demand_fresh(token, now)
        if method != BACKUP:
            self._demand_room(method)

    def _demand_room(self, method: str) -> None:
        if [device.method for device in self.active].count(method) >= self.limits.most_devices:
            raise Refusal("already_registered")

    def _demand_dispatch(self, token: str, device: Device, now: datetime, *, again: bool) -> None:
        method = device.method
        if method not in SENT:
            raise Refusal("not_dispatchable")
        self._demand_guesses(device, now)
        if device.index in self.confirmations(token, now) and not again:
            raise Refusal("already_verified")
        last = self.last_send.get(method)
        if last is not None and now < last + self.limits.interval:
            raise Refusal("resend_too_soon")
        if len([at for at in self.sends.get(method, []) if at > now - HOUR]) >= self.limits.hourly:
            raise Refusal("resend_too_soon")

    def _demand_guesses(self, device: Device, now: datetime) -> None:
        if device.method in GUESSABLE:
            if self.disabled(device):
                raise Refusal("device_disabled", 3)
            if self.locked(now):
                raise Refusal("throttled", 3)

    def _demand_attempt(self, token: str, device: Device, now: datetime) -> None:
        if device.method in GUESSABLE and self.disabled(device):
            raise Refusal("device_disabled", 3)
        if device.method in SENT and not self.challenge(token, device.index).dispatched:
            raise Refusal("no_challenge", 4)
        self._demand_guesses(device, now)
        if not device.active:
            if not self.may_register(token, now):
                raise self._refusal()
            self._demand_fresh(token, now)
            self._demand_room(device.method)

    # What is right

    def _judge(self, token: str, device: Device, given: object, now: datetime) -> Expected:
        if not isinstance(given, str):
            raise Refusal("malformed_value")
        value = plain(given)
        match device.method:
            case "totp" | "hotp":
                return self._judge_password(device, value, now)
            case "email" | "sms":
                return self._judge_code(device, self.challenge(token, device.index), value, now)
            case "recovery":
                if value.lower() not in device.codes:
                    return Expected(REJECTED, 1)
                device.codes.remove(value.lower())
                device.worked.append(value)
                return Expected(ACCEPTED, 1)
        return Expected(ACCEPTED if value == TOUCH else REJECTED)

    def _judge_password(self, device: Device, value: str, now: datetime) -> Expected:
        promise = 1 if device.method == "totp" else 2
        unspent = [counter for counter in self.matching(device, value, now) if counter > device.spent]
        if not unspent:
            return Expected(REJECTED, promise if value in device.worked else 3)
        device.spent = max(unspent)
        device.worked.append(value)
        return Expected(ACCEPTED, promise)

    def _judge_code(self, device: Device, challenge: Challenge, value: str, now: datetime) -> Expected:
        code = challenge.code
        if code is None or now >= code.until:
            return Expected(REJECTED, 5)
        if value == code.text:
            device.worked.append(value)
            challenge.code = None
            return Expected(ACCEPTED, 5)
        code.wrong += 1
        if code.wrong == WRONG_VALUES_OF_A_CODE:
            challenge.code = None
        return Expected(REJECTED, 5 if value in self.sent else 3)

    # What changes

    def _accept(self, token: str, device: Device, now: datetime) -> None:
        if not device.active:
            others = [other for other in self.devices.values() if not other.active and other.token != token]
            self._drop(others)
            self.gone.clear()
            self._pardon_pending()
        device.active, device.token, device.ends = True, None, None
        device.failures = 0
        device.recent.clear()
        self.challenges.setdefault((token, device.index), Challenge()).confirmed = now

    def _backed_up(self, token: str, name: str, codes: set[str], now: datetime) -> Device:
        old = next((device for device in self.active if device.method == BACKUP), None)
        if old is not None:
            old.name, old.codes, old.worked = name, codes, []
            for place in [place for place in self.challenges if place[1] == old.index and place[0] != token]:
                del self.challenges[place]
            return old
        device = Device(index=self.next_index, method=BACKUP, name=name, codes=codes, active=True)
        self._enter(device, now)
        return device

    def _enter(self, device: Device, now: datetime) -> None:
        pending = [other for _, other in sorted(self.devices.items()) if not other.active]
        alive = [other for other in pending if other.ends is not None and now < other.ends]
        own = [other for other in alive if other.token == device.token]
        left = [other for other in own if other.method != device.method][1 - MOST_PENDING_OF_ONE_TOKEN :]
        kept = [other for other in alive if other not in own or other in left][1 - MOST_PENDING :]
        self._drop([other for other in pending if other not in kept])
        self.devices[device.index] = device
        self.next_index += 1

    def _drop(self, gone: list[Device]) -> None:
        for device in gone:
            del self.devices[device.index]
            self.gone.extend(device.recent)
        left = self.devices.keys()
        self.challenges = {place: each for place, each in self.challenges.items() if place[1] in left}

    def _sending(self, method: str, now: datetime) -> None:
        if method in self.last_send:
            self.retried.discard(method)
        self.last_send[method] = now
        self.sends.setdefault(method, []).append(now)


def plain(value: str) -> str:
    """What is left of a typed value: spaces and hyphens are for the eyes."""
    return value.replace(" ", "").replace("-", "")


@lru_cache(maxsize=100_000)
def password(secret: str, counter: int, digits: int = 6) -> str:
    return pyotp.HOTP(secret, digits=digits).at(counter)


def window(device: Device, now: datetime) -> range:
    """The counters of a device that are looked at."""
    if device.method == "hotp":
        return range(device.spent + 1, device.spent + 2 + AHEAD)
    step = int(now.timestamp()) // PERIOD
    return range(step - 1, step + 2)


def values(device: Device, now: datetime) -> Iterator[str]:
    """Yield the passwords that a device would take, the earliest first."""
    for counter in window(device, now):
        if counter > device.spent:
            yield password(device.secret, counter)


def _visible(device: Device, token: str, now: datetime) -> bool:
    return device.active or (device.token == token and device.ends is not None and now < device.ends)


def _list(each: object) -> list[object]:
    assert isinstance(each, list)
    return each
