"""What drf-spectacular (the extra ``openapi``) cannot see by itself: how the routes answer, and what they refuse.

The app config imports this where ``drf_spectacular`` is among the installed apps; drf-spectacular then finds the
extensions by itself. The serializers describe bodies, the docstrings of the actions what they do, and the table of
answers the errors. OPTIONS of a registration is beyond what an extension can add: that takes the hook
``describe_options`` in ``SPECTACULAR_SETTINGS["POSTPROCESSING_HOOKS"]``.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

import attrs
from drf_spectacular.drainage import isolate_view_method
from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_class, get_doc, resolve_type_hint
from drf_spectacular.utils import (
    Direction,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework import exceptions
from rest_framework.views import APIView

from mfa.adapters.answers import ANSWERS
from mfa.adapters.drf import components
from mfa.adapters.drf import serializers as own
from mfa.adapters.drf.components import (
    COUNT,
    PREFIX,
    TEXT,
    UNVERIFIED,
    AnyOfSerializer,
    InvalidValue,
    Kind,
    Schema,
    TokenRequired,
    code_of,
    deployed_at,
    error,
    field_errors,
    headers,
    registered,
    title,
)
from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified, IsVerifiedOrNoDevice
from mfa.adapters.drf.shapes import Metadata
from mfa.application.use_cases import UseCases
from mfa.domain import errors


@attrs.frozen
class Operation:
    """One verb of one route: what it is called, how it answers, what it refuses by itself, and what it reads."""

    id: str
    answers: Mapping[int, Any]
    refuses: tuple[Kind, ...] = ()
    reads: Any = None
    query: tuple[OpenApiParameter, ...] = ()


Operations = Mapping[str, Operation]
"""By the name of the action."""


def _item(schema: Schema, description: str) -> OpenApiParameter:
    return OpenApiParameter("index", schema, OpenApiParameter.PATH, required=True, description=description)


def _requirement(deployed: UseCases) -> OpenApiParameter:
    names = list(deployed.requirements)
    schema = {**TEXT, "enum": names} if names else TEXT
    return OpenApiParameter("requirement", schema, description="A requirement that the settings name.")


def _verifier(deployed: UseCases) -> tuple[OpenApiParameter, Operations]:
    device, busy = own.DeviceSerializer, errors.Throttled
    shown = {200: components.DispatchedSerializer} if any(each.name == "webauthn" for each in deployed.methods) else {}
    wrong = (InvalidValue, errors.NoChallenge, errors.AlreadyRegistered, errors.DeviceIsDisabled)
    unsent = (
        errors.NotDispatchable,
        errors.AlreadyVerified,
        errors.DeviceIsDisabled,
        errors.ResendTooSoon,
        errors.DeliveryFailed,
    )
    return _item(COUNT, "The index of one of the user's devices."), {
        "overview": Operation("overview", {200: device(many=True)}),
        "status": Operation("status", {200: components.StatusSerializer}, query=(_requirement(deployed),)),
        "retrieve": Operation("retrieve", {200: device}),
        "verify": Operation("verify", {200: components.VerifiedSerializer}, (*wrong, busy, *UNVERIFIED)),
        "rename": Operation("rename", {200: device}, (busy, *UNVERIFIED)),
        "remove": Operation("remove", {204: None}, (errors.DeviceRequired, busy, *UNVERIFIED)),
        "dispatch_challenge": Operation("dispatch", {**shown, 204: None}, (*unsent, busy)),
    }


def _registration(deployed: UseCases) -> tuple[OpenApiParameter, Operations]:
    names = [method.name for method in deployed.methods]
    chosen = {**TEXT, "enum": [*names, *map(str, range(len(names)))]}
    reads = [own.RegistrationSerializer(context={"method": method}) for method in deployed.methods]
    answers: dict[str, Any] = {method.name: registered(method) for method in deployed.methods}
    return _item(chosen, "The name or the position of a method."), {
        "overview": Operation("methods", {200: own.OfferedMethodSerializer(many=True)}),
        "register": Operation(
            "register",
            {201: PolymorphicProxySerializer(f"{PREFIX}Registered", answers, "method")},
            (errors.AlreadyRegistered, errors.DeviceRequired, errors.Throttled, *UNVERIFIED),
            AnyOfSerializer(f"{PREFIX}Registration", reads, None),
        ),
    }


_REFUSES_LOGIN = (InvalidValue, exceptions.PermissionDenied, errors.Throttled)

PASSKEYS: Operations = {
    "begin": Operation("passkey_options", {200: components.PasskeyOptionsSerializer}),
    "log_in": Operation("passkey", {200: components.LoggedInSerializer}, _REFUSES_LOGIN),
}

TRUST_ID = _item({**TEXT, "pattern": own.TRUST_ID}, "What a remembered browser is called.")

TRUSTS: Operations = {
    "overview": Operation("trusts", {200: own.TrustSerializer(many=True)}),
    "show": Operation("trust", {200: components.TrustedSerializer}, (InvalidValue, errors.Throttled)),
    "revoke": Operation("revoke", {204: None}, (errors.Throttled, *UNVERIFIED)),
}


class GuardedSchema(AutoSchema):
    """Adds what is refused to whatever else an operation answers; what stands there already stays.

    On a project's own views that is what the permissions of this package refuse.
    """

    operation: Operation | None = None
    index: OpenApiParameter | None = None

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters, with what stands in paths to one item."""
        parameters: list[Any] = super().get_override_parameters()
        return parameters if self.index is None or "{index}" not in self.path else [*parameters, self.index]

    def _get_response_bodies(self, direction: Direction = "response") -> Schema:
        answers: Schema = super()._get_response_bodies(direction)
        refused: dict[int, dict[str, Kind]] = {}
        for status, kind in (*self._by_operation(), *self._by_permission()):
            refused.setdefault(status, {})[code_of(kind)] = kind
        if self.operation is not None and self._read():
            refused.setdefault(400, {})
        for status, kinds in sorted(refused.items()):
            answers.setdefault(str(status), self._refusal(status, kinds))
        if self.operation is not None:
            for answer in answers.values():
                kept = {"schema": {**TEXT, "enum": ["no-store"]}, "required": True}
                answer["headers"] = {"Cache-Control": kept, **answer.get("headers", {})}
        return answers

    def _by_operation(self) -> Iterator[tuple[int, Kind]]:
        if self.operation is None:
            return
        kinds = [*self.operation.refuses, errors.NotFound, exceptions.NotAcceptable, errors.Unavailable]
        if self.view.throttle_classes:
            kinds.append(errors.Throttled)
        if self.get_request_serializer():
            kinds += [exceptions.ParseError, exceptions.UnsupportedMediaType]
        if self.view.get_authenticators():
            kinds += [exceptions.NotAuthenticated, exceptions.AuthenticationFailed, exceptions.PermissionDenied]
            # Where the authentication class has no challenge of its own, as that of sessions.
            yield from ((403, kind) for kind in (exceptions.NotAuthenticated, exceptions.AuthenticationFailed))
        yield from ((self._status(kind), kind) for kind in kinds)

    def _by_permission(self) -> Iterator[tuple[int, Kind]]:
        permissions = [part for each in self.view.get_permissions() for part in _parts(each)]
        if any(isinstance(each, IsTokenAuthenticated) for each in permissions):
            yield 403, TokenRequired
        if any(isinstance(each, (IsVerified, IsVerifiedOrNoDevice)) for each in permissions):
            yield from ((self._status(kind), kind) for kind in UNVERIFIED)

    def _status(self, kind: Kind) -> int:
        if issubclass(kind, errors.Refused):
            return deployed_at(self).step_up_status
        return int(kind.status_code if issubclass(kind, exceptions.APIException) else ANSWERS[kind][0])

    def _refusal(self, status: int, kinds: Mapping[str, Kind]) -> Schema:
        found = {code: self.resolve_serializer(error(kind), "response").ref for code, kind in kinds.items()}
        if status == HTTPStatus.BAD_REQUEST and self.operation is not None:
            fields = field_errors(title(self.operation.id), self._read())
            found = {"": self.resolve_serializer(fields, "response").ref, **found}
        schema: Schema = {"oneOf": [*found.values()]}
        if len(found) == 1:
            [schema] = found.values()
        elif "" not in found:
            mapping = {code: each["$ref"] for code, each in found.items()}
            schema["discriminator"] = {"propertyName": "code", "mapping": mapping}
        content = {media_type: {"schema": schema} for media_type in self.map_renderers("media_type")}
        return {
            "headers": headers(status, kinds.values()),
            "content": content,
            "description": HTTPStatus(status).phrase,
        }

    def _read(self) -> dict[str, Schema]:
        """Return what may be wrong: the fields of the body, and the parameters of the query."""
        body = self.get_request_serializer()
        bodies = body.serializers if isinstance(body, PolymorphicProxySerializer) else [body] if body else []
        schemas = [self.resolve_serializer(each, "request").schema for each in bodies]
        read = {name: each for schema in schemas for name, each in schema["properties"].items()}
        query = () if self.operation is None else self.operation.query
        return {**read, **{each.name: each.type for each in query}}


