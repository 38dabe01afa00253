"""The project of ``benchmarks.scale`` with one database, in which the tables of django-otp stand beside ours."""

from benchmarks.scale import settings as scale
from tests.settings import database

NAME = "drf_mfa_moving"

SECRET_KEY = scale.SECRET_KEY
USE_TZ = True
INSTALLED_APPS = scale.INSTALLED_APPS
DATABASES = {"default": {**database("postgresql"), "NAME": NAME}}
MFA = {**scale.SETTINGS, "METHODS": ["totp", "email", "recovery"]}
DEFAULT_AUTO_FIELD = scale.DEFAULT_AUTO_FIELD
MAILERS = scale.MAILERS
LOGGING = scale.LOGGING
