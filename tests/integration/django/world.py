"""A deployment on Django's database, used without any request: what a script of a project would do."""

from base64 import b32decode
from datetime import timedelta
from typing import Any, cast

import attrs
from django.apps import apps
from pytest_django import Settings

from mfa.adapters import accessor
from mfa.adapters.memory.delivery import OutboxSender
from mfa.adapters.memory.system import FrozenClock
from mfa.adapters.system.clock import SystemClock
from mfa.application.dispatching import RequestChallenge
from mfa.application.registration import Register, Registered
from mfa.application.standing import Assessment
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.domain.identifiers import Token, TokenId, UserId
from tests.otp import PlainOneTimePasswords, PlainQrCodes

OUTBOX = "mfa.adapters.memory.delivery.OutboxSender"
STEP = timedelta(seconds=30)


class World:
    """The container that the settings make; its time stands still, and its codes go no further than a list."""

    def __init__(self, settings: Settings, **mfa: object) -> None:
        settings.MFA = {"EMAIL_SENDER": OUTBOX, **mfa}
        self.clock = FrozenClock()
        self.outbox = OutboxSender()
        self.container = container()
        self.container.clock.override(self.clock)
        self.container.email_sender.override(self.outbox)
        self.container.qr_codes.override(PlainQrCodes())

    def register(self, token: Token, method: str, **fields: str) -> Registered:
        return accessor.use_cases().register_device(Register(token=token, method=method, fields=fields))

    def dispatch(self, token: Token, index: int, *, again: bool = False) -> str:
        accessor.use_cases().dispatch_challenge(RequestChallenge(token=token, index=index, again=again))
        return self.outbox.messages[-1].code

    def verify(self, token: Token, index: int, value: object) -> Verified | NotVerified:
        # As in a world of requests: its time is the machine's once a setting was changed since.
        assert not isinstance(container().clock(), SystemClock), "change the settings before the world is made"
        return accessor.use_cases().verify_challenge(Verify(token=token, index=index, value=value))

    def assess(self, token: Token) -> Assessment:
        return accessor.use_cases().assess_token(token)

    def app(self, registered: Registered) -> "App":
        return App(index=registered.device.index, secret=cast("str", registered.shown["secret"]), clock=self.clock)

    def enrolled(self, token: Token) -> "App":
        """Register an authenticator app, activate it, and wait until it shows another code."""
        app = self.app(self.register(token, "totp"))
        assert isinstance(self.verify(token, app.index, app.code), Verified)
        self.clock.advance(STEP)
        return app


@attrs.frozen(kw_only=True)
class App:
    """An authenticator app."""

    index: int
    secret: str
    clock: FrozenClock

    @property
    def code(self) -> str:
        seed = b32decode(self.secret + "=" * (-len(self.secret) % 8))
        step = self.clock.now() - self.clock.now().fromtimestamp(0, self.clock.now().tzinfo)
        return PlainOneTimePasswords().at(seed, [step // STEP], digits=6, algorithm="sha1")[0]


def container() -> Any:  # noqa: ANN401 - as the app config has it
    """Return the container of the deployment, as a project's test reaches it."""
    return apps.get_app_config(accessor.APP_LABEL).container  # type: ignore[attr-defined]


def token_of(user_id: UserId, name: str = "phone") -> Token:
    return Token(id=TokenId(f"digest of the token on the {name}"), user_id=user_id)
