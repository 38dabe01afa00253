"""What is read of metadata statements, and folders of them."""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from mfa.adapters.memory.metadata import MemoryMetadata
from mfa.adapters.webauthn.metadata import FolderMetadata, Models
from mfa.application.ports.metadata import AuthenticatorMetadata, AuthenticatorModel, StatusReport
from mfa.domain.devices import MOST_NAME_CHARACTERS
from mfa.testing.authenticator import AAGUID, Authority
from mfa.testing.contracts.metadata import AuthenticatorMetadataContract
from tests.unit.adapters.webauthn.service import entry, statement


def written(folder: Path, *statements: object) -> Path:
    for number, each in enumerate(statements):
        (folder / f"{number}.json").write_text(json.dumps(each), encoding="utf-8")
    return folder


class TestInMemory(AuthenticatorMetadataContract):
    @pytest.fixture
    def metadata(self) -> AuthenticatorMetadata:
        return MemoryMetadata({AAGUID: AuthenticatorModel(name="Blue key")})


class TestFolder(AuthenticatorMetadataContract):
    @pytest.fixture
    def metadata(self, tmp_path: Path) -> AuthenticatorMetadata:
        (tmp_path / "README.md").write_text("Where these are from.", encoding="utf-8")
        return FolderMetadata(written(tmp_path, statement()))

    @pytest.mark.parametrize(
        ("content", "flaw"),
        [
            ([], "0.json is no metadata statement"),
            ({}, "0.json is no metadata statement"),
            (statement(description=7), "0.json is no metadata statement"),
            (statement(aaguid="blue"), "0.json is no metadata statement"),
            (statement(attestationRootCertificates=["AAAA"]), "0.json is no metadata statement"),
            (statement(aaguid=None), "0.json has neither"),
        ],
    )
    def test_what_is_no_statement_is_named(self, tmp_path: Path, content: object, flaw: str) -> None:
        with pytest.raises(ValueError, match=flaw):
            FolderMetadata(written(tmp_path, content))

    def test_a_file_that_is_nested_too_deep_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "0.json").write_text("[" * 100_000, encoding="utf-8")

        with pytest.raises(ValueError, match=r"0\.json is no metadata statement"):
            FolderMetadata(tmp_path)

    def test_a_folder_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="nowhere"):
            FolderMetadata(tmp_path / "nowhere")

    def test_a_file_may_have_the_whole_entry_of_a_model(self, tmp_path: Path) -> None:
        metadata = FolderMetadata(written(tmp_path, entry({"status": "REVOKED"})))

        model = metadata.model_of(AAGUID, ())
        assert model is not None
        assert model.harmful((), date(2026, 1, 31))


def only(*reports: Mapping[str, object], **changes: Any) -> AuthenticatorModel | None:
    return Models.read([entry(*reports, **changes)]).find(AAGUID, ())


def test_what_a_registration_hangs_on_is_read() -> None:
    certificate = b64encode(b"certificate").decode()

    model = only(
        {"status": "FIDO_CERTIFIED_L1", "effectiveDate": "2025-03-01", "authenticatorVersion": 5},
        {"status": "ATTESTATION_KEY_COMPROMISE", "certificate": certificate, "batchCertificate": None},
        {"status": "ATTESTATION_KEY_COMPROMISE", "batchCertificate": certificate},
        description=f" {'x' * 100}",
        attestationRootCertificates=[f"{certificate[:4]}\n{certificate[4:]}"],
    )

    stolen = StatusReport(status="ATTESTATION_KEY_COMPROMISE", certificates=frozenset({b"certificate"}))
    assert model == AuthenticatorModel(
        name="x" * MOST_NAME_CHARACTERS,
        roots=(b"certificate",),
        reports=(StatusReport(status="FIDO_CERTIFIED_L1", since=date(2025, 3, 1)), stolen, stolen),
    )


@pytest.mark.parametrize(("support", "synced"), [("implicit", True), ("explicit", False), ("unsupported", False)])
def test_a_model_that_copies_without_telling_is_known(support: str, *, synced: bool) -> None:
    model = only(multiDeviceCredentialSupport=support)

    assert model is not None
    assert model.synced is synced


def test_a_model_without_an_aaguid_is_known_by_its_attestation_key() -> None:
    certificate = Authority.root().certificate
    digest = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest.hex()
    models = Models.read([entry(aaguid=None, attestationCertificateKeyIdentifiers=["00" * 20, digest])])

    path = [certificate.public_bytes(Encoding.DER), b"whatever is above"]
    model = models.find(bytes(16), path)
    assert model is not None
    assert model.name == "Blue key"
    assert len(models) == 1
    assert models.find(AAGUID, path) is None
    assert models.find(bytes(16), [Authority.root().certificate.public_bytes(Encoding.DER)]) is None


def test_what_cannot_be_read_is_not_known_and_takes_nobody_along() -> None:
    strange: list[Any] = [
        "text",
        {},
        entry({"effectiveDate": "2025-03-01"}),
        entry({"status": "", "effectiveDate": "1"}),
    ]

    models = Models.read([*strange, {"aaid": "1234#5678", "metadataStatement": {"description": "UAF"}}, entry()])

    assert (len(models), models.unreadable) == (1, 4)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(["AAAA", "2026-01-01"]),
    lambda children: st.lists(children, max_size=3),
    max_leaves=4,
)


@given(
    st.fixed_dictionaries(
        {"description": st.just("Blue key") | anything},
        optional=dict.fromkeys({*statement()} - {"description"}, anything),
    ),
    st.lists(
        st.fixed_dictionaries({"status": anything}, optional=dict.fromkeys(["effectiveDate", "certificate"], anything))
    )
    | anything,
)
def test_whatever_stands_there_is_read_or_left_out(stated: dict[str, object], reports: object) -> None:
    models = Models.read([{**entry(), "metadataStatement": stated, "statusReports": reports}])

    model = models.find(AAGUID, ())
    assert (model is None) is (models.unreadable == 1)
    if model is not None:
        model.harmful((), date(2026, 1, 31))
