"""Statements of Android's key store (WebAuthn Level 3 section 8.4), for which the library has no verifier."""

from collections.abc import Sequence

from cryptography import x509

from mfa.adapters.webauthn.evidence import Evidence, demand
from mfa.domain.secrets import equal

OID_KEY_DESCRIPTION = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17")

_CHALLENGE, _SOFTWARE_ENFORCED, _TEE_ENFORCED = 4, 6, 7
"""Positions in ``KeyDescription``."""

_PURPOSE, _ALL_APPLICATIONS, _ORIGIN = 1, 600, 702
"""Tags in ``AuthorizationList``."""

_SET = 17
_ONLY_SIGN = [(2, b"\x02")]
_GENERATED = [(2, b"\x00")]

_HIGH_TAG = 31
_MOST_TAG = 1 << 16
_LONG_LENGTH = 0x80

_Elements = list[tuple[int, bytes]]


def verify(evidence: Evidence) -> Sequence[bytes]:
    """Verify that a key store has certified the credential's key.

    The key has to be made there, to sign and nothing else, and not for all applications; either list of
    authorizations may say so, since which of them is believed is a matter of the certificates above. Both are empty in
    the specification's own example, so what is not said at all is not held against a key.
    """
    evidence.demand_signature(evidence.message)
    evidence.demand_credential_key(evidence.leaf.public_key())
    extension = evidence.leaf.extensions.get_extension_for_oid(OID_KEY_DESCRIPTION)
    ((_, description),) = elements(extension.value.public_bytes())
    fields = [content for _, content in elements(description)]
    demand(equal(fields[_CHALLENGE], evidence.client_data_hash))
    for authorizations in (fields[_SOFTWARE_ENFORCED], fields[_TEE_ENFORCED]):
        said = dict(elements(authorizations))
        demand(_ALL_APPLICATIONS not in said)
        demand(_ORIGIN not in said or elements(said[_ORIGIN]) == _GENERATED)
        demand(_PURPOSE not in said or _members(said[_PURPOSE]) == _ONLY_SIGN)
    return evidence.path


def _members(purpose: bytes) -> _Elements:
    ((tag, members),) = elements(purpose)
    demand(tag == _SET)
    return elements(members)


def elements(data: bytes) -> _Elements:
    """Cut DER (X.690 section 8.1) into its elements, as numbers of tags and contents; their kinds are not looked at."""
    found, at = [], 0
    while at < len(data):
        tag, at = _tag(data, at)
        length, at = _length(data, at)
        demand(at + length <= len(data))
        found.append((tag, data[at : at + length]))
        at += length
    return found


def _tag(data: bytes, at: int) -> tuple[int, int]:
    tag = data[at] & _HIGH_TAG
    at += 1
    if tag < _HIGH_TAG:
        return tag, at
    tag, more = 0, True
    while more:
        tag, more = tag << 7 | data[at] & 0x7F, data[at] >= _LONG_LENGTH
        demand(tag < _MOST_TAG)
        at += 1
    return tag, at


def _length(data: bytes, at: int) -> tuple[int, int]:
    first, at = data[at], at + 1
    if first < _LONG_LENGTH:
        return first, at
    demand(first > _LONG_LENGTH)  # a length that is not said is for BER
    end = at + first - _LONG_LENGTH
    return int.from_bytes(data[at:end]), end
