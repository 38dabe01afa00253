"""Bearer tokens without a token system."""

from collections.abc import Mapping
from itertools import count

from mfa.application.ports.tokens import PreparedToken, TokenIssuer, TokenProvider
from mfa.domain.identifiers import Token, TokenId, UserId


class MemoryTokenProvider(TokenProvider, TokenIssuer):
    """Recognises tokens themselves, and whatever else was given a token; any other request has none."""

    scheme = "Token"

    def __init__(self) -> None:
        self._made = count(1)
        self._given: list[tuple[object, Token]] = []

    def give(self, request: object, token: Token) -> None:
        """Let a request carry a token."""
        self._given.append((request, token))

    def token_of(self, request: object) -> Token | None:
        """Return the request where it is a token, or the token last given to this very object."""
        if isinstance(request, Token):
            return request
        return next((token for known, token in reversed(self._given) if known is request), None)

    def prepare(self, user_id: UserId, request: object) -> PreparedToken:
        """Prepare a token for anybody; once it is made, the request carries it."""
        token = Token(id=TokenId(f"memory {next(self._made)}"), user_id=user_id)

        def issue() -> Mapping[str, object]:
            self.give(request, token)
            return {"token": token.id}

        return PreparedToken(token=token, issue=issue)
