from mfa.adapters.tokens.session import SCHEME, SessionTokenProvider
from mfa.application.ports.tokens import TokenProvider
from mfa.domain.identifiers import Token


class Sessions(TokenProvider):
    """A project's own: sessions that stay the same when they are verified."""

    scheme = SCHEME

    def __init__(self, config: object) -> None:
        self.stock = SessionTokenProvider(config)

    def token_of(self, request: object) -> Token | None:
        return self.stock.token_of(request)
