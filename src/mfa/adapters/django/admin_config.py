"""Django's admin behind the second factor: among ``INSTALLED_APPS`` in the place of ``django.contrib.admin``."""

from django.contrib.admin.apps import AdminConfig as StockAdminConfig


class AdminConfig(StockAdminConfig):
    """Makes ``django.contrib.admin.site`` one that lets in only who is verified."""

    default = False
    default_site = "mfa.adapters.django.admin.VerifiedAdminSite"
