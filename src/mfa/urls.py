"""The composition root of HTTP: ``include("mfa.urls")`` wherever a project likes."""

from typing import Any

from django.urls import path

from mfa.adapters import links
from mfa.adapters.accessor import use_cases
from mfa.adapters.django.not_me import this_was_not_me
from mfa.adapters.drf.activity import MultiFactorActivityRouter, MultiFactorActivityViewSet
from mfa.adapters.drf.passkeys import MultiFactorPasskeyRouter, MultiFactorPasskeyViewSet
from mfa.adapters.drf.routers import MultiFactorRegisterRouter, MultiFactorRouter, MultiFactorVerifierRouter
from mfa.adapters.drf.trusts import MultiFactorTrustRouter, MultiFactorTrustViewSet
from mfa.adapters.drf.viewsets import MultiFactorRegistrationViewSet, MultiFactorVerifierViewSet


def _mounted(prefix: str, kind: type[MultiFactorRouter], viewset: Any) -> list[Any]:  # noqa: ANN401 - any class of them
    router = kind(use_cases=use_cases)
    router.register(prefix, viewset)
    return router.urls


urlpatterns = [
    path("this-was-not-me/<token>/", this_was_not_me, name=links.ROUTE),
    *_mounted("register", MultiFactorRegisterRouter, MultiFactorRegistrationViewSet),
    *_mounted("passkey", MultiFactorPasskeyRouter, MultiFactorPasskeyViewSet),
    *_mounted("trust", MultiFactorTrustRouter, MultiFactorTrustViewSet),
    *_mounted("activity", MultiFactorActivityRouter, MultiFactorActivityViewSet),
    *_mounted("", MultiFactorVerifierRouter, MultiFactorVerifierViewSet),
]
