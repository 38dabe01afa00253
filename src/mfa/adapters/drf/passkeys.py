"""Logging in by a passkey, for people of whom nothing is known yet, and what their password managers are told."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.throttling import AnonRateThrottle

from mfa.adapters import requests
from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified
from mfa.adapters.drf.routers import MultiFactorRouter, route
from mfa.adapters.drf.viewsets import MultiFactorViewSet
from mfa.adapters.serializers import (
    PasskeyOptionsSerializer,
    PasskeySerializer,
    SignalsSerializer,
    TimeField,
    represented,
)
from mfa.application.login import LogIn, NotLoggedIn
from mfa.application.ports.tokens import CookieIssuer

logger = logging.getLogger("mfa")

UseCase = TypeVar("UseCase")


class PasskeyThrottle(AnonRateThrottle):
    """Counts requests per address under the scope ``mfa_passkey``, where DEFAULT_THROTTLE_RATES has a rate for it."""

    scope = "mfa_passkey"

    def get_rate(self) -> str | None:
        """Return the rate as it is configured now."""
        rates: Any = api_settings.DEFAULT_THROTTLE_RATES
        rate: str | None = rates.get(self.scope)
        return rate


class MultiFactorPasskeyViewSet(MultiFactorViewSet):
    """Log in by a passkey; these routes are there only where ``PASSKEY_LOGIN`` is on."""

    authentication_classes: Sequence[Any] = ()
    permission_classes: Sequence[Any] = (AllowAny,)
    throttle_classes: Sequence[Any] = (PasskeyThrottle,)
    serializer_classes = {"log_in": PasskeySerializer}  # noqa: RUF012 - declared above

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse every verb where no passkey logs in alone, and a login by cookie that another site may have begun.

        Who is logged in without knowing it, with a passkey of the attacker's, goes on in the attacker's account (login
        CSRF). No cookie tells such a request from others, so each is asked, as by Django's own login view. Raises
        ``NotFound`` and ``PermissionDenied``.
        """
        issuer: object = _offered(self.use_cases().log_in_by_passkey).tokens
        if self.action == "log_in" and isinstance(issuer, CookieIssuer) and issuer.sets_cookie:
            SessionAuthentication().enforce_csrf(request)
        super().initial(request, *args, **kwargs)

    def begin(self, request: Request, **_: Any) -> Response:
        """Answer with options for the browser, and what it has to give back."""
        return Response(represented(PasskeyOptionsSerializer, _offered(self.use_cases().begin_passkey_login)()))

    def log_in(self, request: Request, **_: Any) -> Response:
        """Make a token for whoever holds a passkey; an unknown one is answered as a bad signature is."""
        given = self.reader().run_validation(request.data)
        log_in = _offered(self.use_cases().log_in_by_passkey)
        answer = log_in(LogIn(state=given["state"], value=given["value"], request=request))
        if isinstance(answer, NotLoggedIn):
            if answer.user_id is None:  # then no event tells of it, so it is logged as one would be
                fields = {"mfa_event": "VerificationRejected", "mfa_reason": answer.reason, "mfa_step": answer.step}
                logger.warning("VerificationRejected", extra={**fields, "mfa_method": "webauthn"})
            return self.rejected()
        shown = {
            name: TimeField().to_representation(value) if isinstance(value, datetime) else value
            for name, value in answer.shown.items()
        }
        return Response({**shown, "verifications-left": answer.verifications_left})


class MultiFactorPasskeyRouter(MultiFactorRouter):
    """Mounts a ``MultiFactorPasskeyViewSet``, where a project likes."""

    default_basename = "multi-factor-passkey"
    routes = [  # noqa: RUF012 - declared by DRF
        route("/options", "-options", post="begin"),
        route("", "", post="log_in"),
    ]


class MultiFactorSignalsViewSet(MultiFactorViewSet):
    """What your password manager may be told of your passkeys; there only where there are any."""

    permission_classes: Sequence[Any] = (IsTokenAuthenticated, IsVerified)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse every verb where there are no passkeys; raises ``NotFound``."""
        _offered(self.use_cases().list_passkeys)
        super().initial(request, *args, **kwargs)

    def overview(self, request: Request, **_: Any) -> Response:
        """Tell which passkeys there are, as the signals of browsers take it."""
        token, list_passkeys = self.token(request), _offered(self.use_cases().list_passkeys)
        known = list_passkeys(token, account=requests.account_read(request, token))
        return Response(represented(SignalsSerializer, known))


class MultiFactorSignalsRouter(MultiFactorRouter):
    """Mounts a ``MultiFactorSignalsViewSet``, where a project likes."""

    default_basename = "multi-factor-passkey-signals"
    routes = [route("", "", get="overview")]  # noqa: RUF012 - declared by DRF


def _offered(use_case: UseCase | None) -> UseCase:
    """Return a use case; raises ``NotFound`` where there is none."""
    if use_case is None:
        raise NotFound
    return use_case
