"""More than one token system at once, such as sessions for the site and knox for the app."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from mfa.application.ports.tokens import (
    CookieIssuer,
    CredentialRenewer,
    PreparedToken,
    Recorded,
    StandingRecorder,
    TokenEnder,
    TokenIssuer,
    TokenProvider,
    ender_of,
)
from mfa.domain.identifiers import Token, UserId


@attrs.frozen(slots=False, eq=False, repr=False)
class SeveralTokenProviders(TokenProvider, TokenIssuer, TokenEnder, CookieIssuer, CredentialRenewer, StandingRecorder):
    """Asks providers in their order; the first that knows the credentials of a request answers for it."""

    providers: Sequence[TokenProvider]

    @property
    def scheme(self) -> str:
        """Return the scheme of the first provider; a token has that of its own."""
        return self.providers[0].scheme

    def token_of(self, request: object) -> Token | None:
        """Return the token of a request, whoever knows it."""
        return next((token for _, token in self._known(request)), None)

    def successor(self, request: object) -> PreparedToken | None:
        """Have the provider that knows the credentials of a request renew them, if it does so at all."""
        known = next(self._known(request), None)
        return known[0].successor(request) if known is not None and isinstance(known[0], CredentialRenewer) else None

    def recorded(self, request: object) -> Recorded | None:
        """Return what the credentials of a request tell the provider that knows them."""
        known = next(self._known(request), None)
        return known[0].recorded(request) if known is not None and isinstance(known[0], StandingRecorder) else None

    def prepare(self, user_id: UserId, request: object) -> PreparedToken | None:
        """Have the first provider that can do so make a token: before a login nothing tells one from another."""
        issuer = self._issuer()
        if issuer is None:
            raise LookupError('No provider in MFA["TOKEN_PROVIDER"] can make tokens')
        return issuer.prepare(user_id, request)

    def end_all(self, user_id: UserId) -> Mapping[str, int | None]:
        """Have every provider end its own."""
        ended: dict[str, int | None] = {}
        for provider in self.providers:
            ended.update(ender_of(provider).end_all(user_id))
        return ended

    @property
    def sets_cookie(self) -> bool:
        """Tell whether the provider that makes tokens sets a cookie."""
        issuer: object = self._issuer()
        return isinstance(issuer, CookieIssuer) and issuer.sets_cookie

    def _issuer(self) -> TokenIssuer | None:
        return next((provider for provider in self.providers if isinstance(provider, TokenIssuer)), None)

    def _known(self, request: object) -> Iterator[tuple[TokenProvider, Token]]:
        for provider in self.providers:
            token = provider.token_of(request)
            if token is not None:
                yield provider, attrs.evolve(token, scheme=token.scheme or provider.scheme)
