"""The link *this was not me* of mails: signed, for a while, and once."""

import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import attrs
from django.core import signing
from django.urls import reverse

from mfa.domain.challenges import SPENT_MEMORY, SpentLogin
from mfa.domain.identifiers import UserId
from mfa.domain.methods.base import Entropy
from mfa.domain.values import ValueObject

ROUTE = "multi-factor-not-me"

PAGE = "mfa_pages:not_me"
"""The same among the pages, which are for people, so it goes first where a project has both."""

SALT = "mfa: this was not me"
"""No other signature of the project serves as a link, and no link as any of these."""

LIFETIME = timedelta(days=7)

NONCE_BYTES = 16


class LinkExpired(Exception):
    """A link that was the site's own, and is too old."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Link(ValueObject):
    """Whose link it is, and what using it uses up."""

    user_id: UserId
    spending: SpentLogin


def made(user_id: UserId, entropy: Entropy, now: datetime) -> str:
    """Make the token of a link, which is all that using it takes."""
    until = int((now + LIFETIME).timestamp())
    return signing.dumps([user_id, entropy.token(NONCE_BYTES).hex(), until], salt=SALT)


def path_to(token: str) -> str:
    """Return where the page of a token is on the site; empty where no route leads to it.

    Whatever keeps the project's routes from being read, a mail without the link is better than none.
    """
    for name in (PAGE, ROUTE):
        # A worker or a script may have no routes at all, or none that can be imported.
        with suppress(Exception):
            return reverse(name, args=[token])
    return ""


def read(token: str, now: datetime) -> Link:
    """Read the token of a link; raises ``LinkExpired``, and ``signing.BadSignature`` for what the site has not made.

    The age is judged twice, by the clock that the mail was written by and by Django's, whichever is later.
    """
    try:
        user_id, nonce, until = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.SignatureExpired:
        raise LinkExpired from None
    ends = datetime.fromtimestamp(until, UTC)
    if now >= ends:
        raise LinkExpired
    digest = hashlib.sha256(f"mfa/not-me/{nonce}".encode()).hexdigest()
    return Link(user_id=UserId(user_id), spending=SpentLogin(digest=digest, expires_at=ends + SPENT_MEMORY))
