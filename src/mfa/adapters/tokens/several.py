"""More than one token system at once, such as sessions for the site and knox for the app."""

from collections.abc import Iterator, Sequence

import attrs

from mfa.application.ports.tokens import CredentialRenewer, IssuedToken, TokenIssuer, TokenProvider
from mfa.domain.identifiers import Token, UserId


@attrs.frozen
class SeveralTokenProviders(TokenProvider, TokenIssuer, CredentialRenewer):
    """Asks providers in their order; the first that knows the credentials of a request answers for it."""

    providers: Sequence[TokenProvider]

    @property
    def scheme(self) -> str:
        """Return the scheme of the first provider; a token has that of its own."""
        return self.providers[0].scheme

    def token_of(self, request: object) -> Token | None:
        """Return the token of a request, whoever knows it."""
        return next((token for _, token in self._known(request)), None)

    def renew(self, request: object) -> None:
        """Have the provider that knows the credentials of a request renew them, if it does so at all."""
        known = next(self._known(request), None)
        if known is not None and isinstance(known[0], CredentialRenewer):
            known[0].renew(request)

    def issue(self, user_id: UserId, request: object) -> IssuedToken | None:
        """Have the first provider that can do so make a token: before a login nothing tells one from another."""
        issuers = [provider for provider in self.providers if isinstance(provider, TokenIssuer)]
        if not issuers:
            raise LookupError('No provider in MFA["TOKEN_PROVIDER"] can make tokens')
        return issuers[0].issue(user_id, request)

    def _known(self, request: object) -> Iterator[tuple[TokenProvider, Token]]:
        for provider in self.providers:
            token = provider.token_of(request)
            if token is not None:
                yield provider, attrs.evolve(token, scheme=token.scheme or provider.scheme)
