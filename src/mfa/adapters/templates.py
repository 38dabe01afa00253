"""The templates of mails and pages, which a project overrides like any other."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.template import TemplateDoesNotExist
from django.template.backends.django import DjangoTemplates
from django.template.loader import get_template

TEMPLATES = Path(__file__).parent / "django" / "templates"


def rendered(template: str, context: Mapping[str, object]) -> str:
    """Render a template, in the language that is active.

    A project whose ``TEMPLATES`` do not look into apps, or which has none, gets the package's own.
    """
    try:
        found = get_template(template)
    except TemplateDoesNotExist:
        found = _own_engine().get_template(template)
    return found.render(dict(context))


@cache
def _own_engine() -> DjangoTemplates:
    return DjangoTemplates({"NAME": "mfa", "DIRS": [TEMPLATES], "APP_DIRS": False, "OPTIONS": {}})
