"""What drf-spectacular (the extra ``openapi``) cannot see by itself: how the routes answer, and what they refuse.

The app config imports this where ``drf_spectacular`` is among the installed apps; drf-spectacular then finds the
extensions by itself. The serializers describe bodies, the docstrings of the actions what they do, and the table of
answers the errors. OPTIONS of a registration is beyond what an extension can add: that takes the hook
``describe_options`` in ``SPECTACULAR_SETTINGS["POSTPROCESSING_HOOKS"]``.
"""

import inspect
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Literal

import attrs
from drf_spectacular.drainage import isolate_view_method
from drf_spectacular.extensions import (
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
    OpenApiViewExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentIdentity, ResolvedComponent, get_class, get_doc, resolve_type_hint
from drf_spectacular.serializers import PolymorphicProxySerializerExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    Direction,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
)
from rest_framework import exceptions
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from mfa.adapters import accessor
from mfa.adapters.answers import ANSWERS, REJECTED, REJECTED_CHALLENGE, REJECTED_CODE, TOKEN_REQUIRED_CODE
from mfa.adapters.drf import serializers as own
from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified, IsVerifiedOrNoDevice
from mfa.adapters.drf.shapes import AuthenticationResponse, CredentialErrors, Metadata, RegistrationResponse
from mfa.application.use_cases import UseCases
from mfa.domain import errors
from mfa.domain.methods.base import MAX_VALUE_BYTES, TRUST, Method

Schema = dict[str, Any]

PREFIX = "MultiFactor"
"""What the names of all components begin with, so that none is one of the project's own."""

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
SENTENCES: Schema = {"type": "array", "items": TEXT, "minItems": 1}
CODE: Schema = {**TEXT, "maxLength": MAX_VALUE_BYTES, "description": "A code, as a person types or pastes it."}

VALUES: Mapping[str, tuple[Any, ...]] = {
    **dict.fromkeys(("totp", "hotp", "email", "sms", "recovery"), (CODE,)),
    "webauthn": (RegistrationResponse, AuthenticationResponse),
}
"""What is verified, by the name of the method; a method of a project's own may take anything."""

REGISTERED: Mapping[str, type[own.DeviceSerializer]] = {
    "totp": own.SeedSerializer,
    "hotp": own.SeedSerializer,
    "email": own.DeviceSerializer,
    "sms": own.DeviceSerializer,
    "recovery": own.CodesSerializer,
    "webauthn": own.CredentialSerializer,
}
"""What a registration answers; with a method of a project's own it may show anything."""


# Bodies


def _title(text: str) -> str:
    return "".join(part.capitalize() for part in text.replace("-", "_").split("_"))


def _deployed(auto_schema: AutoSchema) -> UseCases:
    deployed: UseCases = getattr(auto_schema.view, "use_cases", accessor.use_cases)()
    return deployed


def _tidied(schema: Schema) -> Schema:
    """Leave out what others would misread.

    A generator of clients takes what has a default for always sent, and drf-spectacular's hook for enumerations would
    rename those that a project has under the same name (``code``, ``method``), if it saw these.
    """
    for name, each in schema.get("properties", {}).items():
        kept = {key: value for key, value in each.items() if key not in {"default", "readOnly", "title"}}
        schema["properties"][name] = {"oneOf": [kept]} if "enum" in kept else kept
    return schema


def _component(auto_schema: AutoSchema, name: str, schema: Schema) -> Schema:
    component = ResolvedComponent(PREFIX + name, ResolvedComponent.SCHEMA, _tidied(schema), object=name)
    auto_schema.registry.register_on_missing(component)
    reference: Schema = component.ref
    return reference


class FieldExtension(OpenApiSerializerFieldExtension):
    """Describes values by their types, or else by the methods that there are."""

    target_class: Any = own.ValueField
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        """Return what the field may hold."""
        methods, found = _deployed(auto_schema).methods, list[Schema]()
        for each in self.target.types or [each for method in methods for each in VALUES.get(method.name, ({},))]:
            schema = each if isinstance(each, dict) else resolve_type_hint(each)
            if isinstance(each, type):
                schema = _component(auto_schema, each.__name__, schema)
            if schema not in found:
                found.append(schema)
        return found[0] if len(found) == 1 else {"anyOf": found}


