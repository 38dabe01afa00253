"""``path("", include("mfa.adapters.drf.well_known.urls"))`` in the root URLconf of the domain of ``WEBAUTHN_RP_ID``."""

from django.urls import path

from mfa.adapters.drf.well_known import PasskeyEndpointsView, RelatedOriginsView

urlpatterns = [
    path(".well-known/webauthn", RelatedOriginsView.as_view(), name="multi-factor-related-origins"),
    path(".well-known/passkey-endpoints", PasskeyEndpointsView.as_view(), name="multi-factor-passkey-endpoints"),
]
