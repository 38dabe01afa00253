"""Three relying parties that judge the same responses: this package, and two libraries by themselves.

Each is given what a browser sent, as parsed JSON, and what a site has stored, as bytes; nothing is kept ready that a
request would not find ready. They do not check as much as one another: ``docs/performance.md`` says what is left out.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs
from cryptography.hazmat.primitives.serialization import Encoding
from fido2.attestation.base import AttestationResult, AttestationVerifier
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
)
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers.structs import AttestationFormat

from mfa.adapters.webauthn.fido2 import Fido2AuthenticatorCryptography
from mfa.domain.methods.webauthn import AssertionResponse, AttestationResponse, Credential, RelyingParty
from mfa.testing.authenticator import EDDSA, ES256, RS256, Authority, SoftwareAuthenticator, b64encode

RP_ID = "example.com"
ORIGIN = "https://example.com"
HANDLE = bytes(range(32))
CHALLENGE = bytes(range(32, 64))
ROOT = Authority.root()


@attrs.frozen(kw_only=True)
class Response:
    """What a browser sent, and for an assertion what was stored of the credential."""

    name: str
    value: Mapping[str, Any] = attrs.field(repr=False)
    attested: bool = False
    stored: Credential | None = None


def responses() -> Iterator[Response]:
    """Make a response of each kind."""
    for name, algorithm in {"ES256": ES256, "EdDSA": EDDSA, "RS256": RS256}.items():
        key = SoftwareAuthenticator(origin=ORIGIN, algorithm=algorithm, authority=ROOT)
        yield (registration := Response(name=f"registration, {name}", value=key.create(_creation(algorithm))))
        if algorithm == ES256:
            value = key.behaving(attestation="packed").create(_creation(algorithm))
            yield Response(name=f"registration, {name}, attested (`packed`)", value=value, attested=True)
        stored = _registered(registration)
        asked = {"challenge": b64encode(CHALLENGE), "rpId": RP_ID, "allowCredentials": [stored.descriptor()]}
        yield Response(name=f"assertion, {name}", value=key.get(asked), stored=stored)


def _creation(algorithm: int) -> dict[str, Any]:
    """Write what the authenticator looks at of creation options."""
    return {
        "rp": {"id": RP_ID},
        "user": {"id": b64encode(HANDLE)},
        "challenge": b64encode(CHALLENGE),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm}],
    }


# This package

_PLAIN = RelyingParty(
    rp_id=RP_ID,
    rp_name="Example",
    origins=(ORIGIN,),
    cryptography=Fido2AuthenticatorCryptography([ROOT.certificate]),
)
_DIRECT = attrs.evolve(_PLAIN, attestation="direct")


def here(response: Response) -> bytes:
    """Judge a response by the rules of this package; raises ``CeremonyRefused``."""
    if response.stored is None:
        return _registered(response).id
    after = _PLAIN.authenticate(
        AssertionResponse.read(response.value),
        challenge=CHALLENGE,
        credentials=(response.stored,),
        user_handle=HANDLE,
    )
    return after.id


def _registered(response: Response) -> Credential:
    return (_DIRECT if response.attested else _PLAIN).register(
        AttestationResponse.read(response.value), challenge=CHALLENGE, user_handle=HANDLE, now=datetime.now(UTC)
    )


# py_webauthn

_ROOTS = {AttestationFormat.PACKED: [ROOT.certificate.public_bytes(Encoding.PEM)]}


def py_webauthn(response: Response) -> bytes:
    """Judge a response by py_webauthn, which looks at every statement; raises its own errors."""
    if response.stored is None:
        registered = verify_registration_response(
            credential=dict(response.value),
            expected_challenge=CHALLENGE,
            expected_rp_id=RP_ID,
            expected_origin=[ORIGIN],
            pem_root_certs_bytes_by_fmt=_ROOTS,
        )
        return registered.credential_id
    authenticated = verify_authentication_response(
        credential=dict(response.value),
        expected_challenge=CHALLENGE,
        expected_rp_id=RP_ID,
        expected_origin=[ORIGIN],
        credential_public_key=response.stored.public_key,
        credential_current_sign_count=response.stored.sign_count,
    )
    return authenticated.credential_id


# python-fido2


class _Rooted(AttestationVerifier):
    def ca_lookup(self, attestation_result: AttestationResult, auth_data: AuthenticatorData) -> bytes:
        return ROOT.certificate.public_bytes(Encoding.DER)


_RP = PublicKeyCredentialRpEntity(name="Example", id=RP_ID)
_SERVER = Fido2Server(_RP)
_DIRECT_SERVER = Fido2Server(
    _RP, attestation=AttestationConveyancePreference.DIRECT, verify_attestation=_Rooted().verify_attestation
)
_STATE = {"challenge": websafe_encode(CHALLENGE), "user_verification": None}


def python_fido2(response: Response) -> bytes:
    """Judge a response by the server of python-fido2; raises its own errors."""
    if response.stored is None:
        server = _DIRECT_SERVER if response.attested else _SERVER
        made = server.register_complete(_STATE, response.value).credential_data
        assert made is not None
        return made.credential_id
    kept = response.stored
    known = AttestedCredentialData(kept.aaguid + len(kept.id).to_bytes(2) + kept.id + kept.public_key)
    return _SERVER.authenticate_complete(_STATE, [known], response.value).credential_id


PARTIES: Mapping[str, Callable[[Response], bytes]] = {
    "here": here,
    "py_webauthn": py_webauthn,
    "python-fido2": python_fido2,
}
