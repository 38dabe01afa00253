"""What drf-spectacular (the extra ``openapi``) cannot see by itself: how the routes answer, and what they refuse.

The app config imports this where ``drf_spectacular`` is among the installed apps; drf-spectacular then finds the
extensions by itself. The serializers describe bodies, the docstrings of the actions what they do, and the table of
answers the errors. OPTIONS of a registration is beyond what an extension can add: that takes the hook
``describe_options`` in ``SPECTACULAR_SETTINGS["POSTPROCESSING_HOOKS"]``.
"""

import inspect
import re
from collections.abc import Collection, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import attrs
from django.utils.module_loading import import_string
from drf_spectacular.authentication import BasicScheme
from drf_spectacular.drainage import isolate_view_method
from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance, get_class, get_doc
from drf_spectacular.utils import (
    Direction,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework import exceptions
from rest_framework.views import APIView

from mfa.adapters import answers
from mfa.adapters.activity import CURSOR
from mfa.adapters.drf import components
from mfa.adapters.drf.activity import ActivitySerializer, MultiFactorActivityViewSet
from mfa.adapters.drf.components import COUNT, PREFIX, TEXT, UNVERIFIED, Schema, deployed_at, one_of
from mfa.adapters.drf.passkeys import MultiFactorPasskeyViewSet
from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified, IsVerifiedOrNoDevice
from mfa.adapters.drf.trusts import MultiFactorTrustViewSet
from mfa.adapters.drf.viewsets import MultiFactorRegistrationViewSet, MultiFactorVerifierViewSet, MultiFactorViewSet
from mfa.adapters.serializers import TRUST_ID, DeviceSerializer, OfferedMethodSerializer, TrustSerializer
from mfa.adapters.views import MultiFactorView
from mfa.application.use_cases import UseCases

LOGIN_REFUSALS = (answers.REJECTED_CODE, "throttled", "no_challenge", "device_disabled", "permission_denied")

UNAUTHENTICATED = ("not_authenticated", "authentication_failed")

ERRORS: Mapping[str, tuple[int, object]] = {
    **{
        each.default_code: (each.status_code, each.default_detail)
        for each in vars(exceptions).values()
        if hasattr(each, "default_code")
    },
    **{kind.code: answer for kind, answer in answers.ANSWERS.items()},
    answers.REJECTED_CODE: answers.REJECTED,
    "no_active_account": (HTTPStatus.UNAUTHORIZED, "No active account found with the given credentials"),
    answers.TOKEN_REQUIRED_CODE: (HTTPStatus.FORBIDDEN, answers.TOKEN_REQUIRED),
}
"""The statuses and sentences of errors, by their codes."""


@attrs.frozen
class Operation:
    """One verb of one route: what it is called, how it answers, and the codes that it refuses by."""

    id: str
    answers: Mapping[int, Any]
    refuses: tuple[str, ...] = ()
    query: tuple[OpenApiParameter, ...] = ()
    pages: tuple[OpenApiParameter, ...] = ()
    """What leads from page to page; anything else in its place is not found."""
    reads: bool = True


@attrs.frozen
class Routes:
    """Operations by the name of the action, what stands for an item in their paths, and whether they are there."""

    operations: Mapping[str, Operation]
    index: OpenApiParameter | None = None
    offered: bool = True


def _parameter(name: str, schema: Schema, text: str) -> OpenApiParameter:
    path = name == "index"
    return OpenApiParameter(name, schema, "path" if path else "query", required=path, description=text)


def _routes(deployed: UseCases) -> Mapping[type[APIView], Routes]:
    names = [method.name for method in deployed.methods]
    registered = PolymorphicProxySerializer(
        f"{PREFIX}Registered", {method.name: components.registered(method) for method in deployed.methods}, "method"
    )
    shown = {200: components.DISPATCHED} if "webauthn" in names else {}
    named = one_of(*deployed.requirements) if deployed.requirements else TEXT
    requirement = _parameter("requirement", named, "A requirement that the settings name.")
    cursor = _parameter(CURSOR, TEXT, "Where a page begins, as the page beside it says.")
    device = _parameter("index", COUNT, "The index of one of the user's devices.")
    method = _parameter("index", one_of(*names, *map(str, range(len(names)))), "The name or the position of a method.")
    trust = _parameter("index", {**TEXT, "pattern": TRUST_ID}, "What a remembered browser is called.")
    wrong, changed = (answers.REJECTED_CODE, "throttled"), ("throttled", *UNVERIFIED)
    unverifiable = ("no_challenge", "already_registered", "device_disabled", *UNVERIFIED)
    unsent = ("not_dispatchable", "already_verified", "device_disabled", "resend_too_soon", "delivery_failed")
    verifier = {
        "overview": Operation("overview", {200: DeviceSerializer(many=True)}),
        "status": Operation("status", {200: components.STATUS}, query=(requirement,)),
        "retrieve": Operation("retrieve", {200: DeviceSerializer}),
        "verify": Operation("verify", {200: components.verified(deployed)}, (*wrong, *unverifiable)),
        "rename": Operation("rename", {200: DeviceSerializer}, changed),
        "remove": Operation("remove", {204: None}, ("device_required", *changed)),
        "dispatch_challenge": Operation("dispatch", {**shown, 204: None}, (*unsent, "throttled")),
    }
    registration = {
        "overview": Operation("methods", {200: OfferedMethodSerializer(many=True)}),
        "register": Operation("register", {201: registered}, ("already_registered", "device_required", *changed)),
    }
    passkeys = {
        "begin": Operation("passkey_options", {200: components.PASSKEY_OPTIONS}),
        "log_in": Operation("passkey", {200: components.LOGGED_IN}, (*wrong, "permission_denied")),
    }
    trusts = {
        "overview": Operation("trusts", {200: TrustSerializer(many=True)}),
        "show": Operation("trust", {200: components.TRUSTED}, wrong, reads=deployed.trust_cookie is None),
        "revoke": Operation("revoke", {204: None}, changed),
    }
    return {
        MultiFactorVerifierViewSet: Routes(verifier, device),
        MultiFactorRegistrationViewSet: Routes(registration, method),
        MultiFactorPasskeyViewSet: Routes(passkeys, offered=deployed.passkey_login),
        MultiFactorTrustViewSet: Routes(trusts, trust, deployed.remembers_browsers),
        MultiFactorActivityViewSet: Routes(
            {"overview": Operation("activity", {200: ActivitySerializer}, pages=(cursor,))}
        ),
    }


class GuardedSchema(AutoSchema):
    """Adds what is refused to whatever else an operation answers; what stands there already stays.

    On a project's own views that is what the permissions of this package refuse.
    """

    operations: Mapping[str, Operation] = {}
    index: OpenApiParameter | None = None

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters, with what stands in paths to one item."""
        parameters: list[Any] = super().get_override_parameters()
        return parameters if self.index is None or "{index}" not in self.path else [*parameters, self.index]

    def _get_response_bodies(self, direction: Direction = "response") -> Schema:
        found: Schema = super()._get_response_bodies(direction)
        operation = self.operations.get(getattr(self.view, "action", ""))
        refused: dict[int, dict[str, Schema]] = {}
        if operation is not None and (read := self._read(operation)):
            wrong = components.field_errors(components.title(operation.id), read)
            refused[400] = {"": self.resolve_serializer(wrong, "response").ref}
        for code, status in self._refused(operation):
            error = components.error(code, str(ERRORS[code][1]))
            refused.setdefault(status, {})[code] = self.resolve_serializer(error, "response").ref
        for status, schemas in sorted(refused.items()):
            found.setdefault(str(status), self._refusal(status, schemas))
        if operation is not None:
            for answer in found.values():
                kept = {"schema": one_of("no-store"), "required": True}
                answer["headers"] = {"Cache-Control": kept, **answer.get("headers", {})}
        return found

    def _refused(self, operation: Operation | None) -> Iterator[tuple[str, int]]:
        """Go through the codes of what is refused, with their statuses."""
        codes: list[str] = []
        if operation is not None:
            codes += [*operation.refuses, "not_found", "not_acceptable", "unavailable"]
            codes += ["throttled"] if self.view.throttle_classes else []
            codes += ["parse_error", "unsupported_media_type"] if self.get_request_serializer() else []
            if self.view.get_authenticators():
                codes += [*UNAUTHENTICATED, "permission_denied"]
                # Where the authentication class has no challenge of its own, as that of sessions.
                yield from ((code, HTTPStatus.FORBIDDEN) for code in UNAUTHENTICATED)
        permissions = [type(part) for each in self.view.get_permissions() for part in _parts(each)]
        if any(issubclass(each, IsTokenAuthenticated) for each in permissions):
            codes.append(answers.TOKEN_REQUIRED_CODE)
        if any(issubclass(each, (IsVerified, IsVerifiedOrNoDevice)) for each in permissions):
            codes += UNVERIFIED
        step_up_status = deployed_at(self).step_up_status
        yield from ((code, step_up_status if code in UNVERIFIED else ERRORS[code][0]) for code in codes)

    def _refusal(self, status: int, found: Mapping[str, Schema]) -> Schema:
        schema: Schema = {"oneOf": [*found.values()]}
        if len(found) == 1:
            [schema] = found.values()
        elif "" not in found:
            mapping = {code: each["$ref"] for code, each in found.items()}
            schema["discriminator"] = {"propertyName": "code", "mapping": mapping}
        content = {media_type: {"schema": schema} for media_type in self.map_renderers("media_type")}
        return {"headers": _headers(status, found), "content": content, "description": HTTPStatus(status).phrase}

    def _read(self, operation: Operation) -> dict[str, Schema]:
        """Return what may be wrong: the fields of the body, and the parameters of the query."""
        body = force_instance(self.get_request_serializer())
        bodies = components.bodies_of(body, deployed_at(self)) if body else []
        schemas = [self.resolve_serializer(each, "request").schema for each in bodies]
        read = {name: each for schema in schemas for name, each in schema["properties"].items()}
        return {**read, **{each.name: each.type for each in operation.query}}


def _headers(status: int, codes: Collection[str]) -> Schema:
    """Return the headers of an answer with one of these errors."""
    if any(code in UNVERIFIED for code in codes):
        return {"WWW-Authenticate": {"schema": TEXT, "description": "What would be enough (RFC 9470)."}}
    if status == HTTPStatus.UNAUTHORIZED:
        challenge = f"That of the authentication class; {answers.REJECTED_CHALLENGE} for a value."
        return {"WWW-Authenticate": {"schema": TEXT, "description": challenge, "required": True}}
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        seconds = {"type": "integer", "minimum": 1}
        return {"Retry-After": {"schema": seconds, "required": "delivery_failed" not in codes}}
    return {}


def _parts(permission: object) -> Iterator[object]:
    """Go through what a permission is composed of, made already or only declared."""
    yield permission
    for name in ("op1", "op2", "op1_class", "op2_class"):
        part = getattr(permission, name, None)
        if part is not None:
            yield from _parts(part)


def _guarded(view: Any, **more: object) -> Any:  # noqa: ANN401 - a class of views
    """Have every description of a view tell what is refused."""
    view.schema = type("GuardedSchema", (GuardedSchema, type(view.schema)), more)()
    for name, method in inspect.getmembers(view, inspect.isfunction):
        described = getattr(method, "kwargs", {}).get("schema")
        if described is not None:
            schema = type("GuardedSchema", (GuardedSchema, get_class(described)), more)
            isolate_view_method(view, name).kwargs["schema"] = schema
    return view


class ViewExtension(OpenApiViewExtension):
    """Puts operations on the viewsets of this package, and finds the views of a project that its permissions guard."""

    target_class: Any = APIView
    match_subclasses = True
    priority = -1

    def view_replacement(self) -> Any:  # noqa: ANN401 - a class of views
        """Return the view as it is, unless it is one of these, or nobody knows which permissions it has."""
        target: Any = self.target
        if issubclass(target, MultiFactorViewSet):
            deployed = self.target_callback.initkwargs.get("use_cases", target.use_cases)()
            for kind, routes in _routes(deployed).items():
                if issubclass(target, kind):
                    return self._described(routes)
        names = _login_of(target)
        if names:
            return self._described_login(*names)
        declared = self.target_callback.initkwargs.get("permission_classes", target.permission_classes)
        parts = [get_class(part) for each in declared for part in _parts(each)]
        known = target.get_permissions is APIView.get_permissions
        guarded = not known or any(issubclass(part, IsTokenAuthenticated) for part in parts)
        return _guarded(self._copy()) if guarded else target

    def _copy(self) -> Any:  # noqa: ANN401 - a class of views
        return type(self.target.__name__, (self.target,), {"__doc__": self.target.__doc__})

    def _described_login(self, name: str, *made: str) -> Any:  # noqa: ANN401 - a class of views
        """Describe a login, also of a project's subclass, but not over its own words."""
        copy = self._copy()
        if "schema" in getattr(copy.post, "kwargs", {}):
            return _guarded(copy)
        refused = (*LOGIN_REFUSALS, *(("no_active_account",) if "access" in made else ()))
        operation = Operation("login", {200: components.login_answer(made)}, refused)
        extend_schema(
            operation_id=f"multi_factor_{operation.id}",
            summary="Log in",
            request=components.login_body(name),
            responses={200: OpenApiResponse(operation.answers[200], HTTPStatus.OK.phrase)},
        )(isolate_view_method(copy, "post"))
        return _guarded(copy, operations={"": operation})

    def _described(self, routes: Routes) -> Any:  # noqa: ANN401 - a class of views
        """Describe actions, also of a project's subclass, but not over its own words."""
        copy, described = self._copy(), {}
        for action, operation in routes.operations.items():
            if "schema" in getattr(getattr(copy, action), "kwargs", {}):
                continue
            described[action] = operation
            method = isolate_view_method(copy, action)
            extend_schema(
                operation_id=f"multi_factor_{operation.id}",
                summary=re.split("[.,:;]", get_doc(method))[0],
                parameters=[*operation.query, *operation.pages],
                request=copy.serializer_classes.get(action) if operation.reads else None,
                responses={
                    status: OpenApiResponse(answer, HTTPStatus(status).phrase)
                    for status, answer in operation.answers.items()
                },
                exclude=not routes.offered,
            )(method)
        return _guarded(copy, operations=described, index=routes.index)


class OwnViewExtension(ViewExtension):
    """Goes before what drf-spectacular itself knows of the views that those of this package are made from."""

    target_class: Any = MultiFactorView
    priority = 1


class PasswordScheme(BasicScheme):
    """Describes the HTTP Basic of knox's login as the framework's own, from which it is made."""

    target_class = "mfa.adapters.tokens.knox_login.PasswordAuthentication"


def _login_of(target: Any) -> tuple[str, ...]:  # noqa: ANN401 - a class of views
    """Return what a login says of itself, or its serializer does, as with simplejwt; nothing for what is none.

    That is the field with the user's name, and then the fields that a token is answered in.
    """
    named = getattr(target, "_serializer_class", "")
    serializer = getattr(target, "serializer_class", None) or (import_string(named) if named else None)
    told: tuple[str, ...] = getattr(target, "mfa_login", ()) or getattr(serializer, "mfa_login", ())
    return told


def describe_options(result: Schema, **_: object) -> Schema:
    """Describe OPTIONS of every registration in a whole description, as a hook of drf-spectacular.

    It tells which fields a method has, and drf-spectacular looks at no such verb.
    """
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    for path in result["paths"].values():
        posted = path.get("post", {})
        if posted.get("operationId") == "multi_factor_register":
            schemas["MultiFactorMetadata"] = components.METADATA
            answers = posted["responses"]
            content = {"application/json": {"schema": {"$ref": "#/components/schemas/MultiFactorMetadata"}}}
            found = {**answers["201"], "content": content, "description": HTTPStatus.OK.phrase}
            path["options"] = {
                **{key: posted[key] for key in ("parameters", "tags", "security") if key in posted},
                "operationId": "multi_factor_fields",
                "summary": "Describe the fields of a method",
                "description": "Tell which fields a registration of the method takes.",
                "responses": {"200": found, **{each: answers[each] for each in ("401", "403", "404", "406", "503")}},
            }
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result
