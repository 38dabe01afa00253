"""What is the same for every account of a deployment."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import attrs

from mfa.domain.devices import Device
from mfa.domain.identifiers import Token
from mfa.domain.methods.base import Methods
from mfa.domain.moments import elapsed
from mfa.domain.policies import Deadline, VerificationPolicy
from mfa.domain.throttling import ThrottlePolicy

MOST_DEVICES = 5
"""The most active devices of one method that a user may have, where nobody says otherwise."""

MostDevices = int | Mapping[str, int]
"""The same for every method, or by the names of some."""


def most_devices(allowed: MostDevices, method: str) -> int:
    """Return how many active devices of a method a user may have."""
    return allowed if isinstance(allowed, int) else allowed.get(method, MOST_DEVICES)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Rules:
    """What is the same for every account: the configured methods, policies and limits."""

    methods: Methods
    policy: VerificationPolicy
    throttle: ThrottlePolicy
    max_failures: int
    failure_memory: timedelta
    max_devices_per_method: MostDevices
    registration_lifetime: timedelta
    change_max_age: timedelta
    verification_lifetime: timedelta | None
    registration_deadline: Deadline | None = None
    trust_lifetime: timedelta | None = None

    def most_devices(self, method: str) -> int:
        """Return how many active devices of a method a user may have."""
        return most_devices(self.max_devices_per_method, method)

    def guessable(self, device: Device) -> bool:
        """Tell whether values of a device can be guessed, so that failures are counted and make their user wait."""
        return device.guessable or self.methods.guessable(device.method)

    def disabled(self, device: Device) -> bool:
        """Tell whether a device had as many wrong values in a row as may be guessed (NIST SP 800-63B-4 3.2.2)."""
        return device.failures.count >= self.max_failures and self.guessable(device)

    def counts(self, at: datetime | None, now: datetime) -> bool:
        """Tell whether a verification of that time still counts; one from the future, by a wrong clock, does not."""
        age = None if at is None else elapsed(at, now)
        return age is not None and (self.verification_lifetime is None or age < self.verification_lifetime)

    def confirmed_until(self, token: Token, now: datetime) -> datetime | None:
        """Return when a verification ends: by the settings, or with the token if that is known; None for neither."""
        ends = [now + self.verification_lifetime if self.verification_lifetime else None, token.expires_at]
        return min((end for end in ends if end is not None), default=None)
