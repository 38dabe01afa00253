"""Writes docs/conformance.md anew, where it is made of the ledger: ``make conformance``, which runs the items first."""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from tests.integration.conformance.page import PAGE, made_anew  # noqa: E402 - settings first

PAGE.write_text(made_anew(PAGE.read_text()))
