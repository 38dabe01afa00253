"""Codes of an authenticator app or token: time-based (RFC 6238) and counter-based (RFC 4226)."""

import re
from abc import abstractmethod
from base64 import b32decode, b32encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, Protocol
from urllib.parse import quote, urlencode

import attrs

from mfa.domain.methods.adoption import Adoption, Arrival, ImportedSeed, NotAdopted, identity_of
from mfa.domain.methods.base import Attempt, Enrolment, Entropy, Registration, Undispatched
from mfa.domain.secrets import equal
from mfa.domain.states import decode, encode
from mfa.domain.values import ValueObject
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict

Algorithm = Literal["sha1", "sha256", "sha512"]

SEED_BYTES: dict[Algorithm, int] = {"sha1": 20, "sha256": 32, "sha512": 64}
"""As long as the output of the hash, which RFC 6238 section 5.1 recommends; 160 bits for SHA-1 (RFC 4226, R6)."""

WEAK_SEED_BYTES = 16
"""A seed below these 128 bits is weaker than RFC 4226 allows (section 4, R6)."""

MOST_SEED_BYTES = 256
"""Four times the longest that anybody recommends; what is longer is no seed."""

FEWEST_DIGITS = 6
MOST_DIGITS = 10
"""RFC 4226 section 4, R4: a value has at least six digits; ten are all that 31 bits can fill."""

MOST_MOVED_TOLERANCE = 1000
"""Ten times what can be configured here. Every step of a window is computed for each guess, and may be what it hits."""

MOST_AHEAD = timedelta(minutes=5)
"""No two clocks are further apart; a time beyond that is wrong, such as a local one that is read as UTC."""

LAST_COUNTER = 2**64 - 2
"""Counters have eight octets (RFC 4226 section 5.1), and one more has to be left."""

RESYNCHRONISATION_WINDOW = 100
"""How far ahead two consecutive HOTP values may lie and still put the counter right (RFC 4226 section 7.4)."""

DEFAULT_ISSUER = "MFA"
"""Stands in authenticator apps where neither a setting nor a request names the site."""


class OneTimePasswords(Protocol):
    """Computes HOTP values (RFC 4226 section 5.3)."""

    @abstractmethod
    def at(self, seed: bytes, counters: Sequence[int], *, digits: int, algorithm: Algorithm) -> list[str]:
        """Return the values at the counters, each with that many digits."""


class QrCodes(Protocol):
    """Draws a text as a QR code."""

    @abstractmethod
    def draw(self, text: str) -> str:
        """Return a data URI of the picture; raises ``ValueError`` for a text that no QR code can hold."""


