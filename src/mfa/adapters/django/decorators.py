"""The second factor for views that are Django's own."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase

from mfa.adapters.django.gate import View, judge
from mfa.adapters.requests import DEMANDED, Demanded

Decorated = TypeVar("Decorated", bound=View)

EXEMPT = "mfa_exempt"
"""The attribute of a view, or of its class, that the middleware lets pass."""


def verified(requirement: Demanded | None = None) -> Callable[[Decorated], Decorated]:
    """Have a view see only requests whose token is verified, and meets what is required.

    That is a ``Requirement``, its name in the settings, or a list of these, as in the ``mfa_requirement`` of a view of
    Django REST framework.

    Others are answered in JSON, with the status, the body and the headers that Django REST framework's views have; one
    without a token is answered 401. The token has to be on the request already, as a session is, unless the view is one
    of Django REST framework, which is asked how it authenticates. A class takes this by Django's ``method_decorator``.
    """

    def decorated(view: Decorated) -> Decorated:
        # A method has to be awaited where its class says so of all its handlers.
        bound = getattr(getattr(view, "func", view), "__self__", None)
        if iscoroutinefunction(view) or getattr(bound, "view_is_async", False):

            @wraps(view)
            async def async_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
                judgement = await sync_to_async(judge)(request, requirement, view, args, kwargs)
                return judgement.announced(judgement.refusal or await view(request, *args, **kwargs))

            setattr(async_view, DEMANDED, requirement)
            return cast("Decorated", async_view)

        @wraps(view)
        def sync_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            judgement = judge(request, requirement, view, args, kwargs)
            return judgement.announced(judgement.refusal or view(request, *args, **kwargs))

        setattr(sync_view, DEMANDED, requirement)
        return cast("Decorated", sync_view)

    return decorated


def verification_exempt(view: Decorated) -> Decorated:
    """Have the middleware let everybody pass to a view, such as a login."""

    @wraps(view)
    def exempt(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the view returns
        return view(*args, **kwargs)

    if iscoroutinefunction(view):
        markcoroutinefunction(exempt)
    setattr(exempt, EXEMPT, True)
    return cast("Decorated", exempt)
