"""Hashes of other packages, where those are the hashes that Django makes of passwords."""

from django.contrib.auth.hashers import identify_hasher

from mfa.application.ports.importing import ForeignHashes


class DjangoForeignHashes(ForeignHashes):
    """Asks the hashers of ``PASSWORD_HASHERS``, each for what it has made."""

    setting = "PASSWORD_HASHERS"

    def known(self, hashed: str) -> bool:
        """Tell whether one of the hashers has made it."""
        try:
            identify_hasher(hashed)
        except (ValueError, ImportError):
            return False
        return True

    def matches(self, code: str, hashed: str) -> bool:
        """Hash the code once, and compare in constant time; nothing is hashed anew for being weaker than others."""
        return self.known(hashed) and bool(identify_hasher(hashed).verify(code, hashed))
