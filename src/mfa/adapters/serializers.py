"""What clients send and what they are shown."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Hashable
from datetime import UTC
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any, TypeVar

from django.core.validators import EmailValidator
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from rest_framework import ISO_8601, serializers
from rest_framework.fields import SkipField, empty

from mfa.adapters.answers import whole_seconds
from mfa.application.login import PasskeyOptions
from mfa.application.ports.webauthn import KnownPasskeys, Provider
from mfa.application.standing import Assessment, VerifiableDevice
from mfa.application.transactions import ListedDevice
from mfa.application.trusts import ListedTrust, Trusted
from mfa.application.verification import MadeTrust, Verified
from mfa.domain.devices import MOST_NAME_CHARACTERS
from mfa.domain.methods.base import MAX_VALUE_BYTES, Method, Methods, RegistrationField
from mfa.domain.methods.names import TRUST
from mfa.domain.policies import Confirmation, Requirement

WORDS = (
    gettext_noop("Authenticator app"),
    gettext_noop("Counter-based authenticator"),
    gettext_noop("Email"),
    gettext_noop("Text message"),
    gettext_noop("Recovery codes"),
    gettext_noop("Security key or passkey"),
    gettext_noop("Email address"),
    gettext_noop("Phone number"),
    gettext_noop("Mediation"),
)
"""The words of the built-in methods, for the catalogues: the core, which says them, knows nothing of gettext."""


MOST_TOKEN_CHARACTERS = 1024
"""Many times what the token of a remembered browser takes; longer ones are not looked at."""

MOST_STATE_CHARACTERS = 1024
"""Several times what the sealed challenge of a login takes."""

TRUST_ID = "^[0-9a-f]{16}$"
"""What a remembered browser is called."""


Shown = TypeVar("Shown")


class MultiFactorSerializer(serializers.Serializer[Shown]):
    """What every serializer of the package is, so that a description can tell them from a project's own."""

    def run_validation(self, data: Any = empty) -> Any:  # noqa: ANN401 - as in Django REST framework
        """Refuse a body that is null by field, as any other that is no object."""
        whole = getattr(self, "parent", None) is None
        return self.to_internal_value(data) if data is None and whole else super().run_validation(data)


class TextField(serializers.CharField):
    """A text, and nothing that could be made one: a number would have lost its leading zeros."""

    def run_validation(self, data: Any = empty) -> Any:  # noqa: ANN401 - as in DRF
        """Refuse what is no text before anything tries to write it as one."""
        if data is not empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        return super().run_validation(data)


class EmailAddressField(TextField, serializers.EmailField):
    """A mail address, whose form is left to the method: its addressing may be a project's own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators = [each for each in self.validators if not isinstance(each, EmailValidator)]


class ValueField(serializers.Field[Any, Any, Any, Any]):
    """A value that others judge or make, of one of the kinds in a description; without kinds, what methods verify."""

    def __init__(self, *kinds: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kinds = kinds

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - whatever type
        """Return the value as it came."""
        return data

    def to_representation(self, value: Any) -> Any:  # noqa: ANN401 - whatever type
        """Return the value as it is."""
        return value


class WordsField(ValueField):
    """One of the words that are its kinds."""

    default_error_messages = {"invalid_choice": serializers.ChoiceField.default_error_messages["invalid_choice"]}  # noqa: RUF012 - as in DRF

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - whatever type
        """Return the word; raises ``ValidationError`` for all else, in which no answer has a lone surrogate."""
        if data not in self.kinds:
            self.fail("invalid_choice", input=str(data).encode(errors="backslashreplace").decode())
        return data


class WordField(serializers.CharField):
    """A word of the core, translated."""

    def to_representation(self, value: Any) -> str:  # noqa: ANN401 - as in DRF
        """Return the word in the language of the request."""
        return word(value)


class SecondsField(serializers.IntegerField):
    """A while in whole seconds, rounded up."""

    def to_representation(self, value: Any) -> int:  # noqa: ANN401 - as in DRF
        """Return how many seconds there are."""
        return whole_seconds(value)


class OctetsField(serializers.CharField):
    """Octets in base64url without padding."""

    def to_representation(self, value: Any) -> str:  # noqa: ANN401 - as in DRF
        """Write the octets."""
        return urlsafe_b64encode(value).decode().rstrip("=")


class TimeField(serializers.DateTimeField):
    """A time as RFC 3339 has it, in UTC, whatever format the project chose for its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, format=ISO_8601, default_timezone=UTC)

    def to_representation(self, value: Any) -> str:  # noqa: ANN401 - as in DRF
        """Write a moment, which is always aware here."""
        return f"{value.astimezone(UTC).isoformat().removesuffix('+00:00')}Z"


