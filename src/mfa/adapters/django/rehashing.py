"""Passwords that Django hashes anew at a login, because its hasher or the cost of it has changed.

Remembered browsers are bound to the password as it is stored, so that every change of it forgets them, whoever made it
and however. A hash that Django replaces by itself is no change (decision 0023).
"""

import logging
from typing import Any

from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_save, pre_save

from mfa.adapters import accessor
from mfa.adapters.django.conf import USER_MODEL
from mfa.adapters.django.repositories import login_digest
from mfa.application.trusts import Rehash
from mfa.domain.errors import MfaError
from mfa.domain.identifiers import UserId

_BEFORE = "_mfa_password_before"

logger = logging.getLogger("mfa")


def connect() -> None:
    """Watch for passwords that are hashed anew."""
    pre_save.connect(_note, sender=USER_MODEL, dispatch_uid=_BEFORE)
    post_save.connect(_follow, sender=USER_MODEL, dispatch_uid=_BEFORE)


def _note(*, instance: Any, update_fields: frozenset[str] | None, using: str, **_: object) -> None:  # noqa: ANN401 - whatever model the project has
    """Note the stored hash where Django is about to replace it, as its ``check_password`` does.

    It saves the password alone and has dropped the raw one, which ``set_password`` leaves for ``save``; and it does so
    only for a hash that is outdated by its own rule.
    """
    if update_fields != frozenset({"password"}) or getattr(instance, "_password", "") is not None:
        return
    if not accessor.use_cases().remembers_browsers:
        return
    users = type(instance)._base_manager.using(using).filter(pk=instance.pk)  # noqa: SLF001 - Django's name for it
    before = users.values_list("password", flat=True).first()
    if _made_by_the_preferred(before or "") is False and _made_by_the_preferred(instance.password):
        vars(instance)[_BEFORE] = before


def _follow(*, instance: Model, using: str, **_: object) -> None:
    before = vars(instance).pop(_BEFORE, None)
    if before is None:
        return
    rehash = Rehash(
        user_id=UserId(str(instance.pk)), before=login_digest(before), after=login_digest(vars(instance)["password"])
    )

    def follow() -> None:
        try:
            accessor.use_cases().follow_rehash(rehash)
        except MfaError as error:
            logger.warning("Browsers are forgotten: a password was hashed anew, and %s", type(error).__name__)

    # A use case commits by itself, so it waits for whatever transaction the login is in.
    transaction.on_commit(follow, using=using)


def _made_by_the_preferred(encoded: str) -> bool | None:
    """Tell whether a hash is as Django would make it now; None for what is no hash of a known hasher."""
    preferred = get_hasher()
    try:
        known = identify_hasher(encoded)
    except ValueError:
        return None
    return known.algorithm == preferred.algorithm and not preferred.must_update(encoded)
