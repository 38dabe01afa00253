"""The settings of the tests: passwords are hashed weakly and quickly, and the database is gone afterwards."""

from team.settings import *  # noqa: F403 - the same otherwise
from team.settings import DATABASES

DATABASES = {"default": {**DATABASES["default"], "NAME": ":memory:"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
