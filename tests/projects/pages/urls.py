from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.template.context import RequestContext
from django.urls import include, path

from mfa.adapters import accessor
from mfa.adapters.django.decorators import verified
from mfa.domain.policies import Requirement

TAGS = (
    "{% load mfa_pages %}{% mfa_script %}{% mfa_style %}"
    "{% mfa_verified as yes %}{% if yes %}verified{% else %}not verified{% endif %} <a href='{% mfa_step_up %}'>go</a>"
)
NAMED = TAGS + (
    '{% load mfa_pages %}, {% mfa_verified "safe" as yes %}{% if yes %}and{% else %}not{% endif %} for the safe'
)


@verified()
def vault(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"the vault, by {request.method}")


@verified(Requirement(phishing_resistant=True))
def safe(request: HttpRequest) -> HttpResponse:
    return HttpResponse("the safe")


def tags(request: HttpRequest) -> HttpResponse:
    named = "safe" in accessor.use_cases().requirements
    return HttpResponse(Template(NAMED if named else TAGS).render(RequestContext(request)))


def bare_tags(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Template(TAGS).render(Context({"request": request})))


urlpatterns = [
    path("", include("mfa.adapters.drf.well_known.urls")),
    path("admin/", admin.site.urls),
    path("login/", LoginView.as_view(template_name="admin/login.html")),
    path("multi-factor/", include("mfa.urls")),
    path("security/", include("mfa.pages.urls")),
    path("vault/", vault),
    path("safe/", safe),
    path("tags/", tags),
    path("bare-tags/", bare_tags),
]
