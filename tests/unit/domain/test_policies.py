import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from mfa.domain.identifiers import UserId
from mfa.domain.methods.names import TRUST
from mfa.domain.policies import (
    Confirmation,
    EnrolledUsers,
    EveryUser,
    Groups,
    Profile,
    Requirement,
    Staff,
    Subject,
    UncheckedNames,
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


APP = Confirmation(index=0, method="totp", at=NOW - HOUR)
MAIL = Confirmation(index=1, method="email", at=NOW)
KEY = Confirmation(index=2, method="webauthn", at=NOW - MINUTE, phishing_resistant=True)
BROWSER = Confirmation(index=3, method=TRUST, at=NOW, phishing_resistant=True)


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
        assert made.methods == frozenset({"totp", "webauthn"})
        assert "methods=['totp', 'webauthn']" in repr(made)

    @pytest.mark.parametrize(
        ("given", "kind", "words"),
        [
            ({"verifications": 0}, ValueError, "1 or more"),
            ({"verifications": "2"}, TypeError, "an integer"),
            ({"verifications": True}, TypeError, "an integer"),
            ({"max_age": timedelta(0)}, ValueError, "longer than nothing"),
            ({"max_age": 300}, TypeError, "timedelta(minutes=5)"),
            ({"max_age": "5m"}, TypeError, "timedelta(minutes=5)"),
            ({"methods": []}, ValueError, "one method or more"),
            ({"methods": "totp"}, TypeError, "a list of names"),
            ({"methods": [None]}, TypeError, "a list of names"),
            ({"methods": 1}, TypeError, "a list of names"),
            ({"methods": ["totpp"]}, ValueError, "'totpp'; methods names some of "),
            ({"methods": ["totpp"]}, ValueError, ", recovery, "),
            ({"methods": ["totp", "sms ", "totpp"]}, ValueError, "no method is called 'sms ' or 'totpp'; "),
            ({"methods": ["totp", "trust"]}, ValueError, "'trust'"),
            ({"phishing_resistant": None}, TypeError, "True or False"),
            ({"phishing_resistant": "yes"}, TypeError, "True or False"),
        ],
    )
    def test_what_is_no_value_of_its_is_refused_when_it_is_made(
        self, given: dict[str, Any], kind: type[Exception], words: str
    ) -> None:
        with pytest.raises(kind, match=re.escape(words)) as refused:
            Requirement(**given)

        assert next(iter(given)) in str(refused.value)

    def test_names_that_were_taken_unchecked_are_not_checked_later(self) -> None:
        made = Requirement(methods=UncheckedNames(["acme's"]))

        assert attrs.evolve(made, verifications=2).methods == frozenset({"acme's"})

    @pytest.mark.parametrize(
        ("asked", "demanded", "number"), [(None, 0, 1), (None, 1, 1), (None, 2, 2), (1, 2, 2), (3, 2, 3), (2, 0, 2)]
    )
    def test_the_larger_number_holds_and_one_at_least(self, asked: int | None, demanded: int, number: int) -> None:
        assert Requirement(verifications=asked).number(demanded) == number

    @pytest.mark.parametrize(
        ("given", "demanded", "verified", "missing"),
        [
            # How many
            ({}, 0, [], 1),
            ({}, 0, [APP], 0),
            ({}, 2, [APP], 1),
            ({"verifications": 1}, 2, [APP], 1),
            ({"verifications": 3}, 2, [APP], 2),
            ({}, 1, [APP, MAIL], 0),
            # How old: each that counts
            ({"max_age": HOUR}, 1, [APP], 0),
            ({"max_age": HOUR - TICK}, 1, [APP], 1),
            ({"max_age": MINUTE}, 1, [APP, KEY], 0),
            ({"max_age": MINUTE}, 2, [APP, KEY], 1),
            # By what: one of them
            ({"methods": ["email", "totp"]}, 1, [APP], 0),
            ({"methods": ["email"]}, 1, [APP], 1),
            ({"methods": ["email"]}, 0, [], 1),
            ({"methods": ["webauthn"]}, 2, [APP, KEY], 0),
            ({"methods": ["webauthn"]}, 2, [APP, MAIL], 1),
            ({"methods": ["webauthn"]}, 2, [KEY], 1),
            ({"methods": ["webauthn"]}, 2, [], 2),
            ({"methods": ["webauthn"], "max_age": MINUTE - TICK}, 1, [APP, KEY], 1),
            # And how
            ({"phishing_resistant": True}, 1, [APP], 1),
            ({"phishing_resistant": True}, 2, [APP, KEY], 0),
            ({"phishing_resistant": True, "methods": ["email"]}, 1, [KEY, MAIL], 1),
            ({"phishing_resistant": True, "methods": ["email", "webauthn"]}, 1, [KEY], 0),
            # A remembered browser is a number and nothing else
            ({}, 1, [BROWSER], 0),
            ({"verifications": 2}, 1, [APP, BROWSER], 0),
            ({"max_age": 24 * HOUR}, 2, [APP, BROWSER], 1),
            ({"methods": ["totp"]}, 2, [APP, BROWSER], 1),
            ({"phishing_resistant": True}, 1, [BROWSER], 1),
            ({"phishing_resistant": True}, 2, [KEY, BROWSER], 1),
        ],
    )
    def test_how_many_verifications_are_missing(
        self, given: dict[str, Any], demanded: int, verified: list[Confirmation], missing: int
    ) -> None:
        assert Requirement(**given).missing(verified, demanded, NOW) == missing
