"""Bodies and errors in a description: what drf-spectacular cannot see in the serializers by itself."""

from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import (
    ComponentIdentity,
    ResolvedComponent,
    append_meta,
    build_array_type,
    build_object_type,
)
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import Direction, extend_schema_field
from rest_framework import serializers
from rest_framework.settings import api_settings

from mfa.adapters import accessor
from mfa.adapters import serializers as own
from mfa.application.use_cases import UseCases
from mfa.domain.methods.base import MAX_VALUE_BYTES, Method
from mfa.domain.methods.names import TRUST

Schema = dict[str, Any]

PREFIX = "MultiFactor"
"""What the names of all components begin with, so that none is one of the project's own."""

TEXT: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
BOOLEAN: Schema = {"type": "boolean"}
COUNT: Schema = {**INTEGER, "minimum": 0}
TEXTS: Schema = {"type": "array", "items": TEXT}
SENTENCES: Schema = {**TEXTS, "minItems": 1}
CODE: Schema = {**TEXT, "maxLength": MAX_VALUE_BYTES, "description": "A code, as a person types or pastes it."}

UNVERIFIED = ("verification_required", "registration_required")
"""The codes of errors that tell what would do."""

WAITING = ("throttled", "resend_too_soon", "unavailable")
"""The codes of errors that tell how long to wait."""


def title(text: str) -> str:
    """Return a word of the API as the name of a type."""
    return "".join(part.capitalize() for part in text.replace("-", "_").split("_"))


def deployed_at(auto_schema: AutoSchema) -> UseCases:
    """Return the use cases behind a view, or of this deployment."""
    deployed: UseCases = getattr(auto_schema.view, "use_cases", accessor.use_cases)()
    return deployed


# What no serializer has fields for


def one_of(*words: str) -> Schema:
    """Return a text that is one of these words."""
    return {"enum": [*words], **TEXT}


def _object(required: Schema, optional: Schema | None = None, text: str = "") -> Schema:
    schema: Schema = build_object_type({**required, **(optional or {})}, [*required], text)
    return schema


_FIELD = _object(
    {"type": TEXT, "required": BOOLEAN, "read_only": BOOLEAN},
    {"label": TEXT, "help_text": TEXT, "min_length": INTEGER, "max_length": INTEGER},
)

METADATA = _object(
    {"name": TEXT, "description": TEXT, "renders": TEXTS, "parses": TEXTS},
    {"actions": _object({"POST": {"type": "object", "additionalProperties": _FIELD}})},
    "What OPTIONS answers: which fields a method has.",
)


def _shapes(deployed: UseCases) -> dict[str, Schema]:
    """Return bodies and parts of bodies by their names.

    Those of Web Authentication are the JSON of Level 3 section 5.1 under the names and types of TypeScript's
    ``lib.dom``: a typed client hands options to ``parseCreationOptionsFromJSON`` and ``parseRequestOptionsFromJSON``,
    and what ``toJSON`` returns to the routes. Of a credential only what is looked at is demanded: browsers differ in
    the rest, and some write null for what is absent.
    """
    text, integer, texts = (append_meta(each, {"nullable": True}) for each in (TEXT, INTEGER, TEXTS))
    key, preference = one_of("public-key"), one_of("discouraged", "preferred", "required")
    descriptors = build_array_type(_object({"type": key, "id": TEXT}, {"transports": TEXTS}))
    selection = {"residentKey": preference, "requireResidentKey": BOOLEAN, "userVerification": preference}
    options = {"challenge": TEXT, "timeout": INTEGER}
    creation = {
        **options,
        "rp": _object({"id": TEXT, "name": TEXT}),
        "user": _object({"id": TEXT, "name": TEXT, "displayName": TEXT}),
        "pubKeyCredParams": build_array_type(_object({"type": key, "alg": INTEGER})),
        "excludeCredentials": descriptors,
        "authenticatorSelection": _object(selection),
        "attestation": TEXT,
    }
    attestation = _object(
        {"clientDataJSON": TEXT, "attestationObject": TEXT},
        {"authenticatorData": text, "publicKey": text, "publicKeyAlgorithm": integer, "transports": texts},
    )
    assertion = _object({"clientDataJSON": TEXT, "authenticatorData": TEXT, "signature": TEXT}, {"userHandle": text})
    credential = {"id": TEXT, "type": TEXT}
    extra = {"rawId": text, "authenticatorAttachment": text, "clientExtensionResults": {}}
    members = dict.fromkeys(("clientDataJSON", "attestationObject", "authenticatorData", "signature"), TEXTS)
    errors = {"id": TEXTS, "type": TEXTS, "response": {"oneOf": [TEXTS, _object({}, members)]}}
    return {
        "MethodName": one_of(*(method.name for method in deployed.methods)),
        "CreationOptions": _object(
            creation,
            text="Options to create a credential, for ``PublicKeyCredential.parseCreationOptionsFromJSON``, unchanged.",
        ),
        "RequestOptions": _object(
            {**options, "rpId": TEXT, "userVerification": TEXT},
            {"allowCredentials": descriptors},
            "Options to use a credential, for ``PublicKeyCredential.parseRequestOptionsFromJSON``, unchanged.",
        ),
        "RegistrationResponse": _object(
            {**credential, "response": attestation}, extra, "What ``toJSON()`` of a new credential returns."
        ),
        "AuthenticationResponse": _object(
            {**credential, "response": assertion}, extra, "What ``toJSON()`` of a credential that was used returns."
        ),
        "CredentialErrors": _object({}, errors, "Which member of a credential is missing or malformed."),
    }


