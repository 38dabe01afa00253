"""Hashes of other packages, where those are the hashes that Django makes of passwords."""

from django.contrib.auth.hashers import identify_hasher

from mfa.application.ports.importing import ForeignHashes


class DjangoForeignHashes(ForeignHashes):
    """Asks the hashers of ``PASSWORD_HASHERS``, each for what it has made."""

    setting = "PASSWORD_HASHERS"

    def known(self, hashed: str) -> bool:
        """Tell whether one of the hashers has made it; raises ``ValueError`` for what none has made as it stands."""
        try:
            hasher = identify_hasher(hashed)
        except (ValueError, ImportError):
            return False
        try:
            hasher.decode(hashed)
        except Exception:  # noqa: BLE001 - what a broken one makes of a hasher is no closed set of errors
            raise ValueError("A hash is broken.") from None
        return True

    def matches(self, code: str, hashed: str) -> bool:
        """Hash the code once, and compare in constant time; nothing is hashed anew for being weaker than others.

        What no hasher can read, or none any more, fits nothing, and keeps nobody from using another code.
        """
        try:
            return bool(identify_hasher(hashed).verify(code, hashed))
        except Exception:  # noqa: BLE001 - as above
            return False
