"""The permissions, over use cases that only count."""

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import APIException, NotAuthenticated, PermissionDenied
from rest_framework.permissions import AllowAny, BasePermission, OperandHolder
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from mfa.adapters import accessor
from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified, IsVerifiedOrNoDevice, check_requirement
from mfa.application.ports.tokens import Recorded
from mfa.application.standing import Assessment, Standing
from mfa.domain.accounts import Account
from mfa.domain.errors import Unavailable
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.policies import Confirmation, Requirement

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
ANN = Token(id=TokenId("a"), user_id=UserId("1"), scheme="Bearer")
BOB = Token(id=TokenId("b"), user_id=UserId("2"))


class Deployment:
    def __init__(self) -> None:
        self.token: Token | None = ANN
        self.assessed: list[Token] = []
        self.verified = self.may_register = True
        self.enrolled = True
        self.required = 2
        self.confirmations: tuple[Confirmation, ...] = ()
        self.grace_until: datetime | None = None
        self.step_up_status = 403
        self.assess_token = Assess(self)
        self.standing_recorder: SimpleNamespace | None = None

    @property
    def token_provider(self) -> SimpleNamespace:
        return SimpleNamespace(scheme="Bearer", token_of=lambda request: self.token)

    def assessment(self) -> Assessment:
        number = self.required if self.verified else 0
        enough = tuple(confirmation(index=index, age=timedelta(hours=1)) for index in range(number))
        return Assessment(
            required=self.required,
            enrolled=self.enrolled,
            proved=self.verified,
            may_register=self.may_register,
            locked=False,
            retry_after=None,
            confirmations=self.confirmations or enough,
            assessed_at=NOW,
            grace_until=self.grace_until,
        )


