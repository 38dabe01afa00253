"""What drf-spectacular (the extra ``openapi``) cannot see by itself: how the routes answer, and what they refuse.

The app config imports this where ``drf_spectacular`` is among the installed apps; drf-spectacular then finds the
extensions by itself. The serializers describe bodies, the docstrings of the actions what they do, and the table of
answers the errors. OPTIONS of a registration, and where a registration leads, is beyond what an extension can add: that
takes the hook ``describe_options`` in ``SPECTACULAR_SETTINGS["POSTPROCESSING_HOOKS"]``.
"""

import inspect
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from drf_spectacular.authentication import BasicScheme
from drf_spectacular.drainage import isolate_view_method
from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance, get_class, get_doc
from drf_spectacular.utils import Direction, OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.serializers import CharField
from rest_framework.views import APIView

from mfa.adapters import answers, serializers
from mfa.adapters.activity import CURSOR
from mfa.adapters.drf import components
from mfa.adapters.drf.activity import ActivitySerializer, MultiFactorActivityViewSet
from mfa.adapters.drf.components import INDEX, TEXT, UNVERIFIED, Schema, body, deployed_at, one_of
from mfa.adapters.drf.passkeys import MultiFactorPasskeyViewSet, MultiFactorSignalsViewSet
from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified, IsVerifiedOrNoDevice
from mfa.adapters.drf.trusts import MultiFactorTrustViewSet
from mfa.adapters.drf.viewsets import MultiFactorRegistrationViewSet, MultiFactorVerifierViewSet, MultiFactorViewSet
from mfa.adapters.views import MultiFactorView
from mfa.application.use_cases import UseCases

NO_STORE = {"schema": one_of("no-store"), "required": True}
UNAUTHENTICATED = ("not_authenticated", "authentication_failed")


class Operation:
    """One verb of one route: what it is called, how it answers, the codes that it refuses by, and what else is said."""

    def __init__(self, name: str, answers: Mapping[int, object], *refuses: str, **words: Any) -> None:
        self.name, self.answers, self.refuses, self.words = name, answers, refuses, words


def _operations(deployed: UseCases) -> Mapping[type[APIView], Mapping[str, Operation]]:
    """Return the operations of viewsets by the names of their actions."""
    names = [method.name for method in deployed.methods]
    named = one_of(*deployed.requirements) if deployed.requirements else TEXT
    positions, identifier = one_of(*names, *map(str, range(len(names)))), {**TEXT, "pattern": serializers.TRUST_ID}
    requirement = [OpenApiParameter("requirement", named, description="A requirement that the settings name.")]
    cursor = [OpenApiParameter(CURSOR, TEXT, description="Where a page begins, as the page beside it says.")]
    device = [OpenApiParameter("index", INDEX, "path", description="The index of one of the user's devices.")]
    method = [OpenApiParameter("index", positions, "path", description="The name or the position of a method.")]
    trust = [OpenApiParameter("index", identifier, "path", description="What a remembered browser is called.")]
    passkeys, trusts = {"exclude": not deployed.passkey_login}, {"exclude": not deployed.remembers_browsers}
    signals = {"exclude": deployed.list_passkeys is None}
    wrong, changed = (answers.REJECTED_CODE, "throttled"), ("throttled", *UNVERIFIED)
    unverifiable = ("no_challenge", "already_registered", "device_disabled", *UNVERIFIED)
    unsent = ("not_dispatchable", "already_verified", "device_disabled", "resend_too_soon", "delivery_failed")
    dispatched = {200: components.DISPATCHED, 204: None} if "webauthn" in names else {204: None}
    unmet = {400: components.field_errors("status", {"requirement": False})}
    unregistered = ("already_registered", "device_required", *changed)
    verified = serializers.VerifiedSerializer(context={"cookie": deployed.trust_cookie is not None})
    shown, offered = serializers.DeviceSerializer, serializers.OfferedMethodSerializer
    return {
        MultiFactorVerifierViewSet: {
            "overview": Operation("overview", {200: shown(many=True)}),
            "status": Operation("status", {200: components.STATUS, **unmet}, parameters=requirement),
            "retrieve": Operation("retrieve", {200: shown}, parameters=device),
            "verify": Operation("verify", {200: verified}, *wrong, *unverifiable, parameters=device),
            "rename": Operation("rename", {200: shown}, *changed, parameters=device),
            "remove": Operation("remove", {204: None}, "device_required", *changed, parameters=device),
            "dispatch_challenge": Operation("dispatch", dispatched, *unsent, "throttled", parameters=device),
        },
        MultiFactorRegistrationViewSet: {
            "overview": Operation("methods", {200: offered(many=True)}),
            "register": Operation("register", {201: components.registered(deployed)}, *unregistered, parameters=method),
        },
        MultiFactorPasskeyViewSet: {
            "begin": Operation("passkey_options", {200: serializers.PasskeyOptionsSerializer}, **passkeys),
            "log_in": Operation("passkey", {200: components.LOGGED_IN}, *wrong, "permission_denied", **passkeys),
        },
        MultiFactorSignalsViewSet: {"overview": Operation("signals", {200: serializers.SignalsSerializer}, **signals)},
        MultiFactorTrustViewSet: {
            "overview": Operation("trusts", {200: serializers.TrustSerializer(many=True)}, **trusts),
            "show": Operation("trust", {200: serializers.TrustedSerializer}, *wrong, **trusts),
            "revoke": Operation("revoke", {204: None}, *changed, parameters=trust, **trusts),
        },
        # What is no cursor is not found.
        MultiFactorActivityViewSet: {"overview": Operation("activity", {200: ActivitySerializer}, parameters=cursor)},
    }


