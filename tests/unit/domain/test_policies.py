from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mfa.domain.identifiers import UserId
from mfa.domain.policies import (
    EnrolledUsers,
    EveryUser,
    Groups,
    Profile,
    Requirement,
    Staff,
    Subject,
    VerificationPolicy,
    deadline_of,
)
from tests.unit.domain.samples import HOUR, MINUTE, NOW, OWNER, TICK, Settings

POLICIES: list[Callable[[Any], VerificationPolicy]] = [EveryUser, EnrolledUsers, Staff, Groups]


class Directory:
    def __init__(self, profile: Profile | None = None, *groups: str) -> None:
        self.known = profile or Profile()
        self.known_groups = frozenset(groups)
        self.asked: list[str] = []

    def profile(self) -> Profile:
        self.asked.append("profile")
        return self.known

    def groups(self) -> frozenset[str]:
        self.asked.append("groups")
        return self.known_groups


def subject(directory: Directory, active_devices: int = 0) -> Subject:
    return Subject(user_id=OWNER, active_devices=active_devices, profile=directory.profile, groups=directory.groups)


STRANGER = Directory()
STAFF = Directory(Profile(is_staff=True))
BANKER = Directory(None, "bankers", "skaters")


class TestSubject:
    def test_a_policy_that_asks_nothing_loads_nothing(self) -> None:
        directory = Directory()
        judged = subject(directory)

        EveryUser(Settings()).required(judged)

        assert (judged.user_id, judged.active_devices) == (UserId("7"), 0)
        assert directory.asked == []

    @pytest.mark.parametrize(
        ("part", "expected", "asked"),
        [
            ("is_staff", True, ["profile"]),
            ("groups", frozenset({"bankers"}), ["groups"]),
            ("joined_at", NOW, ["profile"]),
        ],
    )
    def test_only_what_is_asked_for_is_loaded_and_once(self, part: str, expected: object, asked: list[str]) -> None:
        directory = Directory(Profile(is_staff=True, joined_at=NOW), "bankers")
        judged = subject(directory)

        assert [getattr(judged, part), getattr(judged, part)] == [expected, expected]
        assert directory.asked == asked

    def test_an_empty_profile_has_no_rights(self) -> None:
        judged = Subject(user_id=OWNER, active_devices=0, profile=Profile)

        assert (judged.is_staff, judged.groups, judged.joined_at) == (False, frozenset(), None)


class TestPolicies:
    @pytest.mark.parametrize(
        ("policy", "asked"),
        [
            (EveryUser, (True, True, True)),
            (EnrolledUsers, (False, False, False)),
            (Staff, (False, True, False)),
            (Groups, (False, False, True)),
        ],
    )
    @pytest.mark.parametrize("required", [1, 2])
    def test_of_whom_a_device_is_demanded(
        self, policy: Callable[[Any], VerificationPolicy], asked: tuple[bool, ...], required: int
    ) -> None:
        made = policy(Settings(required_verifications=required, policy_groups=("bankers", "auditors")))

        demanded = [made.required(subject(each)) for each in (STRANGER, STAFF, BANKER)]

        assert demanded == [required if each else 0 for each in asked]

    @pytest.mark.parametrize("policy", POLICIES)
    def test_who_has_an_active_device_is_asked_for_it_without_being_looked_up(
        self, policy: Callable[[Any], VerificationPolicy]
    ) -> None:
        directory = Directory()

        made = policy(Settings(required_verifications=2, policy_groups=("bankers",)))

        assert made.required(subject(directory, active_devices=1)) == 2
        assert directory.asked == []

    @pytest.mark.parametrize(
        ("policy", "held"),
        [
            (EveryUser, (False,) * 3),
            (EnrolledUsers, (False,) * 3),
            (Staff, (False, True, False)),
            (Groups, (False, False, True)),
        ],
    )
    def test_whose_last_device_has_to_stay(
        self, policy: Callable[[Any], VerificationPolicy], held: tuple[bool, ...]
    ) -> None:
        made = policy(Settings(policy_groups=("bankers",)))

        assert tuple(made.keeps_device(subject(each, 1)) for each in (STRANGER, STAFF, BANKER)) == held

    def test_a_group_is_found_by_its_whole_name(self) -> None:
        made = Groups(Settings(policy_groups=("bankers",)))

        assert made.required(subject(Directory(None, "banker", "Bankers"))) == 0


class TestDeadline:
    def test_a_moment_is_the_same_for_everybody_and_loads_nothing(self) -> None:
        directory = Directory()

        assert deadline_of(NOW, subject(directory)) == NOW
        assert deadline_of(None, subject(directory)) is None
        assert directory.asked == []

    def test_a_while_begins_with_joining(self) -> None:
        assert deadline_of(HOUR, subject(Directory(Profile(joined_at=NOW)))) == NOW + HOUR

    def test_who_joined_nobody_knows_when_has_no_grace(self) -> None:
        assert deadline_of(HOUR, subject(Directory())) is None


class TestRequirement:
    def test_it_is_a_value(self) -> None:
        made = Requirement(verifications=2, max_age=MINUTE, methods=["totp", "webauthn"], phishing_resistant=True)

        assert made == Requirement(2, MINUTE, {"webauthn", "totp"}, phishing_resistant=True)
        assert len({made, made}) == 1

    @pytest.mark.parametrize(
        "given",
        [{"verifications": 0}, {"verifications": -1}, {"max_age": timedelta(0)}, {"max_age": -MINUTE}, {"methods": []}],
    )
    def test_what_nobody_could_meet_or_everybody_would_is_refused(self, given: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=next(iter(given))):
            Requirement(**given)

    def test_one_name_is_no_list_of_names(self) -> None:
        with pytest.raises(TypeError, match="methods"):
            Requirement(methods="totp")

    @pytest.mark.parametrize(
        ("asked", "demanded", "number"), [(None, 0, 1), (None, 1, 1), (None, 2, 2), (1, 2, 2), (3, 2, 3), (2, 0, 2)]
    )
    def test_the_larger_number_holds_and_one_at_least(self, asked: int | None, demanded: int, number: int) -> None:
        assert Requirement(verifications=asked).number(demanded) == number

    @pytest.mark.parametrize(
        ("requirement", "counted"),
        [
            (Requirement(), True),
            (Requirement(max_age=HOUR), True),
            (Requirement(max_age=HOUR - TICK), False),
            (Requirement(methods=["totp", "email"]), True),
            (Requirement(methods=["email"]), False),
            (Requirement(phishing_resistant=True), False),
        ],
    )
    def test_which_verifications_count(self, requirement: Requirement, counted: bool) -> None:  # noqa: FBT001
        assert requirement.counts("totp", HOUR, phishing_resistant=False) is counted

    def test_what_cannot_be_phished_counts_where_only_that_does(self) -> None:
        assert Requirement(phishing_resistant=True).counts("webauthn", HOUR, phishing_resistant=True)