def _base32(seed: bytes) -> str:
    return b32encode(seed).decode()


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Parameters(ValueObject):
    """How the values of one device are made and how far off they may be; fixed when it is registered.

    ``start`` is the Unix time, in seconds, at which step 0 began (T0 of RFC 6238 section 4).
    """

    digits: int
    algorithm: Algorithm
    tolerance: int
    period: int | None = None
    start: int = 0


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class State(ValueObject):
    """What a device must remember: its seed, its parameters and the first counter that was not yet spent.

    ``far`` is the counter of a value beyond the window, which a second value may confirm. ``drift`` is how many steps a
    token was ahead when it was last used (RFC 6238 section 6), and None where that is not followed.
    """

    seed: bytes = attrs.field(repr=False, metadata={"dump": _base32, "load": b32decode})
    parameters: Parameters
    next_counter: int = 0
    far: int | None = None
    drift: int | None = None

    def step(self, at: datetime, period: int) -> int:
        """Return the counter of a time, as the token has it."""
        return (int(at.timestamp()) - self.parameters.start) // period + (self.drift or 0)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class OneTimePassword(Undispatched):
    """TOTP and HOTP, which differ only in where the counter comes from.

    A value is spent by moving the next counter behind it, so neither the value nor any earlier one works again.
    """

    name: str
    verbose_name: str
    parameters: Parameters
    issuer: str = ""
    passwords: OneTimePasswords
    entropy: Entropy
    qr_codes: QrCodes | None = None
    resynchronise: bool = False

    def register(self, enrolment: Enrolment) -> Registration:
        """Make a seed, and show it to the person in the two forms that apps take."""
        seed = self.entropy.token(SEED_BYTES[self.parameters.algorithm])
        secret = _base32(seed).rstrip("=")
        issuer = self.issuer or enrolment.site or DEFAULT_ISSUER
        url = authenticator_url(secret=secret, user_name=enrolment.user_name, issuer=issuer, parameters=self.parameters)
        state = encode(State(seed=seed, parameters=self.parameters))
        return Registration(state=state, shown={"authenticator_url": url, "secret": secret})

    def present(self, shown: Mapping[str, object]) -> Mapping[str, object]:
        """Draw the URL as a QR code, which takes longer than all the rest of a registration."""
        if self.qr_codes is None:
            return shown
        try:
            return {**shown, "qr_code": self.qr_codes.draw(str(shown["authenticator_url"]))}
        except ValueError:
            # A name of hundreds of emoji overflows the largest code; the person still has the URL and the secret.
            return shown

    def verify(self, attempt: Attempt) -> Verdict:
        """Look for the value among the counters within tolerance that are not yet spent.

        The latest counter that fits is the one spent: where a value happens to stand twice in the window, spending
        the earlier one would leave it valid. Every counter is compared, so the time tells nothing of the position.
        """
        state = decode(State, attempt.state)
        value = attempt.text
        unconfirmed = encode(attrs.evolve(state, far=None))
        if not re.fullmatch(f"[0-9]{{{state.parameters.digits}}}", value):
            return Rejected(reason=Reason.WRONG, state=unconfirmed)
        window = _window(state, attempt.now)
        matching = self._matching(state, window, value)
        unspent = [counter for counter in matching if counter >= state.next_counter]
        if unspent:
            return _spend(state, unspent[-1], attempt.now)
        if matching:
            return Rejected(reason=Reason.REPLAYED, state=unconfirmed)
        if self.resynchronise and state.parameters.period is None:
            return self._resynchronised(state, value, beyond=window.stop, now=attempt.now)
        return Rejected(reason=Reason.WRONG, state=unconfirmed)

    def adopt(self, arrival: Arrival) -> Adoption:
        """Take a seed with all that makes its values; one that the user has already is the same device."""
        found = arrival.found
        if not isinstance(found, ImportedSeed):
            raise NotAdopted("unreadable")
        state = self._imported(found, arrival.now)
        identity = identity_of(state.seed)
        for index, each in arrival.states.items():
            known = decode(State, each)
            if equal(known.seed, state.seed):
                return Adoption(state=encode(_caught_up(known, state, found)), identity=identity, index=index)
        if state.parameters.period is not None and found.spent is None and found.used_at is None:
            state = _used_up(state, arrival.now)
        return Adoption(state=encode(state), identity=identity, warning=_warning(state))

    def _imported(self, found: ImportedSeed, now: datetime) -> State:
        """Check what another package says of a device by what any app can have."""
        time_based = self.parameters.period is not None
        algorithm = found.algorithm.lower().replace("-", "")
        tolerance = self.parameters.tolerance if found.tolerance is None else found.tolerance
        for fits, reason in (
            (0 < len(found.seed) <= MOST_SEED_BYTES, "seed"),
            (0 < found.digits <= MOST_DIGITS, "digits"),
            (algorithm in SEED_BYTES, "algorithm"),
            (0 <= tolerance <= MOST_MOVED_TOLERANCE, "tolerance"),
            (not time_based or found.period > 0, "period"),
            (found.spent is None or -1 <= found.spent <= LAST_COUNTER, "counter"),
        ):
            if not fits:
                raise NotAdopted(reason)
        parameters = Parameters(
            digits=found.digits,
            algorithm=next(each for each in SEED_BYTES if each == algorithm),
            tolerance=tolerance,
            period=found.period if time_based else None,
            start=found.start if time_based else 0,
        )
        state = State(
            seed=found.seed,
            parameters=parameters,
            next_counter=0 if found.spent is None else found.spent + 1,
            drift=found.drift if time_based else None,
        )
        if found.used_at is None:
            return state
        # A clock may have been ahead, but nobody has to wait for more than the next value.
        used_at = found.used_at if found.used_at <= now + MOST_AHEAD else now
        ahead = used_at + tolerance * timedelta(seconds=found.period)
        return _used_up(state, max(used_at, min(ahead, now)))

    def _resynchronised(self, state: State, value: str, *, beyond: int, now: datetime) -> Verdict:
        """Accept the second of two consecutive values from beyond the window, and remember the first."""
        if state.far is not None and self._matching(state, range(state.far + 1, state.far + 2), value):
            return _spend(state, state.far + 1, now)
        ahead = range(beyond, state.next_counter + RESYNCHRONISATION_WINDOW + 1)
        far = self._matching(state, ahead, value)
        return Rejected(reason=Reason.WRONG, state=encode(attrs.evolve(state, far=far[0] if far else None)))

    def _matching(self, state: State, counters: range, value: str) -> list[int]:
        parameters = state.parameters
        passwords = self.passwords.at(state.seed, counters, digits=parameters.digits, algorithm=parameters.algorithm)
        same = [equal(password.encode(), value.encode()) for password in passwords]
        return [counter for counter, match in zip(counters, same, strict=True) if match]


