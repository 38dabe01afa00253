"""What an operator says before anything is done: why, and what exactly."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mfa.application.operations.access import MOST_USES
from mfa.application.operations.operator import MOST_REASON_CHARACTERS
from mfa.config import duration
from mfa.domain.methods.base import without_control

LIFETIMES = (("15m", _("15 minutes")), ("1h", _("1 hour")), ("8h", _("8 hours")), ("1d", _("1 day")))
DEFAULT_LIFETIME = "1h"

NO_REASON = _("Give a reason: it stands in the audit trail. Nothing was done.")


class ReasonForm(forms.Form):
    """Asks why."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=MOST_REASON_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=_("Stands in the audit trail beside your name, and nowhere where the user sees it."),
        error_messages={"required": NO_REASON},
    )

    def clean_reason(self) -> str:
        """Return the reason as it will be kept; refuse one that has nothing left to keep."""
        reason = without_control(self.cleaned_data["reason"]).strip()
        if not reason:
            raise forms.ValidationError(NO_REASON)
        return reason


class ResetForm(ReasonForm):
    """Asks which device, of one user."""

    device = forms.TypedChoiceField(label=_("Device"), required=False, coerce=int, empty_value=None)
    field_order = ("device", "reason")

    def __init__(self, *args: Any, devices: Iterable[tuple[int, str]] = (), **kwargs: Any) -> None:
        """Take the devices to choose from; without any, all of everybody's are meant."""
        super().__init__(*args, **kwargs)
        choices = [(str(index), name) for index, name in devices]
        if choices:
            self.fields["device"].choices = [("", _("All devices")), *choices]  # type: ignore[attr-defined] # of this field
        else:
            del self.fields["device"]


class PassForm(ReasonForm):
    """Asks for how long, and for how often."""

    lifetime = forms.ChoiceField(
        label=pgettext_lazy("pass", "Good for"), choices=LIFETIMES, initial=DEFAULT_LIFETIME, required=False
    )
    uses = forms.IntegerField(
        label=pgettext_lazy("pass", "Uses"), min_value=1, max_value=MOST_USES, initial=1, required=False
    )
    field_order = ("lifetime", "uses", "reason")

    def clean_lifetime(self) -> timedelta:
        """Return the time, an hour where none is given."""
        return duration(self.cleaned_data["lifetime"] or DEFAULT_LIFETIME)

    def clean_uses(self) -> int:
        """Return the number, one where none is given."""
        return self.cleaned_data["uses"] or 1
