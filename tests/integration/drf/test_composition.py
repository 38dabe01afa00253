"""How a project mounts the routes, replaces parts of them, and looks at them in a browser."""

import importlib
from collections.abc import Sequence
from itertools import chain, permutations
from typing import Any

import pytest
from django.urls import URLResolver, include, path, reverse
from django.urls.resolvers import RegexPattern
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from mfa.adapters import accessor
from mfa.adapters.drf.activity import MultiFactorActivityRouter, MultiFactorActivityViewSet
from mfa.adapters.drf.passkeys import MultiFactorPasskeyRouter, MultiFactorPasskeyViewSet
from mfa.adapters.drf.routers import MultiFactorRegisterRouter, MultiFactorRouter, MultiFactorVerifierRouter
from mfa.adapters.drf.trusts import MultiFactorTrustRouter, MultiFactorTrustViewSet
from mfa.adapters.drf.viewsets import (
    MultiFactorRegistrationViewSet,
    MultiFactorVerifierViewSet,
    MultiFactorViewSet,
)
from mfa.adapters.memory.system import FrozenClock
from mfa.adapters.serializers import RegistrationSerializer, TextField, VerifySerializer
from mfa.application.ports.tokens import TokenProvider
from mfa.application.use_cases import UseCases
from mfa.domain.identifiers import Token
from tests import urls
from tests.integration.drf.people import Person, World

MOUNTS = pytest.mark.urls("tests.integration.drf.mounts")


def test_a_provider_may_be_overridden_after_the_urls_are_loaded(ann: Person, world: World) -> None:
    assert ann.register_app().index == 0
    later = FrozenClock(world.clock.time.replace(year=2030))

    with world.container.clock.override(later):
        answer = ann.post("register/email/")

    assert answer.json()["created_at"] == "2030-01-31T12:00:00Z"


class NoTokens(TokenProvider):
    @property
    def scheme(self) -> str:
        return "None"

    def token_of(self, request: object) -> Token | None:
        return None


def test_so_may_the_token_provider(ann: Person, world: World) -> None:
    with world.container.token_provider.override(NoTokens()):
        assert ann.get().json()["code"] == "token_required"
        assert ann.gate().status_code == 403

    assert ann.get().status_code == 200


@MOUNTS
def test_a_subclass_may_ask_for_more(ann: Person) -> None:
    refused = ann.client.post("/strict/multi-factor/register/totp/")

    assert refused.status_code == 403
    assert refused.json()["code"] == "registration_required"
    assert refused.headers["Cache-Control"] == "no-store"


@MOUNTS
def test_a_subclass_stands_beside_the_stock_verifier(ann: Person) -> None:
    ann.enrol_app()

    assert ann.client.get("/strict/multi-factor/status/").json()["verified"] is True
    assert ann.client.get("/strict/multi-factor/0/").status_code == 200
    answer = ann.client.post("/strict/multi-factor/register/email/")
    assert answer.status_code == 201
    assert ann.client.post("/strict/multi-factor/1/dispatch/").status_code == 204


@MOUNTS
def test_a_view_may_be_mounted_by_hand(ann: Person) -> None:
    ann.register_app("by hand")

    assert ann.client.get("/by-hand/0").json()["name"] == "by hand"
    assert ann.client.get("/by-hand/1").status_code == 404


@MOUNTS
def test_an_index_may_be_a_number_already(ann: Person) -> None:
    assert ann.client.post("/by-number/register/0").status_code == 201
    assert ann.client.post("/by-number/register/9").status_code == 404

    assert ann.client.get("/by-number/0").json()["method"] == "totp"
    assert ann.client.get("/by-number/1").status_code == 404
    assert ann.client.post("/by-number/0", {"value": "000000"}).status_code == 401


@MOUNTS
def test_routes_may_have_no_slash_and_another_name(ann: Person) -> None:
    assert reverse("careless-specific", args=[3]) == "/careless/3"
    assert reverse("multi-factor/register-overview") == "/strict/multi-factor/register/"
    assert ann.client.get("/careless/status").status_code == 200