def word(text: str) -> str:
    """Translate a word of the core, which is English or translates itself."""
    return gettext(str(text))


# What clients send


class VerifySerializer(MultiFactorSerializer[Any]):
    """A value that answers a device's challenge."""

    value = ValueField()
    trust = serializers.BooleanField(default=False, help_text=_("Remember this browser; without it, do not."))


class TrustTokenSerializer(MultiFactorSerializer[Any]):
    """What a remembered browser has kept."""

    token = TextField(min_length=1, max_length=MOST_TOKEN_CHARACTERS)


class SecondFactorSerializer(MultiFactorSerializer[Any]):
    """What a login may bring along beside the password."""

    value = ValueField({"type": "string", "maxLength": MAX_VALUE_BYTES}, required=False)
    index = serializers.IntegerField(
        required=False, help_text=_("The device that the value is for; without it, an app, or a recovery code.")
    )
    trust_token = TextField(required=False, min_length=1, max_length=MOST_TOKEN_CHARACTERS)


class PasskeySerializer(MultiFactorSerializer[Any]):
    """What a browser made of the options for a login, and the state that came with them."""

    state = TextField(min_length=1, max_length=MOST_STATE_CHARACTERS)
    value = ValueField("AuthenticationResponse")


class RenameSerializer(MultiFactorSerializer[Any]):
    """A name for a device."""

    name = TextField(
        label=_("Name"),
        allow_blank=True,
        max_length=MOST_NAME_CHARACTERS,
        help_text=_("An empty name takes the old one away."),
    )


class DispatchSerializer(MultiFactorSerializer[Any]):
    """Whether a challenge is to be dispatched although the device is verified."""

    reverify = serializers.BooleanField(
        default=False, help_text=_("Verify a device anew; without it, what is verified is refused.")
    )


