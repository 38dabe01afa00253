"""The specification's own examples pass, and with one bit turned they do not.

One bit of every byte is turned, and of every fifth where there are many; with ``MFA_EVERY_BIT=1`` in the environment,
each bit of each.
"""

import os
from collections.abc import Iterator
from hashlib import sha256

import pytest

from mfa.adapters.webauthn.fido2 import Fido2AuthenticatorCryptography
from mfa.application.ports.webauthn import AttestationObject, Unreadable
from mfa.domain.methods.webauthn import CeremonyRefused, Credential
from mfa.domain.states import decode, encode
from mfa.testing.authenticator import Authority, b64decode, b64encode
from tests.unit.adapters.webauthn.vectors import CRYPTOGRAPHY, FILE, VECTORS, Response, Vector, flipped
from tests.unit.domain.samples import NOW

EVERY_BIT = bool(os.environ.get("MFA_EVERY_BIT"))
MANY = 200

FLAGS_AT, AAGUID_END = 32, 53

pytestmark = [
    pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name),
    # A certificate that was tampered with is to be refused for what it is, not for a warning.
    pytest.mark.filterwarnings("ignore"),
]


def bits(size: int) -> Iterator[tuple[int, int]]:
    """Every byte with one of its bits, or fewer, or all."""
    for at in range(0, size, 1 if size < MANY or EVERY_BIT else 5):
        yield from ((at, bit) for bit in range(8) if EVERY_BIT or bit == at % 8)


def test_it_passes(vector: Vector) -> None:
    credential = vector.register(vector.creation)
    after = vector.authenticate(vector.request, credential)

    assert credential.id == vector.octets("registration", "credential_id")
    assert decode(Credential, encode(after)) == after


def accepted_registrations(vector: Vector, name: str) -> list[tuple[int, int]]:
    """Where in a field a bit can be turned without a refusal."""
    response = vector.creation
    return [
        (at, bit)
        for at, bit in bits(len(b64decode(response["response"][name])))
        if accepts(vector, flipped(response, name, at, bit))
    ]


def accepts(vector: Vector, response: Response) -> bool:
    try:
        vector.register(response)
    except CeremonyRefused:
        return False
    return True


def test_no_bit_of_the_registrations_client_data_can_be_turned(vector: Vector) -> None:
    accepted = accepted_registrations(vector, "clientDataJSON")

    if vector.attested:
        assert accepted == []
    else:
        # Nothing is signed, so only what is looked at counts.
        client_data = vector.octets("registration", "clientDataJSON")
        looked_at = client_data[: client_data.index(FILE["origin"].encode()) + len(FILE["origin"])]
        assert [at for at, _ in accepted if at < len(looked_at)] == []


def test_no_bit_of_the_attestation_object_can_be_turned(vector: Vector) -> None:
    accepted = accepted_registrations(vector, "attestationObject")
    attestation_object = vector.octets("registration", "attestationObject")
    data_at = attestation_object.index(vector.site._rp_id_hash)

    if vector.format == "fido-u2f":
        # Such a key signs no flags, no count and no model (section 8.6); those are what the client says they are.
        assert {at - data_at for at, _ in accepted} <= set(range(FLAGS_AT, AAGUID_END))
    elif vector.attested:
        assert accepted == []
    else:
        # Nothing is signed or trusted but the site, the presence of the user, the identifier and the key itself.
        key_at = attestation_object.index(vector.octets("registration", "credential_id"))
        assert [at for at, _ in accepted if data_at <= at < data_at + FLAGS_AT or at >= key_at] == []
        assert not accepts(vector, flipped(vector.creation, "attestationObject", data_at + FLAGS_AT, 0))


@pytest.mark.parametrize("name", ["authenticatorData", "clientDataJSON", "signature"])
def test_no_bit_of_an_authentication_can_be_turned(vector: Vector, name: str) -> None:
    credential = vector.register(vector.creation)
    response = vector.request

    for at, bit in bits(len(b64decode(response["response"][name]))):
        with pytest.raises(CeremonyRefused):
            vector.authenticate(flipped(response, name, at, bit), credential)


def test_no_bit_of_the_identifier_can_be_turned(vector: Vector) -> None:
    credential = vector.register(vector.creation)
    other = b64encode(bytes([credential.id[0] ^ 1]) + credential.id[1:])

    with pytest.raises(CeremonyRefused):
        vector.register({**vector.creation, "id": other, "rawId": other})
    with pytest.raises(CeremonyRefused):
        vector.authenticate({**vector.request, "id": other, "rawId": other}, credential)


def test_the_port_verifies_the_statement_whatever_the_policy(vector: Vector) -> None:
    attestation, client_data_hash = parts(vector)

    path = CRYPTOGRAPHY.trust_path(attestation, client_data_hash)

    assert bool(path) == vector.attested
    assert CRYPTOGRAPHY.trusted(path, NOW) == vector.attested
    if vector.format != "none":
        with pytest.raises(Unreadable):
            CRYPTOGRAPHY.trust_path(attestation, client_data_hash[::-1])


def test_the_port_trusts_no_other_root(vector: Vector) -> None:
    path = CRYPTOGRAPHY.trust_path(*parts(vector))

    assert not Fido2AuthenticatorCryptography(roots=[Authority.root().certificate]).trusted(path, NOW)
    assert not Fido2AuthenticatorCryptography().trusted(path, NOW)


def parts(vector: Vector) -> tuple[AttestationObject, bytes]:
    attestation = CRYPTOGRAPHY.attestation_object(vector.octets("registration", "attestationObject"))
    return attestation, sha256(vector.octets("registration", "clientDataJSON")).digest()
