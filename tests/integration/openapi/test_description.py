"""The description in docs/ is what the code says, and covers every route, body and answer of the contract."""

import subprocess
import sys
from typing import Any

import pytest
import yaml
from django.apps import apps
from django.urls import path
from drf_spectacular.utils import extend_schema
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from mfa.adapters.drf import schema, serializers
from mfa.adapters.drf.routers import MultiFactorVerifierRouter
from mfa.adapters.drf.viewsets import MultiFactorRegistrationViewSet, MultiFactorVerifierViewSet
from tests.integration.openapi.description import FILE, METHODS, described, written

DESCRIPTION: dict[str, Any] = yaml.safe_load(FILE.read_text())

OPERATIONS = {
    ("/multi-factor/", "get"): "multi_factor_overview",
    ("/multi-factor/{index}/", "get"): "multi_factor_retrieve",
    ("/multi-factor/{index}/", "post"): "multi_factor_verify",
    ("/multi-factor/{index}/", "patch"): "multi_factor_rename",
    ("/multi-factor/{index}/", "delete"): "multi_factor_remove",
    ("/multi-factor/{index}/dispatch/", "post"): "multi_factor_dispatch",
    ("/multi-factor/status/", "get"): "multi_factor_status",
    ("/multi-factor/register/", "get"): "multi_factor_methods",
    ("/multi-factor/register/{index}/", "post"): "multi_factor_register",
    ("/multi-factor/register/{index}/", "options"): "multi_factor_fields",
    ("/multi-factor/trust/", "get"): "multi_factor_trusts",
    ("/multi-factor/trust/", "post"): "multi_factor_trust",
    ("/multi-factor/trust/{index}/", "delete"): "multi_factor_revoke",
}


WEBAUTHN: dict[str, Any] = {"WEBAUTHN_RP_ID": "localhost", "WEBAUTHN_ORIGINS": ["https://localhost"]}


def operation(name: str, description: dict[str, Any] = DESCRIPTION) -> dict[str, Any]:
    [found] = [
        each for verbs in description["paths"].values() for each in verbs.values() if each["operationId"] == name
    ]
    answer: dict[str, Any] = found
    return answer


def codes(name: str, status: str) -> set[str]:
    """Return the codes of an answer, whichever form it has."""
    content = operation(name)["responses"][status]["content"]["application/json"]["schema"]
    return {
        code
        for form in content.get("anyOf", [content])
        if "code" in form["properties"]
        for code in form["properties"]["code"]["enum"]
    }


def component(name: str, description: dict[str, Any] = DESCRIPTION) -> dict[str, Any]:
    found: dict[str, Any] = description["components"]["schemas"][name]
    return found


@pytest.mark.usefixtures("db")
def test_the_file_is_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert written() == FILE.read_text(), "make openapi writes the description anew"
    assert capsys.readouterr().err == ""


def test_every_route_is_there() -> None:
    found = {
        (route, verb): each["operationId"]
        for route, verbs in DESCRIPTION["paths"].items()
        for verb, each in verbs.items()
    }

    assert found == OPERATIONS


@pytest.mark.parametrize("name", OPERATIONS.values())
def test_every_answer_is_described_and_kept_out_of_caches(name: str) -> None:
    for status, answer in operation(name)["responses"].items():
        assert answer["headers"]["Cache-Control"] == {
            "schema": {"type": "string", "enum": ["no-store"]},
            "required": True,
        }
        assert ("content" in answer) == (status != "204")
        assert ("Retry-After" in answer["headers"]) == (status in {"429", "503"})
        assert "WWW-Authenticate" in answer["headers"] or status != "401"


