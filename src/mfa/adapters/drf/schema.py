"""What drf-spectacular (the extra ``openapi``) cannot see by itself: every body and every answer of the routes.

The app config imports this where ``drf_spectacular`` is among the installed apps; drf-spectacular then finds the
extensions by itself. OPTIONS of a registration is beyond what an extension can add: that takes the hook
``describe_options`` in ``SPECTACULAR_SETTINGS["POSTPROCESSING_HOOKS"]``.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
from drf_spectacular.drainage import isolate_view_method
from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiViewExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from mfa.adapters.accessor import UseCases
from mfa.adapters.answers import REJECTED_CHALLENGE, REJECTED_CODE
from mfa.adapters.drf.serializers import MOST_STATE_CHARACTERS, MOST_TOKEN_CHARACTERS
from mfa.domain.devices import MOST_NAME_CHARACTERS
from mfa.domain.errors import (
    AlreadyRegistered,
    AlreadyVerified,
    DeliveryFailed,
    DeviceNotFound,
    DeviceRequired,
    NoChallenge,
    NotDispatchable,
    RegistrationRequired,
    Throttled,
    Unavailable,
    VerificationRequired,
)
from mfa.domain.methods.base import MAX_VALUE_BYTES, Method, RegistrationField

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/"

REGISTRATION = "MultiFactorRegistration"


@attrs.define(eq=False, slots=False)
class Shape:
    """A schema with a name of its own, and those that it refers to."""

    name: str
    schema: Schema
    parts: tuple["Shape", ...] = ()

    @property
    def ref(self) -> Schema:
        """Return what stands for the schema elsewhere."""
        return {"$ref": REFERENCE + self.name}


class ShapeExtension(OpenApiSerializerExtension):
    """Writes shapes among the components of a description."""

    target_class = Shape

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str:
        """Return the name."""
        return str(self.target.name)

    def get_identity(self, auto_schema: AutoSchema, direction: Direction) -> str:
        """Return the name, which only one shape has."""
        return str(self.target.name)

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        """Return the schema, after what it refers to."""
        for part in self.target.parts:
            auto_schema.resolve_serializer(part, direction)
        return dict(self.target.schema)


# Schemas


def _object(properties: Mapping[str, Schema], required: Iterable[str] | None = None, **more: object) -> Schema:
    demanded = list(properties if required is None else required)
    return {"type": "object", "properties": dict(properties), **({"required": demanded} if demanded else {}), **more}


def _described(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


BOOLEAN: Schema = {"type": "boolean"}
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
SECONDS: Schema = {"type": "integer", "minimum": 1}
TIME: Schema = {"type": "string", "format": "date-time"}
NAME: Schema = {"type": "string", "maxLength": MOST_NAME_CHARACTERS}
LEFT = _described(COUNT, "How many verifications this token has yet to bring.")

DEVICE_PROPERTIES: Mapping[str, Schema] = {
    "index": _described(COUNT, "The device's own within its user, for ever."),
    "method": _described(TEXT, "The name of the method."),
    "verbose_name": _described(TEXT, "What a person calls the method."),
    "name": _described(NAME, "What the user calls the device."),
    "dispatchable": _described(BOOLEAN, "Whether a challenge can be dispatched to the device."),
    "active": _described(BOOLEAN, "False until the first verification."),
    "confirmed": _described(BOOLEAN, "Whether this token has verified the device."),
    "destination": {**TEXT, "nullable": True, "description": "Where a dispatch goes, masked."},
    "created_at": TIME,
    "last_used_at": {**TIME, "nullable": True},
}

DEVICE = Shape("MultiFactorDevice", _object(DEVICE_PROPERTIES))

DEVICES = Shape("MultiFactorDevices", {"type": "array", "items": DEVICE.ref}, (DEVICE,))

TRUST_NAME: Schema = {"type": "string", "pattern": "^[0-9a-f]{16}$"}

MADE_TRUST = _object({"token": _described(TEXT, "What the browser keeps."), "expires_at": TIME})

TRUSTS = Shape(
    "MultiFactorTrusts",
    {
        "type": "array",
        "items": _object(
            {
                "id": _described(TRUST_NAME, "What the remembered browser is called."),
                "device": _described(COUNT, "The index of the device that was verified there."),
                "description": _described(TEXT, "What the browser said of itself."),
                "current": _described(BOOLEAN, "Whether this token came from there."),
                "created_at": TIME,
                "expires_at": TIME,
                "last_used_at": {**TIME, "nullable": True},
            }
        ),
    },
)

TRUST_TOKEN = Shape(
    "MultiFactorTrust", _object({"token": {**TEXT, "maxLength": MOST_TOKEN_CHARACTERS, "minLength": 1}})
)

TRUSTED = Shape("MultiFactorTrusted", _object({"verifications-left": LEFT}))

STANDING = Shape(
    "MultiFactorStanding",
    _object(
        {
            "verified": BOOLEAN,
            "verifications-left": LEFT,
            "enrolled": _described(BOOLEAN, "Whether the user has an active device."),
            "locked": _described(BOOLEAN, "Whether wrong values have locked what can be guessed."),
            "retry_after": {**COUNT, "nullable": True, "description": "Seconds; null where waiting does not help."},
            "verifications": {"type": "array", "items": _object({"index": COUNT, "method": TEXT, "at": TIME})},
        }
    ),
)

OFFERED = Shape(
    "MultiFactorMethods",
    {
        "type": "array",
        "items": _object(
            {
                "index": _described(COUNT, "The method's position in the settings."),
                "method": TEXT,
                "verbose_name": TEXT,
                "dispatchable": BOOLEAN,
                "registered": _described(COUNT, "The user's active devices of the method."),
            }
        ),
    },
)

RENAME = Shape("MultiFactorRename", _object({"name": _described(NAME, "Empty takes the name away.")}))

DISPATCH = Shape(
    "MultiFactorDispatch",
    _object(
        {"reverify": {**BOOLEAN, "default": False, "description": "Although the device is confirmed."}}, required=()
    ),
)

FIELD = _object({"type": TEXT, "required": BOOLEAN}, additionalProperties=True)
"""As the metadata class of the project describes fields."""

METADATA = Shape(
    "MultiFactorMetadata",
    _object(
        {
            "name": TEXT,
            "description": TEXT,
            "renders": {"type": "array", "items": TEXT},
            "parses": {"type": "array", "items": TEXT},
            "actions": _object({"POST": {"type": "object", "additionalProperties": FIELD}}),
        },
        required=("name", "description", "renders", "parses"),
    ),
)

TYPED: Schema = {
    "type": "string",
    "maxLength": MAX_VALUE_BYTES,
    "description": "A code; spaces and hyphens in it do not matter.",
}

CREDENTIAL: Schema = {"type": "object", "description": "What PublicKeyCredential.toJSON() returns."}

OPTIONS: Schema = {"type": "object", "description": "For the browser, unchanged (WebAuthn Level 3)."}

VALUES: Mapping[str, Schema] = {
    **dict.fromkeys(("totp", "hotp", "email", "sms", "recovery"), TYPED),
    "webauthn": CREDENTIAL,
}
"""What is verified, by the name of the method; a method of a project's own may take anything."""

