"""A project with one database for each size; ``Chosen`` says which of them the use cases meet."""

from typing import Any

from tests.settings import database

SIZES = (1_000, 100_000, 1_000_000)
"""Devices; there are half as many users and twice as many challenges."""


SETTINGS = {
    "METHODS": ["totp", "email"],
    # The same few users ask again and again, and are not to be told to wait.
    "VERIFICATION_THROTTLE_TRYOUTS": 1_000_000,
    "MAX_FAILURES": 1_000_000,
    "EMAIL_HOURLY_LIMIT": 1_000_000,
    "EMAIL_RESEND_INTERVAL": "1s",
}


class Chosen:
    """A router that sends everything to the database of one size."""

    alias = str(SIZES[0])

    def db_for_read(self, model: object, **_: object) -> str:
        """Return the chosen database."""
        return Chosen.alias

    def db_for_write(self, model: object, **_: object) -> str:
        """Return the chosen database."""
        return Chosen.alias


def _sized(devices: int) -> dict[str, Any]:
    return {**database("postgresql"), "NAME": f"drf_mfa_scale_{devices}"}


SECRET_KEY = "a key for measurements, and for nothing else"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "mfa"]
DATABASES = {"default": _sized(SIZES[0]), **{str(size): _sized(size) for size in SIZES}}
DATABASE_ROUTERS = ["benchmarks.scale.settings.Chosen"]
MFA = SETTINGS
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}
# Written nowhere: what a terminal takes to show a line is not to be measured.
LOGGING = {"version": 1, "handlers": {"none": {"class": "logging.NullHandler"}}, "root": {"handlers": ["none"]}}
