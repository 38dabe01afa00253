"""Writes docs/openapi.yaml anew: ``make openapi``."""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from tests.integration.openapi.description import FILE, written  # noqa: E402 - settings first

FILE.write_text(written())
