"""The one place where secrets are compared and codes are hashed."""

import hashlib
import hmac

import attrs

from mfa.domain.values import ValueObject

SALT_BYTES = 16
"""128 bits, the least that NIST SP 800-132 section 5.1 allows for a salt."""


def equal(left: bytes, right: bytes) -> bool:
    """Compare two secrets in a time that does not depend on where they differ."""
    return hmac.compare_digest(left, right)


class SecretStr(str):
    """A text that no traceback and no ``repr`` of whatever holds it shows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'**********'"


class SecretBytes(bytes):
    """Octets that no traceback and no ``repr`` of whatever holds them shows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'**********'"

    __str__ = __repr__


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class SaltedHash(ValueObject):
    """A code that can be recognised but not read back.

    A plain SHA-256 is enough because the hash is never stored bare: it lies inside a sealed state. The salt keeps
    two equal codes from looking equal to whoever holds the sealing keys.
    """

    salt: bytes = attrs.field(repr=False)
    digest: bytes = attrs.field(repr=False)

    @classmethod
    def of(cls, code: str, salt: bytes) -> "SaltedHash":
        """Hash a code under a salt."""
        return cls(salt=salt, digest=_digest(code, salt))

    def matches(self, code: str) -> bool:
        """Tell in constant time whether this is the hash of the code."""
        return equal(self.digest, _digest(code, self.salt))


def _digest(code: str, salt: bytes) -> bytes:
    return hashlib.sha256(salt + code.encode()).digest()