_SEED = (
    {
        "authenticator_url": _described(TEXT, "An otpauth URI."),
        "secret": _described(TEXT, "Base32."),
        "qr_code": _described(TEXT, "A data URI; only where the extra qr is installed."),
    },
    ("authenticator_url", "secret"),
)

SHOWN: Mapping[str, tuple[Mapping[str, Schema], tuple[str, ...]]] = {
    "totp": _SEED,
    "hotp": _SEED,
    "email": ({}, ()),
    "sms": ({}, ()),
    "recovery": ({"codes": {"type": "array", "items": TEXT}}, ("codes",)),
    "webauthn": ({"options": OPTIONS}, ("options",)),
}
"""What only the answer to a registration shows, and what of that is always there."""

DISPATCHED: Mapping[str, Schema] = {"webauthn": _object({"options": OPTIONS})}
"""What a dispatch answers where it has more to say than that something was sent."""


PASSKEY_OPTIONS = Shape("MultiFactorPasskeyOptions", _object({"options": OPTIONS, "state": TEXT}))

PASSKEY = Shape(
    "MultiFactorPasskeyLogin",
    _object({"state": {**TEXT, "maxLength": MOST_STATE_CHARACTERS, "minLength": 1}, "value": CREDENTIAL}),
)

LOGGED_IN = Shape(
    "MultiFactorPasskeyLoggedIn",
    _object(
        {
            "token": {**TEXT, "nullable": True, "description": "Null where the browser's session is the token."},
            "expires_at": {**TIME, "nullable": True},
            "access": TEXT,
            "refresh": TEXT,
            "verifications-left": LEFT,
        },
        required=["verifications-left"],
    ),
)


