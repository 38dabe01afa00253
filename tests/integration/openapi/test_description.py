"""The description in docs/ is what the code says, and covers every route, body and answer of the contract."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.apps import apps
from django.urls import include, path
from drf_spectacular.utils import extend_schema, inline_serializer
from pytest_django import Settings
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified, IsVerifiedOrNoDevice
from mfa.adapters.drf.routers import MultiFactorVerifierRouter
from mfa.adapters.drf.viewsets import MultiFactorRegistrationViewSet, MultiFactorVerifierViewSet, MultiFactorViewSet
from tests.integration.openapi.description import FILE, METHODS, described, kept, written

DESCRIPTION = kept()

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
    ("/multi-factor/activity/", "get"): "multi_factor_activity",
    ("/multi-factor/passkey/", "post"): "multi_factor_passkey",
    ("/multi-factor/passkey/options/", "post"): "multi_factor_passkey_options",
    ("/multi-factor/passkey/signals/", "get"): "multi_factor_signals",
}

UNAUTHENTICATED = {"not_authenticated", "authentication_failed"}
UNVERIFIED = {"verification_required", "registration_required"}
MORE = {
    **{code: {"verifications-left", "requirement"} for code in UNVERIFIED},
    **{code: {"retry_after"} for code in ("throttled", "resend_too_soon", "unavailable")},
}


def operations(description: dict[str, Any] = DESCRIPTION) -> Iterator[dict[str, Any]]:
    return (each for verbs in description["paths"].values() for each in verbs.values())


def operation(name: str, description: dict[str, Any] = DESCRIPTION) -> dict[str, Any]:
    [found] = [each for each in operations(description) if each["operationId"] == name]
    return found


def component(name: str, description: dict[str, Any] = DESCRIPTION) -> dict[str, Any]:
    found: dict[str, Any] = description["components"]["schemas"][name]
    return found


def forms(schema: dict[str, Any], description: dict[str, Any] = DESCRIPTION) -> list[dict[str, Any]]:
    """Everything that a schema may be, without references."""
    if "$ref" in schema:
        return forms(component(schema["$ref"].rpartition("/")[2], description), description)
    parts = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf") or []
    return [form for part in parts for form in forms(part, description)] or [schema]


def codes(answer: dict[str, Any], description: dict[str, Any] = DESCRIPTION) -> set[str]:
    """The codes of an answer; of field errors, their fields."""
    [content] = answer["content"].values()
    found: set[str] = set()
    for form in forms(content["schema"], description):
        properties = form["properties"]
        found |= set(forms(properties["code"], description)[0]["enum"] if "code" in properties else properties)
    return found


def properties(name: str, description: dict[str, Any] = DESCRIPTION) -> set[str]:
    return set(component(name, description)["properties"])


@pytest.mark.usefixtures("db")
def test_the_file_is_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert written() == FILE.read_text(), "make openapi writes the description anew"
    assert capsys.readouterr().err == ""


def test_every_route_is_there_with_a_summary_and_a_description() -> None:
    found = {
        (route, verb): each["operationId"]
        for route, verbs in DESCRIPTION["paths"].items()
        for verb, each in verbs.items()
    }

    assert found == OPERATIONS
    assert all(each["summary"] and each["description"] for each in operations())


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


BODY: dict[str, set[str]] = {"406": {"not_acceptable"}, "503": {"unavailable"}, "404": {"not_found"}}
READ: dict[str, set[str]] = {**BODY, "415": {"unsupported_media_type"}}
KNOWN: dict[str, set[str]] = {"401": UNAUTHENTICATED, "403": {"permission_denied", "token_required", *UNAUTHENTICATED}}
GATED: dict[str, set[str]] = {**KNOWN, "403": KNOWN["403"] | UNVERIFIED}
WRONG: dict[str, set[str]] = {"401": UNAUTHENTICATED | {"invalid_value"}}
BUSY: dict[str, set[str]] = {"429": {"throttled"}}


def malformed(*fields: str) -> dict[str, set[str]]:
    return {"400": {"parse_error", "non_field_errors", *fields}}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("overview", BODY | KNOWN),
        ("retrieve", BODY | KNOWN),
        ("status", BODY | KNOWN | {"400": {"requirement", "non_field_errors"}}),
        (
            "verify",
            READ
            | GATED
            | WRONG
            | BUSY
            | malformed("value", "trust")
            | {"404": {"not_found", "no_challenge"}, "409": {"already_registered", "device_disabled"}},
        ),
        ("rename", READ | GATED | BUSY | malformed("name")),
        ("remove", BODY | GATED | BUSY | {"409": {"device_required"}}),
        (
            "dispatch",
            READ
            | KNOWN
            | BUSY
            | malformed("reverify")
            | {
                "404": {"not_found", "not_dispatchable"},
                "409": {"already_verified", "device_disabled"},
                "429": {"throttled", "resend_too_soon"},
                "503": {"unavailable", "delivery_failed"},
            },
        ),
        ("methods", BODY | GATED),
        ("fields", BODY | GATED),
        (
            "register",
            READ
            | GATED
            | BUSY
            | malformed("name", "address", "number", "mediation")
            | {"409": {"already_registered", "device_required"}},
        ),
        ("trusts", BODY | GATED),
        ("trust", READ | KNOWN | WRONG | BUSY | malformed("token")),
        ("revoke", BODY | GATED | BUSY),
        ("activity", BODY | GATED),
        ("passkey_options", BODY | BUSY),
        ("signals", BODY | GATED),
        (
            "passkey",
            READ | BUSY | malformed("state", "value") | {"401": {"invalid_value"}, "403": {"permission_denied"}},
        ),
    ],
)
def test_an_operation_lists_the_codes_that_it_can_give(name: str, expected: dict[str, set[str]]) -> None:
    responses = operation(f"multi_factor_{name}")["responses"]

    assert {status: codes(answer) for status, answer in responses.items() if int(status) >= 400} == expected


@pytest.mark.parametrize("name", [name for name in DESCRIPTION["components"]["schemas"] if name.endswith("Error")])
def test_an_error_has_a_name_and_one_code(name: str) -> None:
    error = component(name)

    assert {"detail", "code"} <= set(error["properties"])
    [code] = forms(error["properties"]["code"])
    assert len(code["enum"]) == 1
    more = set(error["properties"]) - {"detail", "code"}
    assert more == MORE.get(code["enum"][0], set())
    assert set(error["required"]) == set(error["properties"])


def test_where_a_token_has_to_be_verified_the_header_says_what_would_do() -> None:
    for each in operations():
        denied = each["responses"].get("403")
        if denied is not None and codes(denied) >= UNVERIFIED:
            assert "WWW-Authenticate" in denied["headers"]


def test_a_registration_reads_a_name_and_the_fields_of_its_method() -> None:
    bodies = {method: properties(f"MultiFactor{method.capitalize()}Registration") - {"name"} for method in METHODS}

    assert bodies == {
        **{method: set() for method in METHODS},
        "email": {"address"},
        "sms": {"number"},
        "webauthn": {"mediation"},
    }
    assert component("MultiFactorSmsRegistration")["required"] == ["number"]
    assert len(component("MultiFactorRegistration")["anyOf"]) == len(METHODS)


def test_a_registration_answers_what_only_it_shows_by_method() -> None:
    answer = component("MultiFactorRegistered")
    device = properties("MultiFactorDevice")
    names = {method: f"MultiFactor{method.capitalize()}Registered" for method in METHODS}

    assert answer["discriminator"] == {
        "propertyName": "method",
        "mapping": {method: f"#/components/schemas/{name}" for method, name in names.items()},
    }
    assert {method: properties(name) - device for method, name in names.items()} == {
        "totp": {"authenticator_url", "secret", "qr_code"},
        "hotp": {"authenticator_url", "secret", "qr_code"},
        "email": set(),
        "sms": set(),
        "recovery": {"codes"},
        "webauthn": {"options"},
    }
    for method, name in names.items():
        assert forms(component(name)["properties"]["method"]) == [{"enum": [method], "type": "string"}]


def test_a_method_is_one_of_those_that_there_are() -> None:
    description = described(METHODS=["totp", "recovery"], TRUST_LIFETIME=None, PASSKEY_LOGIN=False)

    assert component("MultiFactorMethodName", description)["enum"] == ["totp", "recovery"]
    assert component("MultiFactorMethodName")["enum"] == METHODS


def test_a_requirement_is_one_that_the_settings_name() -> None:
    names = {"transfer": {"max_age": "5m"}, "payout": {"phishing_resistant": True}}
    [parameter] = operation("multi_factor_status", described(REQUIREMENTS=names))["parameters"]

    assert parameter["schema"]["enum"] == list(names)


def test_a_page_of_activity_is_one_of_pages_by_cursors() -> None:
    [cursor] = operation("multi_factor_activity")["parameters"]

    assert (cursor["in"], cursor["name"], cursor.get("required", False)) == ("query", "cursor", False)
    assert properties("MultiFactorActivity") == {"next", "previous", "results"}
    assert properties("MultiFactorEvent") == {"event", "verbose", "at", "device", "method", "address", "browser"}
    assert properties("MultiFactorConcernedDevice") == {"index", "name"}
    event = component("MultiFactorEvent")
    assert set(event["required"]) == set(event["properties"])
    assert {name for name, each in event["properties"].items() if each.get("nullable")} == {"device", "address"}


def test_what_has_a_default_need_not_be_sent() -> None:
    for name in ("MultiFactorVerify", "MultiFactorDispatch"):
        assert all("default" not in each for each in component(name)["properties"].values())
    assert component("MultiFactorVerify")["required"] == ["value"]
    assert "requestBody" in (dispatch := operation("multi_factor_dispatch"))
    assert "required" not in dispatch["requestBody"]
    assert component("MultiFactorRename")["required"] == ["name"]


def test_methods_of_others_are_described_as_far_as_they_are_known() -> None:
    description = described(METHODS=["tests.projects.acme.Pigeon", "totp"], PASSKEY_LOGIN=False)

    [anything, code] = component("MultiFactorVerify", description)["properties"]["value"]["anyOf"]
    assert anything == {}
    assert code["type"] == "string"
    assert component("MultiFactorPigeonRegistered", description)["additionalProperties"] == {}
    assert "200" not in operation("multi_factor_dispatch", description)["responses"]


def test_without_remembered_browsers_nothing_is_said_of_them() -> None:
    description = described(TRUST_LIFETIME=None)

    assert not [route for route in description["paths"] if "trust" in route]
    assert properties("MultiFactorVerify", description) == {"value"}
    assert properties("MultiFactorVerified", description) == {"verifications-left", "device"}
    assert "trust" not in codes(operation("multi_factor_verify", description)["responses"]["400"], description)


def test_what_a_cookie_holds_is_in_no_body() -> None:
    description = described(TRUST_COOKIE="mfa_trust")
    shown, kept = operation("multi_factor_trust", description), "MultiFactorKeptTrust"

    assert "requestBody" not in shown
    assert "400" not in shown["responses"]
    assert component("MultiFactorVerified", description)["properties"]["trust"] == {
        "$ref": f"#/components/schemas/{kept}"
    }
    assert properties(kept, description) == {"expires_at"}


def test_without_passkey_logins_nothing_is_said_of_them() -> None:
    routes = [route for route in described(PASSKEY_LOGIN=False)["paths"] if "passkey" in route]

    assert routes == ["/multi-factor/passkey/signals/"]


class Spoken(MultiFactorVerifierViewSet):
    """A project's own."""

    @extend_schema(operation_id="spoken", responses={200: {"type": "string"}})
    def status(self, request: Request, **_: Any) -> Response:
        return super().status(request)


