"""Django as a worker process sees it: the settings of the tests, with the test's own database and mail server."""

import os
from typing import Any, cast

import django

from tests.settings import *  # noqa: F403 - the same settings but for a few
from tests.settings import DATABASES, MAILERS

DATABASES["default"]["NAME"] = os.environ["WORKER_DATABASE"]

BACKEND = "django.core.mail.backends.smtp.EmailBackend"
HOST, PORT = "127.0.0.1", int(os.environ["WORKER_MAIL_PORT"])

if django.VERSION >= (6, 1):
    cast("dict[str, Any]", MAILERS)["default"] = {"BACKEND": BACKEND, "OPTIONS": {"host": HOST, "port": PORT}}
else:
    EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = BACKEND, HOST, PORT