class RegistrationSerializer(MultiFactorSerializer[Any]):
    """A name for the new device, and the fields of its method."""

    name = TextField(label=_("Name"), required=False, allow_blank=True, max_length=MOST_NAME_CHARACTERS)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the name and the fields of the method, which the context names."""
        method: Method | None = self.context.get("method")
        own = () if method is None else method.fields
        return {**super().get_fields(), **{field.name: _input(field) for field in own}}


def _input(field: RegistrationField) -> serializers.Field[Any, Any, Any, Any]:
    if field.choices:
        return WordsField(*field.choices, required=field.required, label=word(field.label))
    kind = EmailAddressField if field.kind == "email" else TextField
    return kind(
        required=field.required,
        allow_blank=not field.required,
        min_length=1 if field.required else None,
        max_length=field.max_length,
        label=word(field.label),
        style={"input_type": "tel" if field.kind == "phone" else field.kind},
    )


# What clients are shown


DETAILS = ("provider", "attested", "synced")
"""The fields that only devices of some methods have."""


class DetailMixin(serializers.Field[Any, Any, Any, Any]):
    """A field that only devices of some methods have."""

    def get_attribute(self, instance: ListedDevice) -> Any:  # noqa: ANN401 - as in DRF
        """Return what the method shows; raises ``SkipField`` where it shows no such thing."""
        try:
            return instance.details[str(self.field_name)]
        except KeyError:
            raise SkipField from None


class DetailField(DetailMixin, serializers.BooleanField):
    """Whether something is so of a device."""


class ProviderSerializer(DetailMixin, MultiFactorSerializer[Provider]):
    """Whose authenticator made a passkey, by what it says of itself."""

    name = serializers.CharField()
    icon = serializers.CharField(allow_null=True, help_text="A data URI, for a light ground.")


def _reader(field: serializers.Field[Any, Any, Any, Any]) -> Callable[[ListedDevice], Any]:
    whole = isinstance(field, DetailMixin) or field.source == "*"
    return field.get_attribute if whole else attrgetter(str(field.source))


class DeviceSerializer(MultiFactorSerializer[ListedDevice]):
    """A device, as the token that asks sees it."""

    # The context has the configured methods, and nothing else is kept: one instance can represent every device.

    index = serializers.IntegerField(
        source="device.index", min_value=0, help_text="The device's own within its user, for ever."
    )
    method = ValueField("MethodName", source="device.method", help_text="The name of the method.")
    verbose_name = serializers.SerializerMethodField(help_text="What a person calls the method.")
    name = serializers.CharField(
        source="device.name", max_length=MOST_NAME_CHARACTERS, help_text="What the user calls the device."
    )
    dispatchable = serializers.SerializerMethodField(help_text="Whether a challenge can be dispatched to the device.")
    active = serializers.BooleanField(source="device.active", help_text="False until the first verification.")
    confirmed = serializers.BooleanField(help_text="Whether this token has verified the device.")
    disabled = serializers.BooleanField(help_text="Whether there were so many wrong values that none is looked at.")
    remaining = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="How many values are left, where they run out."
    )
    destination = serializers.CharField(
        source="device.destination", allow_null=True, help_text="Where a dispatch goes, masked."
    )
    created_at = TimeField(source="device.created_at")
    last_used_at = TimeField(source="device.last_used_at", allow_null=True)
    provider = ProviderSerializer(
        required=False, allow_null=True, help_text="Of a passkey: whose authenticator made it, where that is known."
    )
    attested = DetailField(required=False, help_text="Of a passkey: whether the authenticator has proved its make.")
    synced = DetailField(required=False, help_text="Of a passkey: whether it is backed up, as by a password manager.")

    def to_representation(self, instance: ListedDevice) -> dict[str, Any]:
        """Return what DRF would, without its search for each part of a source in mappings, attributes and relations."""
        shown: dict[str, Any] = {}
        for name, read, represent in self._parts:
            try:
                value = read(instance)
            except SkipField:
                continue
            shown[name] = None if value is None else represent(value)
        return shown

    @cached_property
    def _parts(self) -> list[tuple[str, Callable[[ListedDevice], Any], Callable[[Any], Any]]]:
        return [(name, _reader(field), field.to_representation) for name, field in self.fields.items()]

    def get_verbose_name(self, listed: ListedDevice) -> str:
        """Return what a person calls the method."""
        methods: Methods = self.context["methods"]
        return word(methods.verbose_name(listed.device.method))

    def get_dispatchable(self, listed: ListedDevice) -> bool:
        """Tell whether a challenge can be dispatched to the device."""
        methods: Methods = self.context["methods"]
        return methods.dispatchable(listed.device.method)


class OfferedMethodSerializer(MultiFactorSerializer[Any]):
    """A method, as whoever wants to register is shown it."""

    index = serializers.IntegerField(min_value=0, help_text="The method's position in the settings.")
    method = ValueField("MethodName", source="method.name", help_text="The name of the method.")
    verbose_name = WordField(source="method.verbose_name", help_text="What a person calls the method.")
    dispatchable = serializers.BooleanField(
        source="method.dispatchable", help_text="Whether a challenge has to be dispatched to verify."
    )
    registered = serializers.IntegerField(min_value=0, help_text="How many active devices of the method there are.")


class ConfirmationSerializer(MultiFactorSerializer[Confirmation]):
    """A verification that counts."""

    index = serializers.IntegerField(min_value=0, help_text="The index of the device.")
    method = ValueField("MethodName", TRUST, help_text="The name of the method; trust for a remembered browser.")
    at = TimeField()


class LeftSerializer(MultiFactorSerializer[Shown]):
    """What tells how many verifications are left."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields, and the one whose name is none in Python."""
        left = serializers.IntegerField(
            source="verifications_left", min_value=0, help_text="How many verifications this token has yet to bring."
        )
        return {**super().get_fields(), "verifications-left": left}


class StandingSerializer(LeftSerializer[Assessment]):
    """How a token stands."""

    verified = serializers.BooleanField(help_text="Whether this token has as many verifications as are demanded.")
    required = serializers.IntegerField(  # type: ignore[assignment] # of the standing; fields leave the class
        min_value=0, help_text="How many verifications are demanded."
    )
    enrolled = serializers.BooleanField(help_text="Whether the user has an active device.")
    locked = serializers.BooleanField(help_text="Whether devices whose values can be guessed have to wait.")
    retry_after = SecondsField(min_value=0, allow_null=True, help_text="For how many seconds; null: not at all.")
    registration_deadline = TimeField(
        source="grace_until", allow_null=True, help_text="Until when the user may go without a device."
    )
    verifications = ConfirmationSerializer(source="confirmations", many=True)


