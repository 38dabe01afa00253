"""The admin of operators: what there is to see, and what they do for users, each with a reason.

Nothing can be added, changed or deleted, and no seal, no digest and no identity of a token is shown, searched or
filtered by. What is done is done by the use cases of operators, which write it down.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

import attrs
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters, ShowFacets
from django.contrib.admin.utils import flatten_fieldsets, quote
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.db import connections, transaction
from django.db.models import Exists, Model, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from mfa.adapters import accessor
from mfa.adapters.accessor import APP_LABEL
from mfa.adapters.django.admin_columns import name_columns
from mfa.adapters.django.admin_forms import PassForm, ReasonForm, ResetForm
from mfa.adapters.django.admin_site import VerifiedAdminSite as VerifiedAdminSite
from mfa.adapters.django.admin_site import not_verified, operator_refusal
from mfa.adapters.django.database import database
from mfa.adapters.django.models import AccountRecord, AuditRecord, DeviceRecord
from mfa.adapters.django.users import read_key, shown, writable
from mfa.application.operations import IssuedPass, Operator, PassWanted, Reset
from mfa.application.operations.operator import MOST_NAME_CHARACTERS
from mfa.domain.accounts import Rules
from mfa.domain.errors import MfaError
from mfa.domain.events import EVENT_NAMES
from mfa.domain.identifiers import UserId

MOST_USERS = 100
"""Users whom one action is for; whoever means more runs a command."""

_SECRET = ("state", "unique", "registered_by")
_BULKY = ("gone", "sends", "trusts", "browsers")
_SINCE = ("gte", "lt", "isnull")
"""What Django's filter by time asks for."""


def _rules() -> Rules:
    return accessor.use_cases().operations.report_users.rules


class _NameFilter(admin.SimpleListFilter):
    """Filters by one of the names that it offers."""

    def value(self) -> str | None:
        """Return what is chosen; raises what Django takes a wrong filter off for, in the place of asking with it."""
        chosen = super().value()
        if chosen is not None and chosen not in dict(self.lookup_choices):
            raise IncorrectLookupParameters
        return chosen


