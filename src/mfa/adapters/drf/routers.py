"""The routes: which verb of which path is which action, and under what name."""

from collections.abc import Callable
from typing import Any

from rest_framework.routers import DynamicRoute, Route, SimpleRouter
from rest_framework.viewsets import ViewSetMixin

from mfa.application.use_cases import UseCases

_EXTRA = DynamicRoute("^{prefix}/{url_path}{trailing_slash}$", "{basename}-{url_name}", detail=False, initkwargs={})
_ITEM_EXTRA = DynamicRoute(
    "^{prefix}/{lookup}/{url_path}{trailing_slash}$", "{basename}-{url_name}", detail=True, initkwargs={}
)


def route(path: str, name: str, /, **actions: str) -> Route:
    """Return a route under the prefix, whose name goes on as said, by its actions."""
    detail = "{lookup}" in path
    return Route(f"^{{prefix}}{path}{{trailing_slash}}$", actions, f"{{basename}}{name}", detail, initkwargs={})


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
        route("", "-overview", get="overview"),
        route("/status", "-status", get="status"),
        _EXTRA,
        route("/{lookup}", "-specific", get="retrieve", post="verify", patch="rename", delete="remove"),
        route("/{lookup}/dispatch", "-dispatch", post="dispatch_challenge"),
        _ITEM_EXTRA,
    ]


class MultiFactorRegisterRouter(MultiFactorRouter):
    """Mounts a ``MultiFactorRegistrationViewSet``, where a project likes."""

    default_basename = "multi-factor-register"
    routes = [  # noqa: RUF012 - declared by DRF
        route("", "-overview", get="overview"),
        _EXTRA,
        route("/{lookup}", "", post="register"),
        _ITEM_EXTRA,
    ]
