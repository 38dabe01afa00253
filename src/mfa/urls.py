"""The composition root of HTTP: ``include("mfa.urls")`` wherever a project likes."""

from django.urls import path

from mfa.adapters import links
from mfa.adapters.accessor import use_cases
from mfa.adapters.django.not_me import this_was_not_me
from mfa.adapters.drf.activity import MultiFactorActivityRouter, MultiFactorActivityViewSet
from mfa.adapters.drf.passkeys import MultiFactorPasskeyRouter, MultiFactorPasskeyViewSet
from mfa.adapters.drf.routers import MultiFactorRegisterRouter, MultiFactorVerifierRouter
from mfa.adapters.drf.trusts import MultiFactorTrustRouter, MultiFactorTrustViewSet
from mfa.adapters.drf.viewsets import MultiFactorRegistrationViewSet, MultiFactorVerifierViewSet

_registration = MultiFactorRegisterRouter(use_cases=use_cases)
_registration.register("register", MultiFactorRegistrationViewSet)

_login = MultiFactorPasskeyRouter(use_cases=use_cases)
_login.register("passkey", MultiFactorPasskeyViewSet)

_trusts = MultiFactorTrustRouter(use_cases=use_cases)
_trusts.register("trust", MultiFactorTrustViewSet)

_activity = MultiFactorActivityRouter(use_cases=use_cases)
_activity.register("activity", MultiFactorActivityViewSet)

_verification = MultiFactorVerifierRouter(use_cases=use_cases)
_verification.register("", MultiFactorVerifierViewSet)

urlpatterns = [
    path("this-was-not-me/<token>/", this_was_not_me, name=links.ROUTE),
    *_registration.urls,
    *_login.urls,
    *_trusts.urls,
    *_activity.urls,
    *_verification.urls,
]
