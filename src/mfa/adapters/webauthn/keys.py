"""COSE keys (RFC 9052 section 7): which are taken, and what they sign.

ML-DSA is taken where the libraries have it: a key that they cannot load is refused, whichever it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.exceptions import InvalidSignature
from fido2.cose import CoseKey

from mfa.adapters.webauthn import cbor
from mfa.application.ports.webauthn import ML_DSA_KEY_BYTES, Unreadable

_TYPE, _ALGORITHM, _CURVE_N_OR_KEY, _X_OR_E, _Y = 1, 3, -1, -2, -3

_OKP, _EC2, _RSA, _AKP = 1, 2, 3, 7
"""Key types (RFC 9053 section 7; RFC 8230 section 4; RFC 9964)."""

RS256 = -257

_SHAPES = [
    *(
        {_TYPE: _EC2, _ALGORITHM: algorithm, _CURVE_N_OR_KEY: curve, _X_OR_E: bytes(size), _Y: bytes(size)}
        for algorithm, curve, size in ((-7, 1, 32), (-35, 2, 48), (-36, 3, 66))
    ),
    *(
        {_TYPE: _OKP, _ALGORITHM: algorithm, _CURVE_N_OR_KEY: curve, _X_OR_E: bytes(size)}
        for algorithm, curve, size in ((-8, 6, 32), (-53, 7, 57))
    ),
    *(
        {_TYPE: _AKP, _ALGORITHM: algorithm, _CURVE_N_OR_KEY: bytes(size)}
        for algorithm, size in ML_DSA_KEY_BYTES.items()
    ),
]
"""Keys with zeros for what is random. Section 5.8.5 of WebAuthn ties each algorithm to one curve."""

ALGORITHMS = frozenset({RS256, *(shape[_ALGORITHM] for shape in _SHAPES)})
"""Whatever is signed by one of these is believed; SHA-1 is not (NIST SP 800-131A section 9), but of modules."""

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
    """Read a key with which signatures can be checked, such as a point that is on its curve; raises ``Unreadable``."""
    key = read(data)
    with unreadable_on_error():
        signed(key, b"", b"")  # which makes the library load it
    return key


def read(data: bytes) -> CoseKey:
    """Read a key that has every label, with nothing beside it (WebAuthn section 6.5.1.1); raises ``Unreadable``.

    The library looks at fewer, and loads the key only when a signature is checked, which may be an error of any kind.
    """
    fields = cbor.read(data)
    if not isinstance(fields, dict) or not _well_formed(fields):
        raise Unreadable
    return CoseKey.parse(fields)


def signed(key: CoseKey, message: bytes, signature: bytes) -> bool:
    """Tell whether a signature is the key's."""
    try:
        key.verify(message, signature)
    except InvalidSignature:
        return False
    return True


def _well_formed(fields: dict[int | str, object]) -> bool:
    n, e = fields.get(_CURVE_N_OR_KEY), fields.get(_X_OR_E)
    if isinstance(n, bytes) and isinstance(e, bytes):
        taken = len(n) in _MODULUS_BYTES and n[0] != 0 and len(e) <= _MOST_EXPONENT_BYTES
        return taken and fields == {_TYPE: _RSA, _ALGORITHM: RS256, _CURVE_N_OR_KEY: n, _X_OR_E: e}
    return {label: bytes(len(each)) if isinstance(each, bytes) else each for label, each in fields.items()} in _SHAPES
