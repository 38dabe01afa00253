"""One user's account as a state machine: what the contract says of one act after another, and nothing of the package.

Times are whole seconds. It knows apps, which go by time or by a counter, codes that are sent, security keys, and
recovery codes; browsers that are remembered; and what ends tokens. One verification is demanded.
"""

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any, TypeAlias

import attrs
import pyotp

# The settings of the project, and the contract's defaults.
TRYOUTS = 3
WAIT = 30
MOST_WAITS = 120
MOST_FAILURES = 8
MOST_DEVICES = 5
MOST_PENDING = 3
MEMORY = 24 * 3600
SLICE = MEMORY // 20
PENDING = 3600
CHANGE = 600
SKEW = 60
PERIOD = 30
TOLERANCE = 1
AHEAD = 3
LIFETIME = 1800
CEREMONY = 300
MOST_WRONG = 5
INTERVAL = 30
HOUR = 3600
HOURLY = 4
MOST_TRUSTS = 20

CODES = "recovery"
SENT = "email"
KEY = "webauthn"
GUESSABLE = frozenset({"totp", "hotp", SENT})
SESSION = "session"
"""How the names of sessions begin, which are renewed by a verification."""


@attrs.frozen(kw_only=True)
class Device:
    """``owner`` is the token that has left it pending; ``failures`` in a row, of which ``recent`` make wait.

    ``spent`` is the last step or counter that was accepted, and of a key the count of its signatures.
    """

    index: int
    method: str
    made: int
    secret: str = attrs.field(default="", repr=False)
    codes: frozenset[str] = attrs.field(default=frozenset(), repr=False)
    active: bool = False
    owner: str = ""
    spent: int = -1
    failures: int = 0
    recent: int = 0
    last: int = 0

    @property
    def disabled(self) -> bool:
        return self.failures >= MOST_FAILURES

    def visible(self, token: str, now: int) -> bool:
        return self.active or (self.owner == token and _within(self.made, now, PENDING))

    def matches(self, value: str, now: int) -> "Device | None":
        """The device that is left where a value is right."""
        if self.method == CODES:
            return attrs.evolve(self, codes=self.codes - {value}) if value in self.codes else None
        step, first = now // PERIOD, self.spent + 1
        window = (
            range(step - TOLERANCE, step + TOLERANCE + 1) if self.method == "totp" else range(first, first + AHEAD + 1)
        )
        right = [each for each in window if each >= first and self.secret and password(self.secret, each) == value]
        return attrs.evolve(self, spent=max(right)) if right else None


@attrs.frozen(kw_only=True)
class Code:
    """What is out for a token and a device: a code that was sent, or the challenge of a key; no ``text`` once void."""

    token: str
    index: int
    text: str = attrs.field(repr=False)
    at: int
    wrong: int = 0

    def good(self, now: int, lifetime: int) -> bool:
        return bool(self.text) and _within(self.at, now, lifetime)

    def void(self) -> "Code":
        return attrs.evolve(self, text="")

    def tried(self) -> "Code":
        return attrs.evolve(self, wrong=self.wrong + 1, text=self.text if self.wrong + 1 < MOST_WRONG else "")


@attrs.frozen(kw_only=True)
class Sends:
    """When codes were sent; ``last`` is the one that holds the next one back.

    After a delivery that failed one more may be sent at once, and none after a second in a row (``retried``).
    ``failing`` are codes that may prove undelivered yet.
    """

    recent: tuple[int, ...] = ()
    last: tuple[int, str] | None = None
    retried: bool = False
    failing: frozenset[str] = frozenset()

    def too_soon(self, now: int) -> bool:
        held_back = self.last is not None and _within(self.last[0], now, INTERVAL)
        return held_back or len(self._of_the_hour(now)) >= HOURLY

    def one_more(self, code: str, now: int, *, may_fail: bool) -> "Sends":
        return Sends(
            recent=(*self._of_the_hour(now), now),
            last=(now, code),
            retried=self.retried and self.last is None,
            failing=self.failing | {code} if may_fail else self.failing,
        )

    def failed(self, code: str) -> "Sends":
        after = attrs.evolve(self, failing=self.failing - {code})
        held_back = self.last is not None and self.last[1] == code and not self.retried
        return attrs.evolve(after, last=None, retried=True) if held_back else after

    def _of_the_hour(self, now: int) -> tuple[int, ...]:
        return tuple(min(at, now) for at in self.recent if _within(at, now, HOUR))


