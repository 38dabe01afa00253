"""What drf-spectacular (the extra ``openapi``) cannot see by itself: how the routes answer, and what they refuse.

The app config imports this where ``drf_spectacular`` is among the installed apps; drf-spectacular then finds the
extensions by itself. The serializers describe bodies, the docstrings of the actions what they do, and the table of
answers the errors. OPTIONS of a registration, and where a registration leads, is beyond what an extension can add: that
takes the hook ``describe_options`` in ``SPECTACULAR_SETTINGS["POSTPROCESSING_HOOKS"]``.
"""

import inspect
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import attrs
from drf_spectacular.authentication import BasicScheme
from drf_spectacular.drainage import isolate_view_method
from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance, get_class, get_doc
from drf_spectacular.utils import Direction, OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import exceptions
from rest_framework.serializers import CharField
from rest_framework.views import APIView

from mfa.adapters import answers
from mfa.adapters import serializers as own
from mfa.adapters.activity import CURSOR
from mfa.adapters.drf import components
from mfa.adapters.drf.activity import ActivitySerializer, MultiFactorActivityViewSet
from mfa.adapters.drf.components import INTEGER, TEXT, UNVERIFIED, Schema, body, deployed_at, one_of
from mfa.adapters.drf.passkeys import MultiFactorPasskeyViewSet, MultiFactorSignalsViewSet
from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified, IsVerifiedOrNoDevice
from mfa.adapters.drf.trusts import MultiFactorTrustViewSet
from mfa.adapters.drf.viewsets import MultiFactorRegistrationViewSet, MultiFactorVerifierViewSet, MultiFactorViewSet
from mfa.adapters.views import MultiFactorView
from mfa.application.use_cases import UseCases

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
    """One verb of one route: what it is called, how it answers, and the codes that it refuses by.

    ``wrong`` are parameters that may be as wrong as fields of a body, ``more`` is for ``extend_schema``.
    """

    id: str
    answers: Mapping[int, Any]
    refuses: Sequence[str] = ()
    wrong: Sequence[str] = ()
    more: Mapping[str, Any] = {}


def _parameter(name: str, schema: Schema, text: str) -> dict[str, Any]:
    path = name == "index"
    place: Any = "path" if path else "query"
    return {"parameters": [OpenApiParameter(name, schema, place, required=path, description=text)]}


def _operations(deployed: UseCases) -> Mapping[type[APIView], Mapping[str, Operation]]:
    """Return the operations of viewsets by the names of their actions."""
    names = [method.name for method in deployed.methods]
    named = one_of(*deployed.requirements) if deployed.requirements else TEXT
    requirement = _parameter("requirement", named, "A requirement that the settings name.")
    cursor = _parameter(CURSOR, TEXT, "Where a page begins, as the page beside it says.")
    device = _parameter("index", {**INTEGER, "minimum": 0}, "The index of one of the user's devices.")
    positions = one_of(*names, *map(str, range(len(names))))
    method = _parameter("index", positions, "The name or the position of a method.")
    trust = _parameter("index", {**TEXT, "pattern": own.TRUST_ID}, "What a remembered browser is called.")
    passkeys, trusts = {"exclude": not deployed.passkey_login}, {"exclude": not deployed.remembers_browsers}
    signals = {"exclude": deployed.list_passkeys is None}
    wrong, changed = (answers.REJECTED_CODE, "throttled"), ("throttled", *UNVERIFIED)
    unverifiable = ("no_challenge", "already_registered", "device_disabled", *UNVERIFIED)
    unsent = ("not_dispatchable", "already_verified", "device_disabled", "resend_too_soon", "delivery_failed")
    dispatched = {200: components.DISPATCHED, 204: None} if "webauthn" in names else {204: None}
    shown = own.DeviceSerializer
    verified = own.VerifiedSerializer(context={"cookie": deployed.trust_cookie is not None})
    registered = components.registered(deployed)
    return {
        MultiFactorVerifierViewSet: {
            "overview": Operation("overview", {200: shown(many=True)}),
            "status": Operation("status", {200: components.STATUS}, wrong=("requirement",), more=requirement),
            "retrieve": Operation("retrieve", {200: shown}, more=device),
            "verify": Operation("verify", {200: verified}, (*wrong, *unverifiable), more=device),
            "rename": Operation("rename", {200: shown}, changed, more=device),
            "remove": Operation("remove", {204: None}, ("device_required", *changed), more=device),
            "dispatch_challenge": Operation("dispatch", dispatched, (*unsent, "throttled"), more=device),
        },
        MultiFactorRegistrationViewSet: {
            "overview": Operation("methods", {200: own.OfferedMethodSerializer(many=True)}),
            "register": Operation(
                "register", {201: registered}, ("already_registered", "device_required", *changed), more=method
            ),
        },
        MultiFactorPasskeyViewSet: {
            "begin": Operation("passkey_options", {200: own.PasskeyOptionsSerializer}, more=passkeys),
            "log_in": Operation("passkey", {200: components.LOGGED_IN}, (*wrong, "permission_denied"), more=passkeys),
        },
        MultiFactorSignalsViewSet: {
            "overview": Operation("signals", {200: own.SignalsSerializer}, more=signals),
        },
        MultiFactorTrustViewSet: {
            "overview": Operation("trusts", {200: own.TrustSerializer(many=True)}, more=trusts),
            "show": Operation("trust", {200: own.TrustedSerializer}, wrong, more=trusts),
            "revoke": Operation("revoke", {204: None}, changed, more={**trusts, **trust}),
        },
        MultiFactorActivityViewSet: {
            # What is no cursor is not found.
            "overview": Operation("activity", {200: ActivitySerializer}, more=cursor),
        },
    }