@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [
        ("multi_factor_overview", "401", {"not_authenticated", "authentication_failed"}),
        (
            "multi_factor_overview",
            "403",
            {"token_required", "permission_denied", "not_authenticated", "authentication_failed"},
        ),
        ("multi_factor_retrieve", "404", {"not_found"}),
        ("multi_factor_verify", "400", {"parse_error"}),
        ("multi_factor_verify", "401", {"not_authenticated", "authentication_failed", "invalid_value"}),
        ("multi_factor_verify", "404", {"not_found", "no_challenge"}),
        ("multi_factor_verify", "409", {"already_registered"}),
        ("multi_factor_verify", "429", {"throttled"}),
        ("multi_factor_dispatch", "404", {"not_found", "not_dispatchable"}),
        ("multi_factor_dispatch", "409", {"already_verified"}),
        ("multi_factor_dispatch", "503", {"unavailable", "delivery_failed"}),
        ("multi_factor_register", "409", {"already_registered", "device_required"}),
        ("multi_factor_remove", "409", {"device_required"}),
        ("multi_factor_fields", "404", {"not_found"}),
        ("multi_factor_trust", "401", {"not_authenticated", "authentication_failed", "invalid_value"}),
        ("multi_factor_trust", "400", {"parse_error"}),
        ("multi_factor_revoke", "404", {"not_found"}),
    ],
)
def test_codes_are_listed_by_route(name: str, status: str, expected: set[str]) -> None:
    assert codes(name, status) == expected


@pytest.mark.parametrize(
    "name",
    [
        "multi_factor_verify",
        "multi_factor_rename",
        "multi_factor_remove",
        "multi_factor_methods",
        "multi_factor_register",
        "multi_factor_fields",
        "multi_factor_trusts",
        "multi_factor_revoke",
    ],
)
def test_where_a_token_has_to_be_verified_the_refusal_is_described(name: str) -> None:
    assert {"verification_required", "registration_required"} < codes(name, "403")
    assert "WWW-Authenticate" in operation(name)["responses"]["403"]["headers"]


def test_a_registration_reads_a_name_and_the_fields_of_its_method() -> None:
    names = {"Totp": {"name"}, "Email": {"name", "address"}, "Recovery": {"name"}, "Hotp": {"name"}}
    bodies = {**names, "Sms": {"name", "number"}}

    assert component("MultiFactorRegistration") == {
        "anyOf": [{"$ref": f"#/components/schemas/MultiFactor{each.capitalize()}Registration"} for each in METHODS]
    }
    for method, fields in bodies.items():
        assert set(component(f"MultiFactor{method}Registration")["properties"]) == fields
    assert component("MultiFactorSmsRegistration")["required"] == ["number"]


def test_a_registration_answers_what_only_it_shows() -> None:
    device = set(component("MultiFactorDevice")["properties"])
    shown = {
        method: set(component(f"MultiFactor{method.capitalize()}Registered")["properties"]) - device
        for method in METHODS
    }

    assert shown == {
        "totp": {"authenticator_url", "secret", "qr_code"},
        "hotp": {"authenticator_url", "secret", "qr_code"},
        "email": set(),
        "sms": set(),
        "recovery": {"codes"},
    }


@pytest.mark.parametrize(
    ("properties", "serializer"),
    [
        (schema.DEVICE.schema["properties"], serializers.DeviceSerializer()),
        (schema.STANDING.schema["properties"], serializers.StandingSerializer()),
        (
            schema.STANDING.schema["properties"]["verifications"]["items"]["properties"],
            serializers.ConfirmationSerializer(),
        ),
        (schema.OFFERED.schema["items"]["properties"], serializers.OfferedMethodSerializer()),
        (schema.RENAME.schema["properties"], serializers.RenameSerializer()),
        (schema.DISPATCH.schema["properties"], serializers.DispatchSerializer()),
        (schema.verification(()).schema["properties"], serializers.VerifySerializer()),
        (schema.TRUST_TOKEN.schema["properties"], serializers.TrustTokenSerializer()),
        (schema.TRUSTS.schema["items"]["properties"], serializers.TrustSerializer()),
        (schema.MADE_TRUST["properties"], serializers.MadeTrustSerializer()),
    ],
)
def test_shapes_have_the_fields_of_the_serializers(properties: dict[str, Any], serializer: Serializer[Any]) -> None:
    assert set(properties) == set(serializer.fields)


def test_methods_of_others_are_described_as_far_as_they_are_known() -> None:
    description = described(METHODS=["tests.projects.acme.Pigeon", "totp"])

    assert component("MultiFactorVerification", description)["properties"]["value"] == {"anyOf": [{}, schema.TYPED]}
    assert component("MultiFactorPigeonRegistered", description)["additionalProperties"] == {}


