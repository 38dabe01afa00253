"""What messages say, as templates that a project overrides like any other."""

from datetime import timedelta
from functools import cache
from pathlib import Path

from django.template import TemplateDoesNotExist
from django.template.backends.django import DjangoTemplates
from django.template.loader import get_template

from mfa.application.ports.delivery import Message

TEMPLATES = Path(__file__).parent.parent / "django" / "templates"

MINUTE = timedelta(minutes=1)


def worded(template: str, message: Message, issuer: str) -> str:
    """Word a message by a template, whose context is ``code``, ``minutes``, ``issuer`` and ``device_name``.

    Minutes are rounded down, to zero under one minute: a code is never said to live longer than it does. A project
    whose ``TEMPLATES`` do not look into apps, or which has none, gets the package's own wording.
    """
    context = {
        "code": message.code,
        "minutes": message.lifetime // MINUTE,
        "issuer": issuer,
        "device_name": message.device_name,
    }
    try:
        found = get_template(template)
    except TemplateDoesNotExist:
        found = _own_engine().get_template(template)
    return found.render(context)


@cache
def _own_engine() -> DjangoTemplates:
    return DjangoTemplates({"NAME": "mfa", "DIRS": [TEMPLATES], "APP_DIRS": False, "OPTIONS": {}})