def _login(name: str, *made: str) -> Operation:
    """Return what a login does, by the field with the user's name and the fields that a token is answered in."""
    text, typed = "A password, and what may come along.", {name: CharField(), "password": CharField()}
    read = body(f"{name}_password", text, serializers.SecondFactorSerializer, **typed)
    shown = {each: serializers.TimeField(allow_null=True) if each == "expiry" else CharField() for each in made}
    answer = body("_".join((*made, "LoggedInByPassword")), "A new token.", **shown, mfa=components.LOGIN())
    refuses = [answers.REJECTED_CODE, "throttled", "no_challenge", "device_disabled", "permission_denied"]
    refuses += ["no_active_account"] if "access" in made else []
    return Operation("login", {200: answer}, *refuses, summary="Log in", request=read)


class GuardedSchema(AutoSchema):
    """Adds what is refused to whatever else a view answers; what stands there already stays.

    On a project's own views that is what the permissions of this package refuse.
    """

    operation: Operation | None = None

    def _get_response_bodies(self, direction: Direction = "response") -> Schema:
        found: Schema = super()._get_response_bodies(direction)
        for status, errors in sorted(self._refused().items()):
            found.setdefault(str(status), self._refusal(status, errors))
        for known, answer in found.items() if self.operation else ():
            answer["headers"] = {"Cache-Control": NO_STORE, **answer.get("headers", {})}
            answer["description"] = HTTPStatus(int(known)).phrase
        return found

    def _refused(self) -> Mapping[int, Mapping[str, Any]]:
        """Return what is refused: by statuses the errors by their codes, of which those of fields have none."""
        refused, codes = defaultdict[int, dict[str, Any]](dict), list[str]()
        if self.operation is not None:
            codes += [*self.operation.refuses, "not_found", "not_acceptable", "unavailable"]
            codes += ["throttled"] if self.view.throttle_classes else []
            if read := self._read():
                codes += ["parse_error", "unsupported_media_type"]
                refused[400] = {"": components.field_errors(self.operation.name, read)}
            if self.view.get_authenticators():
                codes += [*UNAUTHENTICATED, "permission_denied"]
                # Where the authentication class has no challenge of its own, as that of sessions.
                refused[403] = {code: components.error(code) for code in UNAUTHENTICATED}
        permissions = self.view.get_permissions()
        codes += [answers.TOKEN_REQUIRED_CODE] if _among(permissions, IsTokenAuthenticated) else []
        codes += UNVERIFIED if _among(permissions, IsVerified, IsVerifiedOrNoDevice) else []
        for code in codes:
            status = deployed_at(self).step_up_status if code in UNVERIFIED else components.ERRORS[code][0]
            refused[status][code] = components.error(code)
        return refused

    def _read(self) -> dict[str, bool]:
        """Return the fields of the body, and whether one may be a credential."""
        body = self.resolve_serializer(force_instance(self.get_request_serializer()), "request")
        whole = body.schema or {}
        forms = [self.registry[each["$ref"].rpartition("/")[2], body.type].schema for each in whole.get("anyOf", ())]
        fields = {name: each for form in (whole, *forms) for name, each in form.get("properties", {}).items()}
        return {name: "$ref" in str(each) for name, each in fields.items()}

    def _refusal(self, status: int, errors: Mapping[str, Any]) -> Schema:
        told = PolymorphicProxySerializer("Refusal", {**errors}, None if "" in errors else "code")
        schema: Schema = self._map_serializer(told, "response")  # type: ignore[no-untyped-call] # as drf-spectacular has it
        if len(errors) == 1:
            [schema] = schema["oneOf"]
        content = {media_type: {"schema": schema} for media_type in self.map_renderers("media_type")}
        return {"headers": _headers(status, {*errors}), "content": content, "description": HTTPStatus(status).phrase}