class VerifiableDeviceSerializer(MultiFactorSerializer[VerifiableDevice]):
    """A device, as a new token may verify it."""

    index = serializers.IntegerField(source="device.index", min_value=0)
    method = ValueField("MethodName", source="device.method")
    name = serializers.CharField(source="device.name", max_length=MOST_NAME_CHARACTERS)
    dispatchable = serializers.BooleanField(help_text="Whether a challenge has to be dispatched to verify.")
    destination = serializers.CharField(source="device.destination", allow_null=True)


class SignalsSerializer(MultiFactorSerializer[KnownPasskeys]):
    """What a password manager may be told of the user's passkeys; octets in base64url."""

    rp_id = serializers.CharField(help_text="The domain that they are bound to.")
    user_id = OctetsField(source="user_handle", help_text="The user handle that authenticators know the user by.")
    credential_ids = serializers.ListField(child=OctetsField(), help_text="In the order of their devices' indexes.")


class MadeTrustSerializer(MultiFactorSerializer[MadeTrust]):
    """What a browser has to keep so that it is remembered, shown only once."""

    token = serializers.CharField()
    expires_at = TimeField(source="trust.expires_at")


class KeptTrustSerializer(MultiFactorSerializer[MadeTrust]):
    """Until when a browser is remembered that keeps the token in a cookie, where no script reads it."""

    expires_at = TimeField(source="trust.expires_at")


class VerifiedSerializer(LeftSerializer[Verified]):
    """A value was right; there is ``trust`` where the browser is remembered from now on."""

    device = DeviceSerializer(source="listed")
    trust = MadeTrustSerializer(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields, without a token where the context tells of a cookie."""
        kept = {"trust": KeptTrustSerializer(required=False)} if self.context.get("cookie") else {}
        return {**super().get_fields(), **kept}

    def to_representation(self, verified: Verified) -> dict[str, Any]:
        """Return what there is, and first what a client asks first."""
        shown = super().to_representation(verified)
        return {name: shown[name] for name in ("verifications-left", "device", "trust") if shown[name] is not None}


class TrustedSerializer(LeftSerializer[Trusted]):
    """The browser is remembered."""


class PasskeyOptionsSerializer(MultiFactorSerializer[PasskeyOptions]):
    """Options for the browser, and what has to be sent back with its answer."""

    options = ValueField("RequestOptions", source="shown.options")
    state = serializers.CharField(max_length=MOST_STATE_CHARACTERS)


class RequirementSerializer(MultiFactorSerializer[Requirement]):
    """What would do."""

    # For its description; ``answers`` writes it, for views without serializers, too.

    verifications = serializers.IntegerField(min_value=1, help_text="How many are demanded, not how many are left.")
    methods = serializers.ListField(
        child=ValueField("MethodName", "recovery", "webauthn"),
        allow_null=True,
        help_text="One of them by one of these; null: any.",
    )
    max_age = SecondsField(min_value=1, allow_null=True, help_text="How many seconds old they may be; null: any.")
    phishing_resistant = serializers.BooleanField(help_text="Whether one of them has to be bound to the site.")


class TrustSerializer(MultiFactorSerializer[ListedTrust]):
    """A remembered browser."""

    id = serializers.RegexField(TRUST_ID, source="trust.id")
    device = serializers.IntegerField(
        source="trust.index", min_value=0, help_text="The index of the device that was verified there."
    )
    description = serializers.CharField(source="trust.description", help_text="What the browser said of itself.")
    current = serializers.BooleanField(help_text="Whether this token came from there.")
    created_at = TimeField(source="trust.created_at")
    expires_at = TimeField(source="trust.expires_at")
    last_used_at = TimeField(source="trust.last_used_at", allow_null=True)


@lru_cache(maxsize=256)
def made_once(
    kind: type[serializers.Serializer[Any]], _language: str | None = None, **context: Hashable
) -> serializers.Serializer[Any]:
    """Return the one serializer of a kind, of which only ``run_validation`` and ``to_representation`` may be asked.

    To make one copies its fields, which costs more than all that it does then. What reads is one for each language, for
    a field of DRF goes on in the language in which it has first said that something is too long.
    """
    return kind(context=context)


def represented(kind: type[serializers.Serializer[Any]], value: object, **context: Hashable) -> dict[str, Any]:
    """Return a value as clients are shown it."""
    return dict(made_once(kind, **context).to_representation(value))
