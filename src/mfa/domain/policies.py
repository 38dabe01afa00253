"""Of whom how many verifications are demanded, and which of them count."""

from abc import abstractmethod
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol

import attrs

from mfa.domain.identifiers import UserId


@attrs.frozen(kw_only=True)
class Profile:
    """What a user directory knows of a user, beyond the key; only one who is there and ``active`` may log in."""

    name: str = ""
    email: str = attrs.field(default="", repr=False)
    is_staff: bool = False
    joined_at: datetime | None = None
    active: bool = False


class Subject:
    """The user whom a policy judges; the profile and the groups are each loaded when a policy first asks for them."""

    def __init__(
        self,
        *,
        user_id: UserId,
        active_devices: int,
        profile: Callable[[], Profile],
        groups: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self.user_id = user_id
        self.active_devices = active_devices
        self._load_profile = profile
        self._load_groups = groups

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


class PolicySettings(Protocol):
    """The part of the configuration that the built-in policies read."""

    @property
    def required_verifications(self) -> int:
        """How many devices a token must confirm."""


class GroupSettings(PolicySettings, Protocol):
    """What the policy for groups reads beside that."""

    @property
    def policy_groups(self) -> Collection[str]:
        """The names of the groups whose members are asked."""


class EveryUser(VerificationPolicy):
    """Demand the configured number of verifications of everybody, enrolled or not."""

    def __init__(self, config: PolicySettings) -> None:
        self._required = config.required_verifications

    def required(self, subject: Subject) -> int:
        """Return the same number for every subject."""
        return self._required


class EnrolledUsers(VerificationPolicy):
    """Demand the configured number of verifications of whoever has an active device, and nothing of others."""

    def __init__(self, config: PolicySettings) -> None:
        self._required = config.required_verifications

    def required(self, subject: Subject) -> int:
        """Return the number for a user with an active device, and 0 for any other."""
        return self._required if subject.active_devices else 0


class Staff(VerificationPolicy):
    """Demand verifications of those who may enter the admin, and of whoever has an active device.

    A device is asked for as soon as it is there, member or not: its owner relies on it, and a thief could otherwise
    get past it by the password alone. Being asked first, it also spares the look-up of the user.
    """

    def __init__(self, config: PolicySettings) -> None:
        self._required = config.required_verifications

    def required(self, subject: Subject) -> int:
        """Return the number for staff and for a user with an active device, and 0 for any other."""
        return self._required if subject.active_devices or subject.is_staff else 0

    def keeps_device(self, subject: Subject) -> bool:
        """Tell whether the subject is staff."""
        return subject.is_staff


class Groups(VerificationPolicy):
    """Demand verifications of the members of the configured groups, and of whoever has an active device."""

    def __init__(self, config: GroupSettings) -> None:
        self._required = config.required_verifications
        self._groups = frozenset(config.policy_groups)

    def required(self, subject: Subject) -> int:
        """Return the number for a member and for a user with an active device, and 0 for any other."""
        return self._required if subject.active_devices or self._groups & subject.groups else 0

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


def _chosen(methods: Collection[str] | None) -> frozenset[str] | None:
    if isinstance(methods, str):
        raise TypeError('methods is a list of names, such as ["totp", "webauthn"]')
    return None if methods is None else frozenset(methods)


@attrs.frozen
class Requirement:
    """What one view, or one act, demands of everybody beyond what the policy demands.

    ``verifications`` is how many devices, ``max_age`` how old a verification may be, ``methods`` the names of the
    only methods that count, and ``phishing_resistant`` whether only those count that are bound to the site. None
    leaves a matter to the policy, and of two numbers the larger holds: a view can be stricter, and never laxer.
    Raises ``ValueError`` for what nobody could meet, or everybody would.
    """

    verifications: int | None = attrs.field(default=None)
    max_age: timedelta | None = attrs.field(default=None)
    methods: frozenset[str] | None = attrs.field(
        default=None, converter=_chosen, repr=lambda names: repr(names and sorted(names))
    )
    phishing_resistant: bool = False

    @verifications.validator
    def _check_verifications(self, _: object, number: int | None) -> None:
        if number is not None and number < 1:
            raise ValueError("verifications is 1 or more")

    @max_age.validator
    def _check_max_age(self, _: object, age: timedelta | None) -> None:
        if age is not None and age <= timedelta(0):
            raise ValueError("max_age is longer than nothing")

    @methods.validator
    def _check_methods(self, _: object, names: frozenset[str] | None) -> None:
        if names is not None and not names:
            raise ValueError("methods names one method or more")

    @property
    def selective(self) -> bool:
        """Tell whether it matters how and when something was verified; a remembered browser then never counts."""
        return self.max_age is not None or self.methods is not None or self.phishing_resistant

    def number(self, demanded: int) -> int:
        """Return how many verifications have to count, where the policy demands that many: one, at the least."""
        return max(demanded, self.verifications or 1)

    def counts(self, method: str, age: timedelta, *, phishing_resistant: bool) -> bool:
        """Tell whether a verification by that method, so old by now, counts."""
        return (
            (self.max_age is None or age <= self.max_age)
            and (self.methods is None or method in self.methods)
            and (phishing_resistant or not self.phishing_resistant)
        )
