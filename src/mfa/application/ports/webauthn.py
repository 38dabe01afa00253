"""The cryptography of security keys and passkeys, and whose they are, under the names that adapters look for."""

from mfa.domain.methods.security_keys import KnownPasskeys as KnownPasskeys
from mfa.domain.methods.security_keys import PasskeyProviders as PasskeyProviders
from mfa.domain.methods.security_keys import Provider as Provider
from mfa.domain.methods.webauthn import ML_DSA_KEY_BYTES as ML_DSA_KEY_BYTES
from mfa.domain.methods.webauthn import AttestationObject as AttestationObject
from mfa.domain.methods.webauthn import AuthenticatorCryptography as AuthenticatorCryptography
from mfa.domain.methods.webauthn import Unreadable as Unreadable

__all__ = [
    "ML_DSA_KEY_BYTES",
    "AttestationObject",
    "AuthenticatorCryptography",
    "KnownPasskeys",
    "PasskeyProviders",
    "Provider",
    "Unreadable",
]
