"""What the admin calls the columns.

Fields do not say so by themselves: it would take a migration, and what is said to people is none of a table's business.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

COLUMNS: Mapping[str, Promise] = {
    "activated_at": pgettext_lazy("column", "activated at"),
    "actor": pgettext_lazy("column", "actor"),
    "address": pgettext_lazy("column", "address"),
    "at": pgettext_lazy("column", "at"),
    "created_at": pgettext_lazy("column", "created at"),
    "destination": pgettext_lazy("column", "destination"),
    "device_index": pgettext_lazy("column", "device index"),
    "event": pgettext_lazy("column", "event"),
    "expires_at": pgettext_lazy("column", "expires at"),
    "failures": pgettext_lazy("column", "failures"),
    "index": pgettext_lazy("column", "index"),
    "last_failure_at": pgettext_lazy("column", "last failure at"),
    "last_used_at": pgettext_lazy("column", "last used at"),
    "locked_down": pgettext_lazy("column", "locked down"),
    "locked_down_at": pgettext_lazy("column", "locked down at"),
    "method": pgettext_lazy("column", "method"),
    "name": pgettext_lazy("column", "name"),
    "reason": pgettext_lazy("column", "reason"),
    "user_agent": pgettext_lazy("column", "user agent"),
    "user_id": pgettext_lazy("column", "user id"),
    "uses_left": pgettext_lazy("column", "uses left"),
    "why": pgettext_lazy("column", "why"),
}
"""By the name of the field, which is the same of every model."""


def name_columns(*models: type[Model]) -> None:
    """Give the fields of models these names."""
    for model in models:
        for field in model._meta.concrete_fields:  # noqa: SLF001 - Django's name for it
            named: Any = field
            named.verbose_name = COLUMNS.get(field.name, field.verbose_name)
