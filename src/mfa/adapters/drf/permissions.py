"""Who may pass: permissions for these routes and for the views of a project."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from asgiref.sync import sync_to_async
from rest_framework.permissions import AND, OR, BasePermission
from rest_framework.request import Request

from mfa.adapters import accessor, requests
from mfa.adapters.answers import TOKEN_REQUIRED, TOKEN_REQUIRED_CODE, grace_header
from mfa.adapters.exceptions import MissingCredentials, TokenRequired, exception_to, is_forced
from mfa.adapters.requests import Demanded
from mfa.application.standing import Standing
from mfa.domain.errors import MfaError, Refused
from mfa.domain.identifiers import Token


class IsTokenAuthenticated(BasePermission):
    """Pass requests that carry a token of the configured provider.

    Without credentials the answer is DRF's 401, or its 403 where the authentication class has no challenge.
    """

    message: ClassVar[Any] = {"detail": TOKEN_REQUIRED, "code": TOKEN_REQUIRED_CODE}
    """What DRF raises a refusal of: so it has the code in its body on every view."""

    code = TOKEN_REQUIRED_CODE

    def has_permission(self, request: Request, view: object) -> bool:
        """Tell whether the credentials are such a token; raises ``MissingCredentials``."""
        return _token(request) is not None or self._denied(request, view)

    def _denied(self, request: Request, view: object) -> bool:
        """Refuse what is no token: by raising where DRF has no place for a code, and this has the last word.

        By itself this returns false, so that a subclass may let others pass.
        """
        known = getattr(view, "get_permissions", None)
        permissions = [] if known is None else known()
        if type(self) not in _deciding(permissions):
            return False
        if request.authenticators and not request.successful_authenticator:
            raise MissingCredentials
        if is_forced(request) or type(self) not in map(type, permissions):
            raise TokenRequired(request)
        return False


class _StandingPermission(IsTokenAuthenticated):
    """Passes tokens by their standing; the refusal is raised, because a header and a number belong to it."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Tell whether the token may pass; raises ``MfaException``."""
        token = _token(request)
        if token is None:
            return self._denied(request, view)
        decide = getattr(view, "get_mfa_requirement", None)
        requirements = requests.requirements_of(decide() if decide else getattr(view, "mfa_requirement", None))
        try:
            standing, refusal = self.judged(request, token, view)
            if requirements:
                refusal = requests.first_refusal(standing, requirements)
            if refusal is not None:
                raise refusal
        except MfaError as error:
            raise exception_to(error, token, accessor.use_cases()) from None
        headers = getattr(view, "headers", None)
        if not requirements and headers is not None:  # in which DRF takes what it adds to the answer
            headers.update(grace_header(standing))
        return True

    @abstractmethod
    def judged(self, request: Request, token: Token, view: object) -> tuple[Standing, Refused | None]:
        """Tell how the token stands, and why that is not enough for a view without a requirement of its own."""


class IsVerified(_StandingPermission):
    """Pass tokens that are verified, and on a view with a requirement of its own those that meet it.

    The requirement is the attribute ``mfa_requirement`` of the view, or what its method ``get_mfa_requirement``
    returns for the request at hand: a ``Requirement``, its name in the settings, or a list of these that all have to be
    met. It is demanded of everybody, whatever the policy or a period of grace lets pass elsewhere. A refusal is raised
    rather than returned, so in a composition with ``|`` this stands last. A view whose ``mfa_by_account`` is true has
    the account itself decide, whatever ``JWT_GATE`` says.
    """

    def judged(self, request: Request, token: Token, view: object) -> tuple[Standing, Refused | None]:
        """Refuse a token that has not confirmed as many devices as are demanded, unless there is still grace."""
        standing = _standing(request, token, view)
        return standing, standing.refusal()


class IsVerifiedOrNoDevice(_StandingPermission):
    """Pass tokens that are verified, or that have confirmed every active device there is, recovery codes aside.

    So a user without a device can register the first one. A refusal is raised, as by ``IsVerified``, and what a view
    requires is demanded of everybody here, too. No token tells what devices there are by now, so this always asks the
    account.
    """

    def judged(self, request: Request, token: Token, view: object) -> tuple[Standing, Refused | None]:
        """Refuse a token that is not verified and may not register a device."""
        standing = requests.assessment_of(request, token)
        return standing, None if standing.verified or standing.may_register else standing.policy_refusal()


def check_requirement(request: Request, requirement: Demanded) -> None:
    """Demand something of a request inside a view, as ``IsVerified`` does of all of it; raises the same refusal.

    That is a ``Requirement``, its name in the settings, or a list of these. It costs nothing where a permission has
    asked before. In a view with ``mfa_by_account`` it asks the account, too.
    """
    token = _token(request)
    if token is None:
        if request.authenticators and not request.successful_authenticator:
            raise MissingCredentials
        raise TokenRequired(request)
    try:
        standing = _standing(request, token, request.parser_context.get("view"))
        refusal = requests.first_refusal(standing, requests.requirements_of(requirement))
        if refusal is not None:
            raise refusal
    except MfaError as error:
        raise exception_to(error, token, accessor.use_cases()) from None


async def acheck_requirement(request: Request, requirement: Demanded) -> None:
    """Demand something of a request inside an asynchronous view; raises as ``check_requirement`` does.

    The account is read in the thread in which Django asks the database, so the loop goes on meanwhile.
    """
    await sync_to_async(check_requirement)(request, requirement)


def _deciding(permissions: Iterable[object]) -> Iterator[type]:
    """Yield the classes of those whose refusal is that of the view: of an ``&`` each, of an ``|`` the last."""
    for each in permissions:
        match each:
            case AND():
                yield from _deciding(vars(each).values())
            case OR():
                yield from _deciding([vars(each)["op2"]])
            case _:
                yield type(each)


def _token(request: Request) -> Token | None:
    return accessor.use_cases().token_provider.token_of(request)


def _standing(request: Request, token: Token, view: object) -> Standing:
    """Tell how a token stands: by its account, or by its claims where those decide."""
    by_account = getattr(view, "mfa_by_account", False)
    return requests.assessment_of(request, token) if by_account else requests.standing_of(request, token)
