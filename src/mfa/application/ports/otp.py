"""The arithmetic of one-time passwords, under the names that adapters look for."""

from mfa.domain.methods.one_time_password import OneTimePasswords, QrCodes

__all__ = ["OneTimePasswords", "QrCodes"]
