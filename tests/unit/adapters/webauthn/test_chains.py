import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from mfa.adapters.webauthn.chains import trust_roots, trusted
from mfa.testing.authenticator import LEAF, NOT_AFTER, NOT_BEFORE, Authority, generate_key, issue, name
from tests.unit.domain.samples import NOW, SECOND

ROOT = Authority.root()
KEY = Ed25519PrivateKey.generate().public_key()


def leaf(authority: Authority = ROOT, **changes: Any) -> x509.Certificate:
    return authority.issue(KEY, **changes)


def chains(*path: x509.Certificate, root: Authority = ROOT, now: datetime = NOW) -> bool:
    return trusted([each.public_bytes(Encoding.DER) for each in path], [root.certificate], now)


def usage(*, key_cert_sign: bool) -> x509.KeyUsage:
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign")
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=key_cert_sign,
        encipher_only=False,
        decipher_only=False,
        **dict.fromkeys(others, False),
    )


def test_a_leaf_of_a_root_is_trusted() -> None:
    assert chains(leaf())


def test_a_certificate_that_is_a_root_is_trusted() -> None:
    certificate = leaf(Authority.root())

    assert trusted([certificate.public_bytes(Encoding.DER)], [certificate], NOW)
    assert chains(ROOT.certificate)


def test_a_leaf_is_trusted_through_authorities_between() -> None:
    upper = ROOT.intermediate(subject=name(CN="Upper"))
    lower = upper.intermediate(subject=name(CN="Lower"))

    assert chains(leaf(upper), upper.certificate)
    assert chains(leaf(lower), lower.certificate, upper.certificate)
    assert chains(leaf(lower), lower.certificate, upper.certificate, ROOT.certificate)
    assert chains(leaf(lower), lower.certificate, root=lower)
    assert chains(leaf(lower), lower.certificate, root=upper)


def test_nothing_may_be_missing_or_in_another_order() -> None:
    upper = ROOT.intermediate(subject=name(CN="Upper"))
    lower = upper.intermediate(subject=name(CN="Lower"))

    assert not chains()
    assert not chains(leaf(lower))
    assert not chains(leaf(lower), upper.certificate)
    assert not chains(leaf(lower), lower.certificate)
    assert not chains(leaf(lower), upper.certificate, lower.certificate)
    assert not chains(leaf(upper), lower.certificate)


def test_a_root_of_the_same_name_is_another() -> None:
    assert not chains(leaf(), root=Authority.root())
    assert not chains(leaf(), ROOT.certificate, root=Authority.root())


def test_a_name_alone_does_not_make_an_issuer() -> None:
    assert not chains(leaf(issuer=name(CN="Another")))


@pytest.mark.parametrize(
    ("now", "valid"),
    [
        (NOT_BEFORE - SECOND, False),
        (NOT_BEFORE, True),
        (NOT_AFTER, True),
        (NOT_AFTER + SECOND, False),
    ],
)
def test_a_certificate_is_valid_for_a_time(now: datetime, *, valid: bool) -> None:
    assert chains(leaf(), now=now) is valid


def test_an_authority_between_is_valid_for_a_time_too() -> None:
    expired = ROOT.intermediate(not_after=NOW - SECOND)

    assert not chains(leaf(expired), expired.certificate)
    assert chains(leaf(expired), expired.certificate, now=NOW - SECOND)


def test_a_root_is_trusted_until_it_is_taken_out() -> None:
    expired = Authority.root(not_after=NOW - timedelta(days=1))

    assert chains(leaf(expired), root=expired)
    assert chains(leaf(expired), expired.certificate, root=expired)


@pytest.mark.parametrize(
    "changes",
    [
        {"constraints": LEAF},
        {"constraints": None},
        {"extensions": [usage(key_cert_sign=False)]},
        {"extensions": [x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"")], "critical": True},
    ],
    ids=["no authority", "no constraints", "another usage", "a demand that nobody understands"],
)
def test_not_every_certificate_may_issue_others(changes: dict[str, Any]) -> None:
    middle = ROOT.intermediate(**changes)

    assert not chains(leaf(middle), middle.certificate)


