"""What clients send and what they are shown."""

from datetime import UTC
from typing import Any

import attrs
from django.core.validators import EmailValidator
from django.utils.translation import gettext, gettext_noop
from rest_framework import ISO_8601, serializers
from rest_framework.fields import empty

from mfa.adapters.answers import whole_seconds
from mfa.application.listing import ListedDevice
from mfa.application.standing import Assessment
from mfa.application.trusts import ListedTrust
from mfa.application.verification import MadeTrust
from mfa.domain.accounts import Confirmation
from mfa.domain.devices import MOST_NAME_CHARACTERS
from mfa.domain.errors import MethodNotFound
from mfa.domain.methods.base import Method, Methods, RegistrationField

WORDS = (
    gettext_noop("Authenticator app"),
    gettext_noop("Counter-based authenticator"),
    gettext_noop("Email"),
    gettext_noop("Text message"),
    gettext_noop("Recovery codes"),
    gettext_noop("Security key or passkey"),
    gettext_noop("Email address"),
    gettext_noop("Phone number"),
)
"""The words of the built-in methods, for the catalogues: the core, which says them, knows nothing of gettext."""


MOST_TOKEN_CHARACTERS = 1024
"""Many times what the token of a remembered browser takes; longer ones are not looked at."""

MOST_STATE_CHARACTERS = 1024
"""Several times what the sealed challenge of a login takes."""


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
    """A value of whatever type, to be judged by the method of the device."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - whatever type
        """Return the value as it came."""
        return data


class TimeField(serializers.DateTimeField):
    """A time as RFC 3339 has it, in UTC, whatever format the project chose for its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, format=ISO_8601, default_timezone=UTC)


def word(text: str) -> str:
    """Translate a word of the core, which is English or translates itself."""
    return gettext(str(text))


# What clients send


class VerifySerializer(serializers.Serializer[Any]):
    """A value that answers a device's challenge."""

    value = ValueField()
    trust = serializers.BooleanField(default=False)


class TrustTokenSerializer(serializers.Serializer[Any]):
    """What a remembered browser has kept."""

    token = TextField(max_length=MOST_TOKEN_CHARACTERS)


class PasskeySerializer(serializers.Serializer[Any]):
    """What a browser made of the options for a login, and the state that came with them."""

    state = TextField(max_length=MOST_STATE_CHARACTERS)
    value = ValueField()


class RenameSerializer(serializers.Serializer[Any]):
    """A name for a device; an empty one takes the name away."""

    name = TextField(allow_blank=True, max_length=MOST_NAME_CHARACTERS)


class DispatchSerializer(serializers.Serializer[Any]):
    """Whether a value is to be sent although the device is verified."""

    reverify = serializers.BooleanField(default=False)


class RegistrationSerializer(serializers.Serializer[Any]):
    """A name for the new device, and the fields of its method, which the context names."""

    name = TextField(required=False, allow_blank=True, max_length=MOST_NAME_CHARACTERS)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the name and the fields of the method."""
        method: Method | None = self.context.get("method")
        own = () if method is None else method.fields
        return {**super().get_fields(), **{field.name: _input(field) for field in own}}


def _input(field: RegistrationField) -> serializers.Field[Any, Any, Any, Any]:
    kind = EmailAddressField if field.kind == "email" else TextField
    return kind(
        required=field.required,
        allow_blank=not field.required,
        max_length=field.max_length,
        label=word(field.label),
        style={"input_type": "tel" if field.kind == "phone" else field.kind},
    )


# What clients are shown


class DeviceSerializer(serializers.Serializer[ListedDevice]):
    """A device, as the token that asks sees it; the context has the configured methods."""

    index = serializers.IntegerField(source="device.index")
    method = serializers.CharField(source="device.method")
    verbose_name = serializers.SerializerMethodField()
    name = serializers.CharField(source="device.name")
    dispatchable = serializers.SerializerMethodField()
    active = serializers.BooleanField(source="device.active")
    confirmed = serializers.BooleanField()
    destination = serializers.CharField(source="device.destination")
    created_at = TimeField(source="device.created_at")
    last_used_at = TimeField(source="device.last_used_at")

    def get_verbose_name(self, listed: ListedDevice) -> str:
        """Return what a person calls the method."""
        method = self._method(listed)
        return listed.device.method if method is None else word(method.verbose_name)

    def get_dispatchable(self, listed: ListedDevice) -> bool:
        """Tell whether a value can be sent to the device."""
        method = self._method(listed)
        return method is not None and method.dispatchable

    def _method(self, listed: ListedDevice) -> Method | None:
        """Return the method of a device, or None where it is configured no more."""
        methods: Methods = self.context["methods"]
        try:
            return methods.named(listed.device.method)
        except MethodNotFound:
            return None


@attrs.frozen
class OfferedMethod:
    """A configured method, its position, and how many active devices of it the user has."""

    index: int
    method: Method
    registered: int


class OfferedMethodSerializer(serializers.Serializer[OfferedMethod]):
    """A method, as whoever wants to register is shown it."""

    index = serializers.IntegerField()
    method = serializers.CharField(source="method.name")
    verbose_name = serializers.SerializerMethodField()
    dispatchable = serializers.SerializerMethodField()
    registered = serializers.IntegerField()

    def get_verbose_name(self, offered: OfferedMethod) -> str:
        """Return what a person calls the method."""
        return word(offered.method.verbose_name)

    def get_dispatchable(self, offered: OfferedMethod) -> bool:
        """Tell whether the method sends something."""
        return offered.method.dispatchable


class ConfirmationSerializer(serializers.Serializer[Confirmation]):
    """A verification that counts."""

    index = serializers.IntegerField()
    method = serializers.CharField()
    at = TimeField()


class StandingSerializer(serializers.Serializer[Assessment]):
    """How a token stands."""

    verified = serializers.BooleanField()
    enrolled = serializers.BooleanField()
    locked = serializers.BooleanField()
    retry_after = serializers.SerializerMethodField()
    verifications = ConfirmationSerializer(source="confirmations", many=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields, and the one whose name is none in Python."""
        left = serializers.IntegerField(source="verifications_left")
        return {**super().get_fields(), "verifications-left": left}

    def get_retry_after(self, standing: Assessment) -> int | None:
        """Return how many seconds a lock lasts."""
        return None if standing.retry_after is None else whole_seconds(standing.retry_after)


class MadeTrustSerializer(serializers.Serializer[MadeTrust]):
    """What a browser has to keep so that it is remembered, shown only once."""

    token = serializers.CharField()
    expires_at = TimeField(source="trust.expires_at")


class TrustSerializer(serializers.Serializer[ListedTrust]):
    """A remembered browser; ``device`` is the index of the device that was verified there."""

    id = serializers.CharField(source="trust.id")
    device = serializers.IntegerField(source="trust.index")
    description = serializers.CharField(source="trust.description")
    current = serializers.BooleanField()
    created_at = TimeField(source="trust.created_at")
    expires_at = TimeField(source="trust.expires_at")
    last_used_at = TimeField(source="trust.last_used_at")
