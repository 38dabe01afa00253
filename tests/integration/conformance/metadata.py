"""Metadata of models: the second group of the name Resp-1, and what other groups ask of metadata."""

import json

import attrs
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from mfa.adapters.webauthn.blobs import SIGNER
from mfa.application.ports.metadata import MetadataUnavailable
from mfa.domain.methods.metadata import HARMFUL
from mfa.domain.verdicts import Reason
from mfa.testing.authenticator import Authority, name
from tests.integration.conformance.ledger import DIRECT, RESPONSE, Group, Item, refused
from tests.integration.conformance.site import ACCEPTED, Run, Site, creating
from tests.integration.drf.keys import Json
from tests.unit.adapters.webauthn.scene import Scene, packed
from tests.unit.adapters.webauthn.service import AUTHORITY_USAGE, Service, base64, entry

MAKER = Authority.root()
"""Who makes the model; the site trusts it by metadata alone."""

MADE = {"attestationRootCertificates": [base64(MAKER.certificate)]}


def by_maker(scene: Scene) -> tuple[str, object]:
    return "packed", packed(attrs.evolve(scene, authority=MAKER))


def known(statement: Json, run: Run) -> Run:
    """A run at a site that has the metadata of one model in a folder."""

    def knowing(site: Site) -> str:
        models = site.folder / "models"
        models.mkdir()
        (models / "model.json").write_text(json.dumps(statement))
        site.configure({**DIRECT, "WEBAUTHN_METADATA": str(models)})
        return run(site)

    return knowing


# The service

FIDO = {"WEBAUTHN_METADATA": "fido"}

SERVICE, STRANGER = Service(), Service()
ROOT = Authority(key=SERVICE.root_key, certificate=SERVICE.root)
MODEL = entry({"status": "FIDO_CERTIFIED", "effectiveDate": "2025-12-01"}, **MADE)

LISTED = x509.CRLDistributionPoints(
    [x509.DistributionPoint([x509.UniformResourceIdentifier("http://127.0.0.1:9/list.crl")], None, None, None)]
)
"""Where a certificate says that a list is of those that were revoked."""


def issued_by(authority: Authority) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())


def signer(authority: Authority, *extensions: x509.ExtensionType) -> x509.Certificate:
    """A certificate of the service by another authority than its root, or with more in it."""
    host, usage = x509.SubjectAlternativeName([x509.DNSName(SIGNER)]), [ExtendedKeyUsageOID.SERVER_AUTH]
    own = [host, x509.ExtendedKeyUsage(usage), issued_by(authority), *extensions]
    return authority.issue(SERVICE.key.public_key(), subject=name(CN=SIGNER), extensions=own)


LINE = ROOT.intermediate(extensions=[AUTHORITY_USAGE, issued_by(ROOT), LISTED])


def registered_with(site: Site, blob: bytes) -> str:
    """Register the model at a site that has these metadata of the service."""
    file, roots = site.folder / "blob.jwt", SERVICE.roots(site.folder / "roots")
    file.write_bytes(blob)
    own = {"WEBAUTHN_METADATA_FILE": str(file), "WEBAUTHN_METADATA_ROOTS": str(roots)}
    site.configure({**DIRECT, **FIDO, **own})
    return creating(statement=by_maker)(site)


def having(blob: bytes) -> Run:
    return lambda site: registered_with(site, blob)


def without(blob: bytes, flaw: str) -> Run:
    """A run at a site whose metadata are none, for what is wrong with them."""

    def run(site: Site) -> str:
        outcome = registered_with(site, blob)
        with pytest.raises(MetadataUnavailable, match=flaw):
            site.world.container.authenticator_metadata().edition()
        return outcome

    return run


def compromised(site: Site) -> str:
    [outcome] = {registered_with(site, SERVICE.blob(entry({"status": each}, **MADE))) for each in HARMFUL}
    return outcome


UNKNOWN = refused("7.1.23", Reason.UNTRUSTED)
NO_LISTS = (
    "No list of revoked certificates is fetched, though section 3.2 of the service asks for it. Whom a site trusts is"
    " its own to say: `WEBAUTHN_METADATA_ROOTS`."
)

METADATA = Group(
    name=f"{RESPONSE}1, metadata",
    about="Models by the FIDO Metadata Service",
    under={**DIRECT, **FIDO},
    items=(
        Item("P-1", "A model of the service's metadata", having(SERVICE.blob(MODEL))),
        Item(
            "F-1",
            "Metadata whose hash is wrong",
            None,
            "",
            "Since version 3 of the service there are no hashes: what is signed has all of it inside.",
        ),
        Item(
            "F-2",
            "A model of which a compromise is reported, of each kind",
            compromised,
            refused("7.1.24", Reason.MODEL_STATUS),
        ),
        Item(
            "F-3",
            "Metadata whose signature is wrong",
            without(attrs.evolve(SERVICE, key=STRANGER.key).blob(MODEL), "Signature verification failed"),
            UNKNOWN,
        ),
        Item(
            "F-4",
            "Metadata of a chain to nobody who is trusted",
            without(STRANGER.blob(MODEL), "candidates exhausted"),
            UNKNOWN,
        ),
        Item(
            "F-5",
            "Metadata of a chain in which an authority was revoked",
            having(SERVICE.blob(MODEL, chain=[signer(LINE), LINE.certificate])),
            ACCEPTED,
            NO_LISTS,
        ),
        Item(
            "F-6",
            "Metadata whose signer was revoked",
            having(SERVICE.blob(MODEL, chain=[signer(ROOT, LISTED)])),
            ACCEPTED,
            NO_LISTS,
        ),
    ),
)

GROUPS = (METADATA,)
