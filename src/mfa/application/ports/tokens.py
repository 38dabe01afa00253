"""Which bearer token a request carries."""

from abc import abstractmethod
from typing import Protocol

from mfa.domain.identifiers import Token


class TokenProvider(Protocol):
    """Recognises the tokens of one system.

    A class that is named by dotted path in ``TOKEN_PROVIDER`` is made once, with the ``Config``.
    """

    @property
    @abstractmethod
    def scheme(self) -> str:
        """Return the authentication scheme (RFC 9110 section 11.1) that a refusal names, such as ``Token``."""

    @abstractmethod
    def token_of(self, request: object) -> Token | None:
        """Return the token of an authenticated request, or None where its credentials are no token of this system."""