@MOUNTS
def test_arguments_of_a_projects_own_paths_are_left_alone(ann: Person) -> None:
    assert ann.client.get("/v/2/status/").status_code == 200
    assert ann.client.post("/v/2/register/totp/").status_code == 201
    for answer in (
        ann.client.get("/v/2/"),
        ann.client.get("/v/2/register/"),
        ann.client.get("/v/2/0/"),
        ann.client.post("/v/2/0/", {"value": "000000"}),
        ann.client.patch("/v/2/0/", {"name": "x"}),
        ann.client.post("/v/2/0/dispatch/"),
        ann.client.delete("/v/2/0/"),
        ann.client.get("/v/2/this-was-not-me/nothing-signed/"),
    ):
        assert answer.status_code in {200, 204, 401, 403, 404}


class Extended(MultiFactorVerifierViewSet):
    @action(detail=False)
    def help(self, request: Request) -> Response:
        return Response("read the manual")

    @action(detail=True)
    def picture(self, request: Request, index: str) -> Response:
        return Response(self.device(request, index).device.method)


class NeverSeven(VerifySerializer):
    """Reads as the package's own does, and looks at the request."""

    def validate_value(self, value: object) -> object:
        if self.context["request"].method == "POST" and value == "7":
            raise ValidationError("Not this one.")
        return value


class Named(RegistrationSerializer):
    name = TextField()


class OwnReader(MultiFactorVerifierViewSet):
    serializer_classes = {"verify": NeverSeven}  # noqa: RUF012 - as in the package


class OwnRegistrationReader(MultiFactorRegistrationViewSet):
    serializer_classes = {"register": Named}  # noqa: RUF012 - as in the package


class ExtendedRegistration(MultiFactorRegistrationViewSet):
    @action(detail=False)
    def help(self, request: Request) -> Response:
        return Response("choose one")

    @action(detail=True)
    def picture(self, request: Request, index: str) -> Response:
        return Response(self.method(index).name)


MOUNTED: Sequence[tuple[type[MultiFactorRouter], str, type[MultiFactorViewSet]]] = [
    (MultiFactorVerifierRouter, "", Extended),
    (MultiFactorRegisterRouter, "register", ExtendedRegistration),
    (MultiFactorTrustRouter, "trust", MultiFactorTrustViewSet),
    (MultiFactorActivityRouter, "activity", MultiFactorActivityViewSet),
    (MultiFactorPasskeyRouter, "passkey", MultiFactorPasskeyViewSet),
]

NAMED = {
    "": "multi-factor-overview",
    "status/": "multi-factor-status",
    "help/": "multi-factor-help",
    "0/": "multi-factor-specific",
    "17/dispatch/": "multi-factor-dispatch",
    "0/picture/": "multi-factor-picture",
    "register/": "multi-factor-register-overview",
    "register/totp/": "multi-factor-register",
    "register/0/": "multi-factor-register",
    "register/dispatch/": "multi-factor-register",
    "register/help/": "multi-factor-register-help",
    "register/0/picture/": "multi-factor-register-picture",
    "trust/": "multi-factor-trust-overview",
    "trust/0123456789abcdef/": "multi-factor-trust",
    "activity/": "multi-factor-activity",
    "passkey/": "multi-factor-passkey",
    "passkey/options/": "multi-factor-passkey-options",
}


@pytest.mark.parametrize("by_regex", [True, False])
@pytest.mark.parametrize("under", ["", "multi-factor", "api/v1/second-factor"])
def test_routers_are_mounted_in_any_order(under: str, *, by_regex: bool) -> None:
    routed: list[list[Any]] = []
    for router_class, name, viewset in MOUNTED:
        router = router_class(use_regex_path=by_regex)
        router.register("/".join(filter(None, (under, name))), viewset)
        routed.append(router.urls)
    for order in permutations(routed):
        root = URLResolver(RegexPattern("^/"), [*chain(*order)])

        found = {path: root.resolve(f"/{under}/{path}" if under else f"/{path}").url_name for path in NAMED}

        assert found == NAMED


def test_what_begins_like_a_name_is_an_index_that_exists_nowhere(ann: Person) -> None:
    assert ann.get("registered/").json() == ann.get("0/").json() == {"detail": "Not found.", "code": "not_found"}


asked = 0


def _asked() -> UseCases:
    global asked  # noqa: PLW0603 - counts how often a provider is asked
    asked += 1
    return accessor.use_cases()


