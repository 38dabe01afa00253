"""Security keys and passkeys: the two ceremonies of Web Authentication Level 3, as rules that compute nothing secret.

A ceremony is a pair. Options go to the browser as JSON, and what it makes of them comes back as JSON:
``creation_options`` and ``register`` (section 7.1), ``request_options`` and ``authenticate`` (section 7.2). Every step
of the two sections that a relying party can check is one line here, with its number in the Candidate Recommendation of
2026. What is no response at all is malformed, before a ceremony begins; what is a wrong one is refused. CBOR, keys,
signatures and certificates are behind a port.
"""

import hashlib
import json
import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from struct import Struct
from typing import Any, Literal, Protocol

import attrs
from attrs.validators import instance_of, optional

from mfa.domain.errors import MalformedValue
from mfa.domain.methods.adoption import ImportedCredential, NotAdopted
from mfa.domain.methods.metadata import (
    ANY_MODEL,
    AdmittedModels,
    AuthenticatorMetadata,
    MetadataUnavailable,
)
from mfa.domain.secrets import equal
from mfa.domain.states import base64url, octets
from mfa.domain.values import ValueObject
from mfa.domain.verdicts import Oddity, Reason

UserVerification = Literal["required", "preferred", "discouraged"]
ResidentKey = Literal["required", "preferred", "discouraged"]
Attestation = Literal["none", "direct"]
Attachment = Literal["platform", "cross-platform"]
Strictness = Literal["refuse", "report"]
"""What becomes of an assertion that looks odd, but may be right: it is refused, or it is accepted and told of."""

HINTS = ("security-key", "client-device", "hybrid")
"""What a browser may be told of the authenticators that people have (section 5.8.8)."""

ES256 = -7
EDDSA = -8
RS256 = -257

ALGORITHMS = (ES256, EDDSA, RS256)
"""What is offered, the best first, as COSE algorithm identifiers (section 5.4 asks for these three at the least)."""

ML_DSA_KEY_BYTES = {-48: 1312, -49: 1952, -50: 2592}
"""How long the public keys of ML-DSA are (FIPS 204, table 2), by COSE algorithm identifier (RFC 9964)."""

ALGORITHM_NAMES = {
    "ES256": ES256,
    "EdDSA": EDDSA,
    "RS256": RS256,
    "ES384": -35,
    "ES512": -36,
    "Ed448": -53,
    "ML-DSA-44": -48,
    "ML-DSA-65": -49,
    "ML-DSA-87": -50,
}
"""All that may be offered, by the names of COSE's registry."""