@attrs.frozen(kw_only=True)
class Trust:
    """A browser that a verification by a device had remembered: what it has ``kept``, and since when."""

    kept: str = attrs.field(repr=False)
    index: int
    at: int


@attrs.frozen(kw_only=True)
class Account:
    """What one user has, what was tried on it, and what tokens have proved of it.

    ``gone`` are failures at devices that are no more, with their times. ``alive`` are the tokens that let somebody in.
    ``confirmed`` are tokens, devices, times; ``trusted`` tokens and devices, with what a browser has kept that was
    shown, and when; ``codes`` what is out, one at most for a token and a device. While the account is ``locked`` down,
    nobody enrols by a password alone.
    """

    devices: tuple[Device, ...] = ()
    next_index: int = 0
    gone: tuple[tuple[int, int], ...] = ()
    alive: frozenset[str] = frozenset()
    confirmed: frozenset[tuple[str, int, int]] = frozenset()
    trusted: frozenset[tuple[str, int, str, int]] = frozenset()
    trusts: tuple[Trust, ...] = ()
    codes: frozenset[Code] = frozenset()
    sends: Sends = Sends()
    locked: bool = False

    @property
    def active(self) -> list[Device]:
        return [device for device in self.devices if device.active]

    def code(self, token: str, device: Device) -> Code | None:
        """What a value is for; a challenge is common to all active keys, so of several it is the one that is out."""
        common = {each.index for each in self.keys if device.active and device.method == KEY} or {device.index}
        known = [each for each in self.codes if each.token == token and each.index in common]
        return max(known, key=lambda each: (bool(each.text), each.at), default=None)

    @property
    def keys(self) -> list[Device]:
        return [device for device in self.active if device.method == KEY]

    def strong(self, method: str) -> bool:
        """Whether a proof is as good as a change wants, and a browser that is to be remembered."""
        return not self.keys or method not in GUESSABLE

    def fresh(self, token: str, now: int) -> list[Device]:
        recent = {index for index, age in self.proofs(token, now) if age <= CHANGE}
        return [device for device in self.active if device.index in recent]

    def remembered(self, now: int) -> tuple[Trust, ...]:
        return tuple(trust for trust in self.trusts if trust.at - now <= SKEW)

    def passes(self, token: str, now: int) -> bool:
        kept = {trust.kept for trust in self.remembered(now)}
        shown = [kept for name, _, kept, at in self.trusted if name == token and at - now <= SKEW]
        return bool(self.proofs(token, now) or kept.intersection(shown))

    def proofs(self, token: str, now: int) -> list[tuple[int, int]]:
        """What a token has confirmed and what counts: devices, with how long ago that was."""
        known = [(index, now - at) for name, index, at in self.confirmed if name == token and at - now <= SKEW]
        return [(index, age) for index, age in known if any(index == device.index for device in self.active)]

    def waits(self, now: int) -> bool:
        known = [(device.recent, device.last) for device in self.devices if device.method in GUESSABLE]
        counted = [(recent, min(at, now)) for recent, at in (*known, *self.gone) if recent and _within(at, now, MEMORY)]
        total = sum(recent for recent, _ in counted)
        if total < TRYOUTS:
            return False
        return now < max(at for _, at in counted) + WAIT * min(total - TRYOUTS + 1, MOST_WAITS)

    def asked(self, device: Device, code: Code) -> "Account":
        """A code or challenge is out; one of a key voids those of the others, as it is common to them."""
        common = {each.index for each in self.keys if device in self.keys}
        others = (each.void() if each.token == code.token and each.index in common else each for each in self.codes)
        return attrs.evolve(self, codes=frozenset(others)).with_code(code)

    def with_code(self, code: Code) -> "Account":
        others = {each for each in self.codes if (each.token, each.index) != (code.token, code.index)}
        return attrs.evolve(self, codes=frozenset(others | {code}))

    def trusting(self, token: str, index: int, *shown: tuple[str, int]) -> "Account":
        """What a token has shown that a device had remembered is replaced by that, or by nothing."""
        others = (each for each in self.trusted if each[:2] != (token, index))
        return attrs.evolve(self, trusted=frozenset([*others, *((token, index, *each) for each in shown)]))

    def forgetting(self, gone: Collection[Trust]) -> "Account":
        """Without browsers, and without what they had verified."""
        trusts = tuple(trust for trust in self.trusts if trust not in gone)
        kept = {trust.kept for trust in trusts}
        return attrs.evolve(self, trusts=trusts, trusted=frozenset(each for each in self.trusted if each[2] in kept))

    def renewed(self, token: str, successor: str) -> "Account":
        """All that a token has is another's, and it lets nobody in any more."""

        def heir(name: str) -> str:
            return successor if name == token else name

        return attrs.evolve(
            self,
            devices=tuple(attrs.evolve(each, owner=heir(each.owner)) for each in self.devices),
            alive=self.alive - {token} | {successor},
            confirmed=frozenset((heir(name), index, at) for name, index, at in self.confirmed),
            trusted=frozenset((heir(name), index, kept, at) for name, index, kept, at in self.trusted),
            codes=frozenset(attrs.evolve(each, token=heir(each.token)) for each in self.codes),
        )

    def with_device(self, device: Device) -> "Account":
        others = [each for each in self.devices if each.index != device.index]
        return attrs.evolve(self, devices=tuple(sorted((*others, device), key=lambda each: each.index)))

    def without(self, gone: list[Device], now: int) -> "Account":
        """Without some devices, but not without what was tried on them."""
        tried = [(each.recent, each.last) for each in gone if each.method in GUESSABLE]
        slices: dict[int, tuple[int, int]] = {}
        for recent, at in sorted((*self.gone, *tried), key=lambda each: each[1]):
            if recent and _within(at, now, MEMORY):
                slices[at // SLICE] = (recent + slices.get(at // SLICE, (0, 0))[0], at)
        devices = tuple(device for device in self.devices if device not in gone)
        left = {device.index for device in devices}
        return attrs.evolve(
            self,
            devices=devices,
            gone=tuple(slices.values()),
            confirmed=frozenset(each for each in self.confirmed if each[1] in left),
            trusted=frozenset(each for each in self.trusted if each[1] in left),
            codes=frozenset(each for each in self.codes if each.index in left),
        )

    def pardoning(self, *, but: int | None = None) -> "Account":
        """Nothing makes wait that was tried on devices that are gone or pending, nor on that one."""
        devices = (
            attrs.evolve(device, recent=0) if not device.active or device.index == but else device
            for device in self.devices
        )
        return attrs.evolve(self, devices=tuple(devices), gone=())


Outcome: TypeAlias = tuple[str, Account]
"""What has to be answered, and what is so then."""


@attrs.frozen(kw_only=True)
class Act:
    """Something that a token did; None for an answer that never came, or did not say what was done.

    ``times`` are all that the clock may have shown meanwhile. What is ``late`` was asked when the end of the token had
    been answered; whatever else a token asked may have found it alive, and was judged after its end.
    """

    token: str = ""
    times: tuple[int, ...]
    answer: str | None
    late: bool = False

    def outcome(self, account: Account, now: int) -> Outcome:
        raise NotImplementedError


@attrs.frozen(kw_only=True)
class Login(Act):
    """``token`` is what it gave out."""

    def outcome(self, account: Account, now: int) -> Outcome:
        return "logged in", attrs.evolve(account, alive=account.alive | {self.token})


@attrs.frozen(kw_only=True)
class Logout(Act):
    def outcome(self, account: Account, now: int) -> Outcome:
        return "logged out", attrs.evolve(account, alive=account.alive - {self.token})


@attrs.frozen(kw_only=True)
class Password(Act):
    """An operator changes it, which ends sessions and forgets browsers."""

    def outcome(self, account: Account, now: int) -> Outcome:
        alive = frozenset(each for each in account.alive if not each.startswith(SESSION))
        return "changed", attrs.evolve(account.forgetting(account.trusts), alive=alive)


@attrs.frozen(kw_only=True)
class LockDown(Act):
    """An operator ends all that is open."""

    def outcome(self, account: Account, now: int) -> Outcome:
        after = account.without([each for each in account.devices if not each.active], now)
        nothing: frozenset[Any] = frozenset()
        return "locked down", attrs.evolve(
            after, alive=nothing, confirmed=nothing, trusted=nothing, trusts=(), codes=nothing, locked=True
        )


@attrs.frozen(kw_only=True)
class Gate(Act):
    def outcome(self, account: Account, now: int) -> Outcome:
        return ("passed" if account.passes(self.token, now) else "refused"), account


@attrs.frozen(kw_only=True)
class Register(Act):
    """``index``, ``secret`` (of a key the challenge) and ``codes`` are what was shown."""

    method: str
    index: int | None = None
    secret: str = attrs.field(default="", repr=False)
    codes: frozenset[str] = attrs.field(default=frozenset(), repr=False)

    def outcome(self, account: Account, now: int) -> Outcome:
        refusal = _refusal(account, self.token, self.method, now)
        if refusal:
            return refusal, account
        old = next((device for device in account.active if device.method == CODES == self.method), None)
        index = account.next_index if old is None else old.index
        device = Device(index=index, method=self.method, made=now, secret=self.secret, codes=self.codes)
        told = "registered" if self.index in (None, index) else "registered under another index"
        if old is not None:
            after = account.with_device(attrs.evolve(device, active=True))
            return told, attrs.evolve(
                after,
                confirmed=frozenset(each for each in after.confirmed if each[1] != index or each[0] == self.token),
                trusted=frozenset(each for each in after.trusted if each[1] != index or each[0] == self.token),
            )
        device = attrs.evolve(device, active=self.method == CODES, owner="" if self.method == CODES else self.token)
        pending = [other for other in account.devices if not other.active]
        own = [other for other in pending if other.owner == device.owner and _within(other.made, now, PENDING)]
        kept = [other for other in own if other.method != self.method][1 - MOST_PENDING :]
        over = [
            other
            for other in pending
            if not _within(other.made, now, PENDING) or (other.owner == device.owner and other not in kept)
        ]
        after = attrs.evolve(account.without(over, now).with_device(device), next_index=index + 1)
        if self.method == KEY:
            after = after.with_code(Code(token=self.token, index=index, text=self.secret, at=now))
        return told, after


@attrs.frozen(kw_only=True)
class Dispatch(Act):
    """``code`` is what was sent; where that ``may_fail``, an ``Undelivered`` may follow."""

    index: int
    code: str = attrs.field(repr=False)
    may_fail: bool = False

    def outcome(self, account: Account, now: int) -> Outcome:
        device = _visible(account, self.token, self.index, now)
        if device is None:
            return "not_found", account
        if device.method not in {SENT, KEY}:
            return "not_dispatchable", account
        refusal = _held_up(account, device, now)
        if refusal:
            return refusal, account
        after = account.asked(device, Code(token=self.token, index=self.index, text=self.code, at=now))
        if device.method == KEY:
            return "sent", after
        if account.sends.too_soon(now):
            return "resend_too_soon", account
        return "sent", attrs.evolve(after, sends=account.sends.one_more(self.code, now, may_fail=self.may_fail))


@attrs.frozen(kw_only=True)
class Undelivered(Act):
    """What a sender could not send is void, unless it is replaced by now."""

    index: int
    code: str = attrs.field(repr=False)

    def outcome(self, account: Account, now: int) -> Outcome:
        if self.code not in account.sends.failing:
            return "not sent yet", account
        if all(device.index != self.index for device in account.devices):
            return "void", account
        codes = [each.void() for each in account.codes if each.token == self.token and each.text == self.code]
        for code in codes:
            account = account.with_code(code)
        return "void", attrs.evolve(account, sends=account.sends.failed(self.code))


@attrs.frozen(kw_only=True)
class Renewing(Act):
    """``successor`` is the session that there is afterwards, by a new key, which nobody knows where it was lost."""

    successor: str = ""

    def heir(self) -> str:
        """Who has verified; empty for a session that should have been renewed."""
        if not self.token.startswith(SESSION):
            return self.token
        return "" if self.successor == self.token else self.successor or f"lost {self.token}"


@attrs.frozen(kw_only=True)
class Verify(Renewing):
    """Where the browser is to be remembered (``trust``), it has ``kept`` something afterwards, by as strong a proof.

    The value of a key is the challenge that it has signed, with who did that (``signer``), its ``count``, and whether
    that ``creates`` a credential.
    """

    index: int
    value: str
    signer: str = ""
    count: int = 0
    creates: bool = False
    trust: bool = False
    kept: str = attrs.field(default="", repr=False)

    def outcome(self, account: Account, now: int) -> Outcome:
        device = _visible(account, self.token, self.index, now)
        if device is None:
            return "not_found", account
        code = account.code(self.token, device)
        if device.method in {SENT, KEY} and code is None:
            return "device_disabled" if device.disabled else "no_challenge", account
        refusal = _held_up(account, device, now)
        if not refusal and not device.active:
            refusal = _refusal(account, self.token, device.method, now)
        if refusal:
            return refusal, account
        if device.method == KEY and self.creates == device.active:
            return "malformed", account
        proved, account = self._judged(account, device, code, now)
        return ("rejected", _rejected(account, device, now)) if proved is None else self._accepted(account, proved, now)

    def _judged(self, account: Account, device: Device, code: Code | None, now: int) -> tuple[Device | None, Account]:
        """The device where the value is right, and what is out afterwards."""
        if code is None:
            return device.matches(self.value, now), account
        right = code.text == self.value
        if device.method == KEY:
            known = not device.active or (self.signer == device.secret and self.count > device.spent)
            good = right and known and code.good(now, CEREMONY)
            proved = attrs.evolve(device, secret=self.signer, spent=self.count) if good else None
            # A refusal uses it up, too, but for one that comes before its time.
            return proved, account.with_code(code.void() if code.at - now <= SKEW else code)
        if not code.good(now, LIFETIME):
            return None, account
        return (device if right else None), account.with_code(code.void() if right else code.tried())

    def _accepted(self, account: Account, device: Device, now: int) -> Outcome:
        token = self.heir()
        if not token:
            return "accepted, and renewed", account
        after = account.renewed(self.token, token)
        if not device.active:
            others = [each for each in after.devices if not each.active and each.owner != token]
            after = after.without(others, now).pardoning()
        after = after.with_device(attrs.evolve(device, active=True, owner="", failures=0, recent=0, last=0))
        confirmed = {each for each in after.confirmed if each[:2] != (token, device.index)}
        after = attrs.evolve(after, confirmed=frozenset(confirmed | {(token, device.index, now)}), locked=False)
        trust = self.trust and after.strong(device.method)
        if self.answer is not None and trust != bool(self.kept):
            return "accepted, and remembered or not", account
        if trust:
            trusts = (*after.remembered(now), Trust(kept=self.kept, index=device.index, at=now))[-MOST_TRUSTS:]
            after = attrs.evolve(after, trusts=trusts).trusting(token, device.index)
        return "accepted", after


@attrs.frozen(kw_only=True)
class Show(Renewing):
    """A browser shows what it has ``kept``."""

    kept: str = attrs.field(repr=False)

    def outcome(self, account: Account, now: int) -> Outcome:
        trust = next((each for each in account.remembered(now) if each.kept == self.kept), None)
        if trust is None:
            return "rejected", account
        token = self.heir()
        if not token:
            return "accepted, and renewed", account
        return "accepted", account.renewed(self.token, token).trusting(token, trust.index, (trust.kept, now))


@attrs.frozen(kw_only=True)
class Forget(Act):
    """A browser is to be remembered no more that has ``kept`` this."""

    kept: str = attrs.field(repr=False)

    def outcome(self, account: Account, now: int) -> Outcome:
        # Whoever could forget it when that was asked, before the last device was removed, finds nothing to forget.
        if not account.passes(self.token, now) and (account.active or self.answer != "not_found"):
            return _unproved(account), account
        gone = [trust for trust in account.remembered(now) if trust.kept == self.kept]
        return "removed" if gone else "not_found", account.forgetting(gone)


@attrs.frozen(kw_only=True)
class Remove(Act):
    index: int

    def outcome(self, account: Account, now: int) -> Outcome:
        device = _visible(account, self.token, self.index, now)
        if device is None:
            return "not_found", account
        fresh = account.fresh(self.token, now)
        if account.active and not any(
            account.strong(each.method) for each in fresh if each != device or not device.disabled
        ):
            return "verification_required", account
        after = account.pardoning(but=self.index) if any(each.method not in GUESSABLE for each in fresh) else account
        after = after.without([each for each in after.devices if each.index == self.index], now)
        if all(each.method == CODES for each in after.active):
            after = after.without(after.active, now)
        return "removed", after.forgetting(after.trusts) if device.active else after


def step(account: Account, act: Act) -> Iterator[Account]:
    """The states that an act may lead to which was answered as it was."""
    if act.answer == "unauthenticated":
        if act.token not in account.alive:
            yield account
        return
    if act.late:
        return
    for now in act.times:
        answer, after = act.outcome(account, now)
        if act.answer == answer or (act.answer is None and after != account):
            yield after


def _visible(account: Account, token: str, index: int, now: int) -> Device | None:
    return next((each for each in account.devices if each.index == index and each.visible(token, now)), None)


def _held_up(account: Account, device: Device, now: int) -> str:
    """Why a guess at a device is not looked at; empty where it is."""
    if device.method not in GUESSABLE:
        return ""
    if device.disabled:
        return "device_disabled"
    return "throttled" if account.waits(now) else ""


def _rejected(account: Account, device: Device, now: int) -> Account:
    if device.method not in GUESSABLE:
        return account
    recent = device.recent if _within(device.last, now, MEMORY) else 0
    return account.with_device(attrs.evolve(device, failures=device.failures + 1, recent=recent + 1, last=now))


def _refusal(account: Account, token: str, method: str, now: int) -> str:
    """Why a token may not register or activate; empty where it may."""
    proofs = account.proofs(token, now)
    if not proofs and (account.locked or any(device.method != CODES for device in account.active)):
        return _unproved(account)
    if method == CODES and not account.active:
        return "device_required"
    if account.active and not any(account.strong(device.method) for device in account.fresh(token, now)):
        return "verification_required"
    same = [device.method for device in account.active].count(method)
    return "already_registered" if method != CODES and same >= MOST_DEVICES else ""


def _unproved(account: Account) -> str:
    return "verification_required" if account.active else "registration_required"


def _within(at: int, now: int, seconds: int) -> bool:
    """Whether it was less than so long ago; what is further ahead than clocks lie apart never was."""
    return at - now <= SKEW and now - at < seconds


@lru_cache(maxsize=100_000)
def password(secret: str, counter: int) -> str:
    return pyotp.HOTP(secret).at(counter) if counter >= 0 else ""
