"""The routes of the package, and some of the project."""

from django.urls import include, path

from benchmarks.package.views import AsyncGate, Gate, JoinedVerifier, StockGate

urlpatterns = [
    path("gate/", Gate.as_view()),
    path("gate-stock/", StockGate.as_view()),
    path("gate-async/", AsyncGate.as_view()),
    path("multi-factor/", include("mfa.urls")),
    path("joined/<str:index>/", JoinedVerifier.as_view({"post": "verify"})),
]