def _window(state: State, now: datetime) -> range:
    parameters = state.parameters
    if parameters.period is None:
        return range(state.next_counter, state.next_counter + parameters.tolerance + 1)
    step = state.step(now, parameters.period)
    return range(max(step - parameters.tolerance, 0), step + parameters.tolerance + 1)


def _spend(state: State, counter: int, now: datetime) -> Accepted:
    drift, period = state.drift, state.parameters.period
    if drift is not None and period is not None:
        drift += counter - state.step(now, period)
    return Accepted(state=encode(attrs.evolve(state, next_counter=counter + 1, far=None, drift=drift)))


def _used_up(state: State, at: datetime) -> State:
    """Spend all steps up to a time."""
    if state.parameters.period is None:
        return state
    return attrs.evolve(state, next_counter=max(state.next_counter, state.step(at, state.parameters.period) + 1))


def _caught_up(known: State, imported: State, found: ImportedSeed) -> State:
    """Spend what the source has spent since; counters that are counted otherwise say nothing of one another."""
    same = (known.parameters.period, known.parameters.start) == (imported.parameters.period, imported.parameters.start)
    if not same or imported.next_counter <= known.next_counter:
        return known
    drift = known.drift if found.drift is None else found.drift
    return attrs.evolve(known, next_counter=imported.next_counter, far=None, drift=drift)


def _warning(state: State) -> str:
    """Say what RFC 4226 section 4 forbids of a device that comes nevertheless."""
    if len(state.seed) < WEAK_SEED_BYTES:
        return "weak_seed"
    return "few_digits" if state.parameters.digits < FEWEST_DIGITS else ""


def authenticator_url(*, secret: str, user_name: str, issuer: str, parameters: Parameters) -> str:
    """Write an ``otpauth`` URI as the Key URI Format has it: ``%20`` for spaces, the issuer in both places.

    Every character that could end a part of the URI is escaped. A colon divides the issuer from the account and may
    stand in neither, escaped or not, so one in a name is written as a hyphen.
    """
    issuer, account = issuer.replace(":", "-"), user_name.replace(":", "-")
    escape = partial(quote, safe="")
    kind, moving = ("hotp", {"counter": "0"}) if parameters.period is None else ("totp", {"period": parameters.period})
    query = {
        "secret": secret,
        "issuer": issuer,
        "algorithm": parameters.algorithm.upper(),
        "digits": parameters.digits,
        **moving,
    }
    return f"otpauth://{kind}/{escape(issuer)}:{escape(account)}?{urlencode(query, quote_via=quote, safe='')}"
