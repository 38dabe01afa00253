"""Software security keys on their way from the program of another package to the test that goes on using them."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, derive_private_key

from mfa.testing.authenticator import Held, SoftwareAuthenticator


def written(authenticator: SoftwareAuthenticator) -> list[dict[str, object]]:
    return [_written(held) for held in authenticator.held.values()]


def read(credentials: list[dict[str, Any]], **behaviour: Any) -> SoftwareAuthenticator:
    held = map(_read, credentials)
    return SoftwareAuthenticator(held={each.id: each for each in held}, **behaviour)


def _written(held: Held) -> dict[str, object]:
    assert isinstance(held.key, EllipticCurvePrivateKey)
    return {
        "id": held.id.hex(),
        "key": hex(held.key.private_numbers().private_value),
        "rp_id": held.rp_id,
        "user_handle": held.user_handle.hex(),
        "sign_count": held.sign_count,
    }


def _read(written: dict[str, Any]) -> Held:
    return Held(
        id=bytes.fromhex(written["id"]),
        key=derive_private_key(int(written["key"], 16), SECP256R1()),
        rp_id=written["rp_id"],
        user_handle=bytes.fromhex(written["user_handle"]),
        sign_count=written["sign_count"],
    )
