"""Into whose place an operator may step, for django-hijack."""

from typing import Any

from django.apps import apps
from hijack.permissions import superusers_only


def superusers_into_enrolled(*, hijacker: Any, hijacked: Any) -> bool:  # noqa: ANN401 - whatever model the project has
    """Let superusers into the place of who has a device: in that of anybody else they could register one."""
    if not superusers_only(hijacker=hijacker, hijacked=hijacked):
        return False
    app: Any = apps.get_app_config("multi_factor")
    status = app.use_cases.operations.show_status(str(hijacked.pk))
    return any(each.device.active and not each.device.temporary for each in status.devices)
