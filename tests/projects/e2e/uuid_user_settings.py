"""The same project, as migrations make it, for users by UUID, in local time, and a transaction around every view."""

from tests.projects.e2e.settings import *  # noqa: F403 - the same settings but for a few
from tests.projects.e2e.settings import DATABASES, INSTALLED_APPS
from tests.projects.uuid_user.settings import AUTH_USER_MODEL as AUTH_USER_MODEL
from tests.projects.uuid_user.settings import TIME_ZONE as TIME_ZONE
from tests.projects.uuid_user.settings import USE_TZ as USE_TZ

INSTALLED_APPS = [*INSTALLED_APPS, "tests.projects.uuid_user"]
DATABASES["default"]["ATOMIC_REQUESTS"] = True
DATABASES["default"]["TEST"]["MIGRATE"] = True