def _headers(status: int, codes: set[str]) -> Schema:
    """Return the headers of an answer with one of these errors."""
    if codes & components.WAITING:
        seconds = {**INDEX, "minimum": 1}
        return {"Retry-After": {"schema": seconds, "required": codes <= components.WAITING}}
    if codes & {*UNVERIFIED}:
        return {"WWW-Authenticate": {"schema": TEXT, "description": "What would be enough (RFC 9470)."}}
    challenge = f"That of the authentication class; {answers.REJECTED_CHALLENGE} for a value."
    needed = status == HTTPStatus.UNAUTHORIZED
    return {"WWW-Authenticate": {"schema": TEXT, "description": challenge, "required": True}} if needed else {}


def _among(permissions: Iterable[object], *kinds: type) -> bool:
    """Tell whether one of these kinds is among permissions and what they are composed of."""
    return any(
        isinstance(each, kinds)
        or _among([getattr(each, part) for part in ("op1", "op2") if hasattr(each, part)], *kinds)
        for each in permissions
    )


class ViewExtension(OpenApiViewExtension):
    """Puts operations on the viewsets of this package, and finds the views of a project that its permissions guard."""

    target_class: Any = APIView
    match_subclasses = True
    priority = -1

    def view_replacement(self) -> Any:  # noqa: ANN401 - a class of views
        """Return the view as it is, unless it is one of these, or nobody knows which permissions it has."""
        view: Any = self.target(**self.target_callback.initkwargs)
        if isinstance(view, MultiFactorViewSet):
            found = _operations(view.use_cases())
            return self._described(next((told for kind, told in found.items() if isinstance(view, kind)), {}))
        # A view of simplejwt's reads by the serializer of the settings, and so may be a login.
        reader = view.get_serializer_class() if hasattr(view, "_serializer_class") else None
        if login := getattr(view, "mfa_login", ()) or getattr(reader, "mfa_login", ()):
            return self._described({"post": _login(*login)})
        known = self.target.get_permissions is APIView.get_permissions
        guarded = not known or _among(view.get_permissions(), IsTokenAuthenticated)
        return self._described({}) if guarded else self.target

    def _described(self, operations: Mapping[str, Operation]) -> Any:  # noqa: ANN401 - a class of views
        """Return a copy of the view that is described, also of a project's subclass, but not over its own words."""
        view: Any = type(self.target.__name__, (self.target,), {"__doc__": self.target.__doc__})
        for name, inherited in inspect.getmembers(view, inspect.isfunction):
            spoken = "schema" in getattr(inherited, "kwargs", {})
            operation = None if spoken else operations.get(name)
            if spoken or operation:
                method = isolate_view_method(view, name)
                if operation:
                    summary = re.split("[.,:;]", get_doc(method))[0]
                    words = {"summary": summary, "responses": {**operation.answers}, **operation.words}
                    extend_schema(f"multi_factor_{operation.name}", **words)(method)
                method.kwargs["schema"] = _guarded(method.kwargs["schema"], operation)
        view.schema = _guarded(view.schema)()
        return view


def _guarded(schema: object, operation: Operation | None = None) -> type[AutoSchema]:
    return type("GuardedSchema", (GuardedSchema, get_class(schema)), {"operation": operation})


class OwnViewExtension(ViewExtension):
    """Goes before what drf-spectacular itself knows of the views that those of this package are made from."""

    target_class: Any = MultiFactorView
    priority = 1


class PasswordScheme(BasicScheme):
    """Describes the HTTP Basic of knox's login as the framework's own, from which it is made."""

    target_class = "mfa.adapters.tokens.knox_login.PasswordAuthentication"


LINKS: Mapping[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("register", "201"): ("$response.body#/index", ("retrieve", "dispatch", "verify", "rename", "remove")),
    ("dispatch", "200"): ("$request.path.index", ("verify",)),
    ("dispatch", "204"): ("$request.path.index", ("verify",)),
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
    verbs = (each for path in result["paths"].values() for each in path.values())
    operations = {each["operationId"]: each for each in verbs if "operationId" in each}
    for (name, status), (index, ways) in LINKS.items():
        answer = operations.get(f"multi_factor_{name}", {}).get("responses", {}).get(status)
        if answer is not None and (known := [each for way in ways if (each := f"multi_factor_{way}") in operations]):
            answer["links"] = {each: {"operationId": each, "parameters": {"index": index}} for each in known}
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result
