"""What a project writes to say of whom how much is demanded, and how long guessing has to wait."""

from datetime import datetime, timedelta
from typing import assert_type

from mfa.config import Config, read
from mfa.domain.identifiers import UserId
from mfa.domain.policies import EnrolledUsers, EveryUser, Groups, Staff, Subject, VerificationPolicy
from mfa.domain.throttling import Failures, ThrottlePolicy


class StaffTwice(VerificationPolicy):
    def __init__(self, config: Config) -> None:
        self._required = config.required_verifications

    def required(self, subject: Subject) -> int:
        assert_type(subject.user_id, UserId)
        assert_type(subject.is_staff, bool)
        assert_type(subject.groups, frozenset[str])
        assert_type(subject.joined_at, datetime | None)
        assert_type(subject.active_devices, int)
        return self._required + 1 if subject.is_staff else self._required

    def keeps_device(self, subject: Subject) -> bool:
        return subject.is_staff


class Unfinished(VerificationPolicy):
    pass


Unfinished()  # type: ignore[abstract]  # pyright: ignore[reportAbstractUsage]


class Plain:
    """Keeps the promise of the port without inheriting from it."""

    def required(self, subject: Subject) -> int:
        return 1

    def keeps_device(self, subject: Subject) -> bool:
        return False


class Textual:
    def required(self, subject: Subject) -> str:
        return "1"

    def keeps_device(self, subject: Subject) -> bool:
        return False


plain: VerificationPolicy = Plain()
textual: VerificationPolicy = Textual()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]


class Doubling(ThrottlePolicy):
    def __init__(self, config: Config) -> None:
        self._timeout = config.verification_throttle_timeout

    def locked_until(self, failures: Failures) -> datetime | None:
        assert_type(failures.count, int)
        assert_type(failures.last_at, datetime | None)
        return None if failures.last_at is None else failures.last_at + self._timeout


config, problems = read({"REQUIREMENTS": {"transfer": {"max_age": "5m"}}})
assert_type(config, Config)
assert_type(config.methods, tuple[str, ...])
assert_type(config.verification_lifetime, timedelta | None)
assert_type([problem.hint for problem in problems], list[str])
Config(max_failures=3)
Config(max_failure=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]

policies: list[VerificationPolicy] = [made(config) for made in (EveryUser, EnrolledUsers, Staff, Groups, StaffTwice)]
