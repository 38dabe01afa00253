"""The login of Django REST framework's own tokens; ``mfa.adapters.tokens.authtoken`` offers it as its own."""

from typing import Any

from django.db import router, transaction
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.authtoken.views import ObtainAuthToken as StockObtainAuthToken
from rest_framework.request import Request
from rest_framework.response import Response

from mfa.adapters.tokens.authtoken import new_row, replaced_by


class ObtainAuthToken(StockObtainAuthToken):
    """Logs in by password, and replaces the user's token instead of handing the old one out again.

    All clients of a user share one token. The stock view gives it to whoever knows the password, verified as the
    owner has left it: a stolen password would be enough to get past the second factor.
    """

    mfa_exempt = True
    """The middleware lets pass whoever has no token yet."""

    @classmethod
    def as_view(cls, *args: Any, **initkwargs: Any) -> Any:  # noqa: ANN401 - as in DRF
        """Make a view outside of ``ATOMIC_REQUESTS``: a transaction that has read already may have to give way."""
        view = super().as_view(*args, **initkwargs)
        return transaction.non_atomic_requests(using=router.db_for_write(AuthToken))(view)

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Check the password and answer with a new token."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response({"token": replaced_by(new_row(serializer.validated_data["user"])).key})
