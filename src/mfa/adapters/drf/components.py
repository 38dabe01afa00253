"""Bodies and errors in a description: what drf-spectacular cannot see in the serializers by itself."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentIdentity, ResolvedComponent, build_array_type, build_object_type
from drf_spectacular.utils import Direction, PolymorphicProxySerializer, extend_schema_field
from rest_framework import exceptions
from rest_framework.serializers import BooleanField, CharField, IntegerField, ListField
from rest_framework.settings import api_settings

from mfa.adapters import accessor, answers
from mfa.adapters import serializers as own
from mfa.application.use_cases import UseCases
from mfa.domain.methods.base import MAX_VALUE_BYTES
from mfa.domain.methods.names import TRUST

Schema = dict[str, Any]

PREFIX = "MultiFactor"
"""What the names of all components begin with, so that none is one of the project's own."""


def deployed_at(auto_schema: AutoSchema) -> UseCases:
    """Return the use cases behind a view, or of this deployment."""
    deployed: UseCases = getattr(auto_schema.view, "use_cases", accessor.use_cases)()
    return deployed


# What no serializer has fields for

TEXT: Schema = {"type": "string"}
NULLABLE: Schema = {**TEXT, "nullable": True}
TEXTS = build_array_type(TEXT)
INTEGER: Schema = {"type": "integer"}
INDEX: Schema = {**INTEGER, "minimum": 0}
BOOLEAN: Schema = {"type": "boolean"}
CODE: Schema = {**TEXT, "maxLength": MAX_VALUE_BYTES, "description": "A code, as a person types or pastes it."}


def one_of(*words: str) -> Schema:
    """Return a text that is one of these words."""
    return {"enum": [*words], **TEXT}


def _object(members: Schema, optional: Schema, text: str = "") -> Schema:
    return build_object_type({**members, **optional}, [*members], text)


_ENTITY, _CEREMONY = {"id": TEXT, "name": TEXT}, {"challenge": TEXT, "timeout": INTEGER}
_KEY, _PREFERENCE = one_of("public-key"), one_of("discouraged", "preferred", "required")
_DESCRIPTORS = build_array_type(_object({"type": _KEY, "id": TEXT}, {"transports": TEXTS}))
_SELECTION = _object(
    {"residentKey": _PREFERENCE, "requireResidentKey": BOOLEAN, "userVerification": _PREFERENCE},
    {"authenticatorAttachment": one_of("platform", "cross-platform")},
)
_ATTESTED = {"authenticatorData": NULLABLE, "publicKey": NULLABLE, "publicKeyAlgorithm": {**INTEGER, "nullable": True}}
_ATTESTED |= {"transports": {**TEXTS, "nullable": True}}
_ATTESTATION = {"clientDataJSON": TEXT, "attestationObject": TEXT}
_ASSERTION = {"clientDataJSON": TEXT, "authenticatorData": TEXT, "signature": TEXT}
_WRONG = dict.fromkeys({**_ATTESTATION, **_ASSERTION}, TEXTS)
_REST = {"rawId": NULLABLE, "authenticatorAttachment": NULLABLE, "clientExtensionResults": {}}

SHAPES: Mapping[str, Schema] = {
    "CreationOptions": _object(
        {
            **_CEREMONY,
            "rp": _object(_ENTITY, {}),
            "user": _object({**_ENTITY, "displayName": TEXT}, {}),
            "pubKeyCredParams": build_array_type(_object({"type": _KEY, "alg": INTEGER}, {})),
            "excludeCredentials": _DESCRIPTORS,
            "authenticatorSelection": _SELECTION,
            "attestation": TEXT,
        },
        {"hints": TEXTS},
        "Options to create a credential, for ``PublicKeyCredential.parseCreationOptionsFromJSON``, unchanged.",
    ),
    "RequestOptions": _object(
        {**_CEREMONY, "rpId": TEXT, "userVerification": TEXT},
        {"allowCredentials": _DESCRIPTORS, "hints": TEXTS},
        "Options to use a credential, for ``PublicKeyCredential.parseRequestOptionsFromJSON``, unchanged.",
    ),
    "RegistrationResponse": _object(
        {"id": TEXT, "type": TEXT, "response": _object(_ATTESTATION, _ATTESTED)},
        _REST,
        "What ``toJSON()`` of a new credential returns.",
    ),
    "AuthenticationResponse": _object(
        {"id": TEXT, "type": TEXT, "response": _object(_ASSERTION, {"userHandle": NULLABLE})},
        _REST,
        "What ``toJSON()`` of a credential that was used returns.",
    ),
    "CredentialErrors": _object(
        {},
        {"id": TEXTS, "type": TEXTS, "response": {"oneOf": [TEXTS, _object({}, _WRONG)]}},
        "Which member of a credential is missing or malformed.",
    ),
}
"""Bodies and parts of bodies that no serializer reads or makes member by member, by their names.

They are the JSON of Web Authentication Level 3 section 5.1 under the names and types of TypeScript's ``lib.dom``: a
typed client hands options to ``parseCreationOptionsFromJSON`` and ``parseRequestOptionsFromJSON``, and what ``toJSON``
returns to the routes. Of a credential only what is looked at is demanded: browsers differ in the rest, and some write
null for what is absent.
"""

