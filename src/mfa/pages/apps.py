"""The app that brings the templates, what they look like, and the tags."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Puts ``"mfa.pages"`` in ``INSTALLED_APPS``."""

    name = "mfa.pages"
    label = "mfa_pages"
    verbose_name = "Pages for multi-factor authentication"
