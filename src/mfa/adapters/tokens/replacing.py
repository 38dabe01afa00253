"""The one token of Django REST framework's that a user has, and its replacement at every login."""

from typing import Any

from django.db import IntegrityError, connections, router, transaction
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import Throttled

from mfa.adapters.tokens.rows import dated, insert

MOST_ATTEMPTS = 5
"""Tokens made by somebody else at the same moment that are replaced before a login is told to come again."""


def new_row(user: Any) -> Token:  # noqa: ANN401 - whatever model the project has
    """Make a token with a key and a moment of its own, which is stored nowhere."""
    row: Token = dated(Token(key=Token.generate_key(), user=user))
    return row


def replaced_by(row: Token) -> Token:
    """Store a token in the place of its user's; raises ``Throttled`` where somebody else always makes one, too."""
    database = router.db_for_write(Token)
    for _attempt in range(MOST_ATTEMPTS):
        try:
            with transaction.atomic(using=database):
                _lock(row.user, database)
                Token.objects.using(database).filter(user=row.user).delete()
                insert(row)
                return row
        except IntegrityError:
            # The project makes tokens elsewhere, too, and was faster; that one is to be replaced as well.
            continue
    raise Throttled(wait=1)


def _lock(user: Any, database: str) -> None:  # noqa: ANN401 - as above
    """Have logins of one user wait for one another, by the user's row.

    Otherwise a database that locks entries of its indexes finds deadlocks among them. One that locks nothing but the
    whole file, at the first statement that writes, needs no more than that.
    """
    if connections[database].features.has_select_for_update:
        list(type(user)._base_manager.using(database).select_for_update().filter(pk=user.pk).values_list("pk"))  # noqa: SLF001 - Django's name for it