def shape(auto_schema: AutoSchema, name: str) -> Schema:
    """Return a reference to a shape."""
    schema = _shapes(deployed_at(auto_schema))[name]
    component = ResolvedComponent(PREFIX + name, ResolvedComponent.SCHEMA, schema, object=name)
    auto_schema.registry.register_on_missing(component)
    reference: Schema = component.ref
    return reference


class ValueExtension(OpenApiSerializerFieldExtension):
    """Describes values by what they may be, or else by the methods that there are."""

    target_class = own.ValueField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        """Return what the field may hold: schemas, shapes by their names, and words that are not known otherwise."""
        deployed, found = deployed_at(auto_schema), list[Schema]()
        methods = [method.name for method in deployed.methods]
        known = methods if deployed.remembers_browsers else [*methods, TRUST]
        kinds = self.target.kinds or [kind for name in methods for kind in METHODS.get(name, ANYTHING)[0]]
        for kind in kinds:
            if kind in known and "MethodName" in kinds:
                continue
            schema = kind
            if isinstance(kind, str):
                schema = one_of(kind) if kind.islower() else shape(auto_schema, kind)
            if schema not in found:
                found.append(schema)
        # Hidden from a hook of drf-spectacular: it would rename enumerations of a project's own under the same name.
        return {"anyOf": found} if len(found) > 1 else {"oneOf": found} if "enum" in found[0] else found[0]


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
        return f"{PREFIX}{'' if method is None else title(method.name)}{kind}"

    def get_identity(self, auto_schema: AutoSchema, direction: Direction) -> ComponentIdentity:
        """Return the name of the class, for some are made more than once."""
        kind = type(self.target)
        return ComponentIdentity((kind.__module__, kind.__name__))

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        """Return what the fields say, without what others would misread.

        A generator of clients takes what has a default for always sent.
        """
        if (bodies := bodies_of(self.target, deployed_at(auto_schema))) != [self.target]:
            return {"anyOf": [auto_schema.resolve_serializer(each, direction).ref for each in bodies]}
        schema: Schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)  # noqa: SLF001 - as drf-spectacular's own
        if not deployed_at(auto_schema).remembers_browsers:
            for each in ("trust", "trust_token"):
                schema["properties"].pop(each, None)
        for each in schema["properties"].values():
            for name in ("default", "readOnly", "title"):
                each.pop(name, None)
        return {**schema, **getattr(self.target, "more", {})}


def bodies_of(body: Any, deployed: UseCases) -> list[Any]:  # noqa: ANN401 - as drf-spectacular has them
    """Return what a body may be: for a registration, that of each method."""
    if isinstance(body, own.RegistrationSerializer) and "method" not in body.context:
        return [type(body)(context={"method": method}) for method in deployed.methods]
    return [body]


# Bodies that are only described, never run

_Text, _Integer, _Boolean = serializers.CharField, serializers.IntegerField, serializers.BooleanField
_List = serializers.ListField


def body(name: str, text: str, /, *bases: type, **fields: object) -> Any:  # noqa: ANN401 - a class of serializers
    """Return a serializer for a description."""
    return type(f"{name}Serializer", bases or (own.MultiFactorSerializer,), {"__doc__": text, **fields})


def verified(deployed: UseCases) -> Any:  # noqa: ANN401 - a class of serializers
    """Return what a verification answers, which has no token where a cookie has it."""
    trust = own.MadeTrustSerializer if deployed.trust_cookie is None else own.KeptTrustSerializer
    text = "A value was right; there is ``trust`` where the browser is remembered from now on."
    return body("Verified", text, own.LeftSerializer, device=own.DeviceSerializer(), trust=trust(required=False))