def _any(schemas: Iterable[Schema]) -> Schema:
    distinct: list[Schema] = []
    for schema in schemas:
        if schema not in distinct:
            distinct.append(schema)
    return distinct[0] if len(distinct) == 1 else {"anyOf": distinct}


def _title(method: Method) -> str:
    return "".join(part.capitalize() for part in method.name.replace("-", "_").split("_"))


def _input(field: RegistrationField) -> Schema:
    return {**TEXT, "maxLength": field.max_length, **({"minLength": 1} if field.required else {})}


def verification(methods: Iterable[Method], *, remembers: bool = True) -> Shape:
    """Return what a verification reads; ``remembers``: browsers can be remembered."""
    value = _any(VALUES.get(method.name, {}) for method in methods)
    trust = {"trust": {**BOOLEAN, "default": False, "description": "Remember this browser."}} if remembers else {}
    return Shape("MultiFactorVerification", _object({"value": value, **trust}, required=["value"]))


def verified(*, remembers: bool) -> Shape:
    """Return what a right value is answered; ``remembers``: browsers can be remembered."""
    answer = {"verifications-left": LEFT, "device": DEVICE.ref}
    trust = {"trust": MADE_TRUST} if remembers else {}
    return Shape("MultiFactorVerified", _object({**answer, **trust}, answer), (DEVICE,))


def registration(methods: Iterable[Method]) -> Shape:
    """Return what a registration reads, by method: the path says which."""
    bodies = tuple(
        Shape(
            f"MultiFactor{_title(method)}Registration",
            _object(
                {"name": NAME, **{field.name: _input(field) for field in method.fields}},
                required=[field.name for field in method.fields if field.required],
            ),
        )
        for method in methods
    )
    return Shape(REGISTRATION, _any(body.ref for body in bodies), bodies)


def registered(methods: Iterable[Method]) -> Shape:
    """Return what a registration answers, by method: the device, and what is never shown again."""
    answers = tuple(
        Shape(
            f"MultiFactor{_title(method)}Registered",
            _object({**DEVICE_PROPERTIES, **SHOWN[method.name][0]}, (*DEVICE_PROPERTIES, *SHOWN[method.name][1]))
            if method.name in SHOWN
            else _object(DEVICE_PROPERTIES, additionalProperties={}),
        )
        for method in methods
    )
    return Shape("MultiFactorRegistered", _any(answer.ref for answer in answers), answers)


# Errors


def error(*codes: str) -> Schema:
    """Return an error with one of these codes."""
    return _object({"detail": TEXT, "code": {"type": "string", "enum": list(codes)}})


def field_errors(*fields: str) -> Schema:
    """Return what is wrong with the fields, as Django REST framework writes it."""
    sentences = {"type": "array", "items": TEXT, "minItems": 1}
    names = (*fields, str(api_settings.NON_FIELD_ERRORS_KEY))
    return _object(dict.fromkeys(names, sentences), required=(), minProperties=1, additionalProperties=False)


REFUSED = (VerificationRequired.code, RegistrationRequired.code)

REFUSAL = _object({"detail": TEXT, "code": {"type": "string", "enum": list(REFUSED)}, "verifications-left": LEFT})

UNAUTHENTICATED = ("not_authenticated", "authentication_failed")
"""With 403 where the authentication class has no challenge of its own, as with sessions."""


