"""What both projects have in common: Django's and the framework's defaults, and nothing that would hide a difference.

There is no middleware, which would cost both the same and so bring any ratio nearer to one; connections to the
database stay open for the same reason. Where the database is comes from the environment.
"""

import json
import os
from typing import Any

import django

SECRET_KEY = "a key for measurements, and for nothing else"
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
# What goes wrong is a traceback, and not a page of 500.
DEBUG_PROPAGATE_EXCEPTIONS = True
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework",
    "rest_framework.authtoken",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES: dict[str, Any] = {"default": {**json.loads(os.environ["BENCHMARK_DATABASE"]), "CONN_MAX_AGE": None}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

# Kept in memory. Django 6.1 has another setting for that, and warns of the old one.
_MEMORY = "django.core.mail.backends.locmem.EmailBackend"
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": _MEMORY}}
else:
    EMAIL_BACKEND = _MEMORY

# Written nowhere: what a terminal takes to show a line is not to be measured.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"nowhere": {"class": "logging.NullHandler"}},
    "root": {"handlers": ["nowhere"]},
}
