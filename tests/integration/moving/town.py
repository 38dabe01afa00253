"""A deployment into which users move, and these as they go on there, over HTTP."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model
from pytest_django import Settings
from rest_framework.authtoken.models import Token

from tests.integration.django.commanding import run
from tests.integration.drf.people import Browser, World
from tests.integration.moving.old import opened
from tests.integration.moving.peer import Peer
from tests.otp import PlainOneTimePasswords

PERIOD = 30


class Town(World):
    """Stands at the time at which the other package did its last, until that is moved on."""

    def __init__(self, settings: Settings, peer: Peer, **mfa: object) -> None:
        super().__init__(settings)
        methods = ["totp", "hotp", "email", "sms", "recovery", "webauthn"]
        site = {"WEBAUTHN_RP_ID": "example.org", "WEBAUTHN_ORIGINS": ["https://example.org"]}
        self.configure(METHODS=methods, **site, **mfa)
        self.clock.time = datetime.fromtimestamp(peer.said["time"], UTC)
        self.peer = peer

    @property
    def step(self) -> int:
        return int(self.clock.time.timestamp()) // PERIOD

    def resident(self, pk: int, name: str) -> Browser:
        """Return a client of a user, by the same primary key as there."""
        user = get_user_model().objects.create(pk=pk, username=name, email=f"{name}@example.com")
        return Browser(self, Token.objects.create(user=user).key)

    def imports(self, source: str, *arguments: str) -> Any:  # noqa: ANN401 - JSON may be anything
        with opened(str(self.peer.file)) as old:
            ran = run("mfa_import", source, "--database", old.alias, "--json", *arguments)
        assert ran.status == 0, ran.err
        return ran.json


def code(seed: bytes, counter: int, digits: int = 6) -> str:
    return PlainOneTimePasswords().at(seed, [counter], digits=digits, algorithm="sha1")[0]


def rows(report: Any, user: str) -> dict[str, tuple[object, ...]]:  # noqa: ANN401 - as above
    """Return what became of a user's rows: the method, the outcome, the reason and the index."""
    [found] = [each for each in report["users"] if each["user"] == user]
    return {each["row"]: (each["method"], each["outcome"], each["reason"], each["index"]) for each in found["devices"]}
