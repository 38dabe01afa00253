"""What a project writes to replace an adapter: senders, token providers, clocks, and what puts them in place."""

from datetime import UTC, datetime, timedelta
from typing import assert_type

from dependency_injector import containers, providers

from mfa.adapters.senders.celery import CelerySender
from mfa.adapters.tokens.authtoken import AuthtokenTokenProvider
from mfa.application.ports.delivery import DeliveryTimedOut, Message, Sender, SentChallenge
from mfa.application.ports.otp import QrCodes
from mfa.application.ports.system import Clock
from mfa.application.ports.tokens import PreparedToken, TokenIssuer, TokenProvider
from mfa.config import Config
from mfa.containers.django import DjangoContainer
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.testing import FrozenClock, override


class Pager(Sender):
    def send(self, message: Message) -> None:
        assert_type(message.method, str)
        assert_type(message.destination, str)
        assert_type(message.code, str)
        assert_type(message.lifetime, timedelta)
        assert_type(message.user_id, UserId)
        assert_type(message.device_name, str)
        assert_type(message.challenge, SentChallenge | None)
        raise DeliveryTimedOut


class Forgetful(Sender):
    pass


Forgetful()  # type: ignore[abstract]  # pyright: ignore[reportAbstractUsage]


class Careless(Sender):
    def send(self, message: str) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Takes what no sender is given."""


class Queued(CelerySender):
    sender = "project.adapters.Pager"


class HeaderTokens(TokenProvider):
    def __init__(self, config: Config) -> None:
        self._lifetime = config.verification_lifetime

    @property
    def scheme(self) -> str:
        return "Header"

    def token_of(self, request: object) -> Token | None:
        auth = getattr(request, "auth", None)
        return None if auth is None else Token(id=TokenId(f"header:{auth}"), user_id=UserId("1"))

    def prepare(self, user_id: UserId, request: object) -> PreparedToken | None:
        return PreparedToken(token=Token(id=TokenId("header:1"), user_id=user_id), issue=lambda: {"token": "1"})


Token(id="header:1", user_id="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

provider: TokenProvider = HeaderTokens(Config())
issuer: TokenIssuer = HeaderTokens(Config())
built_in: TokenProvider = AuthtokenTokenProvider(Config())
assert_type(provider.token_of(object()), Token | None)


class Noon(Clock):
    def now(self) -> datetime:
        return datetime(2026, 1, 31, 12, tzinfo=UTC)


class Text(QrCodes):
    def draw(self, text: str) -> str:
        return text


class Container(containers.DeclarativeContainer):
    clock = providers.Singleton(Noon)
    qr_codes = providers.Singleton(Text)


container = DjangoContainer(config=Config(), secret_keys=("a key",), clock=providers.Singleton(Noon))
assert_type(container.clock(), Clock)

with override(clock=FrozenClock(), email_sender=Pager):
    assert_type(FrozenClock().now(), datetime)
