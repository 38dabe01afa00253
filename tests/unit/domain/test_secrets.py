import hashlib
import hmac

import pytest

from mfa.domain.secrets import SALT_BYTES, SaltedHash, SecretBytes, SecretStr, equal

SALT = bytes(range(SALT_BYTES))


def test_equal_secrets_are_equal() -> None:
    assert equal(b"secret", bytes([*b"secret"]))
    assert equal(b"", b"")


@pytest.mark.parametrize("other", [b"secreu", b"Secret", b"secret ", b"secre", b""])
def test_other_secrets_are_not(other: bytes) -> None:
    assert not equal(b"secret", other)


def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare_digest(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return True

    monkeypatch.setattr(hmac, "compare_digest", compare_digest)

    assert equal(b"one", b"two")
    assert SaltedHash.of("123456", SALT).matches("654321")
    assert len(compared) == 2


def test_a_salt_has_128_bits() -> None:
    assert SALT_BYTES * 8 == 128


def test_a_code_is_hashed_behind_its_salt() -> None:
    hashed = SaltedHash.of("123456", SALT)

    assert hashed.salt == SALT
    assert hashed.digest == hashlib.sha256(SALT + b"123456").digest()


def test_a_hash_recognises_its_code_and_no_other() -> None:
    hashed = SaltedHash.of("123456", SALT)

    assert hashed.matches("123456")
    assert not any(hashed.matches(code) for code in ("123457", "12345", "1234567", "", "0123456"))


def test_two_equal_codes_do_not_look_equal_under_two_salts() -> None:
    assert SaltedHash.of("123456", SALT).digest != SaltedHash.of("123456", SALT[::-1]).digest


def test_neither_bytes_nor_repr_hold_the_code() -> None:
    hashed = SaltedHash.of("123456", SALT)

    assert b"123456" not in hashed.digest
    assert repr(hashed) == "SaltedHash()"


def test_a_secret_is_what_it_is_and_shows_as_stars() -> None:
    text, octets = SecretStr("secret"), SecretBytes(b"secret")

    assert text == "secret"
    assert octets == b"secret"
    assert repr([text]) == "['**********']"
    assert repr([octets]) == f"[{octets}]" == "[b'**********']"
