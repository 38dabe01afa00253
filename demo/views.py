"""The views of the demo that are not the package's: what is behind the second factor, and what is needed to try it."""

from django.contrib import messages
from django.contrib.auth.views import LoginView
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from demo.code import NoSecret, key_of
from demo.middleware import takes_pages
from demo.models import AppEntry, Message
from demo.walk import PEOPLE, walk
from mfa.adapters.django.decorators import verified
from mfa.adapters.drf.permissions import IsVerified

# Over the API


class Protected(APIView):
    """What only a verified token gets to see."""

    permission_classes = (IsVerified,)

    def get(self, request: Request) -> Response:
        """Answer whoever passes."""
        return Response({"detail": "This token is verified: the route is open."})


class Transfer(APIView):
    """What wants a verification of the last minute, as the settings say."""

    permission_classes = (IsVerified,)
    mfa_requirement = "transfer"

    def post(self, request: Request) -> Response:
        """Answer whoever has verified lately."""
        return Response({"detail": "Verified lately: the money is on its way."})


# The same in a browser


@verified()
def bank(request: HttpRequest) -> HttpResponse:
    """Show an account to whoever is verified."""
    return render(request, "demo/bank.html")


@require_POST
@verified("transfer")
def pay(request: HttpRequest) -> HttpResponse:
    """Move no money, but only for whoever has verified lately."""
    messages.success(request, f"{request.POST.get('amount', '0')} € are on their way to {request.POST.get('to', '')}.")
    return redirect("bank")


# What is needed to try it


def home(request: HttpRequest) -> HttpResponseBase:
    """Let a browser log in, and say what there is; everybody else is told what to type."""
    enter = LoginView.as_view(template_name="demo/home.html", extra_context={"people": PEOPLE})
    answer = enter(request) if takes_pages(request) else _walk(request)
    patch_vary_headers(answer, ["Accept"])
    return answer


def console(request: HttpRequest) -> HttpResponse:
    """Show the page that asks the API by a token."""
    return render(request, "demo/console.html")


def phone(request: HttpRequest) -> HttpResponse:
    """Show what has come, and what the authenticator app shows; a form enters a key there."""
    error = ""
    if request.method == "POST":
        entry = AppEntry(name=request.POST.get("name") or "App", secret=request.POST.get("secret", ""))
        entry.presses = 0 if "presses" in request.POST else None
        try:
            key_of(entry.secret)
        except NoSecret as no:
            error = str(no)
        else:
            entry.save()
            return redirect("phone")
    context = {"error": error, "entries": AppEntry.objects.all(), "letters": Message.objects.all()[:20]}
    return render(request, "demo/phone.html", context)


@require_POST
def press(_: HttpRequest, entry: int) -> HttpResponse:
    """Have the app show the next code, where it goes by presses."""
    AppEntry.objects.filter(pk=entry).update(presses=F("presses") + 1)
    return redirect("phone")


def code(request: HttpRequest) -> HttpResponse:
    """Answer the code that came last, or that of an ``app``, to whoever has no eyes: ``curl .../phone/code/``."""
    if "app" in request.GET:
        found = AppEntry.objects.filter(name=request.GET["app"]).last()
    else:
        found = next((each for each in Message.objects.all() if each.code), None)
    return HttpResponse(f"{found.code}\n" if found else "", content_type="text/plain", status=200 if found else 404)


def _walk(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        "The demo of drf-mfa: multi-factor authentication for Django REST framework.\n"
        "POST /login/ gives a token, GET /protected/ is behind the second factor, and the package's routes are under\n"
        f"/multi-factor/. Here is a walk for another terminal.\n{walk(int(request.get_port()))}",
        content_type="text/plain; charset=utf-8",
    )