def _parts(permission: object) -> Iterator[object]:
    """Go through what a permission is composed of, made already or only declared."""
    yield permission
    for name in ("op1", "op2", "op1_class", "op2_class"):
        part = getattr(permission, name, None)
        if part is not None:
            yield from _parts(part)


def _guarding(described: Any, **more: object) -> Any:  # noqa: ANN401 - classes of whatever the project has
    return type(described.__name__, (GuardedSchema, described), more)


def _guard(target: Any, index: OpenApiParameter | None = None) -> Any:  # noqa: ANN401 - a class of views
    """Return a view whose every description has what its permissions refuse."""
    replacement: Any = type(target.__name__, (target,), {"__doc__": target.__doc__})
    replacement.schema = _guarding(type(target.schema), index=index)()
    for name, method in inspect.getmembers(target, inspect.isfunction):
        described = getattr(method, "kwargs", {}).get("schema")
        if described is not None:
            isolate_view_method(replacement, name).kwargs["schema"] = _guarding(get_class(described), index=index)
    return replacement


_guarded = cache(_guard)
"""The same for the same view, since drf-spectacular counts views."""


class ViewExtension(OpenApiViewExtension):
    """Finds the views of a project that this package's permissions guard."""

    target_class: Any = APIView
    match_subclasses = True
    priority = -1

    def view_replacement(self) -> type[APIView]:
        """Return the view as it is, unless one of the permissions stands there, or nobody knows which do."""
        target = self.target
        declared = self.target_callback.initkwargs.get("permission_classes", target.permission_classes)
        parts = [get_class(part) for each in declared for part in _parts(each)]
        known = target.get_permissions is APIView.get_permissions
        guarded = not known or any(issubclass(part, IsTokenAuthenticated) for part in parts)
        view: type[APIView] = _guarded(target) if guarded else target
        return view


