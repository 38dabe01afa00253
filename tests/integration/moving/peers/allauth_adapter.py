"""The adapter by which the project of allauth encrypts."""

from allauth.mfa.adapter import DefaultMFAAdapter

from tests.integration.moving.cipher import Cipher


class Adapter(Cipher, DefaultMFAAdapter):  # type: ignore[misc] # allauth is not there when types are checked
    pass
