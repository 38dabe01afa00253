"""A project that has put the routes into a namespace."""

from django.urls import include, path

from tests import urls

urlpatterns = [path("site/", include((urls, "site"), namespace="site"))]