NOBODYS_KEY = bytes.fromhex(
    "a5010203262001"
    "2158206b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "2258204fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
"""An ES256 key that opens nothing, the generator of its curve: to check a signature by where only the time matters."""

ATTESTATION_FORMATS = ("none", "packed", "tpm", "android-key", "apple", "fido-u2f")
"""The formats whose statements are understood (sections 8.2 to 8.8); ``none`` proves nothing and so never suffices."""

CHALLENGE_BYTES = 32
"""Twice what section 13.4.3 demands at the least."""

CHALLENGE_LIFETIME = timedelta(minutes=5)
"""The lower end of what section 15.1 recommends, which is also what the browser is told as its time-out."""

_MILLISECONDS = CHALLENGE_LIFETIME // timedelta(milliseconds=1)

MOST_VALUE_BYTES = 64 * 1024
"""A response larger than this is no response; certificates and an RSA key fill a tenth of it."""

MOST_CREDENTIAL_ID_BYTES = 1023
"""The limit of section 7.1, step 25."""

MOST_USER_HANDLE_BYTES = 64
"""The limit of section 5.4.3."""

MOST_TRANSPORTS = 16

_TRANSPORT = "[a-z0-9-]{1,32}"


# Authenticator data (section 6.1): rpIdHash, flags, signCount; then aaguid, length and credential id (section 6.5.1).
_HEAD = Struct(">32sBI")
_AAGUID_BYTES = 16
_NO_AAGUID = bytes(_AAGUID_BYTES)
_ID_AT = 18

_USER_PRESENT = 1 << 0
_USER_VERIFIED = 1 << 2
_BACKUP_ELIGIBLE = 1 << 3
_BACKED_UP = 1 << 4
_ATTESTED = 1 << 6
_EXTENDED = 1 << 7


class CeremonyRefused(Exception):
    """A response is not the answer to its options; callers turn it into a rejection, and it never leaves the core.

    ``step`` is the step of Web Authentication Level 3 that fails, such as ``7.1.8``.
    """

    def __init__(self, step: str, reason: Reason) -> None:
        super().__init__(step, reason)
        self.step = step
        self.reason = reason


class Unreadable(Exception):
    """Bytes are not what they are taken for; raised by adapters, and a refusal by the time it leaves this module."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class AttestationObject(ValueObject):
    """What an authenticator says of a new credential (section 6.5); only adapters look into the statement."""

    format: str
    statement: object = attrs.field(repr=False)
    authenticator_data: bytes = attrs.field(repr=False)


class AuthenticatorCryptography(Protocol):
    """Reads what authenticators write, and checks what they sign.

    Whatever bytes come, the only error is ``Unreadable``. Each method takes a time that grows with the length of the
    bytes, and no faster.
    """

    @abstractmethod
    def attestation_object(self, data: bytes) -> AttestationObject:
        """Read an attestation object, and nothing after it; raises ``Unreadable``."""

    @abstractmethod
    def measure(self, data: bytes) -> int:
        """Return how many bytes the CBOR item at the start takes; raises ``Unreadable``."""

    @abstractmethod
    def algorithm(self, public_key: bytes) -> int:
        """Return the algorithm of a COSE key with which ``signed`` will work; raises ``Unreadable``."""

    @abstractmethod
    def signed(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """Tell whether the signature is the key's; nothing is, for a key that ``algorithm`` refuses."""

    @abstractmethod
    def trust_path(self, attestation: AttestationObject, client_data_hash: bytes) -> tuple[bytes, ...]:
        """Verify a statement by the procedure of its format, and return its certificates, the leaf first.

        No attestation and self attestation have no certificates. Raises ``Unreadable`` for a statement that does not
        verify.
        """

    @abstractmethod
    def trusted(self, trust_path: Sequence[bytes], now: datetime, roots: Sequence[bytes] = ()) -> bool:
        """Tell whether certificates that are valid now chain up to one of the trust roots, or are one.

        ``roots`` are others that are trusted as well, in DER; what cannot be read among them is none.
        """


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Credential(ValueObject):
    """What is kept of a public key credential (the credential record of section 4), and all that a login needs.

    ``public_key`` is the COSE key as the authenticator wrote it. ``sign_count`` and ``backed_up`` are those of the
    latest ceremony; whether a credential may be backed up at all never changes. Of one that another site's software
    has registered, that and the ``user_handle`` may be None: unknown until it is used here. ``attested`` is one whose
    authenticator has proved its make.
    """

    id: bytes = attrs.field(repr=False)
    public_key: bytes = attrs.field(repr=False)
    sign_count: int
    backup_eligible: bool | None
    backed_up: bool
    aaguid: bytes
    user_handle: bytes | None = attrs.field(repr=False)
    transports: tuple[str, ...] = ()
    attested: bool = False

    def descriptor(self) -> dict[str, object]:
        """Name the credential to a browser (section 5.8.3), as JSON."""
        descriptor: dict[str, object] = {"type": "public-key", "id": base64url(self.id)}
        return descriptor | ({"transports": list(self.transports)} if self.transports else {})


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class RelyingParty:
    """A site that registers and recognises credentials; section 4 calls it the relying party.

    A ceremony inside another site's page is refused unless that page's origin is one of ``top_origins``: otherwise
    any site could lay a frame of this one under the user's finger. A browser that tells of the frame but not of the
    page (Safari does not write ``topOrigin``) is refused as well, unless ``unnamed_top_origin`` says otherwise.

    ``sign_count`` says what becomes of a count that does not rise, and ``backup_change`` of a credential that may be
    backed up although it could not be, or the other way round, as after an update of a password manager. ``metadata``
    tell of models, and ``admitted`` says which of them may register.
    """

    rp_id: str
    rp_name: str
    origins: tuple[str, ...]
    cryptography: AuthenticatorCryptography
    top_origins: tuple[str, ...] = ()
    unnamed_top_origin: bool = False
    user_verification: UserVerification = "preferred"
    resident_key: ResidentKey = "preferred"
    attestation: Attestation = "none"
    algorithms: tuple[int, ...] = ALGORITHMS
    hints: tuple[str, ...] = ()
    attachment: Attachment | None = None
    sign_count: Strictness = "refuse"
    backup_change: Strictness = "refuse"
    metadata: AuthenticatorMetadata | None = None
    admitted: AdmittedModels = ANY_MODEL

    @property
    def offered(self) -> tuple[int, ...]:
        """Return the algorithms but those of which a key cannot be read here, as ML-DSA's by older libraries."""
        return tuple(each for each in self.algorithms if each not in ML_DSA_KEY_BYTES or self._reads_ml_dsa(each))

    def _reads_ml_dsa(self, algorithm: int) -> bool:
        """Tell whether a key of zeros can be read, which is as good as any."""
        size = ML_DSA_KEY_BYTES[algorithm]
        try:
            key = bytes.fromhex(f"a301070338{-1 - algorithm:02x}2059{size:04x}") + bytes(size)
            return self.cryptography.algorithm(key) == algorithm
        except Unreadable:
            return False

    # Registration (section 7.1)

    def creation_options(
        self, challenge: bytes, *, user_handle: bytes, user_name: str, exclude: Sequence[Credential] = ()
    ) -> dict[str, object]:
        """Write what ``PublicKeyCredential.parseCreationOptionsFromJSON`` takes unchanged.

        The handle is what the authenticator keeps of the user, so nothing personal may be in it (section 14.6.1).
        """
        selection: dict[str, object] = {
            "residentKey": self.resident_key,
            "requireResidentKey": self.resident_key == "required",
            "userVerification": self.user_verification,
        }
        if self.attachment is not None:
            selection["authenticatorAttachment"] = self.attachment
        return {
            "rp": {"id": self.rp_id, "name": self.rp_name},
            "user": {"id": base64url(user_handle), "name": user_name, "displayName": user_name},
            "challenge": base64url(challenge),
            "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in self.offered],
            "timeout": _MILLISECONDS,
            "excludeCredentials": [credential.descriptor() for credential in exclude],
            "authenticatorSelection": selection,
            "attestation": self.attestation,
            **self._hinted,
        }

    def register(
        self,
        response: "AttestationResponse",
        *,
        challenge: bytes,
        user_handle: bytes,
        now: datetime,
        conditional: bool = False,
    ) -> Credential:
        """Judge the answer to creation options, and return the credential to keep.

        A ``conditional`` creation shows no dialog, so nobody has to have been there (step 15, and section 5.1.3). That
        no other user has a credential of this id (step 26) is for the caller to check, who knows them all. Raises
        ``CeremonyRefused``.
        """
        # 1 to 3 were the browser's and the reader's; 4 and 28: no extension is asked for, and none is looked at.
        client = _ClientData.read(response.client_data, "7.1.5", "7.1.6")
        _demand(client.type == "webauthn.create", "7.1.7", Reason.TYPE)
        _demand(client.answers(challenge), "7.1.8", Reason.CHALLENGE)
        _demand(client.origin in self.origins, "7.1.9", Reason.ORIGIN)
        _demand(self._expects_frame(client), "7.1.10", Reason.CROSS_ORIGIN)
        _demand(self._expects_page(client), "7.1.11", Reason.CROSS_ORIGIN)
        client_data_hash = hashlib.sha256(response.client_data).digest()  # 7.1.12
        with _readable("7.1.13", Reason.MALFORMED):
            attestation = self.cryptography.attestation_object(response.attestation_object)
            data = _AuthenticatorData.read(attestation.authenticator_data, self.cryptography)
        _demand(equal(data.rp_id_hash, self._rp_id_hash), "7.1.14", Reason.RP_ID)
        _demand(conditional or data.has(_USER_PRESENT), "7.1.15", Reason.USER_PRESENCE)
        _demand(data.has(_USER_VERIFIED) or self.user_verification != "required", "7.1.16", Reason.USER_VERIFICATION)
        _demand(data.has(_BACKUP_ELIGIBLE) or not data.has(_BACKED_UP), "7.1.17", Reason.BACKUP)
        copied = self.admitted.device_bound and data.has(_BACKUP_ELIGIBLE)
        _demand(not copied, "7.1.18", Reason.NOT_DEVICE_BOUND)
        # 19: the flag is kept, and no policy hangs on it.
        attested = data.attested
        if attested is None:
            raise CeremonyRefused("7.1.20", Reason.MALFORMED)
        with _readable("7.1.20", Reason.ALGORITHM):
            algorithm = self.cryptography.algorithm(attested.public_key)
        _demand(algorithm in self.algorithms, "7.1.20", Reason.ALGORITHM)
        path: tuple[bytes, ...] = ()
        if self.attestation == "direct":
            _demand(attestation.format in ATTESTATION_FORMATS, "7.1.21", Reason.ATTESTATION)
            with _readable("7.1.22", Reason.ATTESTATION):
                path = self.cryptography.trust_path(attestation, client_data_hash)
        # Section 8.6 signs no AAGUID, so there it is what the browser says.
        self._judge_model(_NO_AAGUID if attestation.format == "fido-u2f" else attested.aaguid, path, now)
        _demand(0 < len(attested.id) <= MOST_CREDENTIAL_ID_BYTES, "7.1.25", Reason.CREDENTIAL_ID)
        _demand(response.id == attested.id, "7.1.27", Reason.CREDENTIAL_ID)
        return Credential(
            id=attested.id,
            public_key=attested.public_key,
            sign_count=data.sign_count,
            backup_eligible=data.has(_BACKUP_ELIGIBLE),
            backed_up=data.has(_BACKED_UP),
            aaguid=attested.aaguid,
            user_handle=user_handle,
            transports=response.transports,
            attested=self.attestation == "direct",
        )

    def _judge_model(self, aaguid: bytes, path: tuple[bytes, ...], now: datetime) -> None:
        """Demand a model that may register; under attestation, one that is proved, and of which nothing bad is known.

        Raises ``CeremonyRefused``.
        """
        direct, model = self.attestation == "direct", None
        try:
            if self.metadata is not None and (direct or self.admitted.device_bound):
                model = self.metadata.model_of(aaguid, path)
        except MetadataUnavailable:
            raise CeremonyRefused("7.1.23", Reason.UNTRUSTED) from None
        if direct:  # without certificates there is nothing to trust
            trusted = self.cryptography.trusted(path, now, () if model is None else model.roots)
            _demand(bool(path) and trusted, "7.1.24", Reason.UNTRUSTED)
            _demand(model is None or not model.harmful(path, now.date()), "7.1.24", Reason.MODEL_STATUS)
        _demand(self.admitted.admit(aaguid), "7.1.24", Reason.MODEL_NOT_ADMITTED)
        copied = self.admitted.device_bound and model is not None and model.synced
        _demand(not copied, "7.1.18", Reason.NOT_DEVICE_BOUND)

    def name_of_model(self, aaguid: bytes) -> str:
        """Return what a model is called; empty where that is not known."""
        try:
            model = None if self.metadata is None else self.metadata.model_of(aaguid, ())
        except MetadataUnavailable:
            return ""
        return "" if model is None else model.name

    def adopted(self, found: ImportedCredential) -> Credential:
        """Check a credential that was registered elsewhere, by the steps for which nothing else is needed.

        One that was made for another site is left out, where that is known. Raises ``NotAdopted``.
        """
        data = None if found.attestation is None else self._attested(found.attestation)
        attested = None if data is None else data.attested
        rp_id_hash = found.rp_id_hash if data is None else data.rp_id_hash
        if rp_id_hash is not None and rp_id_hash != self._rp_id_hash:
            raise NotAdopted("other_rp_id", failed=False)
        credential_id = found.id or (attested.id if attested else b"")
        public_key = found.public_key or (attested.public_key if attested else b"")
        if not 0 < len(credential_id) <= MOST_CREDENTIAL_ID_BYTES:
            raise NotAdopted("credential_id")
        try:
            self.cryptography.algorithm(public_key)
        except Unreadable:
            raise NotAdopted("public_key") from None
        if found.user_handle is not None and not 0 < len(found.user_handle) <= MOST_USER_HANDLE_BYTES:
            raise NotAdopted("user_handle")
        return Credential(
            id=credential_id,
            public_key=public_key,
            sign_count=_first(found.sign_count, data and data.sign_count, 0),
            backup_eligible=_first(found.backup_eligible, data and data.has(_BACKUP_ELIGIBLE)),
            backed_up=bool(_first(found.backed_up, data and data.has(_BACKED_UP))),
            aaguid=_first(found.aaguid, attested and attested.aaguid, _NO_AAGUID),
            user_handle=found.user_handle,
            transports=_transports(found.transports),
        )

    def _attested(self, attestation: bytes) -> "_AuthenticatorData":
        try:
            data = self.cryptography.attestation_object(attestation).authenticator_data
            return _AuthenticatorData.read(data, self.cryptography)
        except Unreadable:
            raise NotAdopted("attestation") from None

    # Authentication (section 7.2)

    def request_options(self, challenge: bytes, *, credentials: Sequence[Credential] = ()) -> dict[str, object]:
        """Write what ``PublicKeyCredential.parseRequestOptionsFromJSON`` takes unchanged.

        Without credentials, any discoverable one of this site will do.
        """
        options: dict[str, object] = {
            "challenge": base64url(challenge),
            "timeout": _MILLISECONDS,
            "rpId": self.rp_id,
            "userVerification": self.user_verification,
            **self._hinted,
        }
        if credentials:
            options["allowCredentials"] = [credential.descriptor() for credential in credentials]
        return options

    def authenticate(
        self,
        response: "AssertionResponse",
        *,
        challenge: bytes,
        credentials: Sequence[Credential],
        user_handle: bytes | None,
    ) -> Credential:
        """Judge the answer to request options, and return the next state of the credential that signed.

        ``user_handle`` is that of the user who has to sign, empty where it is not known, and ``credentials`` are this
        user's. It is None where nobody is known yet: then the response has to name the user, and ``credentials`` are
        those found by its id. What is not known of the credential is learned. Raises ``CeremonyRefused``.
        """
        # 1 to 3 were the browser's and the reader's; 4 and 23: no extension is asked for, and none is looked at.
        credential = next((each for each in credentials if each.id == response.id), None)
        if credential is None:
            raise CeremonyRefused("7.2.5", Reason.UNKNOWN_CREDENTIAL)
        _demand(response.user_handle is not None or user_handle is not None, "7.2.6", Reason.USER_HANDLE)
        for claimed in (response.user_handle, user_handle):
            own = credential.user_handle
            _demand(not claimed or own is None or equal(claimed, own), "7.2.6", Reason.USER_HANDLE)
        with _readable("7.2.7", Reason.MALFORMED):
            data = _AuthenticatorData.read(response.authenticator_data, self.cryptography)
        client = _ClientData.read(response.client_data, "7.2.8", "7.2.9")
        _demand(client.type == "webauthn.get", "7.2.10", Reason.TYPE)
        _demand(client.answers(challenge), "7.2.11", Reason.CHALLENGE)
        _demand(client.origin in self.origins, "7.2.12", Reason.ORIGIN)
        _demand(self._expects_frame(client), "7.2.13", Reason.CROSS_ORIGIN)
        _demand(self._expects_page(client), "7.2.14", Reason.CROSS_ORIGIN)
        _demand(equal(data.rp_id_hash, self._rp_id_hash), "7.2.15", Reason.RP_ID)
        _demand(data.has(_USER_PRESENT), "7.2.16", Reason.USER_PRESENCE)
        _demand(data.has(_USER_VERIFIED) or self.user_verification != "required", "7.2.17", Reason.USER_VERIFICATION)
        _demand(data.has(_BACKUP_ELIGIBLE) or not data.has(_BACKED_UP), "7.2.18", Reason.BACKUP)
        kept = self.backup_change == "report" or _keeps_eligibility(credential, data)
        _demand(kept, "7.2.19", Reason.BACKUP_ELIGIBILITY)
        signed = self.cryptography.signed(credential.public_key, response.message, response.signature)
        _demand(signed, "7.2.21", Reason.SIGNATURE)
        _demand(self.sign_count == "report" or _rises(credential, data), "7.2.22", Reason.SIGN_COUNT)
        return attrs.evolve(
            credential,
            # Never back: of two authenticators with one key, the one that is behind is told of each time.
            sign_count=max(credential.sign_count, data.sign_count),
            backup_eligible=data.has(_BACKUP_ELIGIBLE),
            backed_up=data.has(_BACKED_UP),
            user_handle=credential.user_handle or response.user_handle,
        )  # 7.2.24

    def oddities(self, response: "AssertionResponse", credential: Credential) -> tuple[Oddity, ...]:
        """Tell what was let pass of a response that was accepted, by the credential as it was before."""
        data = _AuthenticatorData.read(response.authenticator_data, self.cryptography)
        odd = []
        if not _keeps_eligibility(credential, data):
            odd.append(Oddity(reason=Reason.BACKUP_ELIGIBILITY, step="7.2.19"))
        if not _rises(credential, data):
            odd.append(Oddity(reason=Reason.SIGN_COUNT, step="7.2.22"))
        return tuple(odd)

    # What both share

    @property
    def _hinted(self) -> dict[str, object]:
        return {"hints": list(self.hints)} if self.hints else {}

    @property
    def _rp_id_hash(self) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest()

    def _expects_frame(self, client: "_ClientData") -> bool:
        """Tell whether a ceremony may take place where it did: on a page of this site, or in a frame by permission."""
        if not client.cross_origin:
            return True
        return self.unnamed_top_origin if client.top_origin is None else bool(self.top_origins)

    def _expects_page(self, client: "_ClientData") -> bool:
        return client.top_origin is None or client.top_origin in self.top_origins


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class AttestationResponse(ValueObject):
    """What a browser made of creation options (``RegistrationResponseJSON``, section 5.1), as far as it is looked at.

    ``transports`` are unsigned, unordered words that are only ever given back, so what is none is left out.
    """

    id: bytes = attrs.field(repr=False)
    client_data: bytes = attrs.field(repr=False)
    attestation_object: bytes = attrs.field(repr=False)
    transports: tuple[str, ...]

    @classmethod
    def read(cls, value: object) -> "AttestationResponse":
        """Read what ``PublicKeyCredential.toJSON`` writes; raises ``MalformedValue`` that names the member at fault."""
        credential_id, response = _credential(value)
        hints = response.get("transports")
        return cls(
            id=credential_id,
            client_data=_octets(response, "clientDataJSON"),
            attestation_object=_octets(response, "attestationObject"),
            transports=_transports(hints if isinstance(hints, list) else ()),
        )


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class AssertionResponse(ValueObject):
    """What a browser made of request options (``AuthenticationResponseJSON``, section 5.1), as far as it is looked at.

    A ``user_handle`` that is null, empty or no text of base64url is none: a handle has a byte at least (section
    5.4.3), and whoever has to be named by it is then not named.
    """

    id: bytes = attrs.field(repr=False)
    client_data: bytes = attrs.field(repr=False)
    authenticator_data: bytes = attrs.field(repr=False)
    signature: bytes = attrs.field(repr=False)
    user_handle: bytes | None = attrs.field(repr=False)

    @property
    def message(self) -> bytes:
        """Return what was signed (steps 7.2.20 and 7.2.21)."""
        return self.authenticator_data + hashlib.sha256(self.client_data).digest()

    @classmethod
    def read(cls, value: object) -> "AssertionResponse":
        """Read what ``PublicKeyCredential.toJSON`` writes; raises ``MalformedValue`` that names the member at fault."""
        credential_id, response = _credential(value)
        return cls(
            id=credential_id,
            client_data=_octets(response, "clientDataJSON"),
            authenticator_data=_octets(response, "authenticatorData"),
            signature=_octets(response, "signature"),
            user_handle=_octets_or_none(response, "userHandle") or None,
        )


def _credential(value: object) -> tuple[bytes, dict[str, Any]]:
    """Read the id and the response of a public key credential as JSON; every other member says the same again."""
    if not isinstance(value, dict) or _size(value) > MOST_VALUE_BYTES:
        raise MalformedValue
    credential_id, response = _octets(value, "id", inside=""), value.get("response")
    if value.get("type") != "public-key":
        raise MalformedValue("type")
    if not isinstance(response, dict):
        raise MalformedValue("response")
    return credential_id, response


def _octets(members: dict[str, Any], name: str, *, inside: str = "response.") -> bytes:
    given = _octets_or_none(members, name)
    if given is None:
        raise MalformedValue(inside + name)
    return given


def _octets_or_none(members: dict[str, Any], name: str) -> bytes | None:
    text = members.get(name)
    try:
        return octets(text) if isinstance(text, str) else None
    except ValueError:
        return None


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class _ClientData:
    """What the browser says of a ceremony (section 5.8.1), as far as it is looked at."""

    type: str = attrs.field(default="", validator=instance_of(str))
    challenge: str = attrs.field(default="", validator=instance_of(str))
    origin: str = attrs.field(default="", validator=instance_of(str))
    cross_origin: bool = attrs.field(default=False, alias="crossOrigin", validator=instance_of(bool))
    top_origin: str | None = attrs.field(default=None, alias="topOrigin", validator=optional(instance_of(str)))

    @classmethod
    def read(cls, data: bytes, text_step: str, json_step: str) -> "_ClientData":
        """Parse the JSON; a byte order mark is dropped, as both sections ask, and deep nesting is an error like any."""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise CeremonyRefused(text_step, Reason.MALFORMED) from None
        try:
            given = json.loads(text)
            members = [field.alias for field in attrs.fields(cls) if given.get(field.alias) is not None]
            return cls(**{member: given[member] for member in members})
        except (AttributeError, TypeError, ValueError, RecursionError):  # what is no object has no members
            raise CeremonyRefused(json_step, Reason.MALFORMED) from None

    def answers(self, challenge: bytes) -> bool:
        """Tell in constant time whether this is the answer to a challenge."""
        return equal(self.challenge.encode("utf-8", "surrogatepass"), base64url(challenge).encode())


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class _AttestedCredential:
    """What authenticator data says of a new credential (section 6.5.1)."""

    aaguid: bytes
    id: bytes
    public_key: bytes


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class _AuthenticatorData:
    """What an authenticator says of a ceremony (section 6.1)."""

    rp_id_hash: bytes
    flags: int
    sign_count: int
    attested: _AttestedCredential | None

    @classmethod
    def read(cls, data: bytes, cryptography: AuthenticatorCryptography) -> "_AuthenticatorData":
        """Cut the bytes where section 6.1 says, with nothing left over; raises ``Unreadable``."""
        if len(data) < _HEAD.size:
            raise Unreadable
        rp_id_hash, flags, sign_count = _HEAD.unpack_from(data)
        attested, rest = None, data[_HEAD.size :]
        if flags & _ATTESTED:
            id_end = _ID_AT + int.from_bytes(rest[_AAGUID_BYTES:_ID_AT])
            key_end = id_end + cryptography.measure(rest[id_end:])  # where nothing is left, there is no item
            attested = _AttestedCredential(
                aaguid=rest[:_AAGUID_BYTES], id=rest[_ID_AT:id_end], public_key=rest[id_end:key_end]
            )
            rest = rest[key_end:]
        extensions = cryptography.measure(rest) if flags & _EXTENDED else 0
        if len(rest) != extensions:
            raise Unreadable
        return cls(rp_id_hash=rp_id_hash, flags=flags, sign_count=sign_count, attested=attested)

    def has(self, flag: int) -> bool:
        return bool(self.flags & flag)


def _keeps_eligibility(credential: Credential, data: _AuthenticatorData) -> bool:
    """Tell whether a credential may be backed up as it could be before, where that is known."""
    return credential.backup_eligible in {None, data.has(_BACKUP_ELIGIBLE)}


def _rises(credential: Credential, data: _AuthenticatorData) -> bool:
    """Tell whether the count rises: else it shows a clone, unless the authenticator keeps none (section 6.1.1)."""
    return data.sign_count > credential.sign_count or data.sign_count == credential.sign_count == 0


def _transports(hints: Iterable[object]) -> tuple[str, ...]:
    words = [each for each in hints if isinstance(each, str)]
    return tuple([word for word in words if re.fullmatch(_TRANSPORT, word)])[:MOST_TRANSPORTS]


def _first(*values: Any) -> Any:  # noqa: ANN401 - whatever a credential has
    """Return the first value that is known, or the last one."""
    return next((each for each in values if each is not None), values[-1])


def _demand(met: bool, step: str, reason: Reason) -> None:  # noqa: FBT001 - reads as a sentence where it stands
    if not met:
        raise CeremonyRefused(step, reason)


@contextmanager
def _readable(step: str, reason: Reason) -> Iterator[None]:
    """Refuse what turns out to be unreadable."""
    try:
        yield
    except Unreadable:
        raise CeremonyRefused(step, reason) from None


def _size(value: dict[str, Any]) -> int:
    """Return how many bytes a value takes as JSON; what is no JSON is too large."""
    try:
        return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
    except (TypeError, ValueError, RecursionError):
        return MOST_VALUE_BYTES + 1
