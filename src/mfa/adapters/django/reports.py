"""Users counted by what they have, each count in one statement."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from mfa.adapters.django.database import database, translate_errors
from mfa.adapters.django.models import DeviceRecord
from mfa.adapters.django.users import model_of_groups, shown
from mfa.application.ports.reports import AccountReports, Report
from mfa.domain.identifiers import UserId

_FACTORS = Q(activated_at__isnull=False, expires_at__isnull=True)
"""Devices that were proved, and are no passes."""

CHUNK = 2000


class DjangoAccountReports(AccountReports):
    """Joins the project's users with the devices; both are in one database, as a key between them says."""

    @translate_errors
    def groups(self) -> Sequence[str]:
        """Read the names of all groups."""
        groups: Any = model_of_groups(get_user_model())
        if groups is None:
            return ()
        return list(groups._default_manager.using(database()).order_by("name").values_list("name", flat=True))  # noqa: SLF001

    @translate_errors
    def count(self, group: str | None, max_failures: int, guessable: Collection[str]) -> Report:
        """Count in four statements, however many users there are."""
        users = _users(group)
        devices = DeviceRecord.objects.using(database()).filter(_FACTORS, account__user__in=users)
        methods = devices.values("method").annotate(users=Count("account", distinct=True)).order_by("method")
        disabled = devices.filter(Q(method__in=guessable) | Q(guessable=True), failures__gte=max_failures)
        return Report(
            users=users.count(),
            methods={each["method"]: each["users"] for each in methods},
            none=users.exclude(_enrolled()).count(),
            disabled=disabled.aggregate(users=Count("account", distinct=True))["users"],
        )

    def missing(self) -> Iterator[UserId]:
        """Go through the users by their keys, so many at once."""
        last: Any = None
        while found := self._missing(last):
            yield from (UserId(str(key)) for key in found)
            last = found[-1]

    @translate_errors
    def _missing(self, after: Any) -> list[Any]:  # noqa: ANN401 - whatever keys the project's users have
        users = _users(None).exclude(_enrolled()).order_by("pk")
        rest = users if after is None else users.filter(pk__gt=after)
        return list(rest.values_list("pk", flat=True)[:CHUNK])


def _users(group: str | None) -> QuerySet[Any]:
    model: Any = get_user_model()
    users: QuerySet[Any] = shown().all()
    if any(field.name == "is_active" for field in model._meta.concrete_fields):  # noqa: SLF001 - Django's name for it
        users = users.filter(is_active=True)
    return users if group is None else users.filter(groups__name=group)


def _enrolled() -> Exists:
    return Exists(DeviceRecord.objects.filter(_FACTORS, account=OuterRef("pk")))