class OperationExtension(OpenApiViewExtension):
    """Puts operations on the actions of a viewset, also of a project's subclass, but not over its own words."""

    describe: Any
    match_subclasses = True

    def view_replacement(self) -> type[APIView]:
        """Return the viewset with its actions described, by what is configured."""
        deployed: UseCases = self.target_callback.initkwargs.get("use_cases", self.target.use_cases)()
        index, operations = self.describe(deployed)
        replacement = type(self.target.__name__, (_guard(self.target, index),), {})
        for action, operation in operations.items():
            if "schema" in getattr(getattr(self.target, action), "kwargs", {}):
                continue
            method = isolate_view_method(replacement, action)
            extend_schema(
                operation_id=f"multi_factor_{operation.id}",
                summary=re.split("[.,:;]", get_doc(method))[0],
                parameters=list(operation.query),
                request=operation.reads or self.target.serializer_classes.get(action),
                responses={
                    status: OpenApiResponse(answer, HTTPStatus(status).phrase)
                    for status, answer in operation.answers.items()
                },
                exclude=not self.offered(deployed),
            )(method)
            method.kwargs["schema"] = _guarding(method.kwargs["schema"], operation=operation, index=index)
        return replacement

    def offered(self, deployed: UseCases) -> bool:
        """Tell whether the routes are there."""
        return True


class VerifierExtension(OperationExtension):
    """Describes the routes that look after devices."""

    target_class = "mfa.adapters.drf.viewsets.MultiFactorVerifierViewSet"
    describe = staticmethod(_verifier)


class RegistrationExtension(OperationExtension):
    """Describes the routes that register devices."""

    target_class = "mfa.adapters.drf.viewsets.MultiFactorRegistrationViewSet"
    describe = staticmethod(_registration)


class PasskeyExtension(OperationExtension):
    """Describes the routes that log in by a passkey, where they are on."""

    target_class = "mfa.adapters.drf.passkeys.MultiFactorPasskeyViewSet"
    describe = staticmethod(lambda _: (None, PASSKEYS))

    def offered(self, deployed: UseCases) -> bool:
        """Tell whether a passkey alone logs in."""
        return deployed.passkey_login


class TrustExtension(OperationExtension):
    """Describes the routes for remembered browsers, where they are on."""

    target_class = "mfa.adapters.drf.trusts.MultiFactorTrustViewSet"
    describe = staticmethod(lambda _: (TRUST_ID, TRUSTS))

    def offered(self, deployed: UseCases) -> bool:
        """Tell whether browsers are remembered."""
        return deployed.remembers_browsers


def describe_options(result: Schema, **_: object) -> Schema:
    """Describe OPTIONS of every registration in a whole description, as a hook of drf-spectacular.

    It tells which fields a method has, and drf-spectacular looks at no such verb.
    """
    schemas, metadata = result["components"]["schemas"], f"{PREFIX}{Metadata.__name__}"
    for path in result["paths"].values():
        posted = path.get("post", {})
        if posted.get("operationId") == "multi_factor_register":
            schemas[metadata] = resolve_type_hint(Metadata)
            answers = posted["responses"]
            content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{metadata}"}}}
            found = {**answers["201"], "content": content, "description": HTTPStatus.OK.phrase}
            path["options"] = {
                **{key: posted[key] for key in ("parameters", "tags", "security") if key in posted},
                "operationId": "multi_factor_fields",
                "summary": "Describe the fields of a method",
                "description": "Tell which fields a registration of the method takes.",
                "responses": {"200": found, **{each: answers[each] for each in ("401", "403", "404", "406", "503")}},
            }
    return {**result, "components": {**result["components"], "schemas": dict(sorted(schemas.items()))}}