def test_a_subclass_is_described_too_and_may_speak_for_itself() -> None:
    router = MultiFactorVerifierRouter()
    router.register("own", Spoken)
    description = described(router.urls)

    assert set(operation("spoken", description)["responses"]) == {"200", "403"}
    assert operation("multi_factor_verify", description)["responses"] == operation("multi_factor_verify")["responses"]
    assert "schema" not in vars(MultiFactorVerifierViewSet.verify)


def test_a_registration_mounted_by_hand_has_its_options_and_leads_nowhere() -> None:
    patterns: Any = [path("x/<str:index>", MultiFactorRegistrationViewSet.as_view({"post": "register"}))]
    found = described(patterns)["paths"]["/x/{index}"]

    assert set(found) == {"post", "options"}
    assert "links" not in found["post"]["responses"]["201"]


def test_a_refusal_has_the_status_of_the_settings() -> None:
    description = described(STEP_UP_STATUS=401)
    removed = operation("multi_factor_remove", description)["responses"]

    assert codes(removed["401"], description) >= UNVERIFIED
    assert not codes(removed["403"], description) & UNVERIFIED


# A project's own views


class Payslips(APIView):
    permission_classes: Sequence[Any] = (IsAuthenticated, IsVerified)

    @extend_schema(responses=inline_serializer("Payslip", {"method": serializers.ChoiceField(["cash", "bank"])}))
    def get(self, request: Request) -> Response:
        return Response({})

    @extend_schema(request=None, responses={204: None, 403: {"type": "string"}})
    def post(self, request: Request) -> Response:
        return Response(status=204)


