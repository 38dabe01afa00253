"""An implementation by other hands, py_webauthn, comes to the same result where it knows the format.

What each of the two libraries carries of the specification's examples stands in ``docs/decisions/0012``.
"""

import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import parse_authentication_options_json, parse_registration_options_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationFormat,
    AttestationStatement,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.formats.tpm import verify_tpm
from webauthn.registration.verify_registration_response import VerifiedRegistration

from mfa.adapters.webauthn.fido2 import Fido2AuthenticatorCryptography
from mfa.domain.methods.webauthn import (
    ALGORITHMS,
    ML_DSA_KEY_BYTES,
    AssertionResponse,
    AttestationResponse,
    CeremonyRefused,
    Credential,
    RelyingParty,
)
from mfa.testing.authenticator import (
    EDDSA,
    ES256,
    RS256,
    Authority,
    Conveyance,
    SoftwareAuthenticator,
    cbor,
    cose_key,
    generate_key,
)
from tests.unit.adapters.webauthn.scene import CLIENT_DATA, Scene, Statement, tpm, tpm_rs1
from tests.unit.adapters.webauthn.vectors import FILE, ROOT, VECTORS, Vector
from tests.unit.domain.samples import NOW

UNKNOWN_KEYS = {"packed-es384", "packed-ed448"}
UNKNOWN_STATEMENTS = UNKNOWN_KEYS | {"tpm-es256", "android-key-es256", "fido-u2f-es256"}

AUTHORITY = Authority.root()
CHALLENGE = bytes(range(32))
HANDLE = b"handle of a user"
SITE = RelyingParty(
    rp_id=FILE["rp_id"],
    rp_name="Example",
    origins=(FILE["origin"],),
    cryptography=Fido2AuthenticatorCryptography(roots=[AUTHORITY.certificate]),
    algorithms=(*ALGORITHMS, *ML_DSA_KEY_BYTES),
)


def register(response: object, site: RelyingParty) -> Credential:
    return site.register(AttestationResponse.read(response), challenge=CHALLENGE, user_handle=HANDLE, now=NOW)


def witness_registration(response: dict[str, Any], challenge: bytes, *roots: Certificate) -> VerifiedRegistration:
    pem = [root.public_bytes(Encoding.PEM) for root in roots]
    return verify_registration_response(
        credential=response,
        expected_challenge=challenge,
        expected_rp_id=FILE["rp_id"],
        expected_origin=FILE["origin"],
        supported_pub_key_algs=list(COSEAlgorithmIdentifier),
        pem_root_certs_bytes_by_fmt={each: list(pem) for each in AttestationFormat},
    )


def witness_authentication(
    response: dict[str, Any], challenge: bytes, credential: Credential
) -> VerifiedAuthentication:
    return verify_authentication_response(
        credential=response,
        expected_challenge=challenge,
        expected_rp_id=FILE["rp_id"],
        expected_origin=FILE["origin"],
        credential_public_key=credential.public_key,
        credential_current_sign_count=credential.sign_count,
    )


def agree(witness: VerifiedRegistration, credential: Credential) -> None:
    assert witness.credential_id == credential.id
    assert witness.credential_public_key == credential.public_key
    assert witness.sign_count == credential.sign_count
    assert witness.aaguid.replace("-", "") == credential.aaguid.hex()
    assert witness.credential_backed_up == credential.backed_up


@pytest.mark.parametrize(
    "vector", [each for each in VECTORS if each.name not in UNKNOWN_STATEMENTS], ids=lambda vector: vector.name
)
def test_the_witness_registers_the_same_credential(vector: Vector) -> None:
    witness = witness_registration(vector.creation, vector.octets("registration", "challenge"), ROOT)

    agree(witness, vector.register(vector.creation))


@pytest.mark.parametrize(
    "vector", [each for each in VECTORS if each.name not in UNKNOWN_KEYS], ids=lambda vector: vector.name
)
def test_the_witness_authenticates_the_same_credential(vector: Vector) -> None:
    credential = vector.register(vector.creation)
    witness = witness_authentication(vector.request, vector.octets("authentication", "challenge"), credential)

    after = vector.authenticate(vector.request, credential)

    assert (witness.new_sign_count, witness.credential_backed_up) == (after.sign_count, after.backed_up)


