"""The BLOB of the FIDO Metadata Service: whose it is, which one is in use, and how it is kept."""

import hmac
import json
import logging
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mfa.adapters.webauthn import blobs
from mfa.adapters.webauthn.blobs import FidoMetadata, fido_roots, packaged
from mfa.application.ports.metadata import AuthenticatorMetadata, Edition, MetadataRefused, MetadataUnavailable
from mfa.testing.authenticator import AAGUID
from mfa.testing.contracts.metadata import AuthenticatorMetadataContract
from tests.unit.adapters.webauthn.service import Service, base64, entry
from tests.unit.domain.samples import NOW, SECOND

SERVICE = Service()
LATER = NOW + timedelta(days=365)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "blob.jwt"


def put(file: Path, blob: bytes, at: datetime = NOW) -> Path:
    """Put a file where it is read, as if it were written then."""
    file.write_bytes(blob)
    os.utime(file, (at.timestamp(), at.timestamp()))
    return file


def kept(file: Path | None, package: Path | None = None, service: str = "http://127.0.0.1:9/") -> FidoMetadata:
    return FidoMetadata(file, [SERVICE.root], package=package, service=service)


class TestBlob(AuthenticatorMetadataContract):
    @pytest.fixture
    def metadata(self, file: Path) -> AuthenticatorMetadata:
        return kept(put(file, SERVICE.blob()))


# Whose it is


def test_a_blob_of_the_service_is_read(file: Path) -> None:
    edition = kept(file).read(SERVICE.blob(entry(), {}, number=12), NOW)

    assert (edition.number, edition.models, edition.unreadable, edition.signed) == (12, 1, 1, True)
    assert edition.next_update is not None
    assert edition.next_update.isoformat() == "2026-02-28"


def tampered(blob: bytes) -> bytes:
    head, payload, signature = blob.split(b".")
    content = urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)).replace(b'"no": 7', b'"no": 8')
    return b".".join((head, urlsafe_b64encode(content).rstrip(b"="), signature))


def by_a_public_key() -> bytes:
    """What takes the certificate for a secret that signer and reader share (RFC 8725 section 2.1)."""
    secret = SERVICE.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    header = json.dumps({"alg": "HS256", "x5c": [base64(SERVICE.certificate)]})
    message = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in (header.encode(), b"{}"))
    return message + b"." + urlsafe_b64encode(hmac.digest(secret, message, "sha256")).rstrip(b"=")


def by_nobody() -> bytes:
    return jwt.PyJWS().encode(b"{}", "", "none", headers={"x5c": [base64(SERVICE.certificate)]}).encode()


REFUSED = {
    "tampered": tampered(SERVICE.blob()),
    "signed by another": SERVICE.blob(chain=[Service().certificate]),
    "of another root": Service().blob(),
    "of another root that it brings": (other := Service()).blob(chain=[other.certificate, other.root]),
    "of another host": Service(host="mds.example", root_key=SERVICE.root_key, root=SERVICE.root).blob(),
    "expired": Service(not_after=NOW - SECOND, root_key=SERVICE.root_key, root=SERVICE.root).blob(),
    "without a chain": SERVICE.blob(chain=[]),
    "signed by a public key": by_a_public_key(),
    "signed by nobody": by_nobody(),
    "no token": b"text",
    "nothing": b"",
    "without a number": SERVICE.blob(number=None),
    "with an endless number": SERVICE.blob(number=float("inf")),
    "without a day": SERVICE.blob(next_update="soon"),
    "without entries": SERVICE.blob(entries=None),
    "a list": jwt.PyJWS().encode(b"[]", SERVICE.key, "ES256", headers={"x5c": [base64(SERVICE.certificate)]}).encode(),
}


@pytest.mark.parametrize("blob", REFUSED.values(), ids=REFUSED.keys())
def test_whatever_else_there_is_is_refused(file: Path, blob: bytes) -> None:
    with pytest.raises(MetadataRefused, match="BLOB") as caught:
        kept(file).read(blob, NOW)
    assert "\n" not in str(caught.value)


def test_the_root_of_the_alliance_is_the_one_that_it_names() -> None:
    [root] = fido_roots()

    assert root.subject.rfc4514_string() == "CN=GlobalSign Root R46,O=GlobalSign nv-sa,C=BE"


# Which is in use


def test_a_file_is_read_again_when_it_has_changed(file: Path) -> None:
    metadata = kept(put(file, SERVICE.blob()))
    first = metadata.edition()

    assert metadata.edition() is first
    put(file, SERVICE.blob(entry({"status": "REVOKED"}), number=8), NOW + SECOND)
    model = metadata.model_of(AAGUID, ())
    assert model is not None
    assert model.harmful((), NOW.date())
    assert metadata.edition().number == 8


