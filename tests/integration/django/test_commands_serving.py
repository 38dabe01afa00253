"""Rotations and purges while requests are served: nothing is lost, nothing moves back, and nobody is refused."""

import base64
from datetime import timedelta
from typing import cast

import pytest
from django.contrib.auth import get_user_model
from pytest_django import Settings

from mfa.adapters.django import repositories
from mfa.adapters.django.models import ChallengeRecord, DeviceRecord
from mfa.application.verification import NotVerified, Verified
from mfa.domain.identifiers import Token, UserId
from tests.integration.django.commanding import Ran, run
from tests.integration.django.crowd import all_at_once
from tests.integration.django.world import World, token_of
from tests.otp import PlainOneTimePasswords

pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = (base64.urlsafe_b64encode(letter * 32).decode() for letter in (b"o", b"n"))
MFA = {"METHODS": ["hotp", "email"], "VERIFICATION_THROTTLE_TRYOUTS": 1000}
CLIENTS = 3
CODES = 8


class Client:
    """Somebody who types code after code, and each of them twice."""

    def __init__(self, world: World, number: int) -> None:
        user = get_user_model().objects.create_user(f"client-{number}", f"client-{number}@example.com")
        self.token: Token = token_of(UserId(str(user.pk)), f"phone {number}")
        registered = world.register(self.token, "hotp")
        secret = cast("str", registered.shown["secret"])
        self.index = registered.device.index
        self.seed = base64.b32decode(secret + "=" * (-len(secret) % 8))
        assert isinstance(world.verify(self.token, self.index, self.code(0)), Verified)
        world.register(self.token, "email")

    def code(self, counter: int) -> str:
        return PlainOneTimePasswords().at(self.seed, [counter], digits=6, algorithm="sha1")[0]

    def verify(self, world: World) -> list[type]:
        answers = []
        for counter in range(1, CODES):
            answers += [type(world.verify(self.token, self.index, self.code(counter))) for _ in range(2)]
        return answers


@pytest.mark.parametrize("command", ["mfa_rotate_keys", "mfa_purge"])
def test_clients_verify_as_if_nothing_were(settings: Settings, command: str) -> None:
    world = World(settings, **MFA, ENCRYPTION_KEYS=[OLD])
    clients = [Client(world, number) for number in range(CLIENTS)]
    ChallengeRecord.objects.filter(confirmed_at__isnull=True).update(expires_at=world.clock.now())
    world = World(settings, **MFA, ENCRYPTION_KEYS=[NEW, OLD])
    world.clock.advance(timedelta(hours=2))

    def act(number: int) -> list[type] | Ran:
        return (
            run(command, *(["--batch", "1"] if command == "mfa_purge" else []))
            if number == CLIENTS
            else (clients[number].verify(world))
        )

    *answers, ran = all_at_once(act, many=CLIENTS + 1)

    assert answers == [[Verified, NotVerified] * (CODES - 1)] * CLIENTS
    assert isinstance(ran, Ran)
    assert ran.status == 0, ran.err
    if command == "mfa_rotate_keys":
        world = World(settings, **MFA, ENCRYPTION_KEYS=[NEW])
        for client in clients:
            assert isinstance(world.verify(client.token, client.index, client.code(CODES - 1)), NotVerified)
            assert isinstance(world.verify(client.token, client.index, client.code(CODES)), Verified)
    else:
        assert not DeviceRecord.objects.filter(activated_at__isnull=True).exists()


def test_seals_are_counted_however_far_apart_their_keys_are(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repositories, "SEALS_AT_ONCE", 2)
    world = World(settings, **MFA, ENCRYPTION_KEYS=[OLD])
    for number in range(3):
        Client(world, number)
    DeviceRecord.objects.filter(account__user__username="client-1").delete()

    [count] = run("mfa_rotate_keys", "--count", "--json").json["keys"].values()

    assert count == DeviceRecord.objects.count() == 4
