from django.contrib.admin.apps import AdminConfig


class OfficeConfig(AdminConfig):
    default = False
    default_site = "tests.projects.admin.site.OfficeSite"
