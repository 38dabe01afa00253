"""The test vectors of Web Authentication Level 3, section 16, as responses of a browser."""

import json
from pathlib import Path
from typing import Any

import attrs
from cryptography import x509

from mfa.adapters.webauthn.fido2 import Fido2AuthenticatorCryptography
from mfa.domain.methods.webauthn import AssertionResponse, AttestationResponse, Credential, RelyingParty
from mfa.testing.authenticator import b64decode, b64encode
from tests.unit.domain.samples import NOW

FILE = json.loads((Path(__file__).parents[3] / "data" / "webauthn-l3-section16.json").read_bytes())
ROOT = x509.load_der_x509_certificate(bytes.fromhex(FILE["attestation_ca_cert"]))
CRYPTOGRAPHY = Fido2AuthenticatorCryptography(roots=[ROOT])
HANDLE = b"handle of a user"

ALGORITHMS = (-7, -8, -257, -35, -36, -53)
"""What is offered, and ES384, ES512 and Ed448."""

Response = dict[str, Any]


@attrs.frozen(kw_only=True)
class Vector:
    name: str
    fields: dict[str, dict[str, str]]

    @property
    def format(self) -> str:
        """The format of the attestation; ``self`` is ``packed`` without certificates."""
        return next(each for each in FORMATS if self.name.startswith(each))

    @property
    def attested(self) -> bool:
        """Whether there are certificates."""
        return self.format not in {"none", "packed-self"}

    @property
    def site(self) -> RelyingParty:
        """The relying party that expects this, and demands an attestation where there is one."""
        return RelyingParty(
            rp_id=FILE["rp_id"],
            rp_name="Example",
            origins=(FILE["origin"],),
            top_origins=("https://example.com",),
            unnamed_top_origin=True,
            algorithms=ALGORITHMS,
            attestation="direct" if self.attested else "none",
            cryptography=CRYPTOGRAPHY,
        )

    def octets(self, ceremony: str, name: str) -> bytes:
        return bytes.fromhex(self.fields[ceremony][name])

    @property
    def creation(self) -> Response:
        return self._response("registration", "clientDataJSON", "attestationObject")

    @property
    def request(self) -> Response:
        return self._response("authentication", "clientDataJSON", "authenticatorData", "signature")

    def register(self, response: object) -> Credential:
        challenge = self.octets("registration", "challenge")
        read = AttestationResponse.read(response)
        return self.site.register(read, challenge=challenge, user_handle=HANDLE, now=NOW)

    def authenticate(self, response: object, credential: Credential) -> Credential:
        challenge = self.octets("authentication", "challenge")
        read = AssertionResponse.read(response)
        return self.site.authenticate(read, challenge=challenge, credentials=[credential], user_handle=HANDLE)

    def _response(self, ceremony: str, *names: str) -> Response:
        identifier = b64encode(self.octets("registration", "credential_id"))
        return {
            "id": identifier,
            "rawId": identifier,
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {name: b64encode(self.octets(ceremony, name)) for name in names},
        }


FORMATS = ("none", "packed-self", "packed", "tpm", "android-key", "apple", "fido-u2f")

VECTORS = tuple(Vector(name=name, fields=fields) for name, fields in FILE["vectors"].items())


def flipped(response: Response, name: str, at: int, bit: int) -> Response:
    """The same response with one bit of one field turned."""
    data = bytearray(b64decode(response["response"][name]))
    data[at] ^= 1 << bit
    return {**response, "response": {**response["response"], name: b64encode(bytes(data))}}
