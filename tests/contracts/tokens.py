"""What every TokenProvider does."""

import re

import pytest

from mfa.application.ports.tokens import IssuedToken, TokenIssuer, TokenProvider
from mfa.domain.identifiers import Token, UserId


class TokenProviderContract:
    """Provide ``provider``, a ``request`` with a token of ``user_id``, one with another token, and one without."""

    @pytest.fixture
    def provider(self) -> TokenProvider:
        raise NotImplementedError

    @pytest.fixture
    def user_id(self) -> UserId:
        raise NotImplementedError

    @pytest.fixture
    def request_with_token(self) -> object:
        raise NotImplementedError

    @pytest.fixture
    def request_with_other_token(self) -> object:
        raise NotImplementedError

    @pytest.fixture
    def request_without_token(self) -> object:
        raise NotImplementedError

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


class TokenIssuerContract:
    """Provide ``issuer``, a ``user_id``, a ``request_to_log_in``, and ``carrying``, a request with what was shown."""

    @pytest.fixture
    def issuer(self) -> TokenIssuer:
        raise NotImplementedError

    @pytest.fixture
    def user_id(self) -> UserId:
        raise NotImplementedError

    @pytest.fixture
    def request_to_log_in(self) -> object:
        raise NotImplementedError

    def known(self, issuer: TokenIssuer, issued: IssuedToken, request: object) -> Token | None:
        """Return the token of a request that carries what was shown."""
        raise NotImplementedError

    def test_a_new_token_is_that_of_whoever_carries_it(
        self, issuer: TokenIssuer, user_id: UserId, request_to_log_in: object
    ) -> None:
        issued = issuer.issue(user_id, request_to_log_in)

        assert issued is not None
        assert issued.token.user_id == user_id
        assert self.known(issuer, issued, request_to_log_in) == issued.token

    def test_it_is_new_each_time(self, issuer: TokenIssuer, user_id: UserId, request_to_log_in: object) -> None:
        one, other = issuer.issue(user_id, request_to_log_in), issuer.issue(user_id, request_to_log_in)

        assert one is not None
        assert other is not None
        assert one.token.id != other.token.id
        assert one.shown != other.shown
