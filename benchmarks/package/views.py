"""The same view of a project as the floor's, behind the package's permission."""

from collections.abc import Sequence

from adrf.views import APIView as AsyncAPIView
from rest_framework.authentication import BaseAuthentication, TokenAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mfa.adapters.drf.permissions import IsVerified
from mfa.adapters.drf.viewsets import MultiFactorVerifierViewSet
from mfa.adapters.tokens.authtoken import VerifiedTokenAuthentication


class Gate(APIView):
    """Asks with the joined authentication, which reads the account along with the token."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (VerifiedTokenAuthentication,)
    permission_classes = (IsVerified,)

    def get(self, request: Request) -> Response:
        """Answer."""
        return Response({"detail": "through"})


class JoinedVerifier(MultiFactorVerifierViewSet):
    """Verifies with the joined authentication."""

    authentication_classes = (VerifiedTokenAuthentication,)


class StockGate(Gate):
    """Asks with the framework's own authentication."""

    authentication_classes = (TokenAuthentication,)


class AsyncGate(AsyncAPIView):  # type: ignore[misc] # the package carries no types
    """Asks in an asynchronous view."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsVerified,)

    async def get(self, request: Request) -> Response:
        """Answer."""
        return Response({"detail": "through"})
