"""Requirements, policies and periods of grace, over HTTP."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.urls import path
from pytest_django import DjangoAssertNumQueries
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from mfa.adapters.django.decorators import verified
from mfa.adapters.django.gate import View
from mfa.adapters.django.middleware import VerifiedMiddleware
from mfa.adapters.drf.permissions import IsVerified, check_requirement
from mfa.adapters.requests import Demanded
from mfa.domain.policies import Requirement
from tests import urls
from tests.integration.drf.people import Answer, Person, World
from tests.urls import ProtectedView

FRESH = Requirement(max_age=timedelta(minutes=5))
DEADLINE = "MFA-Registration-Deadline"
POLICIES = "mfa.domain.policies."

pytestmark = pytest.mark.urls(__name__)


class TransferView(APIView):
    permission_classes = (IsVerified,)
    mfa_requirement: Demanded = FRESH

    def get(self, request: Request) -> Response:
        return Response({})


class LargeTransferView(TransferView):
    def get_mfa_requirement(self) -> Demanded | None:
        return FRESH if "amount" in self.request.query_params else None


@api_view(["GET"])
@permission_classes([IsVerified])
def inside(request: Request) -> Response:
    check_requirement(request, Requirement(verifications=2))
    check_requirement(request, FRESH)
    return Response({})


class OpenView(APIView):
    permission_classes = ()

    def get(self, request: Request) -> Response:
        check_requirement(request, FRESH)
        return Response({})


class NamedView(TransferView):
    mfa_requirement = "transfer"


class SeveralView(TransferView):
    mfa_requirement = (Requirement(verifications=1), "transfer")


class NamingView(TransferView):
    def get_mfa_requirement(self) -> str:
        return "transfer"


class NamedInsideView(OpenView):
    def get(self, request: Request) -> Response:
        check_requirement(request, "transfer")
        return Response({})


class NamingMiddleware(VerifiedMiddleware):
    mfa_requirement = "transfer"

    def is_exempt(self, request: HttpRequest, view: View | None) -> bool:
        return request.path != "/behind/"


NAMED = ["/named/", "/several/", "/naming/", "/named-inside/", "/decorated/", "/behind/"]

urlpatterns = [
    *urls.urlpatterns,
    path("named/", NamedView.as_view()),
    path("several/", SeveralView.as_view()),
    path("naming/", NamingView.as_view()),
    path("named-inside/", NamedInsideView.as_view()),
    path("decorated/", verified("transfer")(ProtectedView.as_view())),
    path("behind/", ProtectedView.as_view()),
    path("transfer/", TransferView.as_view()),
    path("large/", LargeTransferView.as_view()),
    path("inside/", inside),
    path("open/", OpenView.as_view()),
]


def ask(person: Person, path: str) -> Answer:
    answer: Answer = person.client.get(path)
    return answer


class TestRequirements:
    def test_a_transfer_wants_a_fresh_verification(self, ann: Person, world: World) -> None:
        app = ann.enrol_app()
        assert ask(ann, "/transfer/").status_code == 200
        world.pass_time(timedelta(minutes=5, seconds=1))

        refused = ask(ann, "/transfer/")

        assert refused.status_code == 403
        assert refused.json() == {
            "detail": "Verify with one of your devices first.",
            "code": "verification_required",
            "verifications-left": 1,
            "requirement": {"verifications": 1, "methods": None, "max_age": 300, "phishing_resistant": False},
        }
        assert refused.headers["WWW-Authenticate"] == (
            'Token error="insufficient_user_authentication", '
            'error_description="More recent authentication is required", max_age="300"'
        )
        assert ann.gate().status_code == 200
        ann.prove(app)
        assert ask(ann, "/transfer/").status_code == 200

    def test_a_newcomer_is_sent_to_register(self, ann: Person) -> None:
        refused = ask(ann, "/transfer/")

        assert (refused.status_code, refused.json()["code"]) == (403, "registration_required")

    @pytest.mark.parametrize("path", NAMED)
    def test_a_requirement_may_be_named_in_the_settings(self, ann: Person, world: World, path: str) -> None:
        world.settings.MIDDLEWARE = [*world.settings.MIDDLEWARE, f"{__name__}.NamingMiddleware"]
        world.configure(REQUIREMENTS={"transfer": {"max_age": "5m"}})
        ann.enrol_app()
        assert ask(ann, path).status_code == 200
        world.pass_time(timedelta(minutes=5, seconds=1))

        refused = ask(ann, path)

        assert refused.status_code == 403
        assert refused.json()["requirement"] == {
            "verifications": 1,
            "methods": None,
            "max_age": 300,
            "phishing_resistant": False,
        }
        world.configure()
        with pytest.raises(ImproperlyConfigured, match="'transfer' is no requirement"):
            ask(ann, path)

    def test_a_view_may_decide_for_each_request(self, ann: Person, world: World) -> None:
        ann.enrol_app()
        world.pass_time(timedelta(minutes=6))

        assert ask(ann, "/large/").status_code == 200
        assert ask(ann, "/large/?amount=1").status_code == 403

    def test_code_inside_a_view_asks_without_another_statement(
        self, ann: Person, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        ann.enrol_app()
        assert ask(ann, "/inside/").json()["verifications-left"] == 1
        ann.enrol_mail()

        with django_assert_num_queries(2):
            assert ask(ann, "/inside/").status_code == 200

    def test_without_a_token_that_is_401(self, db: None) -> None:
        answer = APIClient().get("/open/")

        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Token")

    def test_the_status_may_be_that_of_the_rfc(self, ann: Person, world: World) -> None:
        world.configure(STEP_UP_STATUS=401)

        assert ask(ann, "/transfer/").status_code == ann.gate().status_code == 401
        assert ann.gate().headers["WWW-Authenticate"].startswith('Token error="insufficient_user_authentication"')

    def test_the_package_itself_answers_so_too(self, ann: Person, world: World) -> None:
        world.configure(STEP_UP_STATUS=401)
        ann.enrol_app()
        world.pass_time(timedelta(minutes=11))

        answer = ann.delete("0/")

        assert (answer.status_code, answer.json()["code"]) == (401, "verification_required")
        assert 'max_age="600"' in answer.headers["WWW-Authenticate"]


class TestGrace:
    def test_until_it_ends_a_user_without_a_device_passes(self, ann: Person, world: World) -> None:
        end = world.clock.now() + timedelta(days=1)
        world.configure(REGISTRATION_DEADLINE=f"{end:%Y-%m-%dT%H:%M:%SZ}")

        answer = ann.gate()

        assert answer.status_code == 200
        assert answer.headers[DEADLINE] == f"{end:%Y-%m-%dT%H:%M:%SZ}"
        assert ann.get("status/").json()["verified"] is False
        assert ask(ann, "/transfer/").json()["code"] == "registration_required"
        assert DEADLINE not in ask(ann, "/transfer/").headers
        world.pass_time(timedelta(days=1))
        refused = ann.gate()
        assert (refused.status_code, refused.json()["code"]) == (403, "registration_required")
        assert DEADLINE not in refused.headers

    def test_with_a_device_it_is_over(self, ann: Person, world: World) -> None:
        world.configure(REGISTRATION_DEADLINE="9999-12-31T00:00:00Z")
        ann.enrol_app()
        assert DEADLINE not in ann.gate().headers

        assert ann.again().gate().json()["code"] == "verification_required"

    def test_a_while_counts_from_joining(
        self, ann: Person, world: World, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        world.configure(REGISTRATION_DEADLINE="14d")
        ann.user.date_joined = world.clock.now()
        ann.user.save()

        with django_assert_num_queries(3):
            answer = ann.gate()

        assert answer.status_code == 200
        assert answer.headers[DEADLINE] == f"{world.clock.now() + timedelta(days=14):%Y-%m-%dT%H:%M:%SZ}"


class TestPolicies:
    @pytest.mark.parametrize(
        ("policy", "newcomer", "statements"),
        [("EveryUser", 403, 2), ("EnrolledUsers", 200, 2), ("Staff", 200, 3), ("Groups", 200, 3)],
    )
    def test_who_is_asked_and_what_that_costs(
        self,
        policy: str,
        newcomer: int,
        statements: int,
        ann: Person,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        ann.world.configure(VERIFICATION_POLICY=POLICIES + policy, POLICY_GROUPS=["bankers"])

        with django_assert_num_queries(statements):
            assert ann.gate().status_code == newcomer
        ann.enrol_app()
        with django_assert_num_queries(2):
            assert ann.gate().status_code == 200
        assert ann.again().gate().status_code == 403

    @pytest.mark.parametrize("policy", ["Staff", "Groups"])
    def test_a_member_has_to_register_and_to_keep_a_device(self, policy: str, ann: Person, world: World) -> None:
        world.configure(VERIFICATION_POLICY=POLICIES + policy, POLICY_GROUPS=["bankers"])
        ann.user.is_staff = True
        ann.user.save()
        ann.user.groups.add(Group.objects.create(name="bankers"))
        assert ann.gate().json()["code"] == "registration_required"
        ann.enrol_app()

        answer = ann.delete("0/")

        assert (answer.status_code, answer.json()["code"]) == (409, "device_required")
        assert ann.gate().status_code == 200
        ann.enrol_mail()
        assert ann.delete("0/").status_code == 204

    def test_others_may_remove_their_last_one(self, ann: Person, world: World) -> None:
        world.configure(VERIFICATION_POLICY=POLICIES + "Staff")
        ann.enrol_app()

        assert ann.delete("0/").status_code == 204
        assert ann.gate().status_code == 200
