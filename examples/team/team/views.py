"""The API of the project."""

from django.contrib.auth import authenticate
from django.db.transaction import non_atomic_requests
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from knox.models import AuthToken
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mfa.adapters.drf.login import prove, standing_of
from mfa.adapters.drf.permissions import check_requirement
from team.models import Expense

LARGE = 10_000


class Credentials(serializers.Serializer[dict[str, str]]):
    """What a member logs in with; a code is read where it is proved."""

    email = serializers.EmailField()
    password = serializers.CharField(trim_whitespace=False)


@method_decorator(non_atomic_requests, name="dispatch")
class AppLogin(APIView):
    """Gives the app a token for a mail address and a password, and takes a code along."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        """Log in."""
        given = Credentials(data=request.data)
        given.is_valid(raise_exception=True)
        email, password = given.validated_data["email"], given.validated_data["password"]
        member = authenticate(request, username=email, password=password)
        if member is None:
            raise AuthenticationFailed
        row, token = AuthToken.objects.create(member)
        prove(request, member, row)
        told = {"token": token, "mfa": standing_of(request, member, row)}
        return Response(told, headers={"Cache-Control": "no-store"})


class Expenses(APIView):
    """What everybody has paid, for those who are verified: that is the default of all views."""

    def get(self, request: Request) -> Response:
        """List them."""
        return Response([{"id": each.pk, "amount": each.amount} for each in Expense.objects.order_by("pk")])


class Payout(APIView):
    """Pays an expense out."""

    mfa_requirement = "payout"

    def post(self, request: Request, pk: int) -> Response:
        """Pay it."""
        expense = get_object_or_404(Expense, pk=pk)
        if expense.amount > LARGE:
            check_requirement(request, "large payout")
        expense.paid_out = True
        expense.save()
        return Response(status=204)
