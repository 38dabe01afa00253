"""The cryptography of security keys and passkeys, under the names that adapters look for."""

from mfa.domain.methods.webauthn import AttestationObject as AttestationObject
from mfa.domain.methods.webauthn import AuthenticatorCryptography as AuthenticatorCryptography
from mfa.domain.methods.webauthn import Unreadable as Unreadable

__all__ = ["AttestationObject", "AuthenticatorCryptography", "Unreadable"]
