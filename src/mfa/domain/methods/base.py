"""What every method of verification is, and the few things that methods share."""

import unicodedata
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

import attrs

from mfa.domain.errors import MalformedValue, MethodNotFound, NotDispatchable
from mfa.domain.identifiers import UserId
from mfa.domain.methods.adoption import Adoption, Arrival, NotAdopted
from mfa.domain.methods.names import METHOD_NAMES, TRUST
from mfa.domain.sends import SendLimits
from mfa.domain.values import ValueObject
from mfa.domain.verdicts import Verdict

MAX_VALUE_BYTES = 4096
"""A typed value longer than this is no code of any method; refusing it early keeps the work per guess small."""

NO_SIBLINGS: Mapping[int, bytes] = MappingProxyType({})
"""Beside a device of a method whose devices share no challenge."""

_WHITE_SPACE = "\t\n\v\f\r \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""Unicode's property ``White_Space``; ``str.isspace`` has the four information separators beside it."""

_INVISIBLE = "\u00ad\u061c\ufeff" + "".join(
    map(chr, [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)])
)
"""Soft hyphens, joiners, marks of direction: whatever pages, apps and keyboards put beside a code unseen."""

_DROPPED = frozenset(_WHITE_SPACE + _INVISIBLE + "\N{MINUS SIGN}")


class Entropy(Protocol):
    """Makes values that nobody can guess."""

    @abstractmethod
    def token(self, size: int) -> bytes:
        """Return this many random bytes, from a source fit for keys."""

    @abstractmethod
    def digits(self, count: int) -> str:
        """Return this many random decimal digits, each value equally likely."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class RegistrationField(ValueObject):
    """A field that a client fills in to register; adapters turn it into a form of their own.

    ``kind`` is ``text``, ``email`` or ``phone``. With ``choices`` it is one of these words, and the client itself
    chooses: a form for people leaves it out.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    max_length: int = 254
    choices: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Enrolment(ValueObject):
    """A wish to register a device: for whom, where, and what the client filled in.

    ``siblings`` are the states of the user's active devices of the same method, by index, where it is collective. In
    the place of ``user_email`` may be given what looks it up, which most methods never ask for.
    """

    user_id: UserId = attrs.field(default=UserId(""))
    user_name: str
    _user_email: str | Callable[[], str] = attrs.field(default="", repr=False)
    site: str = ""
    fields: Mapping[str, str] = attrs.field(default=MappingProxyType({}), repr=False)
    siblings: Mapping[int, bytes] = attrs.field(default=NO_SIBLINGS, repr=False)
    now: datetime

    @property
    def user_email(self) -> str:
        """Return the user's own address of the moment; empty where there is none. May raise ``Unavailable``."""
        return self._user_email if isinstance(self._user_email, str) else self._user_email()


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Registration(ValueObject):
    """A new device as its method made it; ``shown`` goes to the person once and is kept nowhere.

    ``sent`` is the state of a challenge that is out from the beginning, and good for ``lifetime``.
    """

    state: bytes = attrs.field(repr=False)
    sent: bytes | None = attrs.field(default=None, repr=False)
    lifetime: timedelta | None = None
    destination: str | None = None
    shown: Mapping[str, object] = attrs.field(default=MappingProxyType({}), repr=False)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Outgoing(ValueObject):
    """A code on its way to a person, before it knows whose device it is for."""

    destination: str = attrs.field(repr=False)
    code: str = attrs.field(repr=False)
    lifetime: timedelta


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Dispatch(ValueObject):
    """What a method dispatches: the state of the challenge, and a message for a sender or what the client is shown.

    ``lifetime`` is how long the challenge is good for; None where the method does not say.
    """

    sent: bytes = attrs.field(repr=False)
    lifetime: timedelta | None = None
    message: Outgoing | None = None
    shown: Mapping[str, object] = attrs.field(default=MappingProxyType({}), repr=False)


def without_control(text: str) -> str:
    """Return a text without control characters, fit for a terminal, a log and a list."""
    return text if text.isprintable() else "".join(filter(str.isprintable, text))


def normalised(value: object) -> object:
    """Return the one normal form of a value as a person types or pastes it; what is no text is for the method to judge.

    White space, dashes and what is not seen at all are dropped, and decimal digits of any script become those of
    ASCII, before anything is compared, counted or remembered: a value in another spelling is the same value, used
    once. An unpaired surrogate is replaced, so that every text can be encoded. Raises ``MalformedValue`` for a text
    that is longer than ``MAX_VALUE_BYTES`` as it came.
    """
    if not isinstance(value, str):
        return value
    if len(value.encode("utf-8", "surrogatepass")) > MAX_VALUE_BYTES:
        raise MalformedValue
    return "".join(_normalised(character) for character in value if character not in _DROPPED)


def written(value: object) -> str:
    """Return a text as somebody else may have written it down: its case and its dashes are a part of it."""
    kept = (each for each in str(value) if each not in _DROPPED)
    return "".join(each if unicodedata.category(each) == "Pd" else _normalised(each) for each in kept)


def _normalised(character: str) -> str:
    match unicodedata.category(character):
        case "Nd":
            return str(unicodedata.decimal(character))
        case "Pd":
            return ""
        case "Cs":
            return "\N{REPLACEMENT CHARACTER}"
    return character


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Attempt(ValueObject):
    """A value that claims to answer a device's challenge, with all that a method needs to judge it.

    ``value`` is in its normal form, however it was handed in; ``typed`` is that. ``siblings`` are as for ``Enrolment``,
    with the device itself among them once it is active.
    """

    state: bytes = attrs.field(repr=False)
    siblings: Mapping[int, bytes] = attrs.field(default=NO_SIBLINGS, repr=False)
    sent: bytes | None = attrs.field(default=None, repr=False)
    value: object = attrs.field(repr=False, converter=normalised)
    typed: object = attrs.field(default=None, repr=False)
    now: datetime

    @property
    def text(self) -> str:
        """Return the value where it is a text; raises ``MalformedValue`` (a number would have lost its zeros)."""
        if not isinstance(self.value, str):
            raise MalformedValue
        return self.value