class Assess:
    """Assesses by the account, or by what the token tells of itself, and says which was asked."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.recalled: list[Recorded] = []

    def account(self, token: Token) -> Account:
        self.deployment.assessed.append(token)
        return Account(user_id=token.user_id, token_id=token.id)

    def proofs(self, token: Token) -> Account:
        return self.account(token)

    def stand(self, account: Account) -> Standing:
        return self.deployment.assessment()

    def judge(self, account: Account) -> Assessment:
        return self.deployment.assessment()

    def recall(self, recorded: Recorded) -> Standing:
        self.recalled.append(recorded)
        return Standing(required=1, enrolled=True, confirmations=(confirmation(),), assessed_at=NOW)


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Deployment:
    deployment = Deployment()
    monkeypatch.setattr(accessor, "use_cases", lambda: deployment)
    return deployment


@pytest.fixture
def request_() -> Request:
    return Request(APIRequestFactory().get("/"))


def passes(permission: type[BasePermission] | OperandHolder, request: Request) -> bool:
    return permission().has_permission(request, APIView())


@pytest.mark.parametrize("permission", [IsTokenAuthenticated, IsVerified, IsVerifiedOrNoDevice])
def test_without_a_token_nobody_is_asked(
    permission: type[IsTokenAuthenticated], deployment: Deployment, request_: Request
) -> None:
    deployment.token = None

    assert not passes(permission, request_)
    assert permission.code == "token_required"
    assert deployment.assessed == []


def test_a_token_alone_costs_no_assessment(deployment: Deployment, request_: Request) -> None:
    assert passes(IsTokenAuthenticated, request_)
    assert deployment.assessed == []


def test_a_standing_is_asked_for_once_a_request(deployment: Deployment, request_: Request) -> None:
    assert passes(IsVerified, request_)
    assert passes(AllowAny & IsVerified, request_)
    assert deployment.assessed == [ANN]

    # A gate reads less than who may register has to know; after that, nobody reads anything.
    assert passes(IsVerifiedOrNoDevice, request_)
    assert passes(AllowAny & IsVerified & IsVerifiedOrNoDevice, request_)
    assert deployment.assessed == [ANN, ANN]

    # Such as that by which a gate before the view has judged.
    assert passes(IsVerified, Request(request_._request))
    assert deployment.assessed == [ANN, ANN]

    assert passes(IsVerified, Request(APIRequestFactory().get("/")))
    assert deployment.assessed == [ANN, ANN, ANN]


def test_a_standing_belongs_to_its_token(deployment: Deployment, request_: Request) -> None:
    assert passes(IsVerified, request_)
    deployment.token, deployment.verified = BOB, False

    with pytest.raises(APIException):
        passes(IsVerified, request_)

    assert deployment.assessed == [ANN, BOB]


@pytest.mark.parametrize(("enrolled", "code"), [(True, "verification_required"), (False, "registration_required")])
def test_a_refusal_is_raised_with_its_number_and_header(
    *, enrolled: bool, code: str, deployment: Deployment, request_: Request
) -> None:
    deployment.verified, deployment.enrolled = False, enrolled

    with pytest.raises(APIException) as refusal:
        passes(IsVerified, request_)

    raised: Any = refusal.value
    assert raised.status_code == 403
    assert raised.detail["code"] == code
    assert raised.detail["verifications-left"] == 2
    assert raised.auth_header.startswith('Bearer error="insufficient_user_authentication", ')


def test_who_may_register_need_not_be_verified(deployment: Deployment, request_: Request) -> None:
    deployment.verified = False
    assert passes(IsVerifiedOrNoDevice, request_)

    deployment.may_register = False
    with pytest.raises(APIException):
        passes(IsVerifiedOrNoDevice, Request(request_._request))


def test_the_last_of_alternatives_refuses(deployment: Deployment, request_: Request) -> None:
    deployment.verified = False

    assert passes(AllowAny | IsVerified, request_)
    with pytest.raises(APIException):
        passes(~AllowAny | IsVerified, request_)


FRESH = Requirement(max_age=timedelta(minutes=5))
STEP_UP = 'Bearer error="insufficient_user_authentication", error_description="{}"'


class Fresh(APIView):
    mfa_requirement: Requirement | list[Requirement] | None = FRESH


class Decides(Fresh):
    """Decides for each request, whatever stands on the class."""

    def get_mfa_requirement(self) -> Requirement | None:
        return FRESH if self.request.method == "POST" else None


def confirmation(
    *, index: int = 0, method: str = "totp", age: timedelta = timedelta(0), resistant: bool = False
) -> Confirmation:
    return Confirmation(index=index, method=method, at=NOW - age, phishing_resistant=resistant)


def refusal_by(view: APIView, request: Request, permission: type[BasePermission] = IsVerified) -> Any:  # noqa: ANN401 - whatever is raised
    with pytest.raises(APIException) as refusal:
        permission().has_permission(request, view)
    return refusal.value


class TestRequirements:
    @pytest.fixture(autouse=True)
    def one_is_demanded(self, deployment: Deployment) -> None:
        deployment.required = 1

    @pytest.mark.parametrize("permission", [IsVerified, IsVerifiedOrNoDevice])
    def test_a_view_is_asked_for_its_own(
        self, permission: type[BasePermission], deployment: Deployment, request_: Request
    ) -> None:
        deployment.confirmations = (confirmation(age=timedelta(minutes=5, seconds=1)),)

        raised = refusal_by(Fresh(), request_, permission)

        assert raised.status_code == 403
        assert raised.detail["code"] == "verification_required"
        assert raised.detail["verifications-left"] == 1
        assert raised.auth_header == STEP_UP.format("More recent authentication is required") + ', max_age="300"'
        deployment.confirmations = (confirmation(age=timedelta(minutes=5)),)
        again = Request(request_._request)
        assert permission().has_permission(again, Fresh())

    def test_what_cannot_be_phished_is_named_by_its_acr(self, deployment: Deployment, request_: Request) -> None:
        deployment.confirmations = (confirmation(),)
        view = Fresh()
        view.mfa_requirement = Requirement(phishing_resistant=True)

        raised = refusal_by(view, request_)

        assert (
            raised.auth_header == STEP_UP.format("A different authentication level is required") + ', acr_values="phr"'
        )
        view.mfa_requirement = Requirement(phishing_resistant=True, max_age=timedelta(minutes=5))
        assert refusal_by(view, request_).auth_header.endswith(', max_age="300", acr_values="phr"')

    @pytest.mark.parametrize(("method", "passed"), [("get", True), ("post", False)])
    @pytest.mark.usefixtures("deployment")
    def test_a_view_may_decide_for_each_request(self, method: str, passed: bool) -> None:  # noqa: FBT001
        request = Request(getattr(APIRequestFactory(), method)("/"))
        view = Decides()
        view.request = request

        if passed:
            assert IsVerified().has_permission(request, view)
        else:
            assert refusal_by(view, request).detail["code"] == "verification_required"

    def test_of_several_each_has_to_be_met(self, deployment: Deployment, request_: Request) -> None:
        view = Fresh()
        view.mfa_requirement = [Requirement(methods=["totp"]), Requirement(methods=["email"])]
        deployment.confirmations = (confirmation(),)
        assert refusal_by(view, request_).detail["verifications-left"] == 1

        deployment.confirmations = (confirmation(), confirmation(method="email"))

        assert IsVerified().has_permission(Request(request_._request), view)

    def test_it_is_demanded_of_everybody(self, deployment: Deployment, request_: Request) -> None:
        deployment.required, deployment.enrolled, deployment.grace_until = 0, False, NOW

        assert refusal_by(Fresh(), request_).detail["code"] == "registration_required"
        assert refusal_by(Fresh(), request_, IsVerifiedOrNoDevice).detail["code"] == "registration_required"

    def test_none_is_none(self, request_: Request, deployment: Deployment) -> None:
        view = Fresh()
        view.mfa_requirement = None

        assert IsVerified().has_permission(request_, view)
        assert deployment.assessed == [ANN]

    def test_what_is_no_requirement_lets_nobody_pass(self, request_: Request, deployment: Deployment) -> None:
        view: Any = Fresh()
        view.mfa_requirement = ["totp"]

        with pytest.raises(AttributeError):
            IsVerified().has_permission(request_, view)

    def test_the_status_may_be_that_of_the_rfc(self, deployment: Deployment, request_: Request) -> None:
        deployment.step_up_status = 401

        raised = refusal_by(Fresh(), request_)

        assert raised.status_code == 401
        assert raised.auth_header.startswith("Bearer error=")


class TestInsideAView:
    def test_it_raises_the_same_refusal_and_asks_once(self, deployment: Deployment, request_: Request) -> None:
        assert passes(IsVerified, request_)

        with pytest.raises(APIException) as refusal:
            check_requirement(request_, FRESH)

        raised: Any = refusal.value
        assert (raised.status_code, raised.detail["code"]) == (403, "verification_required")
        assert 'max_age="300"' in raised.auth_header
        assert deployment.assessed == [ANN]

    def test_what_meets_it_goes_on(self, deployment: Deployment, request_: Request) -> None:
        deployment.required, deployment.confirmations = 1, (confirmation(),)

        check_requirement(request_, FRESH)

    def test_other_credentials_are_told_what_is_wanted(self, deployment: Deployment, request_: Request) -> None:
        deployment.token = None

        with pytest.raises(PermissionDenied) as refusal:
            check_requirement(request_, FRESH)

        assert refusal.value.get_codes() == "token_required"

    def test_without_any_the_client_is_to_log_in(self, deployment: Deployment) -> None:
        deployment.token = None
        request = Request(APIRequestFactory().get("/"), authenticators=[TokenAuthentication()])

        with pytest.raises(NotAuthenticated):
            check_requirement(request, FRESH)


RECORDED = Recorded(required=1, enrolled=True, verifications=())


class TestWhatATokenTells:
    """The account has nothing that counts, but the token says otherwise."""

    @pytest.fixture
    def told(self) -> list[Recorded | None]:
        """What the token tells."""
        return [RECORDED]

    @pytest.fixture(autouse=True)
    def recall(self, deployment: Deployment, told: list[Recorded | None]) -> Assess:
        deployment.verified = deployment.may_register = False
        deployment.standing_recorder = SimpleNamespace(recorded=lambda _: told[0])
        return deployment.assess_token

    def test_it_decides_and_the_account_is_not_asked(
        self, deployment: Deployment, request_: Request, recall: Assess
    ) -> None:
        assert IsVerified().has_permission(request_, Fresh())
        check_requirement(request_, FRESH)

        assert recall.recalled == [RECORDED, RECORDED]
        assert deployment.assessed == []

    def test_who_tells_nothing_is_asked_about(
        self, deployment: Deployment, request_: Request, recall: Assess, told: list[Recorded | None]
    ) -> None:
        told[0] = None

        refusal_by(APIView(), request_)

        assert recall.recalled == []
        assert deployment.assessed == [ANN]

    def test_nor_is_it_asked_for_who_has_no_device(
        self, deployment: Deployment, request_: Request, recall: Assess
    ) -> None:
        refusal_by(APIView(), request_, IsVerifiedOrNoDevice)

        assert recall.recalled == []
        assert deployment.assessed == [ANN]

    def test_nor_by_a_view_that_wants_the_account(
        self, deployment: Deployment, recall: Assess, request_: Request
    ) -> None:
        class ByAccount(APIView):
            mfa_by_account = True

        view = ByAccount()
        request = Request(request_._request, parser_context={"view": view})

        refusal_by(view, request)
        with pytest.raises(APIException):
            check_requirement(request, FRESH)

        assert recall.recalled == []
        assert deployment.assessed == [ANN]


class TestGrace:
    @pytest.fixture(autouse=True)
    def grace(self, deployment: Deployment) -> None:
        deployment.verified = deployment.enrolled = False
        deployment.grace_until = datetime(2026, 2, 1, 0, 0, 0, 999, tzinfo=timezone(timedelta(hours=1)))

    def test_who_passes_by_it_is_told_until_when(self, request_: Request) -> None:
        view: Any = APIView()
        view.headers = {"Vary": "Accept"}

        assert IsVerified().has_permission(request_, view)

        assert view.headers == {"Vary": "Accept", "MFA-Registration-Deadline": "2026-01-31T23:00:00Z"}

    def test_so_is_who_passes_to_register(self, request_: Request) -> None:
        view: Any = APIView()
        view.headers = {}

        assert IsVerifiedOrNoDevice().has_permission(request_, view)

        assert view.headers == {"MFA-Registration-Deadline": "2026-01-31T23:00:00Z"}

    def test_what_has_no_headers_passes_as_well(self, request_: Request) -> None:
        assert passes(IsVerified, request_)


@pytest.mark.parametrize("permission", [IsVerified, IsVerifiedOrNoDevice])
def test_a_store_that_is_away_is_told(
    permission: type[BasePermission], deployment: Deployment, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Token) -> Account:
        raise Unavailable

    monkeypatch.setattr(deployment.assess_token, "account", away)

    raised = refusal_by(APIView(), request_, permission)

    assert (raised.status_code, raised.wait, raised.get_codes()) == (503, 1, "unavailable")
    with pytest.raises(APIException) as inside:
        check_requirement(request_, FRESH)
    assert inside.value.get_codes() == "unavailable"