class Token(Payslips):
    permission_classes = (IsTokenAuthenticated,)


class Composed(Payslips):
    permission_classes = (IsAdminUser | (IsAuthenticated & IsVerifiedOrNoDevice),)


class Chosen(Payslips):
    permission_classes = ()

    def get_permissions(self) -> list[Any]:
        return [IsVerified()] if self.request.method == "GET" else []


class Open(Payslips):
    permission_classes = (~IsAdminUser,)


class Beside(MultiFactorViewSet):
    """Behaves as the package's own, and is none of them."""

    @extend_schema(responses={200: {"type": "string"}})
    def show(self, request: Request) -> Response:
        return Response("")


@extend_schema(responses={200: {"type": "string"}})
@api_view(["GET"])
@permission_classes([IsVerified])
def plain(request: Request) -> Response:
    return Response("")


def answers_of(view: Callable[..., Any], verb: str = "get", **mfa: Any) -> dict[str, Any]:
    description = described([path("payslips/", view)], **mfa)
    answers: dict[str, Any] = description["paths"]["/payslips/"][verb]["responses"]
    return {status: codes(answer, description) if int(status) >= 400 else None for status, answer in answers.items()}


@pytest.mark.parametrize(
    ("view", "refused"),
    [
        (Payslips.as_view(), {"token_required", *UNVERIFIED}),
        (Composed.as_view(), {"token_required", *UNVERIFIED}),
        (Chosen.as_view(), {"token_required", *UNVERIFIED}),
        (plain, {"token_required", *UNVERIFIED}),
        (Token.as_view(), {"token_required"}),
        (Beside.as_view({"get": "show"}), {"token_required"}),
        (Open.as_view(permission_classes=(IsTokenAuthenticated,)), {"token_required"}),
    ],
)
def test_a_view_of_a_project_says_what_its_permissions_refuse(view: Callable[..., Any], refused: set[str]) -> None:
    assert answers_of(view) == {"200": None, "403": refused}