_verifier = MultiFactorVerifierRouter(use_regex_path=False)
_verifier.register("", Extended)
_registration = MultiFactorRegisterRouter(use_cases=_asked)
_registration.register("register", ExtendedRegistration)
urlpatterns = [path("multi-factor/", include([*_registration.urls, *_verifier.urls])), *urls.urlpatterns]


@pytest.mark.urls(__name__)
def test_actions_of_a_subclass_are_routed(ann: Person) -> None:
    before = asked
    assert ann.post("register/totp/").status_code == 201
    assert asked > before

    assert ann.get("help/").json() == "read the manual"
    assert ann.get("0/picture/").json() == "totp"
    assert ann.get("1/picture/").status_code == 404
    assert ann.get("register/help/").json() == "choose one"
    assert ann.get("register/sms/picture/").json() == "sms"
    assert ann.get("register/fax/picture/").status_code == 404


@pytest.fixture
def browsable(world: World) -> None:
    world.settings.TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
    world.settings.STATIC_URL = "/static/"


@pytest.mark.usefixtures("browsable")
def test_the_browsable_api_shows_every_route(ann: Person) -> None:
    html: dict[str, Any] = {"headers": {"Accept": "text/html"}}
    ann.enrol_app()
    mail = ann.register_mail()
    answers = [
        ann.get(**html),
        ann.get("status/", **html),
        ann.get("0/", **html),
        ann.get("9/", **html),
        ann.get("register/", **html),
        ann.get("register/totp/", **html),
        ann.get("register/fax/", **html),
        ann.get("0/dispatch/", **html),
        ann.post("register/sms/", {"number": "+31612345678"}, **html),
        ann.post("register/sms/", {"number": 7}, **html),
        ann.post("0/", {"value": "000000"}, **html),
        ann.post("0/", {"value": 7}, **html),
        ann.patch("0/", {"name": "mine"}, **html),
        ann.post(f"{mail}/dispatch/", **html),
        ann.delete("0/", **html),
        ann.get("register/", **html),
    ]

    assert [answer.status_code for answer in answers] == [
        *(200, 200, 200, 404, 200, 405, 405, 405, 201, 400, 401, 400, 200),
        *(200, 200, 200),  # DRF shows a page in the place of an empty 204
    ]
    assert all(answer.headers["Content-Type"].startswith("text/html") for answer in answers)
    assert 'name="address"' in ann.client.options("/multi-factor/register/email/", **html).content.decode()


@pytest.mark.usefixtures("browsable")
def test_the_browsable_api_shows_refusals(ann: Person) -> None:
    ann.enrol_app()

    answer = ann.again().get("register/", headers={"Accept": "text/html"})

    assert answer.status_code == 403
    assert "verification_required" in answer.content.decode()


def test_a_subclass_may_read_bodies_by_serializers_of_its_own(ann: Person) -> None:
    headers = {"Authorization": f"Token {ann.user.auth_token.key}"}

    def ask(view: Any, body: object, index: str) -> Any:  # noqa: ANN401 - a response of whatever data
        return view(APIRequestFactory().post("/", body, headers=headers), index=index)

    register, verify = OwnRegistrationReader.as_view({"post": "register"}), OwnReader.as_view({"post": "verify"})
    assert ask(register, {}, "totp").data == {"name": ["This field is required."]}
    assert ask(register, {"name": "mine"}, "totp").data["name"] == "mine"
    assert ask(verify, {"value": "7"}, "0").data == {"value": ["Not this one."]}
    assert ask(verify, {"value": "8"}, "0").status_code == 401
    assert ask(verify, {"value": "7"}, "1").status_code == 404


def test_a_subclass_may_name_its_own_use_cases(ann: Person) -> None:
    class Mine(MultiFactorVerifierViewSet):
        use_cases = staticmethod(_asked)

    before = asked
    request = APIRequestFactory().get("/", headers={"Authorization": f"Token {ann.user.auth_token.key}"})
    assert Mine.as_view({"get": "overview"})(request).status_code == 200
    assert asked > before


def test_urls_load_without_a_database() -> None:
    # No fixture allows the database here, so that a statement would fail this.
    assert importlib.reload(importlib.import_module("mfa.urls")).urlpatterns
