"""Answers and bodies that no serializer has a field for, as types that only descriptions read.

Those of Web Authentication are the JSON of Level 3 section 5.1 under the names and types of TypeScript's ``lib.dom``: a
typed client hands options to ``parseCreationOptionsFromJSON`` and ``parseRequestOptionsFromJSON``, and what ``toJSON``
returns to the routes. Of a credential only what is looked at is demanded: browsers differ in the rest, and some write
null for what is absent.
"""

from typing import Any, Literal, NotRequired, TypedDict

Preference = Literal["discouraged", "preferred", "required"]


class _Site(TypedDict):
    id: str
    name: str


class _User(TypedDict):
    id: str
    name: str
    displayName: str


class _Parameters(TypedDict):
    type: Literal["public-key"]
    alg: int


class _Descriptor(TypedDict):
    type: Literal["public-key"]
    id: str
    transports: NotRequired[list[str]]


class _Selection(TypedDict):
    residentKey: Preference
    requireResidentKey: bool
    userVerification: Preference


class CreationOptions(TypedDict):
    """Options to create a credential, for ``PublicKeyCredential.parseCreationOptionsFromJSON``, unchanged."""

    rp: _Site
    user: _User
    challenge: str
    pubKeyCredParams: list[_Parameters]
    timeout: int
    excludeCredentials: list[_Descriptor]
    authenticatorSelection: _Selection
    attestation: str


class RequestOptions(TypedDict):
    """Options to use a credential, for ``PublicKeyCredential.parseRequestOptionsFromJSON``, unchanged."""

    challenge: str
    timeout: int
    rpId: str
    allowCredentials: NotRequired[list[_Descriptor]]
    userVerification: str


class _Attestation(TypedDict):
    clientDataJSON: str
    attestationObject: str
    authenticatorData: NotRequired[str | None]
    publicKey: NotRequired[str | None]
    publicKeyAlgorithm: NotRequired[int | None]
    transports: NotRequired[list[str] | None]


class _Assertion(TypedDict):
    clientDataJSON: str
    authenticatorData: str
    signature: str
    userHandle: NotRequired[str | None]


class _Credential(TypedDict):
    id: str
    rawId: NotRequired[str | None]
    type: str
    authenticatorAttachment: NotRequired[str | None]
    clientExtensionResults: NotRequired[Any]


class RegistrationResponse(_Credential):
    """What ``toJSON()`` of a new credential returns."""

    response: _Attestation


class AuthenticationResponse(_Credential):
    """What ``toJSON()`` of a credential that was used returns."""

    response: _Assertion


class _ResponseErrors(TypedDict, total=False):
    clientDataJSON: list[str]
    attestationObject: list[str]
    authenticatorData: list[str]
    signature: list[str]


class CredentialErrors(TypedDict, total=False):
    """Which member of a credential is missing or malformed."""

    id: list[str]
    type: list[str]
    response: list[str] | _ResponseErrors


class _Field(TypedDict):
    type: str
    required: bool
    read_only: bool
    label: NotRequired[str]
    help_text: NotRequired[str]
    min_length: NotRequired[int]
    max_length: NotRequired[int]


class _Actions(TypedDict):
    POST: dict[str, _Field]


class Metadata(TypedDict):
    """What OPTIONS answers: which fields a method has."""

    name: str
    description: str
    renders: list[str]
    parses: list[str]
    actions: NotRequired[_Actions]