@pytest.mark.parametrize(
    ("blob", "flaw"), [(SERVICE.blob(number=6), "older"), (REFUSED["tampered"], "InvalidSignature"), (b"", "Decode")]
)
def test_what_was_read_goes_on_where_a_new_file_is_none(
    file: Path, caplog: pytest.LogCaptureFixture, blob: bytes, flaw: str
) -> None:
    metadata = kept(put(file, SERVICE.blob()))
    first = metadata.edition()

    put(file, blob, NOW + SECOND)
    with caplog.at_level(logging.ERROR, "mfa"):
        assert metadata.edition() is first
        assert metadata.model_of(AAGUID, ()) is not None
    [told] = caplog.messages
    assert flaw in told
    file.unlink()
    assert metadata.edition() is first


def test_who_signed_had_to_be_the_service_when_the_file_was_written(file: Path) -> None:
    short = Service(not_after=NOW, root_key=SERVICE.root_key, root=SERVICE.root).blob()

    assert kept(put(file, short)).edition().number == 7
    with pytest.raises(MetadataUnavailable, match="not valid"):
        kept(put(file, short, LATER)).edition()


def test_until_there_is_a_file_a_package_will_do(file: Path, tmp_path: Path) -> None:
    package = tmp_path / "metadata.json"
    package.write_text(json.dumps({"no": 5, "nextUpdate": "2026-01-01", "entries": [entry()]}), encoding="utf-8")
    metadata = kept(file, package)

    edition = metadata.edition()
    assert (edition.number, edition.signed, edition.source) == (5, False, str(package))
    put(file, SERVICE.blob())
    assert (metadata.edition().number, metadata.edition().signed, metadata.edition().source) == (7, True, str(file))
    assert kept(None, package).edition() == edition


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "text"])
def test_a_package_that_is_none_is_unavailable(tmp_path: Path, text: str) -> None:
    package = tmp_path / "metadata.json"
    package.write_text(text, encoding="utf-8")

    with pytest.raises(MetadataUnavailable):
        kept(None, package).edition()


def test_where_there_is_neither_nobody_is_known() -> None:
    metadata = kept(None)

    for _ in range(2):
        with pytest.raises(MetadataUnavailable, match="no BLOB"):
            metadata.model_of(AAGUID, ())


def test_the_package_is_found_and_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fido_elsewhere").mkdir()
    (tmp_path / "fido_elsewhere" / "__init__.py").write_text("raise AssertionError", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(blobs, "PACKAGE", "fido_elsewhere")

    assert packaged() == tmp_path / "fido_elsewhere" / "data" / "metadata.json"
    monkeypatch.setattr(blobs, "PACKAGE", "fido_nowhere")
    assert packaged() is None


def test_what_the_extra_brings_can_be_read() -> None:
    path = packaged()
    assert path is not None

    edition = kept(None, path).edition()

    assert edition.number is not None
    assert edition.number > 290
    assert edition.models > 450
    assert edition.unreadable == 0


# How it is kept


def test_a_blob_is_kept_in_one_step(file: Path) -> None:
    metadata = kept(file)

    metadata.keep(SERVICE.blob())
    assert metadata.edition() == Edition(
        source=str(file), models=1, number=7, next_update=metadata.edition().next_update, signed=True
    )
    metadata.keep(SERVICE.blob(number=8))
    assert metadata.edition().number == 8
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_what_cannot_be_kept_leaves_nothing_behind(file: Path, tmp_path: Path) -> None:
    with pytest.raises(MetadataRefused, match="WEBAUTHN_METADATA_FILE"):
        kept(None).keep(b"")
    with pytest.raises(MetadataRefused, match="cannot be written"):
        kept(tmp_path / "nowhere" / "blob.jwt").keep(b"")
    file.mkdir()
    with pytest.raises(MetadataRefused, match="cannot be written"):
        kept(file).keep(b"")
    assert [*tmp_path.iterdir()] == [file]


@pytest.fixture
def served() -> Iterator[str]:
    """A service on this machine, which has a BLOB at one path."""
    blob = SERVICE.blob()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 404)
            self.end_headers()
            self.wfile.write(blob)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_what_is_published_is_fetched(file: Path, served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = kept(file, service=served)

    assert metadata.read(metadata.fetch(), datetime.now(UTC)).number == 7
    with pytest.raises(MetadataRefused, match="404"):
        kept(file, service=f"{served}elsewhere").fetch()
    with pytest.raises(MetadataRefused, match="does not answer"):
        kept(file).fetch()
    monkeypatch.setattr(blobs, "_MOST_BYTES", 9)
    with pytest.raises(MetadataRefused, match="more than 9 bytes"):
        metadata.fetch()
