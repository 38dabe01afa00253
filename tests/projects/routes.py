"""The routes of a project that has those of this package alone, unless a test puts others here."""

from django.urls import include, path

urlpatterns: list[object] = [path("multi-factor/", include("mfa.urls"))]