@attrs.frozen(kw_only=True)
class Operation:
    """One verb of one route: what it is called, what it reads, and how it answers."""

    id: str
    says: str
    success: Mapping[int, tuple[str, Shape | None]]
    body: Shape | None = None
    fields: tuple[str, ...] = ()
    unauthorized: tuple[str, ...] = ()
    anonymous: bool = False
    gated: bool = False
    refused: int = 403
    missing: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    unavailable: tuple[str, ...] = ()

    @property
    def errors(self) -> dict[int, tuple[str, Schema]]:
        """Return every other answer, by its status."""
        return {
            **self._unreadable(),
            **self._denied(),
            404: ("Nothing of this user's, or no such format", error(DeviceNotFound.code, *self.missing)),
            406: ("No such answer", error("not_acceptable")),
            **({409: ("Not as things are", error(*self.conflicts))} if self.conflicts else {}),
            429: ("Not now; nothing was looked at", error(Throttled.code)),
            503: ("Not just now", error(Unavailable.code, *self.unavailable)),
        }

    def _denied(self) -> dict[int, tuple[str, Schema]]:
        if self.anonymous:
            return {401: ("Not valid", error(*self.unauthorized))} if self.unauthorized else {}
        denied = {
            401: [error(*UNAUTHENTICATED, *self.unauthorized)],
            403: [error("token_required", "permission_denied", *UNAUTHENTICATED)],
        }
        if self.gated:
            denied[self.refused].append(REFUSAL)
        said = {401: "No credentials, or wrong ones", 403: "Not for this token as it stands"}
        return {status: (said[status], _any(schemas)) for status, schemas in denied.items()}

    def _unreadable(self) -> dict[int, tuple[str, Schema]]:
        if self.body is None:
            return {}
        return {
            400: ("Malformed", _any((field_errors(*self.fields), error("parse_error")))),
            415: ("No such type of body", error("unsupported_media_type")),
        }

    @property
    def headers(self) -> list[OpenApiParameter]:
        """Return the headers of the answers."""
        errors = self.errors
        return [
            _header("Cache-Control", {"type": "string", "enum": ["no-store"]}, [*self.success, *errors], required=True),
            *(
                [_header("WWW-Authenticate", _described(TEXT, self._challenges()), [401], required=True)]
                if 401 in errors  # noqa: PLR2004 - a status
                else []
            ),
            *([_header("WWW-Authenticate", _described(TEXT, _STEP_UP), [403])] if self.gated else []),
            _header("Retry-After", _described(SECONDS, "Seconds; none where waiting does not help."), [429, 503]),
        ]

    def _challenges(self) -> str:
        own = f"; {REJECTED_CHALLENGE} for a wrong value" if self.unauthorized else ""
        return f"The challenge of the authentication class{own}."

    def described(self, parameters: Iterable[OpenApiParameter]) -> Callable[[Any], Any]:
        """Return the decorator that tells drf-spectacular."""
        answers: dict[int, OpenApiResponse] = {
            status: OpenApiResponse(response=answer, description=description)
            for status, (description, answer) in (*self.success.items(), *self.errors.items())
        }
        return extend_schema(
            operation_id=self.id,
            description=self.says,
            parameters=[*parameters, *self.headers],
            request=self.body,
            responses=answers,
        )


_STEP_UP = "What would be enough (RFC 9470)."


