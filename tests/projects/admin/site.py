from mfa.adapters.django.admin import VerifiedAdminSite


class OfficeSite(VerifiedAdminSite):
    """A site of the project's own, whose module imports that of the package's pages."""

    site_header = "Office"