def test_security_keys_have_options_and_credentials() -> None:
    description = described(METHODS=["webauthn"], **WEBAUTHN)
    dispatched = operation("multi_factor_dispatch", description)["responses"]

    assert {"200", "204"} < set(dispatched)
    assert component("MultiFactorDispatched", description)["properties"] == {"options": schema.OPTIONS}
    assert component("MultiFactorVerification", description)["properties"]["value"] == schema.CREDENTIAL


def test_without_remembered_browsers_nothing_is_said_of_them() -> None:
    description = described(TRUST_LIFETIME=None)

    assert not [route for route in description["paths"] if "trust" in route]
    assert set(component("MultiFactorVerification", description)["properties"]) == {"value"}
    assert set(component("MultiFactorVerified", description)["properties"]) == {"verifications-left", "device"}


class Spoken(MultiFactorVerifierViewSet):
    """A project's own."""

    @extend_schema(operation_id="spoken", responses={200: {"type": "string"}})
    def status(self, request: Request, **_: Any) -> Response:
        return super().status(request)


def test_a_subclass_is_described_too_and_may_speak_for_itself() -> None:
    router = MultiFactorVerifierRouter()
    router.register("own", Spoken)
    description = described(router.urls)

    assert set(operation("spoken", description)["responses"]) == {"200"}
    assert operation("multi_factor_verify", description) == operation("multi_factor_verify")
    assert "schema" not in vars(MultiFactorVerifierViewSet.verify)


def test_routes_without_a_registration_have_no_options() -> None:
    patterns: Any = [path("x/<index>/", MultiFactorVerifierViewSet.as_view({"get": "retrieve"}))]

    assert set(described(patterns)["paths"]["/x/{index}/"]) == {"get"}


def test_a_registration_mounted_by_hand_has_its_options() -> None:
    patterns: Any = [path("x/<str:index>", MultiFactorRegistrationViewSet.as_view({"post": "register"}))]

    assert set(described(patterns)["paths"]["/x/{index}"]) == {"post", "options"}


def test_names_of_fields_follow_the_project(settings: Settings) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NON_FIELD_ERRORS_KEY": "all"}

    assert set(schema.field_errors("name")["properties"]) == {"name", "all"}


WITHOUT = """
import sys
from django.conf import settings
sys.modules["drf_spectacular"] = None
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "mfa"], SECRET_KEY="a key"
)
import django
django.setup()
import mfa.urls
assert "mfa.adapters.drf.schema" not in sys.modules
"""


def test_nothing_is_loaded_where_no_description_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "mfa.adapters.drf.schema")
    monkeypatch.setattr(apps, "is_installed", lambda name: name != "drf_spectacular")

    apps.get_app_config("multi_factor").ready()

    assert "mfa.adapters.drf.schema" not in sys.modules


def test_nothing_is_imported_where_it_is_not_installed() -> None:
    ended = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)  # noqa: S603 - this Python

    assert ended.returncode == 0, ended.stderr


def test_a_refusal_has_the_status_of_the_settings() -> None:
    denied = {operation["operationId"]: operation["responses"] for operation in _all(described(STEP_UP_STATUS=401))}
    removed = denied["multi_factor_remove"]

    assert schema.REFUSAL in removed["401"]["content"]["application/json"]["schema"]["anyOf"]
    assert "anyOf" not in removed["403"]["content"]["application/json"]["schema"]


def test_logging_in_by_a_passkey_is_described_where_it_is_on() -> None:
    description = described(METHODS=["webauthn"], PASSKEY_LOGIN=True, **WEBAUTHN)
    begin, log_in = (operation(name, description) for name in ("multi_factor_passkey_options", "multi_factor_passkey"))

    assert set(begin["responses"]) == {"200", "404", "406", "429", "503"}
    assert set(log_in["responses"]) == {"200", "400", "401", "404", "406", "415", "429", "503"}
    assert set(component("MultiFactorPasskeyLogin", description)["properties"]) == set(
        serializers.PasskeySerializer().fields
    )


def _all(description: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for verbs in description["paths"].values() for each in verbs.values()]
