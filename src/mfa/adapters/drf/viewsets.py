"""The routes' behaviour: requests become commands, and what the use cases answer becomes responses."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any, ClassVar

from django.http.request import split_domain_port
from django.utils.translation import get_language
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import ViewSet

from mfa.adapters import cookies, requests, serializers
from mfa.adapters.answers import rejection, requirement_body
from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerifiedOrNoDevice
from mfa.adapters.exceptions import MfaException
from mfa.adapters.views import MultiFactorView
from mfa.application.devices import Remove, Rename
from mfa.application.dispatching import RequestChallenge
from mfa.application.ports.tokens import PreparedToken
from mfa.application.registration import Register
from mfa.application.transactions import ListedDevice
from mfa.application.verification import NotVerified, Verify
from mfa.domain.errors import DeviceNotFound, InvalidField, MethodNotFound
from mfa.domain.identifiers import Token
from mfa.domain.methods.base import Method, Methods

NAMES = ("activity", "passkey", "register", "status", "trust")
"""What stands in the place of an index in the package's other routes."""

NOWHERE = -1
"""The index of no device, for which the same work is done as for one that is another user's."""


def device_index(text: object) -> int:
    """Read the index of a device from a path: ``NOWHERE`` for whatever is not written as an index is.

    A project's own path may have made it a number already.
    """
    return int(str(text)) if re.fullmatch("0|[1-9][0-9]{0,8}", str(text)) else NOWHERE


class MultiFactorViewSet(MultiFactorView, ViewSet):
    """What the viewsets of this package share."""

    serializer_classes: ClassVar[Mapping[str, type[Serializer[Any]]]] = {}
    """What an action reads, by the name of the action."""

    permission_classes: Sequence[Any] = (IsTokenAuthenticated,)
    mfa_by_account = True

    lookup_field = "index"
    lookup_value_regex = "[^/]+"
    lookup_value_converter = "str"

    def rejected(self) -> Response:
        """Answer a wrong value, which is the same for every reason.

        Nothing is raised: DRF rolls a request's transaction back when a view raises, and with it would go the failure
        that was counted.
        """
        return self.handle_exception(MfaException(rejection()))

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override] # as in DRF
        """Describe a route, but not that of something which does not exist for the user."""
        if self.lookup_field in kwargs:
            self.demand_found(request, kwargs[self.lookup_field])
        return super().options(request, *args, **kwargs)

    def demand_found(self, request: Request, index: str) -> None:
        """Raise ``NotFound`` where the path leads to nothing that the user may know of."""
        raise NotFound

    def get_serializer_class(self) -> type[Serializer[Any]]:
        """Return what reads the body; the browsable API and the metadata ask for other verbs than the request's."""
        action = self.action_map.get((self.request.method or "").lower(), "")
        return self.serializer_classes.get(action, serializers.MultiFactorSerializer)

    def get_serializer_context(self) -> dict[str, Any]:
        """Return what serializers may need to know."""
        return {"request": self.request, "format": self.format_kwarg, "view": self}

    def get_serializer(self, *args: Any, **kwargs: Any) -> Serializer[Any]:
        """Make what reads the body."""
        kwargs.setdefault("context", self.get_serializer_context())
        return self.get_serializer_class()(*args, **kwargs)

    def token(self, request: Request) -> Token:
        """Return the token of a request; whatever permissions a subclass has, there is no second factor without."""
        token = self.use_cases().token_provider.token_of(request)
        if token is None:
            self.permission_denied(request, IsTokenAuthenticated.message, IsTokenAuthenticated.code)
        return token

    def successor(self, request: Request) -> PreparedToken | None:
        """Prepare what the request's token is renewed by, once a verification is stored under that; None for most."""
        renewer = self.use_cases().credential_renewer
        return None if renewer is None else renewer.successor(request)

    def reader(self) -> Serializer[Any]:
        """Return what reads the body, by its ``run_validation``: one for all requests, where it is of this package."""
        kind = self.get_serializer_class()
        own = kind.__module__ == serializers.__name__
        return serializers.made_once(kind, get_language()) if own else self.get_serializer()

    def shown(self, listed: ListedDevice) -> dict[str, Any]:
        """Return a device as clients are shown it."""
        return serializers.represented(serializers.DeviceSerializer, listed, methods=self.use_cases().methods)


