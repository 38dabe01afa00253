"""What every TokenProvider does."""

import re
from abc import abstractmethod
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from mfa.application.ports.tokens import TokenEnder, TokenIssuer, TokenProvider
from mfa.domain.identifiers import Token, UserId


class TokenProviderContract:
    """Provide ``provider``, a ``request`` with a token of ``user_id``, one with another token, and one without.

    Where a request has a user, somebody else is put into that user's place, as packages that impersonate users do: in
    ``act_in_place``, which a provider overrides that wants a user of the project's own there.
    """

    def act_in_place(self, request: Any) -> None:  # noqa: ANN401 - whatever requests are
        """Put somebody else into the place of the user who has authenticated a request."""
        request.user = SimpleNamespace(pk="another", id="another", is_authenticated=True, is_active=True)

    def test_the_scheme_is_a_token_of_rfc_9110(self, provider: TokenProvider) -> None:
        assert re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", provider.scheme)

    def test_a_token_belongs_to_its_user(
        self, provider: TokenProvider, request_with_token: object, user_id: UserId
    ) -> None:
        token = provider.token_of(request_with_token)

        assert token is not None
        assert token.user_id == user_id
        assert isinstance(token.user_id, str)

    def test_a_token_is_the_same_each_time(self, provider: TokenProvider, request_with_token: object) -> None:
        assert provider.token_of(request_with_token) == provider.token_of(request_with_token)

    def test_another_token_is_another(
        self, provider: TokenProvider, request_with_token: object, request_with_other_token: object
    ) -> None:
        one, other = provider.token_of(request_with_token), provider.token_of(request_with_other_token)

        assert one is not None
        assert other is not None
        assert one.id != other.id

    def test_without_a_token_there_is_none(self, provider: TokenProvider, request_without_token: object) -> None:
        assert provider.token_of(request_without_token) is None

    def test_it_is_nobody_elses(self, provider: TokenProvider, request_with_token: object) -> None:
        """An operator in a user's place would else be verified as that user, or register a device there."""
        # The framework authenticates when somebody looks, and would put the token's own user back later.
        if getattr(request_with_token, "user", None) is not None:
            self.act_in_place(request_with_token)
            assert provider.token_of(request_with_token) is None


class TokenIssuerContract:
    """Provide ``issuer``, a ``user_id``, a ``request_to_log_in``, and what ``known`` and ``kept`` return."""

    @abstractmethod
    def known(self, issuer: TokenIssuer, shown: Mapping[str, object], request: object) -> Token | None:
        """Return the token of a request that carries what was shown, of which ``request`` was the login."""
        raise NotImplementedError

    @abstractmethod
    def kept(self, issuer: TokenIssuer, request: object) -> object:
        """Return all that is stored of tokens and left on a request."""
        raise NotImplementedError

    def test_what_is_issued_is_what_was_prepared(
        self, issuer: TokenIssuer, user_id: UserId, request_to_log_in: object
    ) -> None:
        prepared = issuer.prepare(user_id, request_to_log_in)
        assert prepared is not None
        assert prepared.token.user_id == user_id

        known = self.known(issuer, prepared.issue(), request_to_log_in)

        assert known == prepared.token
        assert known.expires_at == prepared.token.expires_at

    def test_what_is_prepared_is_nowhere_yet(
        self, issuer: TokenIssuer, user_id: UserId, request_to_log_in: object
    ) -> None:
        before = self.kept(issuer, request_to_log_in)
        prepared = issuer.prepare(user_id, request_to_log_in)
        assert self.kept(issuer, request_to_log_in) == before

        assert prepared is not None
        prepared.issue()

        assert self.kept(issuer, request_to_log_in) != before

    def test_it_is_new_each_time(self, issuer: TokenIssuer, user_id: UserId, request_to_log_in: object) -> None:
        one, other = issuer.prepare(user_id, request_to_log_in), issuer.prepare(user_id, request_to_log_in)

        assert one is not None
        assert other is not None
        assert one.token.id != other.token.id


class TokenEnderContract:
    """Provide ``ender``, its ``name``, how ``many`` tokens ``user_id`` has, and which are ``living``, by their users.

    The tokens of ``user_id`` can be ended, and ``other_user_id`` has some as well.
    """

    name: str
    many: int

    @abstractmethod
    def living(self, user_id: UserId) -> int:
        """Return how many tokens of a user let their bearers in."""
        raise NotImplementedError

    def test_every_token_of_a_user_ends_and_is_counted(self, ender: TokenEnder, user_id: UserId) -> None:
        assert self.living(user_id) == self.many

        assert ender.end_all(user_id) == {self.name: self.many}

        assert self.living(user_id) == 0

    def test_nobody_elses_does(self, ender: TokenEnder, user_id: UserId, other_user_id: UserId) -> None:
        before = self.living(other_user_id)
        assert before

        ender.end_all(user_id)

        assert self.living(other_user_id) == before

    def test_where_there_is_none_nothing_ends(self, ender: TokenEnder, user_id: UserId) -> None:
        ender.end_all(user_id)

        assert ender.end_all(user_id) == {self.name: 0}
