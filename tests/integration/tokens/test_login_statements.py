"""What a login with its second factor takes, statement by statement: no more than the login and the verification."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests.integration.drf.people import Answer, World
from tests.integration.tokens.login_forms import keep, log_in
from tests.integration.tokens.systems import SYSTEMS, Client, System, deploy

PASSWORD = ["SELECT auth_user"]
PROVED = [
    "SELECT multi_factor_accountrecord",
    "UPDATE multi_factor_accountrecord",
    "UPDATE multi_factor_devicerecord",
    "INSERT multi_factor_challengerecord",
]
TOLD = ["SELECT multi_factor_accountrecord"]

MADE = {
    "authtoken": ["DELETE authtoken_token", "INSERT authtoken_token", "UPDATE authtoken_token"],
    "knox": ["INSERT knox_authtoken", "UPDATE knox_authtoken", "UPDATE auth_user"],
    "jwt": ["INSERT token_blacklist_outstandingtoken"],
    "session": ["SELECT django_session", "INSERT django_session", "UPDATE auth_user"],
}
"""What making a token takes; the framework's ``user_logged_in`` has the user's row written, too."""

KEPT = {"session": ["UPDATE django_session"]}
"""What the session middleware does when all is over."""


def statements(act: Callable[[], Answer]) -> tuple[list[str], Answer]:
    """Return by verb and table what an act takes, transactions aside."""
    with CaptureQueriesContext(connection) as captured:
        answer = act()
    statement = r"(SELECT|INSERT|UPDATE|DELETE)\b(?:.*?\b(?:FROM|INTO))? \"(\w+)\""
    found = (re.match(statement, each["sql"]) for each in captured)
    return [f"{each[1]} {each[2]}" for each in found if each is not None], answer


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_one_request_takes_no_more_than_two(
    system: System, settings: Settings, monkeypatch: pytest.MonkeyPatch, anna: User
) -> None:
    world = World(settings)
    deploy(world, settings, monkeypatch, system)
    app = system.log_in(world, anna).enrol_app()
    made, kept = MADE[system.name], KEPT.get(system.name, [])

    world.pass_time()
    client = Client(world)
    login, answer = statements(lambda: log_in(client, system))
    keep(client, system, answer)
    verification, _ = statements(lambda: client.verify(app.index, app.code))
    assert login == [*PASSWORD, *TOLD, *made, *kept]

    world.pass_time()
    both, answer = statements(lambda: log_in(Client(world), system, value=app.code))
    assert answer.json()["mfa"]["verified"] is True
    assert both == [*PASSWORD, *PROVED, *TOLD, *made, *kept]
    assert len(both) < len(login) + len(verification)
