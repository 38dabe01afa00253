"""Bodies and errors in a description: what drf-spectacular cannot see in the serializers by itself."""

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any, Literal

from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentIdentity, ResolvedComponent, resolve_type_hint
from drf_spectacular.serializers import PolymorphicProxySerializerExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import Direction, PolymorphicProxySerializer, extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.settings import api_settings

from mfa.adapters import accessor
from mfa.adapters.answers import REJECTED, REJECTED_CHALLENGE, REJECTED_CODE, TOKEN_REQUIRED_CODE
from mfa.adapters.drf import serializers as own
from mfa.adapters.drf.shapes import (
    AuthenticationResponse,
    CreationOptions,
    CredentialErrors,
    RegistrationResponse,
    RequestOptions,
)
from mfa.application.use_cases import UseCases
from mfa.domain import errors
from mfa.domain.methods.base import MAX_VALUE_BYTES, Method
from mfa.domain.methods.names import TRUST

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


# Bodies


def title(text: str) -> str:
    """Return a word of the API as the name of a type."""
    return "".join(part.capitalize() for part in text.replace("-", "_").split("_"))


def deployed_at(auto_schema: AutoSchema) -> UseCases:
    """Return the use cases behind a view, or of this deployment."""
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
        methods, found = deployed_at(auto_schema).methods, list[Schema]()
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
        deployed = deployed_at(auto_schema)
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
        return f"{PREFIX}{'' if method is None else title(method.name)}{kind}"

    def get_identity(self, auto_schema: AutoSchema, direction: Direction) -> ComponentIdentity:
        """Return the name of the class, for some are made more than once."""
        kind = type(self.target)
        return ComponentIdentity((kind.__module__, kind.__name__))

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        """Return what the fields say, and of the docstring what is not only for programmers."""
        schema: Schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)  # noqa: SLF001 - as drf-spectacular's own
        if not deployed_at(auto_schema).remembers_browsers:
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


# Answers that are put together from several


class VerifiedSerializer(own.LeftSerializer[Any]):
    """A value was right; where the browser is to be remembered, what it has to keep."""

    device = own.DeviceSerializer()
    trust = own.MadeTrustSerializer(required=False)


class TrustedSerializer(own.LeftSerializer[Any]):
    """The browser is remembered."""


class DispatchedSerializer(own.MultiFactorSerializer[Any]):
    """Options for the browser: to create a credential while the device is pending, and else to use one."""

    options = own.ValueField(CreationOptions, RequestOptions)


class PasskeyOptionsSerializer(own.MultiFactorSerializer[Any]):
    """Options for the browser, and what has to be sent back with its answer."""

    options = own.ValueField(RequestOptions)
    state = serializers.CharField(max_length=own.MOST_STATE_CHARACTERS)


class LoggedInSerializer(own.LeftSerializer[Any]):
    """A new token, verified already."""

    token = serializers.CharField(required=False, allow_null=True, help_text="Null where a cookie is the token.")
    expires_at = own.TimeField(required=False, allow_null=True)
    access = serializers.CharField(required=False, help_text="With refresh in the place of token, where it is a pair.")
    refresh = serializers.CharField(required=False)


class SeedSerializer(own.DeviceSerializer):
    """A new device, and a seed that is shown only now."""

    authenticator_url = serializers.CharField(help_text="An otpauth URI.")
    secret = serializers.CharField(help_text="The seed in base32.")
    qr_code = serializers.CharField(required=False, help_text="The URI as a data URI; only with the extra qr.")


class CodesSerializer(own.DeviceSerializer):
    """A new device, and codes that are shown only now."""

    codes = serializers.ListField(child=serializers.CharField())


class CredentialSerializer(own.DeviceSerializer):
    """A new device, and options to create its credential."""

    options = own.ValueField(CreationOptions)


class ErrorSerializer(own.MultiFactorSerializer[Any]):
    """An error."""

    detail = serializers.CharField(help_text="A sentence for people, translated.")


class WaitSerializer(ErrorSerializer):
    """Not now; nothing was looked at."""

    retry_after = serializers.IntegerField(min_value=1, help_text="In how many seconds.")