def _login(name: str, *made: str) -> Operation:
    """Return what a login does, by the field with the user's name and the fields that a token is answered in."""
    text, title = CharField, components.title
    shown = {each: own.TimeField(allow_null=True) if each == "expiry" else text() for each in made}
    answer = body(f"{''.join(map(title, made))}LoggedInByPassword", "A new token.", **shown, mfa=components.LOGIN())
    typed = {name: text(), "password": text()}
    read = body(f"{title(name)}Password", "A password, and what may come along.", own.SecondFactorSerializer, **typed)
    refused = [answers.REJECTED_CODE, "throttled", "no_challenge", "device_disabled", "permission_denied"]
    refused += ["no_active_account"] if "access" in made else []
    return Operation("login", {200: answer}, refused, more={"summary": "Log in", "request": read})


class GuardedSchema(AutoSchema):
    """Adds what is refused to whatever else an operation answers; what stands there already stays.

    On a project's own views that is what the permissions of this package refuse.
    """

    operations: Mapping[str, Operation] = {}

    def _get_response_bodies(self, direction: Direction = "response") -> Schema:
        found: Schema = super()._get_response_bodies(direction)
        operation = self.operations.get(getattr(self.view, "action", "post"))
        refused: dict[int, dict[str, Any]] = {}
        read = {} if operation is None else self._read()
        if operation is not None and (wrong := {**read, **dict.fromkeys(operation.wrong, False)}):
            refused[400] = {"": components.field_errors(components.title(operation.id), wrong)}
        for code, status in self._refused(operation, reads=bool(read)):
            refused.setdefault(status, {})[code] = components.error(code, str(ERRORS[code][1]))
        for status, errors in sorted(refused.items()):
            found.setdefault(str(status), self._refusal(status, errors))
        if operation is not None:
            kept = {"Cache-Control": {"schema": one_of("no-store"), "required": True}}
            for known, answer in found.items():
                answer["headers"] = {**kept, **answer.get("headers", {})}
                answer["description"] = HTTPStatus(int(known)).phrase
        return found

    def _read(self) -> dict[str, bool]:
        """Return the fields of the body, and whether one may be a credential."""
        bodies = components.bodies_of(force_instance(self.get_request_serializer()), deployed_at(self))
        schemas = [self.resolve_serializer(each, "request").schema or {} for each in bodies]
        return {name: "$ref" in str(each) for schema in schemas for name, each in schema.get("properties", {}).items()}

    def _refused(self, operation: Operation | None, *, reads: bool) -> Iterator[tuple[str, int]]:
        """Go through the codes of what is refused, with their statuses."""
        codes: list[str] = []
        if operation is not None:
            codes += [*operation.refuses, "not_found", "not_acceptable", "unavailable"]
            codes += ["throttled"] if self.view.throttle_classes else []
            codes += ["parse_error", "unsupported_media_type"] if reads else []
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

    def _refusal(self, status: int, errors: Mapping[str, Any]) -> Schema:
        told = PolymorphicProxySerializer("Refusal", {**errors}, None if "" in errors else "code")
        schema: Schema = self._map_serializer(told, "response")  # type: ignore[no-untyped-call] # as drf-spectacular has it
        if len(errors) == 1:
            [schema] = schema["oneOf"]
        content = {media_type: {"schema": schema} for media_type in self.map_renderers("media_type")}
        return {"headers": _headers(status, errors), "content": content, "description": HTTPStatus(status).phrase}


