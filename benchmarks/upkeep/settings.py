"""The project of ``benchmarks.scale`` with one database, and two keys of which the second is to go."""

import base64

from benchmarks.scale import settings as scale
from tests.settings import database

NAME = "drf_mfa_upkeep"
FIRST, FORMER = bytes(range(32)), bytes(range(32, 64))

SECRET_KEY = scale.SECRET_KEY
USE_TZ = True
INSTALLED_APPS = scale.INSTALLED_APPS
DATABASES = {"default": {**database("postgresql"), "NAME": NAME}}
MFA = {**scale.SETTINGS, "ENCRYPTION_KEYS": [base64.urlsafe_b64encode(key).decode() for key in (FIRST, FORMER)]}
DEFAULT_AUTO_FIELD = scale.DEFAULT_AUTO_FIELD
MAILERS = scale.MAILERS
LOGGING = scale.LOGGING
