"""Every refusal goes through the exception handler of the project, and has its code on every view of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import JsonResponse
from django.urls import path
from pytest_django import Settings
from rest_framework.authentication import BasicAuthentication, TokenAuthentication
from rest_framework.permissions import BasePermission, IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView, exception_handler

from mfa.adapters import accessor
from mfa.adapters.django.models import DeviceRecord
from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified, IsVerifiedOrNoDevice, check_requirement
from mfa.application.dispatching import RequestChallenge
from mfa.domain.errors import AlreadyVerified, BrokenSeal, DeviceNotFound, InvalidField, ResendTooSoon, Unavailable
from mfa.domain.policies import Requirement
from tests import urls
from tests.integration.drf.people import Person, World

OWN = "mfa.adapters.drf.errors.exception_handler"
ENVELOPE = f"{__name__}.in_an_envelope"
OF_DJANGO = f"{__name__}.in_a_response_of_django"
BY_DATE = f"{__name__}.until_when"
STOCK = "rest_framework.views.exception_handler"

DATE = "Sat, 31 Jan 2026 12:00:30 GMT"

BASIC = {"Authorization": "Basic YW5uOmEgcGFzc3dvcmQ="}


def in_an_envelope(error: Exception, context: dict[str, Any]) -> Response | None:
    """The exception handler of a project, as many have it."""
    response = exception_handler(error, context)
    if response is not None:
        response.data = {"error": response.data, "ok": False}
    return response


def in_a_response_of_django(error: Exception, context: dict[str, Any]) -> JsonResponse | None:
    """One that renders its answers itself, which the framework lets pass."""
    response = in_an_envelope(error, context)
    if response is None:
        return None
    kept = {name: response[name] for name in ("Retry-After", "WWW-Authenticate") if name in response}
    return JsonResponse(response.data, status=response.status_code, headers=kept)


def until_when(error: Exception, context: dict[str, Any]) -> Response | None:
    """One that writes a date where most write seconds (RFC 9110 section 10.2.3)."""
    response = exception_handler(error, context)
    if response is not None and "Retry-After" in response:
        response["Retry-After"] = DATE
    return response


class Raising(APIView):
    """A view that calls the core, and lets its errors go."""

    def post(self, request: Request, error: str) -> Response:
        raise ERRORS[error]


class Sending(APIView):
    """A view that has a code sent."""

    def post(self, request: Request) -> Response:
        use_cases = accessor.use_cases()
        token = use_cases.token_provider.token_of(request)
        assert token is not None
        use_cases.dispatch_challenge(RequestChallenge(token=token, index=0))
        return Response(status=204)


class Guarded(APIView):
    authentication_classes = (TokenAuthentication, BasicAuthentication)

    def get(self, request: Request) -> Response:
        return Response({})


class Inside(Guarded):
    def get(self, request: Request) -> Response:
        check_requirement(request, Requirement())
        return Response({})


class OrByPassword(IsVerified):
    def has_permission(self, request: Request, view: object) -> bool:
        return super().has_permission(request, view) or isinstance(
            request.successful_authenticator, BasicAuthentication
        )


class Deciding(Guarded):
    def get_permissions(self) -> list[BasePermission]:
        return [IsVerified()]


ERRORS = {
    "missing": DeviceNotFound(3),
    "conflict": AlreadyVerified(),
    "field": InvalidField("address", "required"),
    "wait": ResendTooSoon(timedelta(seconds=30)),
    "away": Unavailable(),
    "fault": BrokenSeal(),
}

PERMISSIONS = {"token": IsTokenAuthenticated, "verified": IsVerified, "newcomer": IsVerifiedOrNoDevice}
WHERE = [*PERMISSIONS, "inside", "deciding", "composed", "both"]

urlpatterns = [
    *urls.urlpatterns,
    path("raising/<str:error>/", Raising.as_view()),
    path("sending/", Sending.as_view()),
    path("inside/", Inside.as_view()),
    path("deciding/", Deciding.as_view()),
    path("composed/", Guarded.as_view(permission_classes=[IsAdminUser | IsVerified])),
    path("subclass/", Guarded.as_view(permission_classes=[OrByPassword])),
    path("both/", Guarded.as_view(permission_classes=[IsTokenAuthenticated & IsVerified])),
    *(path(f"{name}/", Guarded.as_view(permission_classes=[each])) for name, each in PERMISSIONS.items()),
]

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def handler(settings: Settings, request: pytest.FixtureRequest) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "EXCEPTION_HANDLER": request.param}


@pytest.mark.parametrize("handler", [OWN], indirect=True)
@pytest.mark.usefixtures("handler")
class TestOwnHandler:
    @pytest.mark.parametrize(
        ("error", "status", "body"),
        [
            ("missing", 404, {"detail": "Not found.", "code": "not_found"}),
            ("conflict", 409, {"detail": "This device is verified already.", "code": "already_verified"}),
            ("field", 400, {"address": ["This field is required."]}),
            (
                "wait",
                429,
                {
                    "detail": "A code was sent already; wait before you ask for another.",
                    "code": "resend_too_soon",
                    "retry_after": 30,
                },
            ),
            ("away", 503, {"detail": "Not possible just now; try again.", "code": "unavailable", "retry_after": 1}),
        ],
    )
    def test_what_the_core_refuses_is_an_answer(
        self, ann: Person, error: str, status: int, body: dict[str, object]
    ) -> None:
        answer = ann.client.post(f"/raising/{error}/")

        assert (answer.status_code, answer.json()) == (status, body)
        assert answer.headers.get("Retry-After") == (str(body["retry_after"]) if "retry_after" in body else None)

    def test_a_view_answers_as_the_route_does(self, ann: Person) -> None:
        mail = ann.register_mail()
        assert ann.client.post("/sending/").status_code == 204

        answer, expected = ann.client.post("/sending/"), ann.post(f"{mail}/dispatch/")

        assert (answer.status_code, answer.json()) == (expected.status_code, expected.json())
        assert answer.json()["code"] == "resend_too_soon"

    def test_a_fault_stays_one(self, ann: Person) -> None:
        with pytest.raises(BrokenSeal):
            ann.client.post("/raising/fault/")

    def test_all_else_is_left_to_the_framework(self, ann: Person) -> None:
        assert ann.client.get("/raising/fault/").json() == {"detail": 'Method "GET" not allowed.'}


@pytest.mark.parametrize("handler", [STOCK, OWN, ENVELOPE], indirect=True)
@pytest.mark.usefixtures("handler")
class TestCodes:
    """Refusals of the permissions, on views that are a project's own."""

    def codes(self, answer: Any) -> object:  # noqa: ANN401 - a response with the test client's extras
        body = answer.json()
        return body.get("error", body)["code"]

    @pytest.mark.parametrize("where", WHERE)
    def test_without_credentials(self, where: str, db: None) -> None:
        answer = APIClient().get(f"/{where}/")

        assert (answer.status_code, self.codes(answer)) == (401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"] == "Token"

    @pytest.mark.parametrize("where", WHERE)
    def test_with_credentials_that_are_no_token(self, ann: Person, where: str) -> None:
        answer = APIClient().get(f"/{where}/", headers=BASIC)

        assert (answer.status_code, self.codes(answer)) == (403, "token_required")

    def test_a_subclass_may_let_them_pass(self, ann: Person) -> None:
        assert APIClient().get("/subclass/", headers=BASIC).status_code == 200

    @pytest.mark.parametrize("where", [each for each in WHERE if each != "token"])
    def test_with_a_token_that_is_not_verified(self, ann: Person, where: str) -> None:
        ann.enrol_app()

        answer = ann.again().client.get(f"/{where}/")

        assert (answer.status_code, self.codes(answer)) == (403, "verification_required")


@pytest.mark.parametrize("handler", [ENVELOPE, OF_DJANGO], indirect=True)
@pytest.mark.usefixtures("handler")
class TestRoutes:
    def test_a_wrong_value_is_answered_by_the_handler_and_counted(self, ann: Person, world: World) -> None:
        world.configure(TRUST_LIFETIME="30d")
        app = ann.enrol_app()
        for wrong in (ann.verify(app.index, "0"), ann.post("trust/", {"token": "of nobody"})):
            assert wrong.status_code == 401
            assert wrong.json() == {
                "error": {"detail": "This value is not valid.", "code": "invalid_value"},
                "ok": False,
            }
            assert wrong.headers["WWW-Authenticate"] == 'JSON realm="multi factor verification"'
            assert wrong.headers["Cache-Control"] == "no-store"

        assert DeviceRecord.objects.get().failures == 1

    def test_every_refusal_is(self, ann: Person) -> None:
        app = ann.enrol_app()
        mail = ann.register_mail()
        ann.post(f"{mail}/dispatch/")
        refused = [
            APIClient().get("/multi-factor/"),
            ann.get("9/"),
            ann.post(f"{app.index}/dispatch/"),
            ann.post(f"{mail}/dispatch/"),
            ann.post(f"{app.index}/", {"value": None}),
            ann.post(f"{app.index}/", {"value": "0" * 5000}),
            ann.client.put("/multi-factor/0/"),
            ann.client.post("/multi-factor/0/", b"{", content_type="application/json"),
            ann.client.post("/multi-factor/0/", b"<value/>", content_type="application/xml"),
            ann.again().get("register/"),
        ]

        assert [answer.status_code for answer in refused] == [401, 404, 404, 429, 400, 400, 405, 400, 415, 403]
        assert [answer.json().get("ok") for answer in refused] == [False] * len(refused)


@pytest.mark.parametrize("handler", [BY_DATE], indirect=True)
@pytest.mark.usefixtures("handler")
def test_a_handler_may_write_a_date(ann: Person) -> None:
    mail = ann.register_mail()
    assert ann.post(f"{mail}/dispatch/").status_code == 204

    answer = ann.post(f"{mail}/dispatch/")

    assert (answer.status_code, answer.headers["Retry-After"], answer.json()["retry_after"]) == (429, DATE, 30)


def test_in_a_projects_test_case_no_refusal_breaks_its_transaction(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs in a transaction, which the framework takes for that of the request."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", value=True)
    app = ann.enrol_app()

    assert ann.verify(app.index, "0").status_code == 401
    assert ann.post(f"{app.index}/", {"value": None}).status_code == 400
    assert ann.get("9/").status_code == 404

    assert DeviceRecord.objects.get().failures == 1