TRUSTED = body("Trusted", "The browser is remembered.", own.LeftSerializer)
DISPATCHED = body(
    "Dispatched",
    "Options for the browser: to create a credential while the device is pending, and else to use one.",
    options=own.ValueField("CreationOptions", "RequestOptions"),
)
PASSKEY_OPTIONS = body(
    "PasskeyOptions",
    "Options for the browser, and what has to be sent back with its answer.",
    options=own.ValueField("RequestOptions"),
    state=_Text(max_length=own.MOST_STATE_CHARACTERS),
)
LOGGED_IN = body(
    "LoggedIn",
    "A new token, verified already.",
    own.LeftSerializer,
    token=_Text(required=False, allow_null=True, help_text="Null where a cookie is the token."),
    expires_at=own.TimeField(required=False, allow_null=True),
    access=_Text(required=False, help_text="With refresh in the place of token, where it is a pair."),
    refresh=_Text(required=False),
)
_REQUIREMENT = body(
    "Requirement",
    "What would do.",
    verifications=_Integer(min_value=1, help_text="How many are demanded, not how many are left."),
    methods=_List(
        child=own.ValueField("MethodName", "recovery", "webauthn"),
        allow_null=True,
        help_text="One of them by one of these; null: any.",
    ),
    max_age=_Integer(min_value=1, allow_null=True, help_text="How many seconds old they may be; null: any."),
    phishing_resistant=_Boolean(help_text="Whether one of them has to be bound to the site."),
)
_MET = body("MetRequirement", "A requirement that was asked for, and whether it is met.", _REQUIREMENT, met=_Boolean())
STATUS = body("Status", "How a token stands.", own.StandingSerializer, requirement=_MET(required=False))

_STANDING = body(
    "Login",
    "How a new token stands.",
    own.StandingSerializer,
    devices=own.VerifiableDeviceSerializer(many=True, help_text="Those that this token may verify."),
)

_MADE: Mapping[str, Any] = {
    "token": _Text,
    "access": _Text,
    "refresh": _Text,
    "expiry": lambda: own.TimeField(allow_null=True),
}
"""What logins answer with, beside how their token stands, by the packages' own names."""


def login_answer(made: Iterable[str]) -> Any:  # noqa: ANN401 - a class of serializers
    """Return what a login answers."""
    fields = {name: _MADE[name]() for name in made}
    return body(f"{''.join(map(title, fields))}LoggedInByPassword", "A new token.", **fields, mfa=_STANDING())


def login_body(name: str) -> Any:  # noqa: ANN401 - a class of serializers
    """Return what a login reads, where users are known by that name."""
    fields = {name: _Text(), "password": _Text()}
    return body(f"{title(name)}Password", "A password, and what may come along.", own.SecondFactorSerializer, **fields)


_SEED: Mapping[str, Any] = {
    "authenticator_url": _Text(help_text="An otpauth URI."),
    "secret": _Text(help_text="The seed in base32."),
    "qr_code": _Text(required=False, help_text="The URI as a data URI; only with the extra qr."),
}

METHODS: Mapping[str, tuple[tuple[Any, ...], Mapping[str, Any]]] = {
    "totp": ((CODE,), _SEED),
    "hotp": ((CODE,), _SEED),
    "email": ((CODE,), {}),
    "sms": ((CODE,), {}),
    "recovery": ((CODE,), {"codes": _List(child=_Text())}),
    "webauthn": (
        ("RegistrationResponse", "AuthenticationResponse"),
        {"options": own.ValueField("CreationOptions")},
    ),
}
"""What is verified, by the name of the method, and what only the answer to a registration shows."""

ANYTHING: tuple[tuple[Any, ...], Mapping[str, Any]] = (({},), {"more": {"additionalProperties": {}}})
"""The same of a method of a project's own."""


def registered(method: Method) -> Any:  # noqa: ANN401 - a class of serializers
    """Return what a registration with a method answers."""
    _, shown = METHODS.get(method.name, ANYTHING)
    text = "A new device, and what is shown of it only now." if shown else "A new device."
    return body(
        f"{title(method.name)}Registered", text, own.DeviceSerializer, method=own.ValueField(method.name), **shown
    )


def error(code: str, sentence: str) -> Any:  # noqa: ANN401 - a class of serializers
    """Return an error as every view of the package writes it."""
    base: type = own.MultiFactorSerializer
    more: dict[str, Any] = {"code": own.ValueField(code)}
    if code in UNVERIFIED:
        base, more["requirement"] = own.LeftSerializer, _REQUIREMENT()
    if code in WAITING:
        more["retry_after"] = _Integer(min_value=1, help_text="In how many seconds.")
    detail = _Text(help_text="A sentence for people, translated.")
    return body(f"{title(code).removesuffix('Error')}Error", sentence, base, detail=detail, **more)


def field_errors(name: str, read: Mapping[str, Schema]) -> Any:  # noqa: ANN401 - a class of serializers
    """Return what is wrong with the fields of a body, as Django REST framework writes it."""
    wrong = {
        field: own.ValueField(SENTENCES, *(["CredentialErrors"] if "$ref" in str(schema) else []), required=False)
        for field, schema in (*read.items(), (str(api_settings.NON_FIELD_ERRORS_KEY), {}))
    }
    more = {"minProperties": 1, "additionalProperties": False}
    return body(f"{name}Errors", "What is wrong, by field.", **wrong, more=more)
