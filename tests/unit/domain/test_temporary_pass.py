import re

import pytest

from mfa.domain.errors import MalformedValue, NotDispatchable
from mfa.domain.methods.base import Attempt, Enrolment, Methods
from mfa.domain.methods.recovery import PASS, TemporaryPass
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict
from tests.unit.domain.samples import NOW, TOTP, Kind, PredictableEntropy


@pytest.fixture
def method() -> TemporaryPass:
    return TemporaryPass(entropy=PredictableEntropy())


@pytest.fixture
def made(method: TemporaryPass) -> tuple[str, bytes]:
    registration = method.register(Enrolment(user_name="anna", now=NOW))
    return str(registration.shown["pass"]), registration.state


def judged(method: TemporaryPass, state: bytes, value: object) -> Verdict:
    return method.verify(Attempt(state=state, value=value, now=NOW))


def test_it_is_64_bits_or_more_in_groups(made: tuple[str, bytes]) -> None:
    value, state = made

    assert re.fullmatch("([a-z2-7]{4}-)+[a-z2-7]{4}", value)
    assert 5 * len(value.replace("-", "")) >= 64
    assert value.replace("-", "").encode() not in state


def test_it_is_right_as_often_as_it_is_given(method: TemporaryPass, made: tuple[str, bytes]) -> None:
    value, state = made

    for written in (value, value.upper(), value.replace("-", ""), f" {value.replace('-', ' ')}\n"):
        assert judged(method, state, written) == Accepted(state=state)


@pytest.mark.parametrize("value", ["", "no pass", "0" * 16, "\N{SNOWMAN}"])
def test_anything_else_is_wrong(method: TemporaryPass, made: tuple[str, bytes], value: str) -> None:
    assert judged(method, made[1], value) == Rejected(reason=Reason.WRONG, state=made[1])


def test_another_pass_is_wrong(method: TemporaryPass, made: tuple[str, bytes]) -> None:
    other = str(method.register(Enrolment(user_name="anna", now=NOW)).shown["pass"])

    assert other != made[0]
    assert isinstance(judged(method, made[1], other), Rejected)


def test_what_is_no_text_is_malformed(method: TemporaryPass, made: tuple[str, bytes]) -> None:
    with pytest.raises(MalformedValue):
        judged(method, made[1], {"pass": made[0]})


def test_it_sends_nothing(method: TemporaryPass, made: tuple[str, bytes]) -> None:
    assert not method.dispatchable
    with pytest.raises(NotDispatchable):
        method.dispatch(made[1], NOW, {})


def test_how_often_it_serves_is_not_its_own_to_tell(method: TemporaryPass, made: tuple[str, bytes]) -> None:
    assert method.remaining(made[1]) is None


def test_it_cannot_be_guessed_and_resists_no_phishing(method: TemporaryPass) -> None:
    methods = Methods((TOTP,), reserved=(method,))

    assert not methods.guessable(PASS)
    assert not methods.phishing_resistant(PASS)
    assert methods.backup(PASS)
    assert methods.named(PASS) is method
    assert list(methods) == [TOTP], "and nobody registers it"


def test_no_method_of_a_project_may_have_its_name(method: TemporaryPass) -> None:
    with pytest.raises(ValueError, match="'pass'"):
        Methods((TOTP, Kind(name=PASS)), reserved=(method,))
