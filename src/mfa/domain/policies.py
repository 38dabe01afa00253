"""Of whom how many verifications are demanded, and which of them count."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol

import attrs

from mfa.domain.identifiers import UserId
from mfa.domain.methods.names import METHOD_NAMES, TRUST
from mfa.domain.values import ValueObject


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Profile(ValueObject):
    """What a user directory knows of a user, beyond the key; only one who is there and ``active`` may log in.

    ``language`` is what mails to the user are written in, such as ``pt-br``; empty where nobody knows.
    """

    name: str = ""
    email: str = attrs.field(default="", repr=False)
    is_staff: bool = False
    is_superuser: bool = False
    joined_at: datetime | None = None
    active: bool = False
    language: str = ""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Subject:
    """The user whom a policy judges; the profile and the groups are each loaded when a policy first asks for them."""

    user_id: UserId
    active_devices: int
    _load_profile: Callable[[], Profile] = attrs.field(alias="profile")
    _load_groups: Callable[[], frozenset[str]] = attrs.field(default=frozenset, alias="groups")

    @cached_property
    def _profile(self) -> Profile:
        return self._load_profile()

    @property
    def is_staff(self) -> bool:
        """Tell whether the user may enter the admin."""
        return self._profile.is_staff

    @cached_property
    def groups(self) -> frozenset[str]:
        """Return the names of the user's groups."""
        return self._load_groups()

    @property
    def joined_at(self) -> datetime | None:
        """Return when the user joined, where that is known."""
        return self._profile.joined_at


class VerificationPolicy(Protocol):
    """Decides how many devices a user's token must confirm; 0 demands nothing."""

    @abstractmethod
    def required(self, subject: Subject) -> int:
        """Return the number of verifications demanded of the subject."""

    def keeps_device(self, subject: Subject) -> bool:
        """Tell whether the subject may not remove the last active device; nobody is held unless a policy says so."""
        return False


class _PolicySettings(Protocol):
    """The part of the configuration that the built-in policies read."""

    @property
    def required_verifications(self) -> int:
        """How many devices a token must confirm."""

    @property
    def policy_groups(self) -> Collection[str]:
        """The names of the groups whose members are asked."""


class EveryUser(VerificationPolicy):
    """Demand the configured number of verifications of everybody, enrolled or not."""

    def __init__(self, config: _PolicySettings) -> None:
        self._required = config.required_verifications
        self._groups = frozenset(config.policy_groups)

    def required(self, subject: Subject) -> int:
        """Return the same number for every subject."""
        return self._required


class EnrolledUsers(EveryUser):
    """Demand the configured number of verifications of whoever has an active device, and nothing of others."""

    def required(self, subject: Subject) -> int:
        """Return the number for a user with an active device, and 0 for any other."""
        return self._required if subject.active_devices else 0


class _Members(EveryUser):
    """Demand verifications of some users, whose last device has to stay, and of whoever has an active device.

    A device is asked for as soon as it is there, member or not: its owner relies on it, and a thief could otherwise
    get past it by the password alone. Being asked first, it also spares the look-up of the user.
    """

    def required(self, subject: Subject) -> int:
        """Return the number for a member and for a user with an active device, and 0 for any other."""
        return self._required if subject.active_devices or self.keeps_device(subject) else 0


class Staff(_Members):
    """Demand verifications of those who may enter the admin, and of whoever has an active device."""

    def keeps_device(self, subject: Subject) -> bool:
        """Tell whether the subject is staff."""
        return subject.is_staff


class Groups(_Members):
    """Demand verifications of the members of the configured groups, and of whoever has an active device."""

    def keeps_device(self, subject: Subject) -> bool:
        """Tell whether the subject is a member."""
        return bool(self._groups & subject.groups)


Deadline = datetime | timedelta
"""Until when a user may go without a device: a moment for everybody, or a while after joining."""


