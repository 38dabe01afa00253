"""The same project, with a site of its own in the place of the package's."""

from tests.projects.admin.settings import *  # noqa: F403
from tests.projects.admin.settings import INSTALLED_APPS as PACKAGES

INSTALLED_APPS = ["tests.projects.admin.office_config.OfficeConfig", *PACKAGES[1:]]