class MethodFilter(_NameFilter):
    """Filters by method, without asking the database which there are."""

    title = _("method")
    parameter_name = "method"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - as in Django
        """Offer the methods of the settings, and the temporary pass."""
        methods = _rules().methods
        return [(each.name, gettext(each.verbose_name)) for each in (*methods.all, *methods.reserved)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:  # noqa: ANN401 - of any model
        """Choose the rows of a method, or the accounts that have a device of it."""
        if self.value() is None:
            return queryset
        if queryset.model is not AccountRecord:
            return queryset.filter(method=self.value())
        return queryset.filter(Exists(DeviceRecord.objects.filter(account=OuterRef("pk"), method=self.value())))


class EventFilter(_NameFilter):
    """Filters by event, of the closed list of names."""

    title = _("event")
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - as in Django
        """Offer all names."""
        return [(name, name) for name in EVENT_NAMES]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:  # noqa: ANN401 - as in Django
        """Choose the rows of an event."""
        return queryset if self.value() is None else queryset.filter(event=self.value())


def _in_local_time(row: Model) -> None:
    """Have a row tell its times as the site does, also where that keeps local time, for which Django converts none."""
    for name, value in list(vars(row).items()):
        if isinstance(value, datetime):
            setattr(row, name, timezone.localtime(value))


class _LocalChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        for row in self.result_list:
            _in_local_time(row)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # at run time it takes no parameters
    """Shows rows, read where they are written, in as many statements for a thousand of them as for ten."""

    change_form_template = "mfa/admin/row.html"
    list_max_show_all = 200
    list_per_page = 50
    show_facets = ShowFacets.NEVER
    show_full_result_count = False
    chosen_by: ClassVar[Sequence[str]] = ("method",)
    """Filters of this package's own, and of Django's, that choose one value."""

    timed: ClassVar[Sequence[str]] = ()
    """Columns that may be filtered by time."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Have nothing added."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Have nothing changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Have nothing deleted but along with its user: the admin of users asks here whether it may go on."""
        asking = getattr(getattr(request.resolver_match, "func", None), "model_admin", self)
        return obj is not None and not isinstance(asking, ReadOnlyAdmin)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read the rows where they are written: a replica may lag behind."""
        return super().get_queryset(request).using(database())

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """List rows with their times as the site tells them."""
        return _LocalChangeList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:  # noqa: ANN401 - of any model
        """Find a row, with its times as the site tells them."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            _in_local_time(found)
        return found

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Refuse what Django would allow: to filter by any column is to read it, one guess after another."""
        column, _, kind = lookup.rpartition("__")
        return lookup in self.chosen_by or (column in self.timed and kind in _SINCE)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - as in Django
        """Show a row; what Django would call it there tells nothing."""
        return super().changeform_view(request, object_id, form_url, {"subtitle": None, **(extra_context or {})})


def _user_fields(prefix: str) -> tuple[str, ...]:
    """Name the columns by which a user is searched for."""
    model: Any = get_user_model()
    columns = {field.name for field in model._meta.concrete_fields}  # noqa: SLF001 - Django's name for it
    return tuple(f"{prefix}{name}" for name in (model.USERNAME_FIELD, model.get_email_field_name()) if name in columns)


def standing_url(user: Any, site_name: str) -> str:  # noqa: ANN401 - whatever model the project has
    """Return where a site that has these pages shows the standing of a user."""
    return reverse(f"admin:{APP_LABEL}_accountrecord_change", args=[quote(user.pk)], current_app=site_name)


class DeviceAdmin(ReadOnlyAdmin):
    """Devices, of all users."""

    fields = (
        *("user_name", "index", "method", "name", "standing", "destination", "created_at", "activated_at"),
        *("last_used_at", "expires_at", "uses_left", "failures", "last_failure_at"),
    )
    list_display = (
        *("user_name", "index", "method", "name", "standing", "destination"),
        *("created_at", "last_used_at", "failures"),
    )
    list_filter = (
        MethodFilter,
        ("created_at", admin.DateFieldListFilter),
        ("activated_at", admin.DateFieldListFilter),
        ("last_used_at", admin.DateFieldListFilter),
    )
    ordering = ("-pk",)
    search_help_text = _("Searches the names of users and of devices.")
    timed = ("created_at", "activated_at", "last_used_at")

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Search users, and what they call their devices."""
        return (*_user_fields("account__user__"), "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeviceRecord]:
        """Read users along with the devices, and nothing that nobody is shown."""
        kept_back = (*_SECRET, *(f"account__{name}" for name in _BULKY))
        return super().get_queryset(request).select_related("account__user").defer(*kept_back)

    @admin.display(description=_("user"))
    def user_name(self, row: DeviceRecord) -> str:
        """Return whose device it is."""
        return str(row.account.user.get_username())

    @admin.display(description=_("standing"))
    def standing(self, row: DeviceRecord) -> str:
        """Return what may be expected of a device."""
        if row.activated_at is None:
            return pgettext("device", "pending")
        if row.expires_at is not None:
            return pgettext("device", "temporary")
        return pgettext("device", "disabled") if _disabled(row, _rules()) else pgettext("device", "active")


def _disabled(row: DeviceRecord, rules: Rules) -> bool:
    return row.failures >= rules.max_failures and (row.guessable or rules.methods.guessable(row.method))


class AuditAdmin(ReadOnlyAdmin):
    """The audit trail."""

    chosen_by = ("method", "event")
    fields = (
        *("at", "event", "user_name", "user_id", "device_index", "method", "actor", "why", "reason"),
        *("address", "user_agent"),
    )
    list_display = ("at", "event", "user_name", "method", "device_index", "actor", "why", "reason", "address")
    list_filter = (EventFilter, MethodFilter, ("at", admin.DateFieldListFilter))
    ordering = ("-pk",)
    search_fields = ("=user_id", "event", "actor", "why", "reason", "address")
    search_help_text = _("Searches users, who acted and why, events and addresses.")
    timed = ("at",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Look the users of a page up together."""
        return _NamedChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditRecord], search_term: str
    ) -> tuple[QuerySet[AuditRecord], bool]:
        """Search the rows, and those of users who are called so: the rows themselves have but their keys."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if search_term:
            called = Q(*((f"{name}__icontains", search_term) for name in _user_fields("")), _connector=Q.OR)
            keys = writable().filter(called).order_by("pk").values_list("pk", flat=True)[:MOST_USERS]
            found |= queryset.filter(user_id__in=[str(key) for key in keys])
        return found, duplicates

    @admin.display(description=_("user"))
    def user_name(self, row: AuditRecord) -> str:
        """Return what the user is called, or was known by where he is gone."""
        names = vars(row).get(_NAMES)
        if names is None:
            names = _names_of([row])
        return names.get(row.user_id, row.user_id or "-")


_NAMES = "_mfa_names"


def _names_of(rows: Sequence[AuditRecord]) -> Mapping[str | None, str]:
    keys = {row.user_id for row in rows if row.user_id is not None}
    return {str(key): str(user.get_username()) for key, user in writable().in_bulk(list(keys)).items()}


class _NamedChangeList(_LocalChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        names = _names_of(self.result_list)
        for row in self.result_list:
            setattr(row, _NAMES, names)


# ---------------------------------------------------------------------------------------------------------------------
# What operators do


_Do = Callable[..., Promise | str | IssuedPass]
"""What is done for one user by an operator, with what the form has asked for; it returns what is told of it."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class _Act:
    """One action: what it is called, who may, what it does and is going to do, and what the confirmation asks."""

    name: str
    permission: str
    do: _Do
    title: Any
    consequence: Any
    form: type[ReasonForm] = ReasonForm
    alone: bool = False
    """Whether it is for one user at a time."""


_SENTENCES = {
    "not_allowed": _(
        "only a superuser acts upon a superuser or upon himself, and nobody who may not log in is given a pass."
    ),
    "not_found": _("the device is not there any more."),
    "throttled": _("too many change this account at once; try again."),
    "unavailable": _("the database does not answer; try again."),
    "invalid": _("your own user name cannot stand in the audit trail."),
}
"""Why something was not done, by the code of the error."""


def _operator(request: HttpRequest, reason: str) -> Operator:
    user: Any = request.user
    return Operator(
        name=_name(user)[:MOST_NAME_CHARACTERS],
        why=reason,
        user_id=UserId(str(user.pk)),
        client=accessor.use_cases().client_address.client_of(request),
    )


def _name(user: Any) -> str:  # noqa: ANN401 - whatever model the project has
    return str(user.get_username())


def _unlock(user_id: UserId, operator: Operator) -> Promise:
    accessor.use_cases().operations.unlock(user_id, operator)
    return pgettext_lazy("account", "unlocked.")


def _reset(user_id: UserId, operator: Operator, *, device: int | None = None) -> str:
    gone = accessor.use_cases().operations.reset_account(Reset(user_id=user_id, device=device), operator)
    return ngettext("%(count)d device removed.", "%(count)d devices removed.", len(gone)) % {"count": len(gone)}


def _give_pass(user_id: UserId, operator: Operator, *, lifetime: timedelta, uses: int) -> IssuedPass:
    wanted = PassWanted(user_id=user_id, lifetime=lifetime, uses=uses)
    return accessor.use_cases().operations.issue_pass(wanted, operator)


def _lock_down(user_id: UserId, operator: Operator) -> str:
    ended = accessor.use_cases().operations.lock_down(user_id, operator).tokens
    counts = [
        gettext("%(login)s cannot be ended") % {"login": name} if count is None else f"{name} {count}"
        for name, count in ended.items()
    ]
    return pgettext("account", "locked down. Logins ended: %(logins)s.") % {"logins": gettext(", ").join(counts)}


UNLOCK = _Act(
    name="unlock",
    permission="unlock",
    do=_unlock,
    title=pgettext_lazy("action", "Unlock"),
    consequence=_("What was counted is cleared: nothing waits, nothing is disabled, and a lockdown ends."),
)
RESET = _Act(
    name="reset",
    permission="reset",
    do=_reset,
    title=pgettext_lazy("action", "Reset"),
    consequence=_(
        "Devices are removed, with the recovery codes where none is left; remembered browsers are forgotten, and no "
        "login is verified any more. With his password alone the user registers anew."
    ),
    form=ResetForm,
)
PASS = _Act(
    name="temporary_pass",
    permission="pass",
    do=_give_pass,
    title=_("Temporary pass"),
    consequence=_(
        "A pass is made, in the place of any other, and shown once. Whoever has it and the password is let in as the "
        "user: hand it over only to somebody whom you have recognised, and not by mail."
    ),
    form=PassForm,
    alone=True,
)
LOCKDOWN = _Act(
    name="lockdown",
    permission="lockdown",
    do=_lock_down,
    title=_("Lockdown"),
    consequence=_(
        "Everybody who is logged in as the user is logged out, wherever that can be done; remembered browsers, pending "
        "devices, a pass and all codes that are out are worth nothing. Devices stay."
    ),
)

_ACTS = (UNLOCK, RESET, PASS, LOCKDOWN)


def _may(user: Any, act: _Act) -> bool:  # noqa: ANN401 - whatever model the project has
    return bool(user.has_perm(f"{APP_LABEL}.{act.permission}_account"))


def _told(act: _Act, user: Any, outcome: object) -> str:  # noqa: ANN401 - whatever model the project has
    return gettext("%(action)s, %(user)s: %(outcome)s") % {"action": act.title, "user": _name(user), "outcome": outcome}


def _asking(act: _Act) -> tuple[Callable[..., HttpResponseBase | None], Callable[[Any, HttpRequest], bool]]:
    """Make the action, and what tells who may."""

    @admin.action(permissions=[act.permission], description=act.title)
    def asked(site: "AccountAdmin", request: HttpRequest, queryset: QuerySet[AccountRecord]) -> HttpResponseBase | None:
        return site.ask(request, queryset, act)

    return asked, lambda _, request: _may(request.user, act)


def _form_of(act: _Act, users: Sequence[Any], given: Any) -> ReasonForm:  # noqa: ANN401 - what was posted, or nothing
    if act is not RESET or len(users) > 1:
        return act.form(given, label_suffix="")
    devices = DeviceRecord.objects.using(database()).filter(account=users[0].pk).order_by("index")
    choices = [
        (index, f"{method} {name}".strip()) for index, method, name in devices.values_list("index", "method", "name")
    ]
    return ResetForm(given, devices=choices, label_suffix="")


def _is_key(text: str) -> bool:
    """Tell whether somebody may have this key: a database may not take any other in a question."""
    return "\x00" not in text and read_key(text) is not None


class AccountAdmin(ReadOnlyAdmin):
    """How users stand, and what operators do for them; a user who never had anything has a page, too."""

    actions = tuple(each.name for each in _ACTS)
    change_form_template = "mfa/admin/standing.html"
    chosen_by = ("method", "locked_down__exact")
    fields = ("user_name",)
    list_display = ("user_name", "methods", "standing", "failures", "last_used_at", "locked_down_at")
    list_filter = (MethodFilter, "locked_down", ("locked_down_at", admin.DateFieldListFilter))
    ordering = ("pk",)
    search_help_text = _("Searches the names and addresses of users.")
    timed = ("locked_down_at",)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Search users."""
        return _user_fields("user__")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccountRecord]:
        """Read users along with their accounts, and the devices of all of them at once."""
        devices = DeviceRecord.objects.using(database()).defer(*_SECRET).order_by("index")
        accounts = super().get_queryset(request).defer(*_BULKY).select_related("user")
        return accounts.prefetch_related(Prefetch("devices", devices))

    def get_urls(self) -> list[URLPattern]:
        """Have the list, by which actions go, outside of ``ATOMIC_REQUESTS``: use cases commit by themselves."""
        urls = super().get_urls()
        for pattern in urls:
            for alias in connections:
                transaction.non_atomic_requests(using=alias)(pattern.callback)
        return urls

    # Who may do what, as Django's actions ask

    unlock, has_unlock_permission = _asking(UNLOCK)
    reset, has_reset_permission = _asking(RESET)
    temporary_pass, has_pass_permission = _asking(PASS)
    lockdown, has_lockdown_permission = _asking(LOCKDOWN)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Let whoever may act look at whom he acts upon."""
        return super().has_view_permission(request, obj) or any(_may(request.user, each) for each in _ACTS)

    # What is shown

    @admin.display(description=_("user"))
    def user_name(self, row: AccountRecord) -> str:
        """Return what the user is called."""
        return str(row.user.get_username())

    @admin.display(description=_("methods"))
    def methods(self, row: AccountRecord) -> str:
        """Return the methods of the devices that count."""
        active = (each for each in row.devices.all() if each.activated_at is not None and each.expires_at is None)
        return ", ".join(sorted({each.method for each in active}))

    @admin.display(description=_("standing"))
    def standing(self, row: AccountRecord) -> str:
        """Return what is out of the ordinary."""
        rules = _rules()
        disabled = [each.method for each in row.devices.all() if _disabled(each, rules)]
        told = [pgettext("account", "locked down")] if row.locked_down else []
        return ", ".join([*told, *(gettext("disabled: %(method)s") % {"method": method} for method in disabled)])

    @admin.display(description=_("wrong values"))
    def failures(self, row: AccountRecord) -> int:
        """Return how many wrong values were counted at the devices that are there."""
        return sum(each.failures for each in row.devices.all())

    @admin.display(description=_("last used"))
    def last_used_at(self, row: AccountRecord) -> Any:  # noqa: ANN401 - a moment, or nothing
        """Return when a device was last used."""
        used = (each.last_used_at for each in row.devices.all() if each.last_used_at is not None)
        last = max(used, default=None)
        return None if last is None else timezone.localtime(last)

    def get_users(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the users without an account who may be acted upon: all that Django lists; a subclass says fewer."""
        users: QuerySet[Any] = shown().filter(multi_factor_account__isnull=True)
        return users

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> AccountRecord | None:
        """Find an account, or make an empty one, which nobody stores, for a user who has none yet."""
        if not _is_key(object_id):
            return None
        found = super().get_object(request, object_id, from_field)
        user = None if found is not None else self.get_users(request).filter(pk=object_id).first()
        return cast(
            "AccountRecord | None", found if user is None else AccountRecord(user=user, version=0, next_index=0)
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - as in Django
        """Show how a user stands."""
        acts = [each for each in _ACTS if each.name in self.get_actions(request)]
        context = {"title": _("Standing"), "acts": acts, **(extra_context or {})}
        response = super().changeform_view(request, object_id, form_url, context)
        shown = getattr(response, "context_data", {}).get("original")
        if shown is not None:
            response.context_data |= self._standing(request, shown)
        return response

    def _standing(self, request: HttpRequest, row: AccountRecord) -> Mapping[str, Any]:
        user: Any = request.user
        context = {"user_name": self.user_name(row), "sees_events": user.has_perm(f"{APP_LABEL}.view_auditrecord")}
        try:
            status = accessor.use_cases().operations.show_status(UserId(str(row.pk)))
        except MfaError:
            return {**context, "status": None}
        return {**context, "status": status}

    # What is done

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[AccountRecord], *place: Any, **places: Any
    ) -> Any:  # noqa: ANN401 - as in Django, which from 6.1 on says in which place an action was chosen
        """Pass over what is chosen and can be nobody's key, which Django would ask the database for."""
        posted = request.POST.copy()
        keys = [key for key in posted.getlist(ACTION_CHECKBOX_NAME) if _is_key(str(key))]
        posted.setlist(ACTION_CHECKBOX_NAME, keys)
        request.POST = posted  # type: ignore[assignment] # as Django's own views do
        return super().response_action(request, queryset, *place, **places)

    def ask(self, request: HttpRequest, queryset: QuerySet[AccountRecord], act: _Act) -> HttpResponseBase | None:
        """Demand a fresh verification, ask for a reason, and only then do it for each user who was chosen."""
        refused = operator_refusal(self.admin_site, request)
        if refused is not None:
            return not_verified(self.admin_site, request, refused)
        users = self._chosen(request, queryset)
        most = 1 if act.alone else MOST_USERS
        if not 1 <= len(users) <= most:
            told = ngettext(
                "Choose one user. Nothing was done.", "Choose up to %(count)d users. Nothing was done.", most
            )
            self.message_user(request, told % {"count": most}, messages.WARNING)
            return None
        form = _form_of(act, users, request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            return self._page(request, "mfa/admin/confirm.html", {"act": act, "users": users, "form": form})
        issued = self._do(request, users, act, form.cleaned_data)
        if issued is not None:
            return self._page(
                request, "mfa/admin/pass.html", {"act": act, "user_name": _name(users[0]), "pass": issued}
            )
        alone = len(users) == 1
        return HttpResponseRedirect(standing_url(users[0], self.admin_site.name) if alone else request.get_full_path())

    def _chosen(self, request: HttpRequest, queryset: QuerySet[AccountRecord]) -> list[Any]:
        """Return whom an action is for: of the accounts, and where keys were chosen of the users without one."""
        users = [row.user for row in queryset[: MOST_USERS + 1]]
        if request.POST.get("select_across", "0") != "0":
            return users
        keys = request.POST.getlist(ACTION_CHECKBOX_NAME)[: MOST_USERS + 1]
        return [*users, *self.get_users(request).filter(pk__in=keys)]

    def _do(self, request: HttpRequest, users: Sequence[Any], act: _Act, said: Mapping[str, Any]) -> IssuedPass | None:
        """Do it for each user, and tell what came of it; a pass is returned, and told nowhere."""
        wanted = {name: value for name, value in said.items() if name != "reason"}
        for user in users:
            try:
                done = act.do(UserId(str(user.pk)), _operator(request, said["reason"]), **wanted)
            except MfaError as error:
                told = _told(act, user, _SENTENCES.get(error.code, error.code))
                self.message_user(request, told, messages.ERROR)
                continue
            if isinstance(done, IssuedPass):
                return done
            self.message_user(request, _told(act, user, done), messages.SUCCESS)
        return None

    def _page(self, request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponseBase:
        whole = {**self.admin_site.each_context(request), "opts": self.opts, "title": context["act"].title, **context}
        response = TemplateResponse(request, template, whole)
        add_never_cache_headers(response)
        return response


LINK = "mfa_standing"


class MultiFactorUserMixin:
    """Gives a project's own admin of users a link to how each stands, for whoever may see that."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401 - as in Django
        """Add the link to what is shown of a user who is there."""
        fieldsets: Any = super().get_fieldsets(request, obj)  # type: ignore[misc] # of the admin beside it
        if LINK in flatten_fieldsets(fieldsets) or not self._shows_standing(request, obj):
            return fieldsets
        return [*fieldsets, (_("Multi-factor authentication"), {"fields": (LINK,)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401 - as in Django
        """Have the link changed by nobody; an admin without fieldsets shows it because it is here."""
        fields: Any = super().get_readonly_fields(request, obj)  # type: ignore[misc] # as above
        return (*fields, LINK) if self._shows_standing(request, obj) else fields

    @admin.display(description=_("Standing"))
    def mfa_standing(self, user: Any) -> SafeString:  # noqa: ANN401 - whatever model the project has
        """Return the link."""
        site: Any = self.admin_site  # type: ignore[attr-defined] # as above
        return format_html('<a href="{}">{}</a>', standing_url(user, site.name), _("Devices, and what can be done"))

    def _shows_standing(self, request: HttpRequest, user: Any) -> bool:  # noqa: ANN401 - as above
        site: Any = self.admin_site  # type: ignore[attr-defined] # as above
        if user is None or not site.is_registered(AccountRecord):
            return False
        return bool(site.get_model_admin(AccountRecord).has_view_permission(request, None))


ADMINS: Mapping[type[Model], type[ReadOnlyAdmin]] = {
    AccountRecord: AccountAdmin,
    DeviceRecord: DeviceAdmin,
    AuditRecord: AuditAdmin,
}
name_columns(*ADMINS)


def register(site: admin.AdminSite = admin.site) -> None:
    """Put the pages into a site, where a project has not put others.

    The app does so for ``django.contrib.admin.site`` when everything is loaded: that site may be the one of this
    package, and is not there yet while this module is imported for it.
    """
    for model, model_admin in ADMINS.items():
        if not site.is_registered(model):
            site.register(model, model_admin)