def deadline_of(deadline: Deadline | None, subject: Subject) -> datetime | None:
    """Return when the subject's period of grace ends; None where there is none, or nobody knows when it began."""
    if not isinstance(deadline, timedelta):
        return deadline
    return None if subject.joined_at is None else subject.joined_at + deadline


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Confirmation(ValueObject):
    """What the token at hand has confirmed, when, and whether in a way that cannot be phished.

    A remembered browser is one of method ``trust``, with the index of the device beside which it does not count.
    """

    index: int
    method: str
    at: datetime
    phishing_resistant: bool = False

    @property
    def trusted(self) -> bool:
        """Tell whether a remembered browser stands in for a proof."""
        return self.method == TRUST


class UncheckedNames(frozenset[str]):
    """Names of methods that are taken as they are, as from settings, which are read before the methods are made."""

    __slots__ = ()


def _checked(methods: Collection[str] | None) -> frozenset[str] | None:
    if methods is None:
        return None
    names: object = methods
    if isinstance(names, str) or not isinstance(names, Collection) or not all(isinstance(name, str) for name in names):
        raise TypeError('methods is None or a list of names, such as ["totp", "webauthn"]')
    if not methods:
        raise ValueError("methods names one method or more")
    if not isinstance(methods, UncheckedNames):
        unknown = METHOD_NAMES.unknown(methods)
        if unknown:
            known = ", ".join(METHOD_NAMES)
            raise ValueError(f"no method is called {' or '.join(map(repr, unknown))}; methods names some of {known}")
    return UncheckedNames(methods)


@attrs.frozen(slots=False, eq=False, repr=False)
class Requirement(ValueObject):
    """What one view, or one act, demands of everybody beyond what the policy demands.

    ``verifications`` is how many devices, and ``max_age`` how old each verification may be that counts; one of those
    has to be by one of the ``methods`` (names), and where ``phishing_resistant``, by a method that is bound to the site
    (NIST SP 800-63B-4 section 3.2.5). None leaves a matter to the policy, and of two numbers the larger holds: a view
    can be stricter, and never laxer. Raises ``TypeError`` for a value of another type, and ``ValueError`` for a method
    that does not exist, and for what nobody could meet, or everybody would.
    """

    verifications: int | None = None
    max_age: timedelta | None = None
    methods: frozenset[str] | None = attrs.field(
        default=None, converter=_checked, repr=lambda names: repr(names and sorted(names))
    )
    phishing_resistant: bool = False

    def __attrs_post_init__(self) -> None:
        number: object = self.verifications
        if not isinstance(number, int | None) or isinstance(number, bool):
            raise TypeError("verifications is None or an integer, such as 2")
        if number is not None and number < 1:
            raise ValueError("verifications is 1 or more")
        if not isinstance(self.max_age, timedelta | None):
            raise TypeError("max_age is None or a timedelta, such as timedelta(minutes=5)")
        if self.max_age is not None and self.max_age <= timedelta(0):
            raise ValueError("max_age is longer than nothing")
        if not isinstance(self.phishing_resistant, bool):
            raise TypeError("phishing_resistant is True or False")

    def number(self, demanded: int) -> int:
        """Return how many verifications have to count, where the policy demands that many: one, at the least."""
        return max(demanded, self.verifications or 1)

    def missing(self, verifications: Iterable[Confirmation], demanded: int, now: datetime) -> int:
        """Return how many more verifications it takes, where the policy demands that many; 0 where it is met."""
        counted = [each for each in verifications if self._counts(each, now)]
        return max(self.number(demanded) - len(counted), 0 if self._proved(counted) else 1)

    @property
    def _selective(self) -> bool:
        return self.methods is not None or self.phishing_resistant

    def _counts(self, verification: Confirmation, now: datetime) -> bool:
        """Tell whether a verification counts; a remembered browser never does where it matters how, or when."""
        if verification.trusted and (self._selective or self.max_age is not None):
            return False
        return self.max_age is None or now - verification.at <= self.max_age

    def _proved(self, counted: Iterable[Confirmation]) -> bool:
        """Tell whether one verification is what all of them need not be."""
        return not self._selective or any(
            (self.methods is None or each.method in self.methods)
            and (each.phishing_resistant or not self.phishing_resistant)
            for each in counted
        )
