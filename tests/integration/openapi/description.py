"""Writes the description of the routes, by drf-spectacular and the extensions of the package.

``make openapi`` writes docs/openapi.yaml anew.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from django.test import override_settings
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.validation import validate_schema

FILE = Path(__file__).resolve().parents[3] / "docs" / "openapi.yaml"

METHODS = ["totp", "email", "recovery", "hotp", "sms", "webauthn"]
"""All that come with the package."""

SENDER = "mfa.adapters.memory.delivery.OutboxSender"

EVERYTHING: dict[str, Any] = {
    "METHODS": METHODS,
    "EMAIL_SENDER": SENDER,
    "SMS_SENDER": SENDER,
    "TRUST_LIFETIME": "30d",
    "WEBAUTHN_RP_ID": "example.com",
    "WEBAUTHN_ORIGINS": ["https://example.com"],
    "PASSKEY_LOGIN": True,
}
"""Settings under which every route is there."""

SPECTACULAR: dict[str, Any] = {
    "TITLE": "Multi-factor authentication",
    "DESCRIPTION": "The routes of mfa.urls, with all the methods that come with the package.",
    "VERSION": "1",
    "OAS_VERSION": "3.0.3",
    "SCHEMA_PATH_PREFIX": "/",
    "POSTPROCESSING_HOOKS": ["mfa.adapters.drf.schema.describe_options"],
}


def kept() -> dict[str, Any]:
    """Read the description that is kept, by what is quick where there is a C library."""
    read: dict[str, Any] = yaml.load(FILE.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe either way
    return read


@contextmanager
def _spectacular(settings: dict[str, Any]) -> Iterator[None]:
    spectacular_settings.apply_patches(settings)
    try:
        yield
    finally:
        spectacular_settings.clear_patches()


def described(
    patterns: Sequence[URLPattern | URLResolver] | None = None,
    spectacular: dict[str, Any] | None = None,
    **mfa: object,
) -> dict[str, Any]:
    """Describe routes, those of ``mfa.urls`` for a start, under these settings."""
    patterns = [path("multi-factor/", include("mfa.urls"))] if patterns is None else patterns
    with override_settings(MFA={**EVERYTHING, **mfa}), _spectacular({**SPECTACULAR, **(spectacular or {})}):
        schema: dict[str, Any] = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)
    validate_schema(schema)
    return schema


def written() -> str:
    """Return the description as it stands in the file."""
    text: bytes = OpenApiYamlRenderer().render(described(), renderer_context={})
    return text.decode()
