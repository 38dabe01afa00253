"""Browsers and apps that a user had remembered, so that the next login there is asked for less."""

import hashlib
from datetime import datetime

import attrs

from mfa.domain.methods.base import Entropy, without_control
from mfa.domain.moments import elapsed
from mfa.domain.secrets import equal
from mfa.domain.states import base64url
from mfa.domain.values import ValueObject

TRUST_BYTES = 32
"""256 bits: nobody guesses one, so a plain digest of it is enough, and a wrong one is not counted."""

MOST_TRUSTS = 20
"""Remembered browsers of one user, all of which are read with the account; the oldest goes."""

MOST_DESCRIPTION_CHARACTERS = 128

_ID_CHARACTERS = 16


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Trust(ValueObject):
    """One remembered browser.

    ``index`` is the device whose verification made it, beside which it never counts. ``login`` is the digest of what
    the user logged in with then: with another password it is worth nothing. ``description`` is what the browser says
    of itself, for the owner to tell one from another.
    """

    digest: str = attrs.field(repr=False)
    index: int
    login: str = attrs.field(repr=False)
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    description: str = attrs.field(default="", repr=False)

    @property
    def id(self) -> str:
        """Return what the trust is called; it tells nothing of the token."""
        return self.digest[:_ID_CHARACTERS]

    def holds(self, login: str, now: datetime) -> bool:
        """Tell whether the trust is worth anything: in time, and with the password that it was made with."""
        made = elapsed(self.created_at, now) is not None
        return made and now < self.expires_at and equal(self.login.encode(), login.encode())

    def made_of(self, token: str) -> bool:
        """Tell in constant time whether a token is the one that the browser was given."""
        return equal(self.digest.encode(), digest_of(token).encode())


def new_token(entropy: Entropy) -> str:
    """Make what a browser keeps."""
    return base64url(entropy.token(TRUST_BYTES))


def digest_of(token: str) -> str:
    """Return the only form in which a token is stored."""
    return hashlib.sha256(b"mfa/trust/" + token.encode("utf-8", "surrogatepass")).hexdigest()


def id_of(token: str) -> str:
    """Return what the trust of a token is called, whether there is one or not."""
    return digest_of(token)[:_ID_CHARACTERS]


def described(text: str, most: int = MOST_DESCRIPTION_CHARACTERS) -> str:
    """Cut what a browser says of itself to what is fit for a list, a log and a terminal."""
    return without_control(text)[:most]
