"""The app that brings the templates, what they look like, and the tags."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PagesConfig(AppConfig):
    """Puts ``"mfa.pages"`` in ``INSTALLED_APPS``."""

    name = "mfa.pages"
    label = "mfa_pages"
    verbose_name = _("Pages for multi-factor authentication")
