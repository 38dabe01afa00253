import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.projects.uuid_user"]
AUTH_USER_MODEL = "uuid_user.Member"
USE_TZ = False
TIME_ZONE = "Europe/Amsterdam"

_database = DATABASES["default"]
DATABASES = {
    "default": {
        **_database,
        "ATOMIC_REQUESTS": True,
        "TEST": {"NAME": f"test_drf_mfa_{os.getpid()}", **_database.get("TEST", {})},
    }
}
