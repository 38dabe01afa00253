"""Metadata statements (FIDO Metadata Statement 3.1.1), as far as a registration hangs on them.

python-fido2 has classes for all of it, which take seconds, and read nothing at all where one member of one model is
missing, as it is in what is published.
"""

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import attrs
from cryptography import x509

from mfa.application.ports.metadata import AuthenticatorMetadata, AuthenticatorModel, Edition, StatusReport
from mfa.domain.devices import MOST_NAME_CHARACTERS

Json = dict[str, Any]

_ERRORS = (AttributeError, KeyError, RecursionError, TypeError, ValueError)
"""What reading makes of JSON that is something else."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Models:
    """Models by their AAGUIDs, and by the identifiers of their attestation keys where they have none."""

    by_aaguid: Mapping[bytes, AuthenticatorModel]
    by_key: Mapping[bytes, AuthenticatorModel]
    unreadable: int

    @classmethod
    def read(cls, entries: Iterable[object]) -> "Models":
        """Read what there is of each model; an entry that cannot be read is counted, and its model not known."""
        by_aaguid, by_key, unreadable = dict[bytes, AuthenticatorModel](), dict[bytes, AuthenticatorModel](), 0
        for entry in entries:
            try:
                aaguid, keys, model = _entry(entry)
            except _ERRORS:
                unreadable += 1
                continue
            by_key |= dict.fromkeys(keys, model)
            if aaguid is not None:
                by_aaguid[aaguid] = model
        return cls(by_aaguid=by_aaguid, by_key=by_key, unreadable=unreadable)

    def __len__(self) -> int:
        return len(self.by_aaguid) + len({*map(id, self.by_key.values())})

    def find(self, aaguid: bytes, trust_path: Sequence[bytes]) -> AuthenticatorModel | None:
        """Find a model by its AAGUID, or where that is all zeros by its attestation certificate."""
        if any(aaguid):
            return self.by_aaguid.get(aaguid)
        if not trust_path or not self.by_key:
            return None
        key = x509.load_der_x509_certificate(trust_path[0]).public_key()
        # Method 1 of RFC 5280 section 4.2.1.2, whatever the certificate itself says.
        return self.by_key.get(x509.SubjectKeyIdentifier.from_public_key(key).digest)


def _entry(entry: Any) -> tuple[bytes | None, list[bytes], AuthenticatorModel]:  # noqa: ANN401 - JSON may be anything
    """Read an entry of the service, or a statement by itself; one for UAF has neither an AAGUID nor keys."""
    statement, aaguid = entry.get("metadataStatement", entry), entry.get("aaguid")
    keys = [bytes.fromhex(key) for key in entry.get("attestationCertificateKeyIdentifiers", ())]
    model = AuthenticatorModel(
        name=statement["description"].strip()[:MOST_NAME_CHARACTERS],
        roots=tuple(map(b64decode, statement.get("attestationRootCertificates", ()))),
        reports=tuple(map(_report, entry.get("statusReports", ()))),
        synced=statement.get("multiDeviceCredentialSupport") == "implicit",
    )
    return None if aaguid is None else UUID(aaguid).bytes, keys, model


def _report(report: Json) -> StatusReport:
    since = report.get("effectiveDate")
    certificates = filter(None, (report.get("certificate"), report.get("batchCertificate")))
    return StatusReport(
        status=report["status"].strip(),
        since=None if since is None else date.fromisoformat(since),
        certificates=frozenset(map(b64decode, certificates)),
    )


class FolderMetadata(AuthenticatorMetadata):
    """Knows the models of which there is a statement in a folder, one a file."""

    def __init__(self, folder: Path) -> None:
        """Read every file that ends with ``.json``.

        Raises ``OSError``, and ``ValueError`` that names the file, or the folder where there is none.
        """
        self._folder = folder
        self._models = Models.read(_statements(folder))
        if not len(self._models):
            raise ValueError(f"{folder} has no metadata statement: the name of one ends with .json.")

    def model_of(self, aaguid: bytes, trust_path: Sequence[bytes]) -> AuthenticatorModel | None:
        """Find a model."""
        return self._models.find(aaguid, trust_path)

    def edition(self) -> Edition:
        """Tell how many models there are."""
        return Edition(source=str(self._folder), models=len(self._models))


def _statements(folder: Path) -> Iterator[Json]:
    for path in sorted(each for each in folder.iterdir() if each.suffix == ".json"):
        try:
            statement = json.loads(path.read_text(encoding="utf-8"))
            aaguid, keys, model = _entry(statement)
            for root in model.roots:
                x509.load_der_x509_certificate(root)
        except _ERRORS as error:
            raise ValueError(f"{path} is no metadata statement that can be read.") from error
        if aaguid is None and not keys:
            raise ValueError(f"{path} has neither an aaguid nor attestationCertificateKeyIdentifiers.")
        yield statement