class Method(Protocol):
    """A kind of second factor; states go in and come out as bytes that only the method reads.

    A class that is named by dotted path in ``METHODS`` is made once, with the ``Config``. It says what it is by
    attributes of the class or the instance, where it is not what most are.
    """

    name: str
    """The short name that stands in routes and rows."""

    verbose_name: str
    """What a person calls the method, in English or as a lazy translation."""

    guessable: bool = True
    """Whether values are short enough to guess, so that failures are counted and make their user wait."""

    phishing_resistant: bool = False
    """Whether a value is bound to the site it is meant for (NIST SP 800-63B section 3.2.5)."""

    backup: bool = False
    """Whether the method only stands in for others: one device of it, active at once, never the first."""

    limits: SendLimits | None = None
    """How often it may send; None for a method that has nothing sent."""

    fields: tuple[RegistrationField, ...] = ()
    """What a client may fill in to register."""

    @property
    def dispatchable(self) -> bool:
        """Tell whether a challenge has to be dispatched before a value can answer it."""
        return self.limits is not None

    @property
    def collective(self) -> bool:
        """Tell whether one challenge is for all of a user's devices of the method, and any may answer it."""
        return False

    @property
    def detailed(self) -> bool:
        """Tell whether clients are shown more of a device than all have, for which its state has to be opened."""
        return False

    @abstractmethod
    def register(self, enrolment: Enrolment) -> Registration:
        """Make the state of a new device; raises ``InvalidField``."""

    def present(self, shown: Mapping[str, object]) -> Mapping[str, object]:
        """Add what is costly to make, such as a picture, to what a registration shows; called once it is stored."""
        return shown

    @abstractmethod
    def dispatch(self, state: bytes, now: datetime, siblings: Mapping[int, bytes]) -> Dispatch:
        """Make a challenge; raises ``NotDispatchable``."""

    def remaining(self, state: bytes) -> int | None:
        """Return how many values a backup has left, or None where they never run out."""
        return None

    def details(self, state: bytes | None) -> Mapping[str, object]:
        """Return what else clients are shown of a device; without a state, of one whose key is missing."""
        return {}

    def adopt(self, arrival: Arrival) -> Adoption:
        """Make a device of what comes from another package, by the checks of a registration.

        What the user has already is brought up to what was spent there since, and never back. Raises ``NotAdopted``.
        """
        raise NotAdopted("no_method", failed=False)

    @abstractmethod
    def verify(self, attempt: Attempt) -> Verdict:
        """Judge a value and say what to remember; raises ``MalformedValue``."""


class Undispatched(Method):
    """A method whose values people have by themselves: from an app, or on paper."""

    def dispatch(self, state: bytes, now: datetime, siblings: Mapping[int, bytes]) -> Dispatch:
        """Refuse: there is nothing to send."""
        raise NotDispatchable(self.name)


def _check_names(known: "Methods", _: object, methods: "tuple[Method, ...]") -> None:
    names, reserved = ({getattr(each, "name", "") for each in some} for some in (methods, known.reserved))
    if TRUST in names | reserved:
        raise ValueError(f"no method may be called {TRUST!r}: remembered browsers are")
    METHOD_NAMES.add(names | reserved)
    if taken := names & reserved:
        raise ValueError(f"no method may be called {min(taken)!r}: what operators hand out is")


@attrs.frozen(slots=False, eq=False, repr=False)
class Methods:
    """The configured methods, in the order that gives their registration index.

    ``reserved`` are those that no user registers. Raises ``ValueError`` for a method by a name that is taken.
    """

    all: tuple[Method, ...] = attrs.field(validator=_check_names)
    reserved: tuple[Method, ...] = ()
    _named: Mapping[str, Method] = attrs.field(init=False)

    @_named.default
    def _by_name(self) -> Mapping[str, Method]:
        return {getattr(method, "name", ""): method for method in (*self.all, *self.reserved)}

    def __iter__(self) -> Iterator[Method]:
        return iter(self.all)

    def named(self, name: str) -> Method:
        """Return the method of that name; raises ``MethodNotFound``."""
        method = self._named.get(name)
        if method is None:
            raise MethodNotFound(name)
        return method

    def at(self, key: str) -> Method:
        """Return the method whose name or position is given, as a route gives it; raises ``MethodNotFound``."""
        for position, method in enumerate(self.all):
            if key in {str(position), method.name}:
                return method
        raise MethodNotFound(key)

    def backup(self, name: str) -> bool:
        """Tell whether a device of that method only stands in for others; a method that is gone does not."""
        method = self._named.get(name)
        return method is not None and method.backup

    def phishing_resistant(self, name: str) -> bool:
        """Tell whether the method is bound to the site; a method that is gone is not."""
        method = self._named.get(name)
        return method is not None and method.phishing_resistant

    def dispatchable(self, name: str) -> bool:
        """Tell whether a challenge can be dispatched to a device of that method; to one whose method is gone none."""
        method = self._named.get(name)
        return method is not None and method.dispatchable

    def verbose_name(self, name: str) -> str:
        """Return what a person calls the method, or the name itself where the method is gone."""
        method = self._named.get(name)
        return name if method is None else str(method.verbose_name)

    def guessable(self, name: str) -> bool:
        """Tell whether values of the method can be guessed; a method that is gone counts as one that can."""
        method = self._named.get(name)
        return method is None or method.guessable