_FIELD = _object(
    {"type": TEXT, "required": BOOLEAN, "read_only": BOOLEAN},
    {"label": TEXT, "help_text": TEXT, "min_length": INTEGER, "max_length": INTEGER},
)
METADATA = _object(
    {"name": TEXT, "description": TEXT, "renders": TEXTS, "parses": TEXTS},
    {"actions": _object({"POST": build_object_type(additionalProperties=_FIELD)}, {})},
    "What OPTIONS answers: which fields a method has.",
)


# Values and bodies as the serializers have them


class ValueExtension(OpenApiSerializerFieldExtension):
    """Describes values by what they may be, or else by the methods that there are."""

    target_class = own.ValueField
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        """Return what the field may hold: schemas, shapes by their names, and words that are not known otherwise."""
        deployed, found = deployed_at(auto_schema), list[Schema]()
        methods = [method.name for method in deployed.methods]
        shapes = {**SHAPES, "MethodName": one_of(*methods)}
        kinds = self.target.kinds or [kind for name in methods for kind in METHODS.get(name, ANYTHING)[0]]
        unsaid = [*methods, *([] if deployed.remembers_browsers else [TRUST])] if "MethodName" in kinds else []
        for kind in kinds:
            schema = kind if isinstance(kind, dict) else one_of(kind)
            if isinstance(kind, str) and kind in shapes:
                component = ResolvedComponent(PREFIX + kind, ResolvedComponent.SCHEMA, shapes[kind], object=kind)
                auto_schema.registry.register_on_missing(component)
                schema = component.ref
            if schema not in found and kind not in unsaid:
                found.append(schema)
        # Hidden from a hook of drf-spectacular: it would rename enumerations of a project's own under the same name.
        return {"anyOf": found} if len(found) > 1 else {"oneOf": found} if "enum" in found[0] else found[0]


extend_schema_field(TEXT)(own.EmailAddressField)


class SerializerExtension(OpenApiSerializerExtension):
    """Describes the serializers of this package."""

    target_class = own.MultiFactorSerializer
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str:
        """Return a name that shows whose it is, and of which method."""
        self.target.partial = False  # what PATCH reads here is whole
        method = self.target.context.get("method")
        name = type(self.target).__name__ if method is None else f"{method.name}_{type(self.target).__name__}"
        return PREFIX + "".join(word[0].upper() + word[1:] for word in re.split("[-_]", name))

    def get_identity(self, auto_schema: AutoSchema, direction: Direction) -> ComponentIdentity:
        """Return the name of the class, for some are made more than once."""
        return ComponentIdentity(str(type(self.target)))

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        """Return what the fields say, without what others would misread.

        A generator of clients takes what has a default for always sent.
        """
        deployed = deployed_at(auto_schema)
        if isinstance(self.target, own.RegistrationSerializer) and "method" not in self.target.context:
            bodies = [type(self.target)(context={"method": method}) for method in deployed.methods]
            return {"anyOf": [auto_schema.resolve_serializer(each, direction).ref for each in bodies]}
        schema: Schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)  # noqa: SLF001 - as drf-spectacular's own
        for name in () if deployed.remembers_browsers else ("trust", "trust_token"):
            schema.get("properties", {}).pop(name, None)
        for each in schema.get("properties", {}).values():
            for name in ("default", "readOnly", "title"):
                each.pop(name, None)
        return {**schema, **getattr(self.target, "more", {})}


# Bodies that are only described, never run


def body(name: str, text: str, /, *bases: type, **fields: object) -> Any:  # noqa: ANN401 - a class of serializers
    """Return a serializer for a description."""
    return type(name, bases or (own.MultiFactorSerializer,), {"__doc__": text, **fields})