class MethodExtension(FieldExtension):
    """Describes the name of a method as one of those that there are."""

    target_class = own.MethodField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        """Return the names."""
        deployed = _deployed(auto_schema)
        known = [method.name for method in deployed.methods]
        absent = known if deployed.remembers_browsers else [*known, TRUST]
        others = [each for each in self.target.others if each not in absent]
        names = _component(auto_schema, "MethodName", {**TEXT, "enum": known})
        return {"anyOf": [names, {**TEXT, "enum": others}]} if others else names


extend_schema_field(OpenApiTypes.STR)(own.EmailAddressField)


class SerializerExtension(OpenApiSerializerExtension):
    """Describes the serializers of this package."""

    target_class = own.MultiFactorSerializer
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str:
        """Return a name that shows whose it is, and of which method."""
        self.target.partial = False  # what PATCH reads here is whole
        method: Method | None = self.target.context.get("method")
        kind = type(self.target).__name__.removesuffix("Serializer")
        return f"{PREFIX}{'' if method is None else _title(method.name)}{kind}"

    def get_identity(self, auto_schema: AutoSchema, direction: Direction) -> ComponentIdentity:
        """Return the name of the class, for some are made more than once."""
        kind = type(self.target)
        return ComponentIdentity((kind.__module__, kind.__name__))

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        """Return what the fields say, and of the docstring what is not only for programmers."""
        schema: Schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)  # noqa: SLF001 - as drf-spectacular's own
        if not _deployed(auto_schema).remembers_browsers:
            schema["properties"].pop("trust", None)
        described = {"description": schema.get("description", "").partition("\n\n")[0]}
        return {**_tidied(schema), **described, **getattr(self.target, "more", {})}


class AnyOfSerializer(PolymorphicProxySerializer):
    """Bodies of which more than one may fit."""


class AnyOfExtension(PolymorphicProxySerializerExtension):
    """Says so."""

    target_class: Any = AnyOfSerializer

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        """Return the union."""
        return {"anyOf": super().map_serializer(auto_schema, direction)["oneOf"]}  # type: ignore[no-untyped-call]


def _registered(method: Method) -> type[own.DeviceSerializer]:
    shown = REGISTERED.get(method.name, own.DeviceSerializer)
    more: Schema = {} if method.name in REGISTERED else {"additionalProperties": {}}
    body = {"__doc__": shown.__doc__, "method": own.ValueField(Literal[method.name]), "more": more}
    return type(f"{_title(method.name)}RegisteredSerializer", (shown,), body)


# Errors


class InvalidValue(exceptions.APIException):
    """A wrong value, which is no error of the core."""

    status_code = REJECTED[0]
    default_code = REJECTED_CODE


class TokenRequired(exceptions.PermissionDenied):
    """What ``IsTokenAuthenticated`` refuses."""

    default_code = TOKEN_REQUIRED_CODE


Kind = type[exceptions.APIException] | type[errors.MfaError]

UNVERIFIED = (errors.VerificationRequired, errors.RegistrationRequired)

ERRORS: Mapping[Kind, type[own.ErrorSerializer]] = {
    errors.Refused: own.RefusalSerializer,
    errors.Throttled: own.WaitSerializer,
    errors.Unavailable: own.WaitSerializer,
}
"""What an error tells beside its sentence and its code, where it does."""


def _code(kind: Kind) -> str:
    return str(kind.default_code if issubclass(kind, exceptions.APIException) else kind.code)


def _error(kind: Kind) -> type[own.ErrorSerializer]:
    shown = next((shown for base, shown in ERRORS.items() if issubclass(kind, base)), own.ErrorSerializer)
    name = f"{_title(_code(kind)).removesuffix('Error')}ErrorSerializer"
    return type(name, (shown,), {"__doc__": shown.__doc__, "code": own.ValueField(Literal[_code(kind)])})


def _field_errors(body: str, read: Mapping[str, Schema]) -> type[own.MultiFactorSerializer[Any]]:
    """Return what is wrong with the fields of a body, as Django REST framework writes it."""
    wrong: Schema = {
        name: own.ValueField(SENTENCES, *([CredentialErrors] if "$ref" in str(schema) else []), required=False)
        for name, schema in (*read.items(), (str(api_settings.NON_FIELD_ERRORS_KEY), {}))
    }
    more = {"__doc__": "What is wrong, by field.", "more": {"minProperties": 1, "additionalProperties": False}}
    return type(f"{body}ErrorsSerializer", (own.MultiFactorSerializer,), {**wrong, **more})


