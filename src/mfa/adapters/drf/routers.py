"""The routes: which verb of which path is which action, and under what name."""

from collections.abc import Callable
from typing import Any

from rest_framework.routers import DynamicRoute, Route, SimpleRouter
from rest_framework.viewsets import ViewSetMixin

from mfa.application.use_cases import UseCases

_ITEM = r"^{prefix}/{lookup}"


class MultiFactorRouter(SimpleRouter):
    """Hands a provider of use cases to the viewsets it mounts, which ask it at each request.

    Without one, a viewset asks what its class says, which is the deployment's own.
    """

    default_basename: str

    def __init__(self, *args: Any, use_cases: Callable[[], UseCases] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_cases = use_cases

    def get_default_basename(self, viewset: type[ViewSetMixin]) -> str:
        """Return the name that routes begin with where a project chooses none."""
        return self.default_basename

    def get_routes(self, viewset: type[ViewSetMixin]) -> list[Route]:
        """Return the routes, each with the provider."""
        routes = super().get_routes(viewset)
        if self.use_cases is None:
            return routes
        handed = {"use_cases": self.use_cases}
        return [route._replace(initkwargs={**route.initkwargs, **handed}) for route in routes]


class MultiFactorVerifierRouter(MultiFactorRouter):
    """Mounts a ``MultiFactorVerifierViewSet``, before or after the other routers under one prefix."""

    default_basename = "multi-factor"
    routes = [  # noqa: RUF012 - declared by DRF
        Route(r"^{prefix}{trailing_slash}$", {"get": "overview"}, "{basename}-overview", detail=False, initkwargs={}),
        Route(
            r"^{prefix}/status{trailing_slash}$", {"get": "status"}, "{basename}-status", detail=False, initkwargs={}
        ),
        DynamicRoute(r"^{prefix}/{url_path}{trailing_slash}$", "{basename}-{url_name}", detail=False, initkwargs={}),
        Route(
            _ITEM + "{trailing_slash}$",
            {"get": "retrieve", "post": "verify", "patch": "rename", "delete": "remove"},
            "{basename}-specific",
            detail=True,
            initkwargs={},
        ),
        Route(
            _ITEM + "/dispatch{trailing_slash}$",
            {"post": "dispatch_challenge"},
            "{basename}-dispatch",
            detail=True,
            initkwargs={},
        ),
        DynamicRoute(_ITEM + "/{url_path}{trailing_slash}$", "{basename}-{url_name}", detail=True, initkwargs={}),
    ]


class MultiFactorRegisterRouter(MultiFactorRouter):
    """Mounts a ``MultiFactorRegistrationViewSet``, where a project likes."""

    default_basename = "multi-factor-register"
    routes = [  # noqa: RUF012 - declared by DRF
        Route(r"^{prefix}{trailing_slash}$", {"get": "overview"}, "{basename}-overview", detail=False, initkwargs={}),
        DynamicRoute(r"^{prefix}/{url_path}{trailing_slash}$", "{basename}-{url_name}", detail=False, initkwargs={}),
        Route(_ITEM + "{trailing_slash}$", {"post": "register"}, "{basename}", detail=True, initkwargs={}),
        DynamicRoute(_ITEM + "/{url_path}{trailing_slash}$", "{basename}-{url_name}", detail=True, initkwargs={}),
    ]