@pytest.mark.parametrize("changes", [{"constraints": LEAF}, {"constraints": None}])
def test_a_root_that_is_no_authority_issues_nothing(changes: dict[str, Any]) -> None:
    root = Authority.root(**changes)

    assert not chains(leaf(root), root=root)
    assert chains(root.certificate, root=root)


@pytest.mark.parametrize(
    "changes",
    [
        {"extensions": [usage(key_cert_sign=True)], "critical": True},
        {"extensions": [x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"")]},
    ],
)
def test_what_is_understood_or_not_critical_is_no_obstacle(changes: dict[str, Any]) -> None:
    middle = ROOT.intermediate(**changes)

    assert chains(leaf(middle), middle.certificate)


@pytest.mark.parametrize(("length", "allowed"), [(0, 1), (1, 2), (2, 2)])
def test_a_path_may_be_so_long(length: int, allowed: int) -> None:
    first = ROOT.intermediate(constraints=x509.BasicConstraints(ca=True, path_length=length))
    second = first.intermediate(subject=name(CN="Second"))

    assert chains(leaf(first), first.certificate)
    assert chains(leaf(second), second.certificate, first.certificate) is (allowed > 1)


def test_a_root_limits_the_path_as_well() -> None:
    root = Authority.root(constraints=x509.BasicConstraints(ca=True, path_length=0))
    middle = root.intermediate()

    assert chains(leaf(root), root=root)
    assert not chains(leaf(middle), middle.certificate, root=root)


def test_a_key_of_a_kind_that_signs_no_certificates_issues_none() -> None:
    odd = issue(KEY, subject=name(CN="Odd"), issuer=name(CN="Odd"), signer=ROOT.key)

    assert not chains(leaf(issuer=name(CN="Odd")), odd)


def test_a_signature_is_of_whole_bytes() -> None:
    certificate = leaf()
    data = bytearray(certificate.public_bytes(Encoding.DER))
    left_over = len(data) - len(certificate.signature) - 1
    assert data[left_over] == 0
    while certificate.signature[-1] & 1:
        certificate = leaf()
        data = bytearray(certificate.public_bytes(Encoding.DER))
        left_over = len(data) - len(certificate.signature) - 1
    data[left_over] = 1
    assert x509.load_der_x509_certificate(bytes(data)).signature == certificate.signature

    assert not trusted([bytes(data)], [ROOT.certificate], NOW)


@given(st.lists(st.binary(max_size=100), max_size=3))
def test_whatever_bytes_come_are_not_trusted(path: list[bytes]) -> None:
    assert not trusted(path, [ROOT.certificate], NOW)


@pytest.mark.parametrize("path", [[None], ["text"], [1], [[]]])
def test_whatever_else_comes_is_not_trusted(path: list[object]) -> None:
    assert not trusted(cast("list[bytes]", path), [ROOT.certificate], NOW)


# The folder


def test_a_folder_holds_certificates_of_every_writing(tmp_path: Path) -> None:
    roots = [Authority.root(subject=name(CN=f"Root {number}")).certificate for number in range(5)]
    pem = [root.public_bytes(Encoding.PEM) for root in roots]
    (tmp_path / "a.pem").write_bytes(pem[0] + b"A comment\n" + pem[1])
    (tmp_path / "b.crt").write_bytes(pem[2])
    (tmp_path / "c.CER").write_bytes(roots[3].public_bytes(Encoding.DER))
    (tmp_path / "d.der").write_bytes(roots[4].public_bytes(Encoding.DER))
    (tmp_path / "README.md").write_text("Where these are from.")

    assert trust_roots(tmp_path) == tuple(roots)


def test_a_folder_without_certificates_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "root.txt").write_text("Whatever this is.")

    with pytest.raises(ValueError, match=r"\.pem"):
        trust_roots(tmp_path)


@pytest.mark.parametrize("content", [b"", b"text", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_file_that_is_no_certificate_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.pem").write_bytes(content)

    with pytest.raises(ValueError, match=r"broken\.pem"):
        trust_roots(tmp_path)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path)

    with pytest.raises(OSError, match=str(tmp_path)):
        trust_roots(tmp_path)


def test_other_keys_chain_as_well() -> None:
    assert chains(leaf(), root=ROOT)
    assert chains(ROOT.issue(generate_key(-257).public_key()))
