"""What every AccountReports does."""

from datetime import timedelta

import attrs
import pytest

from mfa.application.ports.reports import AccountReports, Report
from mfa.application.ports.repositories import AccountRepository
from mfa.domain.devices import Device
from mfa.domain.identifiers import UserId
from mfa.domain.throttling import Failures
from mfa.testing.contracts.repositories import NOW, device, store

Users = tuple[UserId, UserId, UserId, UserId]

GUESSABLE = ("totp", "email")


def failed(index: int, count: int, method: str = "totp") -> Device:
    return attrs.evolve(device(index), method=method, failures=Failures(count=count, recent=count, last_at=NOW))


def temporary(index: int) -> Device:
    return attrs.evolve(device(index), method="pass", expires_at=NOW + timedelta(hours=1), uses_left=1)


class AccountReportsContract:
    """Provide ``reports`` and ``repository``, both over the same three users, in the order of their keys.

    The first is an editor and an auditor, the second an editor, the third in no group, and a fourth, an editor, may not
    log in.
    """

    @pytest.fixture
    def give(self, repository: AccountRepository) -> "Give":
        return Give(repository)

    def test_at_first_nobody_has_anything(self, reports: AccountReports, users: Users) -> None:
        assert reports.count(None, 3, GUESSABLE) == Report(users=3, methods={}, none=3, disabled=0)
        assert list(reports.missing()) == list(users[:3])

    def test_users_are_counted_and_not_their_devices(self, reports: AccountReports, users: Users, give: "Give") -> None:
        give(users[0], device(0), device(1), attrs.evolve(device(2), method="email"))
        give(users[1], device(0))

        counted = reports.count(None, 3, GUESSABLE)

        assert counted == Report(users=3, methods={"totp": 2, "email": 1}, none=1, disabled=0)
        assert list(reports.missing()) == [users[2]]

    def test_pending_devices_and_passes_are_nothing_that_one_has(
        self, reports: AccountReports, users: Users, give: "Give"
    ) -> None:
        give(users[0], device(0, active=False), temporary(1))

        assert reports.count(None, 3, GUESSABLE) == Report(users=3, methods={}, none=3, disabled=0)
        assert list(reports.missing()) == list(users[:3])

    def test_who_may_not_log_in_is_left_out(self, reports: AccountReports, users: Users, give: "Give") -> None:
        give(users[3], failed(0, 3))

        assert reports.count(None, 3, GUESSABLE) == Report(users=3, methods={}, none=3, disabled=0)
        assert reports.count("editors", 3, GUESSABLE).users == 2

    def test_so_many_failures_disable(self, reports: AccountReports, users: Users, give: "Give") -> None:
        give(users[0], failed(0, 3), failed(1, 4))
        give(users[1], failed(0, 2), failed(1, 3, "webauthn"))

        counted = reports.count(None, 3, GUESSABLE)

        assert counted.disabled == 1, "one user, and nobody by a method that cannot be guessed"
        assert counted.methods == {"totp": 2, "webauthn": 1}

    def test_groups_are_named_and_counted_by_themselves(
        self, reports: AccountReports, users: Users, give: "Give"
    ) -> None:
        give(users[0], device(0))
        give(users[2], device(0))

        assert list(reports.groups()) == ["auditors", "editors"]
        assert reports.count("editors", 3, GUESSABLE) == Report(users=2, methods={"totp": 1}, none=1, disabled=0)
        assert reports.count("auditors", 3, GUESSABLE) == Report(users=1, methods={"totp": 1}, none=0, disabled=0)
        assert reports.count("strangers", 3, GUESSABLE) == Report(users=0, methods={}, none=0, disabled=0)


@attrs.frozen
class Give:
    """Stores the devices of a user."""

    repository: AccountRepository

    def __call__(self, user_id: UserId, *devices: Device) -> None:
        store(self.repository, user_id, *devices)
