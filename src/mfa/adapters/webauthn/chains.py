"""Chains of certificates up to the trust roots (WebAuthn Level 3 section 7.1, steps 23 and 24; RFC 5280 section 6).

The verifier of ``cryptography`` is made for the names and usages of the web, which attestation certificates have not;
that of the library looks at signatures alone. Here a certificate is followed upwards as long as it is valid now and
the next one may issue it. Names are compared, but name constraints and policies, which bind what nobody reads here,
are not.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import zip_longest
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

SUFFIXES = frozenset({".pem", ".crt", ".cer", ".der"})

_PEM = b"-----BEGIN CERTIFICATE-----"


def trust_roots(folder: Path) -> tuple[x509.Certificate, ...]:
    """Read the certificates in a folder, PEM or DER, by the names that such files have.

    Raises ``ValueError`` that names the file, or the folder where there is none, and ``OSError``.
    """
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not files:
        raise ValueError(f"{folder} has no certificate: the name of one ends with {', '.join(sorted(SUFFIXES))}.")
    return tuple(certificate for path in files for certificate in _certificates(path))


def _certificates(path: Path) -> list[x509.Certificate]:
    data = path.read_bytes()
    try:
        return x509.load_pem_x509_certificates(data) if _PEM in data else [x509.load_der_x509_certificate(data)]
    except ValueError as error:
        raise ValueError(f"{path} holds no certificate that can be read.") from error


def readable(certificates: Iterable[bytes]) -> Iterator[x509.Certificate]:
    """Read certificates that are trusted, but for those that the library cannot read: some are not as DER has it."""
    for data in certificates:
        with suppress(ValueError):
            yield x509.load_der_x509_certificate(data)


def trusted(path: Sequence[bytes], roots: Sequence[x509.Certificate], now: datetime) -> bool:
    """Tell whether the first certificate is a root, or chains up to one by those that follow.

    A root is a name and a key that are trusted by configuration, so its own dates are not looked at (RFC 5280
    section 6.1); this is why the path ends where the first root is met.
    """
    with suppress(Exception):  # whatever a library makes of hostile bytes, which is no closed set of errors
        chain = [_certificate(data) for data in path]
        for below, (certificate, above) in enumerate(zip_longest(chain, chain[1:])):
            if certificate in roots:
                return True
            if not _valid(certificate, now):
                return False
            if any(_issued(certificate, root, below) for root in roots):
                return True
            if above is None or not _issued(certificate, above, below):
                return False
    return False


def _certificate(data: bytes) -> x509.Certificate:
    """Read a certificate whose signature is of whole bytes, as every signature is.

    The number of bits that are left over is signed by nobody, so a certificate could be written in several ways.
    """
    certificate = x509.load_der_x509_certificate(data)
    if not data.endswith(b"\0" + certificate.signature):
        raise ValueError
    return certificate


def _valid(certificate: x509.Certificate, now: datetime) -> bool:
    """Tell whether a certificate is valid now, and demands nothing that is not understood."""
    understood = not any(
        extension.critical and isinstance(extension.value, x509.UnrecognizedExtension)
        for extension in certificate.extensions
    )
    return understood and certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _issued(certificate: x509.Certificate, issuer: x509.Certificate, below: int) -> bool:
    """Tell whether one certificate issued another that has so many between itself and the leaf, itself included."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, ValueError):
        return False
    constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    usages = [extension.value for extension in issuer.extensions if isinstance(extension.value, x509.KeyUsage)]
    deep_enough = constraints.path_length is None or below <= constraints.path_length
    return constraints.ca and deep_enough and all(usage.key_cert_sign for usage in usages)