def test_a_refusal_of_a_project_has_the_status_of_the_settings() -> None:
    assert answers_of(Payslips.as_view(), STEP_UP_STATUS=401) == {
        "200": None,
        "401": UNVERIFIED,
        "403": {"token_required"},
    }


def test_a_view_without_such_permissions_is_left_alone() -> None:
    assert answers_of(Open.as_view()) == {"200": None}


def test_what_a_project_says_of_an_answer_stands() -> None:
    description = described([path("payslips/", Payslips.as_view())])

    denied = description["paths"]["/payslips/"]["post"]["responses"]["403"]
    assert denied["content"]["application/json"]["schema"] == {"type": "string"}


def test_enumerations_of_a_project_keep_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    hooks = ["drf_spectacular.hooks.postprocess_schema_enums"]
    patterns: Any = [path("payslips/", Payslips.as_view()), path("", include("mfa.urls"))]

    found = described(patterns, {"POSTPROCESSING_HOOKS": hooks})["components"]["schemas"]

    assert {name for name in found if not name.startswith("MultiFactor")} == {"Payslip", "MethodEnum"}
    assert capsys.readouterr().err == ""


def test_requests_may_be_described_apart(capsys: pytest.CaptureFixture[str]) -> None:
    description = described(spectacular={"COMPONENT_SPLIT_REQUEST": True})

    assert component("MultiFactorVerifyRequest", description)["required"] == ["value"]
    assert ("/multi-factor/register/{index}/", "options") in {
        (route, verb) for route, verbs in description["paths"].items() for verb in verbs
    }
    assert capsys.readouterr().err == ""


def test_names_of_fields_follow_the_project(settings: Settings) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NON_FIELD_ERRORS_KEY": "all"}

    assert properties("MultiFactorRenameErrors", described()) == {"name", "all"}


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
    others = {each.name for each in apps.get_app_configs()} - {"drf_spectacular"}
    monkeypatch.setattr(apps, "is_installed", others.__contains__)

    apps.get_app_config("multi_factor").ready()

    assert "mfa.adapters.drf.schema" not in sys.modules


def test_nothing_is_imported_where_it_is_not_installed() -> None:
    ended = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)  # noqa: S603 - this Python

    assert ended.returncode == 0, ended.stderr
