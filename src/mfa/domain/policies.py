"""Of whom how many verifications are demanded."""

from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Protocol

import attrs

from mfa.domain.identifiers import UserId


@attrs.frozen(kw_only=True)
class Profile:
    """What a user directory knows of a user, beyond the key."""

    name: str = ""
    email: str = ""
    is_staff: bool = False
    groups: frozenset[str] = frozenset()
    joined_at: datetime | None = None


class Subject:
    """The user whom a policy judges; the profile is loaded when a policy first asks for a part of it."""

    def __init__(self, *, user_id: UserId, active_devices: int, profile: Callable[[], Profile]) -> None:
        self.user_id = user_id
        self.active_devices = active_devices
        self._load = profile

    @cached_property
    def _profile(self) -> Profile:
        return self._load()

    @property
    def is_staff(self) -> bool:
        """Tell whether the user may enter the admin."""
        return self._profile.is_staff

    @property
    def groups(self) -> frozenset[str]:
        """Return the names of the user's groups."""
        return self._profile.groups

    @property
    def joined_at(self) -> datetime | None:
        """Return when the user joined, where that is known."""
        return self._profile.joined_at


class VerificationPolicy(Protocol):
    """Decides how many devices a user's token must confirm; 0 demands nothing."""

    @abstractmethod
    def required(self, subject: Subject) -> int:
        """Return the number of verifications demanded of the subject."""


class PolicySettings(Protocol):
    """The part of the configuration that the built-in policies read."""

    @property
    def required_verifications(self) -> int:
        """How many devices a token must confirm."""


class EveryUser(VerificationPolicy):
    """Demand the configured number of verifications of everybody, enrolled or not."""

    def __init__(self, config: PolicySettings) -> None:
        self._required = config.required_verifications

    def required(self, subject: Subject) -> int:
        """Return the same number for every subject."""
        return self._required