DISPATCHED = body(
    "Dispatched",
    "Options for the browser: to create a credential while the device is pending, and else to use one.",
    options=own.ValueField("CreationOptions", "RequestOptions"),
)
LOGGED_IN = body(
    "LoggedIn",
    "A new token, verified already.",
    own.LeftSerializer,
    token=CharField(required=False, allow_null=True, help_text="Null where a cookie is the token."),
    expires_at=own.TimeField(required=False, allow_null=True),
    access=CharField(required=False, help_text="With refresh in the place of token, where it is a pair."),
    refresh=CharField(required=False),
)
_ASKED = "A requirement that was asked for, and whether it is met."
_MET = body("MetRequirement", _ASKED, own.RequirementSerializer, met=BooleanField())
STATUS = body("Status", "How a token stands.", own.StandingSerializer, requirement=_MET(required=False))
_DEVICES = own.VerifiableDeviceSerializer(many=True, help_text="Those that this token may verify.")
LOGIN = body("Login", "How a new token stands.", own.StandingSerializer, devices=_DEVICES)


_SEED: Mapping[str, Any] = {
    "authenticator_url": CharField(help_text="An otpauth URI."),
    "secret": CharField(help_text="The seed in base32."),
    "qr_code": CharField(required=False, help_text="The URI as a data URI; only with the extra qr."),
}

METHODS: Mapping[str, tuple[tuple[Any, ...], Mapping[str, Any]]] = {
    **dict.fromkeys(("totp", "hotp"), ((CODE,), _SEED)),
    **dict.fromkeys(("email", "sms"), ((CODE,), {})),
    "recovery": ((CODE,), {"codes": ListField(child=CharField())}),
    "webauthn": (("RegistrationResponse", "AuthenticationResponse"), {"options": own.ValueField("CreationOptions")}),
}
"""What is verified, by the name of the method, and what only the answer to a registration shows."""

ANYTHING: tuple[tuple[Any, ...], Mapping[str, Any]] = (({},), {"more": {"additionalProperties": {}}})
"""The same of a method of a project's own."""


def registered(deployed: UseCases) -> PolymorphicProxySerializer:
    """Return what a registration answers, by its method."""
    bodies = {}
    for method in deployed.methods:
        _, shown = METHODS.get(method.name, ANYTHING)
        text = "A new device, and what is shown of it only now." if shown else "A new device."
        hidden = {} if method.detailed else dict.fromkeys(own.DETAILS)
        fields = {"method": own.ValueField(method.name), **shown, **hidden}
        bodies[method.name] = body(f"{method.name}_registered", text, own.DeviceSerializer, **fields)
    return PolymorphicProxySerializer(f"{PREFIX}Registered", bodies, "method")


# Errors

UNVERIFIED = ("verification_required", "registration_required")
"""The codes of errors that tell what would do."""

WAITING = {"throttled", "resend_too_soon", "unavailable"}
"""The codes of errors that tell how long to wait."""

_FRAMEWORK = [each for each in vars(exceptions).values() if hasattr(each, "default_code")]

ERRORS: Mapping[str, tuple[int, object]] = {
    **{each.default_code: (each.status_code, each.default_detail) for each in _FRAMEWORK},
    **{kind.code: answer for kind, answer in answers.ANSWERS.items()},
    answers.REJECTED_CODE: answers.REJECTED,
    answers.TOKEN_REQUIRED_CODE: (HTTPStatus.FORBIDDEN, answers.TOKEN_REQUIRED),
    "no_active_account": (HTTPStatus.UNAUTHORIZED, "No active account found with the given credentials"),
}
"""The statuses and sentences of errors, by their codes."""


def error(code: str) -> Any:  # noqa: ANN401 - a class of serializers
    """Return an error as every view of the package writes it."""
    base: type = own.MultiFactorSerializer
    more: dict[str, Any] = {"code": own.ValueField(code)}
    if code in UNVERIFIED:
        base, more["requirement"] = own.LeftSerializer, own.RequirementSerializer()
    if code in WAITING:
        more["retry_after"] = IntegerField(min_value=1, help_text="In how many seconds.")
    detail = CharField(help_text="A sentence for people, translated.")
    return body(f"{code.removesuffix('_error')}_error", str(ERRORS[code][1]), base, detail=detail, **more)


def field_errors(name: str, read: Mapping[str, bool]) -> Any:  # noqa: ANN401 - a class of serializers
    """Return what is wrong with fields, which may be credentials, as Django REST framework writes it."""
    read = {**read, str(api_settings.NON_FIELD_ERRORS_KEY): False}
    sentences = {**TEXTS, "minItems": 1}
    kinds = {field: (sentences, "CredentialErrors") if read[field] else (sentences,) for field in read}
    wrong = {field: own.ValueField(*kinds[field], required=False) for field in read}
    more = {"minProperties": 1, "additionalProperties": False}
    return body(f"{name}_errors", "What is wrong, by field.", **wrong, more=more)
