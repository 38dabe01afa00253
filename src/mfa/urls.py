"""The composition root of HTTP: ``include("mfa.urls")`` wherever a project likes."""

from django.urls import path

from mfa.adapters import links
from mfa.adapters.accessor import use_cases
from mfa.adapters.django.not_me import this_was_not_me
from mfa.adapters.drf.activity import MultiFactorActivityRouter, MultiFactorActivityViewSet
from mfa.adapters.drf.passkeys import (
    MultiFactorPasskeyRouter,
    MultiFactorPasskeyViewSet,
    MultiFactorSignalsRouter,
    MultiFactorSignalsViewSet,
)
from mfa.adapters.drf.routers import MultiFactorRegisterRouter, MultiFactorVerifierRouter
from mfa.adapters.drf.trusts import MultiFactorTrustRouter, MultiFactorTrustViewSet
from mfa.adapters.drf.viewsets import MultiFactorRegistrationViewSet, MultiFactorVerifierViewSet

urlpatterns = [path("this-was-not-me/<token>/", this_was_not_me, name=links.ROUTE)]

for prefix, kind, viewset in (
    ("register", MultiFactorRegisterRouter, MultiFactorRegistrationViewSet),
    ("passkey", MultiFactorPasskeyRouter, MultiFactorPasskeyViewSet),
    ("passkey/signals", MultiFactorSignalsRouter, MultiFactorSignalsViewSet),
    ("trust", MultiFactorTrustRouter, MultiFactorTrustViewSet),
    ("activity", MultiFactorActivityRouter, MultiFactorActivityViewSet),
    ("", MultiFactorVerifierRouter, MultiFactorVerifierViewSet),
):
    router = kind(use_cases=use_cases)
    router.register(prefix, viewset)
    urlpatterns += router.urls  # type: ignore[arg-type] # patterns of either kind stand in a URLconf
