"""The cryptography of security keys and passkeys, and whose they are, under the names that adapters look for."""

from mfa.domain.methods.security_keys import KnownPasskeys, PasskeyProviders, Provider
from mfa.domain.methods.webauthn import ML_DSA_KEY_BYTES, AttestationObject, AuthenticatorCryptography, Unreadable

__all__ = [
    "ML_DSA_KEY_BYTES",
    "AttestationObject",
    "AuthenticatorCryptography",
    "KnownPasskeys",
    "PasskeyProviders",
    "Provider",
    "Unreadable",
]