class RequirementSerializer(own.MultiFactorSerializer[Any]):
    """What would do."""

    verifications = serializers.IntegerField(min_value=1, help_text="How many are demanded, not how many are left.")
    methods = serializers.ListField(
        child=own.MethodField("recovery", "webauthn"),
        allow_null=True,
        help_text="One of them by one of these; null: any.",
    )
    max_age = serializers.IntegerField(
        min_value=1, allow_null=True, help_text="How many seconds old they may be; null: any."
    )
    phishing_resistant = serializers.BooleanField(help_text="Whether one of them has to be bound to the site.")


class MetRequirementSerializer(RequirementSerializer):
    """A requirement that was asked for, and whether this token meets it."""

    met = serializers.BooleanField()


class StatusSerializer(own.StandingSerializer):
    """How a token stands."""

    requirement = MetRequirementSerializer(required=False)


class RefusalSerializer(ErrorSerializer, own.LeftSerializer[Any]):
    """A token may not do this, because it is not verified as it would have to be."""

    requirement = RequirementSerializer()


REGISTERED: Mapping[str, type[own.DeviceSerializer]] = {
    "totp": SeedSerializer,
    "hotp": SeedSerializer,
    "email": own.DeviceSerializer,
    "sms": own.DeviceSerializer,
    "recovery": CodesSerializer,
    "webauthn": CredentialSerializer,
}
"""What a registration answers; with a method of a project's own it may show anything."""


def registered(method: Method) -> type[own.DeviceSerializer]:
    """Return what a registration with a method answers."""
    shown = REGISTERED.get(method.name, own.DeviceSerializer)
    more: Schema = {} if method.name in REGISTERED else {"additionalProperties": {}}
    body = {"__doc__": shown.__doc__, "method": own.ValueField(Literal[method.name]), "more": more}
    return type(f"{title(method.name)}RegisteredSerializer", (shown,), body)


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

ERRORS: Mapping[Kind, type[ErrorSerializer]] = {
    errors.Refused: RefusalSerializer,
    errors.Throttled: WaitSerializer,
    errors.Unavailable: WaitSerializer,
}
"""What an error tells beside its sentence and its code, where it does."""


def code_of(kind: Kind) -> str:
    """Return the code of an error, of the core's or the framework's."""
    return str(kind.default_code if issubclass(kind, exceptions.APIException) else kind.code)


def error(kind: Kind) -> type[ErrorSerializer]:
    """Return an error as every view of the package writes it."""
    shown = next((shown for base, shown in ERRORS.items() if issubclass(kind, base)), ErrorSerializer)
    name = f"{title(code_of(kind)).removesuffix('Error')}ErrorSerializer"
    return type(name, (shown,), {"__doc__": shown.__doc__, "code": own.ValueField(Literal[code_of(kind)])})


def field_errors(body: str, read: Mapping[str, Schema]) -> type[own.MultiFactorSerializer[Any]]:
    """Return what is wrong with the fields of a body, as Django REST framework writes it."""
    wrong: Schema = {
        name: own.ValueField(SENTENCES, *([CredentialErrors] if "$ref" in str(schema) else []), required=False)
        for name, schema in (*read.items(), (str(api_settings.NON_FIELD_ERRORS_KEY), {}))
    }
    more = {"__doc__": "What is wrong, by field.", "more": {"minProperties": 1, "additionalProperties": False}}
    return type(f"{body}ErrorsSerializer", (own.MultiFactorSerializer,), {**wrong, **more})


def headers(status: int, kinds: Collection[Kind]) -> Schema:
    """Return the headers of an answer with one of these errors."""
    if any(issubclass(kind, errors.Refused) for kind in kinds):
        return {"WWW-Authenticate": {"schema": TEXT, "description": "What would be enough (RFC 9470)."}}
    if status == HTTPStatus.UNAUTHORIZED:
        challenge = f"That of the authentication class; {REJECTED_CHALLENGE} for a value."
        return {"WWW-Authenticate": {"schema": TEXT, "description": challenge, "required": True}}
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        always = errors.DeliveryFailed not in kinds
        return {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "required": always}}
    return {}
