"""The login of simplejwt; ``mfa.adapters.tokens.jwt`` offers it beside the tokens that it makes."""

from rest_framework_simplejwt.views import TokenObtainPairView as StockTokenObtainPairView

from mfa.adapters.views import MultiFactorView


class JwtLoginView(MultiFactorView, StockTokenObtainPairView):
    """Log in by password, and by a second factor where one comes along, with the serializer of the settings."""

    # simplejwt's own view does the same, but runs inside ``ATOMIC_REQUESTS``, where nothing can be counted.
