"""COSE keys (RFC 9052 section 7): which are taken, and what they sign."""

from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.exceptions import InvalidSignature
from fido2.cose import CoseKey

from mfa.adapters.webauthn import cbor
from mfa.application.ports.webauthn import Unreadable

_TYPE, _ALGORITHM, _CURVE_OR_N, _X_OR_E, _Y = 1, 3, -1, -2, -3

_OKP, _EC2, _RSA = 1, 2, 3
"""Key types (RFC 9053 section 7; RFC 8230 section 4)."""

RS256 = -257

_SHAPES = [
    *(
        {_TYPE: _EC2, _ALGORITHM: algorithm, _CURVE_OR_N: curve, _X_OR_E: bytes(size), _Y: bytes(size)}
        for algorithm, curve, size in ((-7, 1, 32), (-35, 2, 48), (-36, 3, 66))
    ),
    *(
        {_TYPE: _OKP, _ALGORITHM: algorithm, _CURVE_OR_N: curve, _X_OR_E: bytes(size)}
        for algorithm, curve, size in ((-8, 6, 32), (-53, 7, 57))
    ),
]
"""Keys with zeros for coordinates. Section 5.8.5 of WebAuthn ties each algorithm to one curve."""

ALGORITHMS = frozenset({RS256, *(shape[_ALGORITHM] for shape in _SHAPES)})
"""Whatever is signed by one of these is believed; SHA-1 (RS1, in old TPMs) is not (NIST SP 800-131A section 9)."""

_MODULUS_BYTES = range(256, 513)
"""RSA of 2,048 bits at the least (NIST SP 800-131A section 3), and of 4,096 at the most: checking must stay cheap."""

_MOST_EXPONENT_BYTES = 4


@contextmanager
def unreadable_on_error() -> Iterator[None]:
    """Turn whatever a library makes of hostile bytes, which is no closed set of errors, into ``Unreadable``."""
    try:
        yield
    except Exception as error:
        raise Unreadable from error


def load(data: bytes) -> CoseKey:
    """Read a key with which signatures can be checked, such as a point that is on its curve; raises ``Unreadable``.

    Every label that has to be there is, with nothing beside it (WebAuthn section 6.5.1.1); the library looks at fewer.
    """
    fields = cbor.read(data)
    if not isinstance(fields, dict) or not _well_formed(fields):
        raise Unreadable
    key = CoseKey.parse(fields)
    with unreadable_on_error():
        signed(key, b"", b"")  # which makes the library load it
    return key


def signed(key: CoseKey, message: bytes, signature: bytes) -> bool:
    """Tell whether a signature is the key's."""
    try:
        key.verify(message, signature)
    except InvalidSignature:
        return False
    return True


def _well_formed(fields: dict[int | str, object]) -> bool:
    n, e = fields.get(_CURVE_OR_N), fields.get(_X_OR_E)
    if isinstance(n, bytes) and isinstance(e, bytes):
        taken = len(n) in _MODULUS_BYTES and n[0] != 0 and len(e) <= _MOST_EXPONENT_BYTES
        return taken and fields == {_TYPE: _RSA, _ALGORITHM: RS256, _CURVE_OR_N: n, _X_OR_E: e}
    return {label: bytes(len(each)) if isinstance(each, bytes) else each for label, each in fields.items()} in _SHAPES
