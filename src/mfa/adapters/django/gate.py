"""Who may pass to a view of whatever framework, judged as by the permissions for Django REST framework.

A gate has to judge whom the view acts for. A view that authenticates by a header may act for somebody else than the
session that came along, and one person's verified session must open nothing to another one's password.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import attrs
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views import View as BaseView
from rest_framework.request import Request
from rest_framework.views import APIView

from mfa.adapters import accessor, requests
from mfa.adapters.answers import Answer, answer_to, grace_header, unauthenticated
from mfa.adapters.django import leading
from mfa.adapters.exceptions import MfaException, TokenRequired, transactions_left_alone
from mfa.adapters.requests import Demanded
from mfa.domain.errors import MfaError
from mfa.domain.identifiers import Token
from mfa.domain.policies import Requirement
from mfa.domain.values import ValueObject

View = Callable[..., Any]

NOTHING: Mapping[str, Any] = MappingProxyType({})

_JUDGED = "_mfa_judged"


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Judgement(ValueObject):
    """What becomes of a request: the answer where it may not pass, or the headers of the answer where it may."""

    refusal: HttpResponseBase | None = None
    headers: Mapping[str, str] = NOTHING

    def announced(self, response: HttpResponseBase) -> HttpResponseBase:
        """Return the answer of a view, with the headers."""
        for name, value in self.headers.items():
            response.headers[name] = value
        return response


def judge(
    request: HttpRequest | Request,
    demanded: Demanded | None,
    view: View | None = None,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] = NOTHING,
) -> Judgement:
    """Judge a request to a view as the permission ``IsVerified`` does, by what is ``demanded`` beside the policy.

    A view of DRF says how it authenticates, so it is asked, and refuses as it refuses by itself; inside such a view the
    refusal is raised. Any other view acts for whom the request names by now, and from here on the request takes nobody
    else; without a token of the provider the answer is 401.
    """
    requirements = requests.requirements_of(demanded)
    if isinstance(request, Request):
        return Judgement(headers=_demand(request, requirements))
    rest_view = next(_rest_views(view), None)
    if rest_view is not None:
        return _judge_rest(rest_view, request, requirements, args, kwargs)
    provider = accessor.use_cases().token_provider
    token = provider.token_of(request)
    if token is None:
        return Judgement(refusal=_refuse(request, unauthenticated(provider.scheme)))
    answer, headers = _judge_token(request, token, requirements)
    if answer is not None:
        return Judgement(refusal=_refuse(request, answer))
    # From here on the request takes nobody else.
    vars(request)[_JUDGED] = token
    if not isinstance(request, _HeldRequest):
        request.__class__ = _held_class(type(request))  # type: ignore[arg-type] # a class, which hashes as any does
    return Judgement(headers=headers)


def _judge_token(
    request: HttpRequest | Request, token: Token, requirements: Sequence[Requirement]
) -> tuple[Answer | None, Mapping[str, str]]:
    use_cases = accessor.use_cases()
    try:
        standing = requests.standing_of(request, token)
        refused = requests.first_refusal(standing, requirements or (None,))
        if refused is not None:
            raise refused
    except MfaError as error:
        return answer_to(error, token.scheme or use_cases.token_provider.scheme, use_cases.step_up_status), NOTHING
    return None, NOTHING if requirements else grace_header(standing)


def _refuse(request: HttpRequest, answer: Answer) -> HttpResponseBase:
    """Lead a browser on where ``VERIFY_URL`` is set, and tell all others in JSON."""
    return leading.led(request, answer) or respond(answer)


def respond(answer: Answer) -> JsonResponse:
    """Answer in JSON, which nobody may keep."""
    headers = {**answer.headers, "Cache-Control": "no-store"}
    return JsonResponse(dict(answer.body), status=answer.status, headers=headers)


# Views of Django REST framework


def _demand(request: Request, requirements: Sequence[Requirement]) -> Mapping[str, str]:
    """Raise what DRF answers to a request that may not pass, or return the headers for one that may."""
    provider = accessor.use_cases().token_provider
    token = provider.token_of(request)
    if token is None and request.successful_authenticator:
        raise TokenRequired(request)
    if token is None:
        challenge = request.parser_context["view"].get_authenticate_header(request)
        raise MfaException(unauthenticated(challenge or provider.scheme))
    answer, headers = _judge_token(request, token, requirements)
    if answer is not None:
        raise MfaException(answer)
    return headers


def _judge_rest(
    view: APIView,
    request: HttpRequest,
    requirements: Sequence[Requirement],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> Judgement:
    """Authenticate as a view of DRF will do, and have it answer what comes of that."""
    BaseView.setup(view, request, *args, **kwargs)
    try:
        return Judgement(headers=_demand(view.initialize_request(request, *args, **kwargs), requirements))
    except Exception as error:  # noqa: BLE001 - whatever authentication raises is answered, or raised, by the view
        refusal = error

    def refuse(*_: Any, **__: Any) -> None:
        view.format_kwarg = view.get_format_suffix(**kwargs)
        raise refusal

    view.initial = refuse  # type: ignore[method-assign] # of this one instance, which serves for nothing else
    with transactions_left_alone():
        # The framework's own: that of the view may be what asks.
        response = APIView.dispatch(view, request, *args, **kwargs)
    response["Cache-Control"] = "no-store"
    return Judgement(refusal=response)


def _rest_views(view: Any) -> Iterator[APIView]:  # noqa: ANN401 - whatever Django calls
    """Make the view of DRF that a callable leads to, through decorators that say what they wrap."""
    while view is not None:
        made_from = getattr(view, "cls", None)
        if isinstance(made_from, type) and issubclass(made_from, APIView):
            rest_view = made_from(**view.initkwargs)
            # As the views of a viewset do, so that an action decides here as well.
            rest_view.action_map = actions = getattr(view, "actions", NOTHING)  # type: ignore[attr-defined]
            for method, action in actions.items():
                setattr(rest_view, method, getattr(rest_view, action))
            yield rest_view
        # What Django's ``method_decorator`` hands to a decorator is a partial of a method.
        bound = getattr(getattr(view, "func", view), "__self__", None)
        if isinstance(bound, APIView):
            yield copy.copy(bound)
        view = getattr(view, "__wrapped__", None)


# Views of any other framework


class _HeldRequest(HttpRequest):
    """A request that has been judged: it takes no user and no credentials but those of the token that was.

    Frameworks that authenticate inside their views, such as Django Ninja, put what they find there. That is too late
    for a gate to judge, and early enough to stop a view that has not begun: raises ``PermissionDenied``.
    """

    def __setattr__(self, name: str, value: Any) -> None:  # noqa: ANN401 - as in Python
        if name == "user" and not self._may_act(value):
            raise PermissionDenied("The gate has judged another user than the view acts for")
        before = vars(self).get(name)
        super().__setattr__(name, value)
        if name == "auth" and not self._may_authenticate(value):
            super().__setattr__(name, before)
            raise PermissionDenied("The gate has judged another token than the view acts for")

    def _may_act(self, user: Any) -> bool:  # noqa: ANN401 - whatever model the project has
        """Tell whether a user is whom the gate has judged, or nobody, or whom a login has meanwhile let in."""
        if user is None or not user.is_authenticated:
            return True
        judged: Token = vars(self)[_JUDGED]
        session = getattr(self, "session", NOTHING)
        return str(user.pk) == judged.user_id or session.get(SESSION_KEY) == str(user.pk)

    def _may_authenticate(self, auth: object) -> bool:
        # A framework that authenticates by the session has the user for its credentials.
        if auth is None or auth is vars(self).get("user"):
            return True
        found = accessor.use_cases().token_provider.token_of(self)
        judged: Token = vars(self)[_JUDGED]
        return found is not None and (found.user_id, found.id) == (judged.user_id, judged.id)


@cache
def _held_class(kind: type[HttpRequest]) -> type[HttpRequest]:
    return type(kind.__name__, (_HeldRequest, kind), {"__module__": kind.__module__})
