"""The cryptography of security keys and passkeys, from the extra ``webauthn``."""
