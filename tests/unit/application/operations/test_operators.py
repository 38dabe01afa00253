"""Who may act upon whom, and what stands in the audit trail of it."""

from collections.abc import Callable

import pytest

from mfa.application.operations import Operator, Reset
from mfa.application.ports.audit import Client, current_origin
from mfa.application.ports.users import UserDirectory
from mfa.domain.errors import InvalidField, NotAllowed, StoreBusy, Unavailable
from mfa.domain.identifiers import UserId
from mfa.domain.policies import Profile
from tests.unit.application.operations.desk import CHIEF, HELPER, SHELL, Desk
from tests.unit.application.world import ANNA, LAPTOP, World

Act = Callable[[Desk, UserId, Operator], object]

ACTS: dict[str, Act] = {
    "unlock": lambda desk, user_id, operator: desk.unlock(user_id, operator),
    "lockdown": lambda desk, user_id, operator: desk.lock_down(user_id, operator),
    "pass": lambda desk, user_id, operator: desk.issue(user_id=user_id, operator=operator),
    "reset": lambda desk, user_id, operator: desk.operations.reset_account(Reset(user_id=user_id), operator),
}


@pytest.fixture(params=ACTS)
def act(request: pytest.FixtureRequest) -> Act:
    return ACTS[request.param]


def helper(user_id: UserId = HELPER) -> Operator:
    return Operator(name="helper", why="asked on the phone", user_id=user_id)


class TestAuthority:
    def test_a_helper_acts_upon_others(self, desk: Desk, act: Act) -> None:
        act(desk, ANNA, helper())

        assert (desk.rows[0].actor, desk.rows[0].why) == ("helper", "asked on the phone")

    @pytest.mark.parametrize("user_id", [CHIEF, HELPER])
    def test_but_neither_upon_a_superuser_nor_upon_himself(self, desk: Desk, act: Act, user_id: UserId) -> None:
        before = desk.world.repository.of(user_id)

        with pytest.raises(NotAllowed):
            act(desk, user_id, helper())

        assert desk.world.repository.of(user_id) == before
        assert desk.rows == []

    @pytest.mark.parametrize("user_id", [CHIEF, HELPER, ANNA])
    def test_a_superuser_acts_upon_all(self, desk: Desk, act: Act, user_id: UserId) -> None:
        act(desk, user_id, Operator(name="chief", user_id=CHIEF))

        assert {row.user_id for row in desk.rows} == {user_id}

    def test_so_does_who_has_a_shell(self, desk: Desk, act: Act) -> None:
        act(desk, CHIEF, SHELL)

        assert {row.user_id for row in desk.rows} == {CHIEF}

    @pytest.mark.parametrize("operator", [SHELL, helper(), helper(CHIEF)])
    def test_nobody_acts_upon_a_user_who_is_not_there(self, desk: Desk, act: Act, operator: Operator) -> None:
        """Or the audit trail had a row of what was never done."""
        with pytest.raises(NotAllowed):
            act(desk, UserId("404"), operator)

        assert desk.rows == []

    def test_but_upon_one_who_may_not_log_in_they_do(self, desk: Desk) -> None:
        """As upon somebody who has left; a pass alone is of no use to him."""
        desk.world.container.users().add(ANNA, Profile(name="anna"))

        desk.unlock()
        desk.lock_down()
        desk.reset()

        assert [row.event for row in desk.rows] == ["operator.unlock", "operator.lockdown", "operator.reset"]

    @pytest.mark.parametrize("superuser", [True, False])
    def test_who_may_not_log_in_any_more_acts_upon_nobody(self, desk: Desk, act: Act, *, superuser: bool) -> None:
        gone = Profile(name="gone", is_superuser=superuser, active=False)
        desk.world.container.users().add(UserId("9"), gone)

        with pytest.raises(NotAllowed):
            act(desk, ANNA, helper(UserId("9")))
        assert desk.rows == []

    def test_a_directory_that_is_busy_is_asked_again_but_not_for_ever(self, desk: Desk, act: Act) -> None:
        users = Busy(desk.world.container.users(), times=2)
        desk.world.container.users.override(users)
        act(desk, ANNA, helper())

        users.times = 3
        with pytest.raises(Unavailable):
            act(desk, ANNA, helper())


class Busy(UserDirectory):
    """Gives way, so many times, before it knows anybody."""

    def __init__(self, inner: UserDirectory, times: int) -> None:
        self.inner = inner
        self.times = times

    def profile(self, user_id: UserId) -> Profile:
        if self.times:
            self.times -= 1
            raise StoreBusy
        return self.inner.profile(user_id)

    def groups(self, user_id: UserId) -> frozenset[str]:
        return self.inner.groups(user_id)


class TestNames:
    @pytest.mark.parametrize(
        "name", ["", "  ", "\n", "user", "system", " user ", "User", "SYSTEM", "us\x00er", "x" * 151]
    )
    def test_nobody_acts_under_a_name_that_is_no_operators(self, name: str) -> None:
        with pytest.raises(InvalidField) as refused:
            Operator(name=name)

        assert (refused.value.field, refused.value.problem) == ("by", "unfit")
        assert Operator(name="x" * 150).name == "x" * 150

    def test_a_reason_has_its_length(self) -> None:
        assert Operator(name="root", why="x" * 500).why == "x" * 500
        with pytest.raises(InvalidField) as refused:
            Operator(name="root", why="x" * 501)

        assert (refused.value.field, refused.value.problem) == ("reason", "too_long")

    def test_neither_has_control_characters(self) -> None:
        operator = Operator(name=" ro\x1bot\n", why=" lost\r\n the \x07phone ")

        assert (operator.name, operator.why) == ("root", "lost the phone")
        assert len(operator.name) == 4

    def test_a_reason_of_several_lines_is_one_line_and_no_words_run_together(self) -> None:
        assert Operator(name="root", why="ticket 12:\n\n  lost\tthe\xa0phone\r\n").why == "ticket 12: lost the phone"

    def test_a_repr_has_neither_reason_nor_address(self) -> None:
        operator = Operator(name="root", why="a secret of hers", client=Client(address="192.0.2.1", user_agent="ssh"))

        assert "secret" not in repr(operator)
        assert "192.0.2.1" not in repr(operator)


def test_afterwards_the_user_acts_again(desk: Desk, world: World, act: Act) -> None:
    act(desk, ANNA, SHELL)
    assert current_origin().actor == "user"

    desk.unlock()
    world.enrolled(LAPTOP)

    assert desk.rows[-1].actor == "user"


def test_so_it_is_where_nothing_came_of_it(desk: Desk, act: Act) -> None:
    desk.world.container.unit_of_work.override(None)

    with pytest.raises(AttributeError):
        act(desk, ANNA, SHELL)

    assert current_origin().actor == "user"
