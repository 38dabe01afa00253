"""Writes the description of the routes, by drf-spectacular and the extensions of the package.

``make openapi`` writes docs/openapi.yaml anew.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.test import override_settings
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.validation import validate_schema

FILE = Path(__file__).resolve().parents[3] / "docs" / "openapi.yaml"

METHODS = ["totp", "email", "recovery", "hotp", "sms"]
"""The default, and the two that are only offered on demand."""

SPECTACULAR: dict[str, Any] = {
    "TITLE": "Multi-factor authentication",
    "DESCRIPTION": "The routes of mfa.urls, with all the methods that come with the package.",
    "VERSION": "1",
    "OAS_VERSION": "3.0.3",
    "POSTPROCESSING_HOOKS": ["mfa.adapters.drf.schema.describe_options"],
}


@contextmanager
def _spectacular(settings: dict[str, Any]) -> Iterator[None]:
    spectacular_settings.apply_patches(settings)
    try:
        yield
    finally:
        spectacular_settings.clear_patches()


def described(patterns: Sequence[URLPattern | URLResolver] | None = None, **mfa: object) -> dict[str, Any]:
    """Describe routes, those of ``mfa.urls`` for a start, under these settings."""
    sender = "mfa.adapters.memory.delivery.OutboxSender"
    chosen = {"METHODS": METHODS, "EMAIL_SENDER": sender, "SMS_SENDER": sender, "TRUST_LIFETIME": "30d", **mfa}
    patterns = [path("multi-factor/", include("mfa.urls"))] if patterns is None else patterns
    with override_settings(MFA=chosen), _spectacular(SPECTACULAR):
        schema: dict[str, Any] = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)
    validate_schema(schema)
    return schema


def written() -> str:
    """Return the description as it stands in the file."""
    text: bytes = OpenApiYamlRenderer().render(described(), renderer_context={})
    return text.decode()
