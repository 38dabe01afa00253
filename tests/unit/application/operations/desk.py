"""Those who act upon the accounts of others."""

from datetime import timedelta

from mfa.application.operations import IssuedPass, LockedDown, Operator, PassWanted, Reset
from mfa.application.ports.audit import AuditRow, Client
from mfa.application.use_cases import Operations
from mfa.domain.identifiers import UserId
from mfa.domain.policies import Profile
from tests.unit.application.world import ANNA, World

HELPER = UserId("7")
"""Works at the support desk, and is no superuser."""

CHIEF = UserId("8")
"""Is a superuser."""

SHELL = Operator(name="root", why="ticket 7", client=Client(address="192.0.2.1", user_agent="ssh"))
"""Has a shell on the machine."""


class Desk:
    """The use cases of operators, in few words."""

    def __init__(self, world: World) -> None:
        self.world = world
        users = world.container.users()
        users.add(HELPER, Profile(name="helper", active=True))
        users.add(CHIEF, Profile(name="chief", is_superuser=True, active=True))
        users.add(ANNA, Profile(name="anna", email="anna@example.com", active=True))

    @property
    def operations(self) -> Operations:
        return self.world.use_cases.operations

    def issue(
        self,
        *,
        lifetime: timedelta = timedelta(hours=1),
        uses: int = 1,
        user_id: UserId = ANNA,
        operator: Operator = SHELL,
    ) -> IssuedPass:
        return self.operations.issue_pass(PassWanted(user_id=user_id, lifetime=lifetime, uses=uses), operator)

    def unlock(self, user_id: UserId = ANNA, operator: Operator = SHELL) -> None:
        self.operations.unlock(user_id, operator)

    def lock_down(self, user_id: UserId = ANNA, operator: Operator = SHELL) -> LockedDown:
        return self.operations.lock_down(user_id, operator)

    def reset(self, *, method: str | None = None, device: int | None = None) -> tuple[int, ...]:
        return self.operations.reset_account(Reset(user_id=ANNA, method=method, device=device), SHELL)

    @property
    def rows(self) -> list[AuditRow]:
        return self.world.container.audit().rows

    def row(self, event: str) -> AuditRow:
        [row] = [each for each in self.rows if each.event == event]
        return row