@lru_cache(maxsize=256)
def _registration_serializer(methods: Methods, name: str, _language: str | None) -> serializers.RegistrationSerializer:
    return serializers.RegistrationSerializer(context={"method": methods.named(name)})


class MultiFactorVerifierViewSet(MultiFactorViewSet):
    """Your devices: verify, rename and remove them, and see how your token stands.

    The names of the package's other routes are no index, so these may be mounted after a verifier as well. With another
    name under the same prefix, mount it before, or have ``lookup_value_regex`` match nothing but digits.
    """

    lookup_value_regex = rf"(?!(?:{'|'.join(NAMES)})(?:/|$))[^/]+"
    lookup_value_converter = "int"
    serializer_classes = {  # noqa: RUF012 - declared above
        "verify": serializers.VerifySerializer,
        "rename": serializers.RenameSerializer,
        "dispatch_challenge": serializers.DispatchSerializer,
    }

    def overview(self, request: Request, **_: Any) -> Response:
        """List the user's devices."""
        return Response([self.shown(each) for each in self.use_cases().list_devices(self.token(request))])

    def status(self, request: Request, **_: Any) -> Response:
        """Tell how the token stands, and on request whether it meets a requirement that the settings name."""
        use_cases, token, name = self.use_cases(), self.token(request), request.query_params.get("requirement")
        requirement = None if name is None else use_cases.requirements.get(name)
        if name is not None and requirement is None:
            raise InvalidField("requirement", "unknown_requirement")
        standing = use_cases.assess_token(token)
        shown = serializers.represented(serializers.StandingSerializer, standing)
        if requirement is not None:
            met = standing.refusal(requirement) is None
            shown["requirement"] = {**requirement_body(standing.demanded(requirement)), "met": met}
        return Response(shown)

    def retrieve(self, request: Request, index: str, **_: Any) -> Response:
        """Show one device."""
        return Response(self.shown(self.device(request, index)))

    def verify(self, request: Request, index: str, **_: Any) -> Response:
        """Judge a value; the answer to a wrong one is the same whatever is wrong with it."""
        token = self.token(request)
        given = self.read(request, index)
        successor = self.successor(request)
        verified = self.use_cases().verify_challenge(
            Verify(
                token=token,
                index=device_index(index),
                value=given["value"],
                trust=given["trust"],
                browser=request.headers.get("User-Agent", ""),
                successor=None if successor is None else successor.token,
                account=requests.account_read(request, token),
            )
        )
        if isinstance(verified, NotVerified):
            return self.rejected()
        if successor is not None:
            successor.issue()
        methods, cookie = self.use_cases().methods, self.use_cases().trust_cookie
        shown = serializers.represented(
            serializers.VerifiedSerializer, verified, methods=methods, cookie=cookie is not None
        )
        response = Response(shown)
        if verified.trust is not None and cookie is not None:
            cookies.keep(response, cookie, verified.trust, path=cookies.above(request))
        return response

    def rename(self, request: Request, index: str, **_: Any) -> Response:
        """Rename a device."""
        token = self.token(request)
        name = self.read(request, index, verified=True)["name"]
        renamed = self.use_cases().rename_device(Rename(token=token, index=device_index(index), name=name))
        return Response(self.shown(renamed))

    def remove(self, request: Request, index: str, **_: Any) -> Response:
        """Remove a device."""
        self.use_cases().remove_device(Remove(token=self.token(request), index=device_index(index)))
        return Response(status=HTTPStatus.NO_CONTENT)

    def dispatch_challenge(self, request: Request, index: str, **_: Any) -> Response:
        """Dispatch a challenge: send a value to a device, or answer with the options of a ceremony."""
        token = self.token(request)
        again = self.read(request, index)["reverify"]
        shown = self.use_cases().dispatch_challenge(
            RequestChallenge(token=token, index=device_index(index), again=again, site=_host(request))
        )
        return Response(status=HTTPStatus.NO_CONTENT) if shown is None else Response(shown)

    def device(self, request: Request, index: str) -> ListedDevice:
        """Return one of the devices that the token may know of; raises ``DeviceNotFound``."""
        wanted = device_index(index)
        for listed in self.use_cases().list_devices(self.token(request)):
            if listed.device.index == wanted:
                return listed
        raise DeviceNotFound(wanted)

    def read(self, request: Request, index: str, *, verified: bool = False) -> dict[str, Any]:
        """Read the body; raises ``ValidationError``, but only for a device that is the user's.

        Otherwise a broken body would tell another user's index from one that exists nowhere. Where the token has to
        be ``verified``, it hears that first, too.
        """
        try:
            return dict(self.reader().run_validation(request.data))
        except ValidationError:
            self.demand_found(request, index)
            if verified:
                assessment = self.use_cases().assess_token(self.token(request))
                if not assessment.proved:
                    raise assessment.policy_refusal() from None
            raise

    def demand_found(self, request: Request, index: str) -> None:
        """Raise ``DeviceNotFound`` for an index that is not the user's own."""
        self.device(request, index)