def _header(name: str, schema: Schema, statuses: Iterable[int], *, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(
        name, schema, OpenApiParameter.HEADER, required=required, response=[str(status) for status in statuses]
    )


def verifier_operations(
    methods: Iterable[Method], refused: int = 403, *, remembers: bool = True
) -> dict[str, Operation]:
    """Return the verbs of the routes that look after devices, by the name of the action."""
    methods = tuple(methods)
    options = [DISPATCHED[method.name] for method in methods if method.name in DISPATCHED]
    dispatched = {200: ("The options", Shape("MultiFactorDispatched", _any(options)))} if options else {}
    return {
        "overview": Operation(
            id="multi_factor_overview", says="List the user's devices.", success={200: ("The devices", DEVICES)}
        ),
        "status": Operation(
            id="multi_factor_status", says="Tell how this token stands.", success={200: ("The standing", STANDING)}
        ),
        "retrieve": Operation(
            id="multi_factor_retrieve", says="Show one device.", success={200: ("The device", DEVICE)}
        ),
        "verify": Operation(
            id="multi_factor_verify",
            says="Verify a value. The answer to a wrong one is the same whatever is wrong with it.",
            body=verification(methods, remembers=remembers),
            fields=("value",),
            success={200: ("The challenge is confirmed", verified(remembers=remembers))},
            unauthorized=(REJECTED_CODE,),
            gated=True,
            refused=refused,
            missing=(NoChallenge.code,),
            conflicts=(AlreadyRegistered.code,),
        ),
        "rename": Operation(
            id="multi_factor_rename",
            says="Rename a device.",
            body=RENAME,
            fields=("name",),
            success={200: ("The device", DEVICE)},
            gated=True,
            refused=refused,
        ),
        "remove": Operation(
            id="multi_factor_remove",
            says="Remove a device, and with the last one the recovery codes.",
            success={204: ("The device is removed", None)},
            gated=True,
            refused=refused,
            conflicts=(DeviceRequired.code,),
        ),
        "dispatch_challenge": Operation(
            id="multi_factor_dispatch",
            says="Dispatch a challenge: send a value to a device.",
            body=DISPATCH,
            fields=("reverify",),
            success={**dispatched, 204: ("A value was sent", None)},
            missing=(NotDispatchable.code,),
            conflicts=(AlreadyVerified.code,),
            unavailable=(DeliveryFailed.code,),
        ),
    }


def registration_operations(methods: Iterable[Method], refused: int = 403) -> dict[str, Operation]:
    """Return the verbs of the routes that register devices, by the name of the action."""
    methods = tuple(methods)
    return {
        "overview": Operation(
            id="multi_factor_methods",
            says="List the methods that can be registered.",
            success={200: ("The methods", OFFERED)},
            gated=True,
            refused=refused,
        ),
        "register": Operation(
            id="multi_factor_register",
            says="Register a device. It waits for its first verification; recovery codes are active at once.",
            body=registration(methods),
            fields=("name", *dict.fromkeys(field.name for method in methods for field in method.fields)),
            success={201: ("The device, and what is shown only now", registered(methods))},
            gated=True,
            refused=refused,
            conflicts=(AlreadyRegistered.code, DeviceRequired.code),
        ),
    }


def passkey_operations() -> dict[str, Operation]:
    """Return the verbs of the routes that log in by a passkey, by the name of the action."""
    return {
        "begin": Operation(
            id="multi_factor_passkey_options",
            says="Give what a browser needs to log in by a passkey.",
            success={200: ("The options", PASSKEY_OPTIONS)},
            anonymous=True,
        ),
        "log_in": Operation(
            id="multi_factor_passkey",
            says="Log in by a passkey.",
            body=PASSKEY,
            fields=("state", "value"),
            success={200: ("A token, verified already", LOGGED_IN)},
            anonymous=True,
            unauthorized=(REJECTED_CODE,),
        ),
    }


def trust_operations(refused: int = 403) -> dict[str, Operation]:
    """Return the verbs of the routes for remembered browsers, by the name of the action."""
    return {
        "overview": Operation(
            id="multi_factor_trusts",
            says="List the browsers that are remembered.",
            success={200: ("The browsers", TRUSTS)},
            gated=True,
            refused=refused,
        ),
        "show": Operation(
            id="multi_factor_trust",
            says="Count a remembered browser as one verification of this token.",
            body=TRUST_TOKEN,
            fields=("token",),
            success={200: ("The browser is remembered", TRUSTED)},
            unauthorized=(REJECTED_CODE,),
        ),
        "revoke": Operation(
            id="multi_factor_revoke",
            says="Forget a browser, and what it had confirmed.",
            success={204: ("The browser is forgotten", None)},
            gated=True,
            refused=refused,
        ),
    }


DEVICE_INDEX = OpenApiParameter(
    "index", COUNT, OpenApiParameter.PATH, required=True, description="The index of one of the user's devices."
)


TRUST_ID = OpenApiParameter(
    "index", TRUST_NAME, OpenApiParameter.PATH, required=True, description="What a remembered browser is called."
)


def method_index(methods: Iterable[Method]) -> OpenApiParameter:
    """Return the parameter that chooses a method, by its name or its position."""
    names = [method.name for method in methods]
    chosen: Schema = {"type": "string", "enum": [*names, *map(str, range(len(names)))]}
    return OpenApiParameter(
        "index", chosen, OpenApiParameter.PATH, required=True, description="The name or the position of a method."
    )


# Views


class _Extension(OpenApiViewExtension):
    """Puts the operations on the actions of a viewset, also of a project's subclass, but not over its own words."""

    match_subclasses = True

    @abstractmethod
    def operations(self, deployed: UseCases) -> dict[str, Operation | None]:
        """Return the operations by action; None for what is not there."""

    def index(self, deployed: UseCases) -> tuple[frozenset[str], OpenApiParameter]:
        """Return the actions on one item, and the parameter of their path."""
        return frozenset(), DEVICE_INDEX

    def view_replacement(self) -> type[APIView]:
        """Return the viewset with its actions described, by what is configured."""
        deployed: UseCases = self.target_callback.initkwargs.get("use_cases", self.target.use_cases)()
        replacement: type[APIView] = type(self.target.__name__, (self.target,), {"__doc__": self.target.__doc__})
        on_items, index = self.index(deployed)
        for action, operation in self.operations(deployed).items():
            if "schema" not in getattr(getattr(self.target, action), "kwargs", {}):
                decorate = (
                    extend_schema(exclude=True)
                    if operation is None
                    else operation.described([index] if action in on_items else [])
                )
                decorate(isolate_view_method(replacement, action))
        return replacement


class VerifierExtension(_Extension):
    """Describes the routes that look after devices."""

    target_class = "mfa.adapters.drf.viewsets.MultiFactorVerifierViewSet"

    def operations(self, deployed: UseCases) -> dict[str, Operation | None]:
        """Return the operations."""
        remembers = deployed.remembers_browsers
        return {**verifier_operations(deployed.methods, deployed.step_up_status, remembers=remembers)}

    def index(self, deployed: UseCases) -> tuple[frozenset[str], OpenApiParameter]:
        """Return the actions on a device, and its index."""
        return frozenset({"retrieve", "verify", "rename", "remove", "dispatch_challenge"}), DEVICE_INDEX


class RegistrationExtension(_Extension):
    """Describes the routes that register devices."""

    target_class = "mfa.adapters.drf.viewsets.MultiFactorRegistrationViewSet"

    def operations(self, deployed: UseCases) -> dict[str, Operation | None]:
        """Return the operations."""
        return {**registration_operations(deployed.methods, deployed.step_up_status)}

    def index(self, deployed: UseCases) -> tuple[frozenset[str], OpenApiParameter]:
        """Return the one action on a method, and its name or position."""
        return frozenset({"register"}), method_index(deployed.methods)


class PasskeyExtension(_Extension):
    """Describes the routes that log in by a passkey, where they are on."""

    target_class = "mfa.adapters.drf.passkeys.MultiFactorPasskeyViewSet"

    def operations(self, deployed: UseCases) -> dict[str, Operation | None]:
        """Return the operations, or that there are none."""
        operations = passkey_operations()
        return {**(operations if deployed.passkey_login else dict.fromkeys(operations))}


class TrustExtension(_Extension):
    """Describes the routes for remembered browsers, where they are on."""

    target_class = "mfa.adapters.drf.trusts.MultiFactorTrustViewSet"

    def operations(self, deployed: UseCases) -> dict[str, Operation | None]:
        """Return the operations, or that there are none."""
        operations = trust_operations(deployed.step_up_status)
        return {**(operations if deployed.remembers_browsers else dict.fromkeys(operations))}

    def index(self, deployed: UseCases) -> tuple[frozenset[str], OpenApiParameter]:
        """Return the one action on a browser, and what that is called."""
        return frozenset({"revoke"}), TRUST_ID


def describe_options(result: Schema, **_: object) -> Schema:
    """Describe OPTIONS of every registration in a whole description, as a hook of drf-spectacular.

    It tells which fields a method has, and drf-spectacular looks at no such verb.
    """
    components = result["components"]["schemas"]
    for path in result["paths"].values():
        posted = path.get("post", {})
        bodies = posted.get("requestBody", {}).get("content", {}).values()
        if any(body["schema"] == {"$ref": f"{REFERENCE}{REGISTRATION}"} for body in bodies):
            components[METADATA.name] = METADATA.schema
            path["options"] = _options(posted)
    return {**result, "components": {**result["components"], "schemas": dict(sorted(components.items()))}}


def _options(posted: Schema) -> Schema:
    unread = {
        status: answer for status, answer in posted["responses"].items() if status not in {"201", "400", "409", "415"}
    }
    found = {
        "headers": posted["responses"]["201"]["headers"],
        "content": {"application/json": {"schema": METADATA.ref}},
        "description": "The fields",
    }
    kept: Schema = {name: posted[name] for name in ("parameters", "tags", "security") if name in posted}
    return {
        "operationId": "multi_factor_fields",
        "description": "Describe the fields of a method.",
        **kept,
        "responses": {"200": found, **unread},
    }