@pytest.mark.parametrize("write", [tpm, tpm_rs1])
def test_the_witness_takes_the_statements_of_modules(write: Callable[[Scene], Statement]) -> None:
    scene = Scene(attesting=generate_key(RS256))
    statement = write(scene)
    attestation = cbor({"fmt": "tpm", "attStmt": statement, "authData": scene.data})
    names = {"certInfo": "cert_info", "pubArea": "pub_area"}

    assert scene.verify("tpm", statement)
    assert verify_tpm(
        attestation_statement=AttestationStatement(**{names.get(name, name): statement[name] for name in statement}),
        attestation_object=attestation,
        client_data_json=CLIENT_DATA,
        credential_public_key=cose_key(scene.key),
        pem_root_certs_bytes=[scene.authority.certificate.public_bytes(Encoding.PEM)],
    )


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256, *ML_DSA_KEY_BYTES])
@pytest.mark.parametrize("attestation", ["none", "self", "packed"])
def test_the_witness_takes_the_software_authenticator(algorithm: int, attestation: Conveyance) -> None:
    authenticator = SoftwareAuthenticator(algorithm=algorithm, attestation=attestation, authority=AUTHORITY)
    created = authenticator.create(creation_options())
    credential = register(created, SITE)
    requested = authenticator.get(SITE.request_options(challenge=CHALLENGE, credentials=[credential]))

    agree(witness_registration(created, CHALLENGE, AUTHORITY.certificate), credential)
    assert witness_authentication(requested, CHALLENGE, credential).new_sign_count == 2


def creation_options() -> dict[str, object]:
    return SITE.creation_options(challenge=CHALLENGE, user_handle=HANDLE, user_name="ann")


@pytest.mark.parametrize(
    "behaviour",
    [
        {"type": "webauthn.get"},
        {"challenge": b"another"},
        {"origin": "https://example.org:8443"},
        {"rp_id": "sub.example.org"},
        {"user_present": False},
        {"statement": ("none", {"sig": b""})},
        {"statement": ("packed", {"alg": -7, "sig": b""})},
        {"attestation": "packed"},
        {"backed_up": True},
    ],
    ids=str,
)
def test_the_witness_refuses_the_same_registrations(behaviour: dict[str, Any]) -> None:
    response = SoftwareAuthenticator(**behaviour).create(creation_options())

    with pytest.raises(WebAuthnException):
        witness_registration(response, CHALLENGE, AUTHORITY.certificate)
    with pytest.raises(CeremonyRefused):
        register(response, attrs.evolve(SITE, attestation="direct"))


@pytest.mark.parametrize(
    "behaviour",
    [
        {"type": "webauthn.create"},
        {"challenge": b"another"},
        {"origin": "http://example.org"},
        {"rp_id": "example.com"},
        {"user_present": False},
        {"backed_up": True},
        {"sign_count": 1},
    ],
    ids=str,
)
def test_the_witness_refuses_the_same_authentications(behaviour: dict[str, Any]) -> None:
    authenticator = SoftwareAuthenticator()
    created = authenticator.create(creation_options())
    credential = register(created, SITE)
    options = SITE.request_options(challenge=CHALLENGE, credentials=[credential])
    response = authenticator.behaving(**behaviour).get(options)

    with pytest.raises(WebAuthnException):
        witness_authentication(response, CHALLENGE, credential)
    read = AssertionResponse.read(response)
    with pytest.raises(CeremonyRefused):
        SITE.authenticate(read, challenge=CHALLENGE, credentials=[credential], user_handle=HANDLE)


def test_the_witness_reads_the_options() -> None:
    credential = VECTORS[0].register(VECTORS[0].creation)
    strict = attrs.evolve(SITE, user_verification="required", resident_key="required")

    creation = parse_registration_options_json(
        json.dumps(
            strict.creation_options(challenge=CHALLENGE, user_handle=HANDLE, user_name="ann", exclude=[credential])
        )
    )
    request = parse_authentication_options_json(
        json.dumps(strict.request_options(challenge=CHALLENGE, credentials=[credential]))
    )

    assert (creation.rp.id, creation.user.id, creation.challenge) == (SITE.rp_id, HANDLE, CHALLENGE)
    assert [int(each.alg) for each in creation.pub_key_cred_params] == [ES256, EDDSA, RS256, *ML_DSA_KEY_BYTES]
    assert creation.authenticator_selection is not None
    assert creation.authenticator_selection.resident_key is ResidentKeyRequirement.REQUIRED
    assert creation.exclude_credentials is not None
    assert [each.id for each in creation.exclude_credentials] == [credential.id]
    assert (request.rp_id, request.challenge, request.timeout) == (SITE.rp_id, CHALLENGE, 300_000)
    assert request.user_verification is UserVerificationRequirement.REQUIRED
    assert request.allow_credentials is not None
    assert [each.id for each in request.allow_credentials] == [credential.id]