class MultiFactorRegistrationViewSet(MultiFactorViewSet):
    """The methods that you can register devices of."""

    permission_classes: Sequence[Any] = (IsTokenAuthenticated, IsVerifiedOrNoDevice)
    serializer_classes = {"register": serializers.RegistrationSerializer}  # noqa: RUF012 - declared above

    def overview(self, request: Request, **_: Any) -> Response:
        """List the methods, in the order that gives their indexes."""
        devices = [listed.device for listed in self.use_cases().list_devices(self.token(request))]
        active = Counter(device.method for device in devices if device.active)
        offered = [
            {"index": index, "method": method, "registered": active[method.name]}
            for index, method in enumerate(self.use_cases().methods)
        ]
        return Response([serializers.represented(serializers.OfferedMethodSerializer, each) for each in offered])

    def register(self, request: Request, index: str, **_: Any) -> Response:
        """Register a device, and show what only this response ever shows."""
        token, method = self.token(request), self.method(index)
        given = self.reader().run_validation(request.data)
        registered = self.use_cases().register_device(
            Register(
                token=token,
                method=method.name,
                user_name=requests.user_name(request, token),
                name=given.get("name", ""),
                fields={field.name: given[field.name] for field in method.fields if field.name in given},
                site=_host(request),
                account=requests.account_read(request, token),
            )
        )
        return Response({**self.shown(registered.listed), **registered.shown}, status=HTTPStatus.CREATED)

    def method(self, index: str) -> Method:
        """Return the method of that name or position; raises ``MethodNotFound``."""
        return self.use_cases().methods.at(str(index))

    def reader(self) -> Serializer[Any]:
        """Return what reads the body for the method of the path."""
        if self.get_serializer_class() is not serializers.RegistrationSerializer:
            return self.get_serializer()
        name = self.method(self.kwargs[self.lookup_field]).name
        return _registration_serializer(self.use_cases().methods, name, get_language())

    def demand_found(self, request: Request, index: str) -> None:
        """Raise ``MethodNotFound`` for what names no method."""
        self.method(index)

    def get_serializer_context(self) -> dict[str, Any]:
        """Hand the method to the serializer, or nothing where the browsable API describes a path to nowhere."""
        context = super().get_serializer_context()
        try:
            return {**context, "method": self.method(self.kwargs[self.lookup_field])}
        except (KeyError, MethodNotFound):
            return context


def _host(request: Request) -> str:
    """Return the host that is asked, without its port."""
    return split_domain_port(request.get_host())[0]