def _headers(status: int, kinds: Collection[Kind]) -> Schema:
    if any(issubclass(kind, errors.Refused) for kind in kinds):
        return {"WWW-Authenticate": {"schema": TEXT, "description": "What would be enough (RFC 9470)."}}
    if status == HTTPStatus.UNAUTHORIZED:
        challenge = f"That of the authentication class; {REJECTED_CHALLENGE} for a value."
        return {"WWW-Authenticate": {"schema": TEXT, "description": challenge, "required": True}}
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        always = errors.DeliveryFailed not in kinds
        return {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "required": always}}
    return {}


# Operations


@attrs.frozen
class Operation:
    """One verb of one route: what it is called, how it answers, what it refuses by itself, and reads by method."""

    id: str
    answers: Mapping[int, Any]
    refuses: tuple[Kind, ...] = ()
    reads: Any = None


Operations = Mapping[str, Operation]
"""By the name of the action."""


def _item(schema: Schema, description: str) -> OpenApiParameter:
    return OpenApiParameter("index", schema, OpenApiParameter.PATH, required=True, description=description)


def _verifier(deployed: UseCases) -> tuple[OpenApiParameter, Operations]:
    device, busy = own.DeviceSerializer, errors.Throttled
    shown = {200: own.DispatchedSerializer} if any(each.name == "webauthn" for each in deployed.methods) else {}
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
        "status": Operation("status", {200: own.StandingSerializer}),
        "retrieve": Operation("retrieve", {200: device}),
        "verify": Operation("verify", {200: own.VerifiedSerializer}, (*wrong, busy, *UNVERIFIED)),
        "rename": Operation("rename", {200: device}, (busy, *UNVERIFIED)),
        "remove": Operation("remove", {204: None}, (errors.DeviceRequired, busy, *UNVERIFIED)),
        "dispatch_challenge": Operation("dispatch", {**shown, 204: None}, (*unsent, busy)),
    }


def _registration(deployed: UseCases) -> tuple[OpenApiParameter, Operations]:
    names = [method.name for method in deployed.methods]
    chosen = {**TEXT, "enum": [*names, *map(str, range(len(names)))]}
    reads = [own.RegistrationSerializer(context={"method": method}) for method in deployed.methods]
    answers: dict[str, Any] = {method.name: _registered(method) for method in deployed.methods}
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
    "begin": Operation("passkey_options", {200: own.PasskeyOptionsSerializer}),
    "log_in": Operation("passkey", {200: own.LoggedInSerializer}, _REFUSES_LOGIN),
}

TRUST_ID = _item({**TEXT, "pattern": own.TRUST_ID}, "What a remembered browser is called.")

TRUSTS: Operations = {
    "overview": Operation("trusts", {200: own.TrustSerializer(many=True)}),
    "show": Operation("trust", {200: own.TrustedSerializer}, (InvalidValue, errors.Throttled)),
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
            refused.setdefault(status, {})[_code(kind)] = kind
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
        if self._read():
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
            return _deployed(self).step_up_status
        return int(kind.status_code if issubclass(kind, exceptions.APIException) else ANSWERS[kind][0])

    def _refusal(self, status: int, kinds: Mapping[str, Kind]) -> Schema:
        found = {code: self.resolve_serializer(_error(kind), "response").ref for code, kind in kinds.items()}
        schema: Schema
        if status == HTTPStatus.BAD_REQUEST and self.operation is not None:
            fields = self.resolve_serializer(_field_errors(_title(self.operation.id), self._read()), "response")
            schema = {"oneOf": [fields.ref, *found.values()]}
        elif len(found) == 1:
            [schema] = found.values()
        else:
            mapping = {code: each["$ref"] for code, each in found.items()}
            schema = {"oneOf": [*found.values()], "discriminator": {"propertyName": "code", "mapping": mapping}}
        content = {media_type: {"schema": schema} for media_type in self.map_renderers("media_type")}
        return {
            "headers": _headers(status, kinds.values()),
            "content": content,
            "description": HTTPStatus(status).phrase,
        }

    def _read(self) -> dict[str, Schema]:
        """Return the fields of the body."""
        read = self.get_request_serializer()
        bodies = read.serializers if isinstance(read, PolymorphicProxySerializer) else [read] if read else []
        schemas = [self.resolve_serializer(body, "request").schema for body in bodies]
        return {name: each for schema in schemas for name, each in schema["properties"].items()}


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
