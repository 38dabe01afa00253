"""The composition root of HTTP: ``include("mfa.urls")`` wherever a project likes."""

from mfa.adapters.accessor import use_cases
from mfa.adapters.drf.routers import MultiFactorRegisterRouter, MultiFactorVerifierRouter
from mfa.adapters.drf.viewsets import MultiFactorRegistrationViewSet, MultiFactorVerifierViewSet

_registration = MultiFactorRegisterRouter(use_cases=use_cases)
_registration.register("register", MultiFactorRegistrationViewSet)

_verification = MultiFactorVerifierRouter(use_cases=use_cases)
_verification.register("", MultiFactorVerifierViewSet)

# Registration first: to the verifier, "register" would be the index of a device.
urlpatterns = [*_registration.urls, *_verification.urls]
