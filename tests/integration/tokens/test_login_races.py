"""Logins at the same moment with the same second factor: one passes, and the others leave nothing behind."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.integration.django.crowd import MANY, all_at_once
from tests.integration.drf.people import World
from tests.integration.tokens.login_forms import left, log_in
from tests.integration.tokens.systems import SYSTEMS, Client, System, deploy


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_of_parallel_logins_with_one_value_one_passes(
    system: System, settings: Settings, monkeypatch: pytest.MonkeyPatch, anna: User
) -> None:
    world = World(settings)
    deploy(world, settings, monkeypatch, system)
    app = system.log_in(world, anna).enrol_app()
    world.pass_time()
    before, code = left(), app.code

    answers: list[Any] = all_at_once(lambda _: log_in(Client(world), system, value=code))

    statuses = [getattr(answer, "status_code", answer) for answer in answers]
    assert statuses.count(200) == 1, statuses
    assert {*statuses} <= {200, 401, 429}
    assert len(statuses) == MANY
    # Rows by their tables, and what is confirmed: one of either is new; authtoken's has taken another's place.
    kept = 0 if system.name == "authtoken" else 1
    after = left()
    assert sum(map(len, after[:-1])) - sum(map(len, before[:-1])) == kept
    assert len(after[-1]) - len(before[-1]) == 1
