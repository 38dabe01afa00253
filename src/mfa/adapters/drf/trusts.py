"""Remembered browsers: showing one, listing them, and having one forgotten."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from mfa.adapters import cookies
from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified
from mfa.adapters.drf.routers import MultiFactorRouter, route
from mfa.adapters.drf.viewsets import MultiFactorViewSet
from mfa.adapters.serializers import (
    MultiFactorSerializer,
    TrustedSerializer,
    TrustSerializer,
    TrustTokenSerializer,
    represented,
)
from mfa.application.trusts import Revoke, ShowTrust, Trusted
from mfa.domain.trusts import id_of


class MultiFactorTrustViewSet(MultiFactorViewSet):
    """Your remembered browsers; these routes are there only where ``TRUST_LIFETIME`` is set."""

    permission_classes: Sequence[Any] = (IsTokenAuthenticated, IsVerified)
    show_permission_classes: Sequence[Any] = (IsTokenAuthenticated,)
    """Who may show a remembered browser, which is there for a token that is not verified yet."""

    serializer_classes = {"show": TrustTokenSerializer}  # noqa: RUF012 - declared above

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse every verb where no browser is remembered; raises ``NotFound``."""
        if not self.use_cases().remembers_browsers:
            raise NotFound
        super().initial(request, *args, **kwargs)

    def get_permissions(self) -> list[Any]:
        """Return the permissions of the action."""
        classes = self.show_permission_classes if self.action == "show" else self.permission_classes
        return [each() for each in classes]

    def get_serializer_class(self) -> type[Serializer[Any]]:
        """Return what reads the body, in which nothing is looked for where a cookie has it."""
        return super().get_serializer_class() if self.use_cases().trust_cookie is None else MultiFactorSerializer

    def overview(self, request: Request, **_: Any) -> Response:
        """List the browsers that are remembered."""
        listed = self.use_cases().list_trusts(self.token(request))
        return Response([represented(TrustSerializer, each) for each in listed])

    def show(self, request: Request, **_: Any) -> Response:
        """Count a remembered browser as one verification; whatever else is shown has one answer."""
        token, cookie = self.token(request), self.use_cases().trust_cookie
        kept = self.reader().run_validation(request.data)["token"] if cookie is None else cookies.kept(request, cookie)
        successor = self.successor(request)
        # A page cannot see whether its browser has the cookie, and asks at every login: without it nothing was shown.
        answer = kept and self.use_cases().trust_browser(
            ShowTrust(token=token, kept=kept, successor=None if successor is None else successor.token)
        )
        if not isinstance(answer, Trusted):
            response = self.rejected()
            if cookie is not None:
                cookies.forget(response, cookie, path=cookies.above(request))
            return response
        if successor is not None:
            successor.issue()
        return Response(represented(TrustedSerializer, answer))

    def revoke(self, request: Request, index: str, **_: Any) -> Response:
        """Forget a browser, and what it had confirmed."""
        self.use_cases().revoke_trust(Revoke(token=self.token(request), trust=index))
        response, cookie = Response(status=HTTPStatus.NO_CONTENT), self.use_cases().trust_cookie
        if cookie is not None and id_of(cookies.kept(request, cookie) or "") == index:
            cookies.forget(response, cookie, path=cookies.above(request, levels=2))
        return response

    def demand_found(self, request: Request, index: str) -> None:
        """Raise ``NotFound`` where no browser that is remembered is called so."""
        if all(each.trust.id != index for each in self.use_cases().list_trusts(self.token(request))):
            raise NotFound


class MultiFactorTrustRouter(MultiFactorRouter):
    """Mounts a ``MultiFactorTrustViewSet``, where a project likes."""

    default_basename = "multi-factor-trust"
    routes = [  # noqa: RUF012 - declared by DRF
        route("", "-overview", get="overview", post="show"),
        route("/{lookup}", "", delete="revoke"),
    ]
