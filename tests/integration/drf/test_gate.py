import base64

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from tests.integration.drf.people import MOUNT, Person, World

STEP_UP = 'Token error="insufficient_user_authentication", error_description="{}"'
DIFFERENT = STEP_UP.format("A different authentication level is required")
BASIC = "Basic " + base64.b64encode(b"ann:a password").decode()
TOKEN_REQUIRED = {"detail": "Only a token can be verified; these credentials are none.", "code": "token_required"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("get", "status/"),
        ("get", "0/"),
        ("post", "0/"),
        ("patch", "0/"),
        ("delete", "0/"),
        ("options", "0/"),
        ("head", "0/"),
        ("put", "0/"),
        ("post", "0/dispatch/"),
        ("get", "register/"),
        ("post", "register/totp/"),
        ("options", "register/totp/"),
        ("post", "register/fax/"),
    ],
)
@pytest.mark.parametrize("credentials", [None, "Token 0123456789"])
@pytest.mark.django_db
def test_every_route_needs_a_token(method: str, path: str, credentials: str | None) -> None:
    client = APIClient()
    if credentials:
        client.credentials(HTTP_AUTHORIZATION=credentials)

    answer = getattr(client, method)(MOUNT + path)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert answer.headers["Cache-Control"] == "no-store"
    if method != "head":
        assert answer.json()["code"] == ("authentication_failed" if credentials else "not_authenticated")


@pytest.mark.urls("tests.integration.drf.mounts")
class TestOtherCredentials:
    @pytest.mark.parametrize("path", ["", "status/", "0/"])
    def test_a_password_is_no_token(self, ann: Person, path: str) -> None:
        answer = APIClient().get(f"/any/{path}", headers={"Authorization": BASIC})

        assert answer.status_code == 403
        assert answer.json() == TOKEN_REQUIRED
        assert answer.headers["Cache-Control"] == "no-store"

    def test_a_session_is_no_token(self, ann: Person) -> None:
        client = APIClient()
        client.force_login(ann.user)

        assert client.get("/any/").json() == TOKEN_REQUIRED

    def test_without_credentials_a_session_has_no_challenge(self, db: None) -> None:
        answer = APIClient().get("/any/")

        assert answer.status_code == 403
        assert answer.json()["code"] == "not_authenticated"

    def test_other_permissions_do_not_help(self, ann: Person) -> None:
        client = APIClient()
        client.force_login(ann.user)

        answer = client.get("/careless")

        assert answer.status_code == 403
        assert answer.json() == TOKEN_REQUIRED

    @pytest.mark.parametrize("path", ["token", "newcomer", "composed"])
    def test_a_view_of_the_project_refuses_them_too(self, ann: Person, path: str) -> None:
        answer = APIClient().get(f"/{path}/", headers={"Authorization": BASIC})

        assert answer.status_code == 403
        assert "detail" in answer.json()


def test_a_newcomer_is_sent_to_register(ann: Person) -> None:
    answer = ann.gate()

    assert answer.status_code == 403
    assert answer.json() == {
        "detail": "Register a device first.",
        "code": "registration_required",
        "verifications-left": 1,
        "requirement": {"verifications": 1, "methods": None, "max_age": None, "phishing_resistant": False},
    }
    assert answer.headers["WWW-Authenticate"] == DIFFERENT


def test_a_pending_device_opens_nothing_and_closes_nothing(ann: Person) -> None:
    ann.register_app()

    assert ann.gate().json()["code"] == "registration_required"
    assert ann.get("register/").status_code == 200


def test_a_new_token_starts_unverified(ann: Person) -> None:
    ann.enrol_app()
    assert ann.gate().json() == {"secret": "the project's own"}

    answer = ann.again().gate()

    assert answer.status_code == 403
    assert answer.json() == {
        "detail": "Verify with one of your devices first.",
        "code": "verification_required",
        "verifications-left": 1,
        "requirement": {"verifications": 1, "methods": None, "max_age": None, "phishing_resistant": False},
    }
    assert answer.headers["WWW-Authenticate"] == DIFFERENT


@pytest.mark.urls("tests.integration.drf.mounts")
class TestCompositions:
    def test_a_view_of_the_project_has_its_answer(self, ann: Person) -> None:
        assert ann.client.get("/token/").status_code == 200
        assert ann.client.get("/newcomer/").status_code == 200
        refused = ann.client.get("/composed/")
        assert refused.status_code == 403
        assert refused.json()["code"] == "registration_required"

        ann.enrol_app()

        assert ann.client.get("/composed/").status_code == 200
        again = ann.again()
        assert again.client.get("/token/").status_code == 200
        refused = again.client.get("/newcomer/")
        assert refused.json()["code"] == "verification_required"
        assert refused.headers["WWW-Authenticate"] == DIFFERENT

    def test_the_last_of_two_alternatives_refuses(self, ann: Person) -> None:
        assert ann.client.get("/staff/").json()["code"] == "registration_required"

        ann.user.is_staff = True
        ann.user.save()

        assert ann.client.get("/staff/").status_code == 200

    def test_several_permissions_ask_once(self, ann: Person, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        ann.enrol_app()

        with django_assert_num_queries(2):
            assert ann.client.get("/composed/").status_code == 200


def test_the_gate_costs_one_statement_beyond_the_token(
    ann: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        assert ann.gate().status_code == 403

    ann.enrol_app()

    with django_assert_num_queries(2):
        assert ann.gate().status_code == 200


def test_a_standing_is_asked_for_at_each_request(ann: Person, world: World) -> None:
    ann.enrol_app()
    assert ann.gate().status_code == 200

    ann.delete("0/")

    assert ann.gate().status_code == 403
