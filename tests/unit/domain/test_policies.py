import pytest

from mfa.domain.identifiers import UserId
from mfa.domain.policies import EveryUser, Profile, Subject
from tests.unit.domain.samples import NOW, OWNER, Settings


class Directory:
    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.asked = 0

    def __call__(self) -> Profile:
        self.asked += 1
        return self.profile


def subject(directory: Directory, active_devices: int = 0) -> Subject:
    return Subject(user_id=OWNER, active_devices=active_devices, profile=directory)


@pytest.mark.parametrize("required", [1, 2, 5])
@pytest.mark.parametrize("active_devices", [0, 1, 7])
def test_the_same_is_demanded_of_everybody(required: int, active_devices: int) -> None:
    policy = EveryUser(Settings(required_verifications=required))

    assert policy.required(subject(Directory(Profile()), active_devices)) == required
    assert policy.required(subject(Directory(Profile(is_staff=True)), active_devices)) == required


def test_a_policy_that_asks_nothing_loads_nothing() -> None:
    directory = Directory(Profile())
    judged = subject(directory)

    EveryUser(Settings()).required(judged)

    assert (judged.user_id, judged.active_devices) == (UserId("7"), 0)
    assert directory.asked == 0


@pytest.mark.parametrize(
    ("part", "expected"), [("is_staff", True), ("groups", frozenset({"bankers"})), ("joined_at", NOW)]
)
def test_the_profile_is_loaded_once_when_a_part_of_it_is_asked_for(part: str, expected: object) -> None:
    directory = Directory(Profile(is_staff=True, groups=frozenset({"bankers"}), joined_at=NOW))
    judged = subject(directory)

    assert [getattr(judged, part), getattr(judged, part)] == [expected, expected]
    assert judged.is_staff
    assert directory.asked == 1


def test_an_empty_profile_has_no_rights() -> None:
    judged = subject(Directory(Profile()))

    assert (judged.is_staff, judged.groups, judged.joined_at) == (False, frozenset(), None)