def _headers(status: int, codes: Collection[str]) -> Schema:
    """Return the headers of an answer with one of these errors."""
    if any(code in UNVERIFIED for code in codes):
        return {"WWW-Authenticate": {"schema": TEXT, "description": "What would be enough (RFC 9470)."}}
    if status == HTTPStatus.UNAUTHORIZED:
        challenge = f"That of the authentication class; {answers.REJECTED_CHALLENGE} for a value."
        return {"WWW-Authenticate": {"schema": TEXT, "description": challenge, "required": True}}
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        seconds = {**INTEGER, "minimum": 1}
        return {"Retry-After": {"schema": seconds, "required": "delivery_failed" not in codes}}
    return {}


def _parts(permission: object) -> Iterator[object]:
    """Go through what a permission is composed of, made already or only declared."""
    yield permission
    for name in ("op1", "op2", "op1_class", "op2_class"):
        part = getattr(permission, name, None)
        if part is not None:
            yield from _parts(part)


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
            for kind, operations in _operations(deployed).items():
                if issubclass(target, kind):
                    return self._described(operations)
        # A view of simplejwt's reads by the serializer of the settings, and so may be a login.
        reader = target().get_serializer_class() if hasattr(target, "_serializer_class") else None
        if login := getattr(target, "mfa_login", ()) or getattr(reader, "mfa_login", ()):
            return self._described({"post": _login(*login)})
        declared = self.target_callback.initkwargs.get("permission_classes", target.permission_classes)
        parts = [get_class(part) for each in declared for part in _parts(each)]
        known = target.get_permissions is APIView.get_permissions
        guarded = not known or any(issubclass(part, IsTokenAuthenticated) for part in parts)
        return self._described({}) if guarded else target

    def _described(self, operations: Mapping[str, Operation]) -> Any:  # noqa: ANN401 - a class of views
        """Return a copy of the view that is described, also of a project's subclass, but not over its own words."""
        view: Any = type(self.target.__name__, (self.target,), {"__doc__": self.target.__doc__})
        methods = inspect.getmembers(view, inspect.isfunction)
        spoken = {name for name, method in methods if "schema" in getattr(method, "kwargs", {})}
        told = {name: each for name, each in operations.items() if name not in spoken}
        for name, each in told.items():
            method = isolate_view_method(view, name)
            words = {"summary": re.split("[.,:;]", get_doc(method))[0], **each.more}
            extend_schema(operation_id=f"multi_factor_{each.id}", responses={**each.answers}, **words)(method)
        view.schema = type("GuardedSchema", (GuardedSchema, type(view.schema)), {"operations": told})()
        for name in spoken | told.keys():
            method = isolate_view_method(view, name)
            bases = (GuardedSchema, get_class(method.kwargs["schema"]))
            method.kwargs["schema"] = type("GuardedSchema", bases, {"operations": told})
        return view


class OwnViewExtension(ViewExtension):
    """Goes before what drf-spectacular itself knows of the views that those of this package are made from."""

    target_class: Any = MultiFactorView
    priority = 1


class PasswordScheme(BasicScheme):
    """Describes the HTTP Basic of knox's login as the framework's own, from which it is made."""

    target_class = "mfa.adapters.tokens.knox_login.PasswordAuthentication"


_OF_A_DEVICE = tuple(f"multi_factor_{name}" for name in ("retrieve", "dispatch", "verify", "rename", "remove"))

_LINKS: Mapping[tuple[str, str], tuple[str, Sequence[str]]] = {
    ("multi_factor_register", "201"): ("$response.body#/index", _OF_A_DEVICE),
    ("multi_factor_dispatch", "200"): ("$request.path.index", ("multi_factor_verify",)),
    ("multi_factor_dispatch", "204"): ("$request.path.index", ("multi_factor_verify",)),
}
"""Where answers lead, by operation and status: where the device's index stands, and to what can be done with it."""


def describe_options(result: Schema, **_: object) -> Schema:
    """Describe OPTIONS of every registration in a whole description, as a hook of drf-spectacular, and add links.

    OPTIONS tells which fields a method has, and drf-spectacular looks at no such verb. Links lead from a registration
    to what can be done with the device, as far as the description has it.
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
    verbs = (each for path in result["paths"].values() for each in path.values() if "operationId" in each)
    operations = {each["operationId"]: each for each in verbs}
    for (name, status), (index, ways) in _LINKS.items():
        answer = operations.get(name, {}).get("responses", {}).get(status)
        if answer is not None and (known := [each for each in ways if each in operations]):
            answer["links"] = {each: {"operationId": each, "parameters": {"index": index}} for each in known}
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result
