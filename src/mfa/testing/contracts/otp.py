"""What every OneTimePasswords and every QrCodes does."""

import pytest

from mfa.application.ports.otp import OneTimePasswords, QrCodes
from mfa.domain.methods.one_time_password import Algorithm

RFC_4226_SEED = b"12345678901234567890"

# RFC 4226, appendix D.
RFC_4226_VALUES = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]

# RFC 6238, appendix B, and the seeds of its reference implementation: as long as the output of each hash.
RFC_6238_SEEDS: dict[Algorithm, bytes] = {
    "sha1": b"12345678901234567890",
    "sha256": b"12345678901234567890123456789012",
    "sha512": b"1234567890123456789012345678901234567890123456789012345678901234",
}
RFC_6238_SECONDS = [59, 1111111109, 1111111111, 1234567890, 2000000000, 20000000000]
RFC_6238_VALUES: dict[Algorithm, list[str]] = {
    "sha1": ["94287082", "07081804", "14050471", "89005924", "69279037", "65353130"],
    "sha256": ["46119246", "68084774", "67062674", "91819424", "90698825", "77737706"],
    "sha512": ["90693936", "25091201", "99943326", "93441116", "38618901", "47863826"],
}


class OneTimePasswordsContract:
    """Provide ``passwords``."""

    def test_values_are_those_of_rfc_4226(self, passwords: OneTimePasswords) -> None:
        assert passwords.at(RFC_4226_SEED, range(10), digits=6, algorithm="sha1") == RFC_4226_VALUES

    @pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
    def test_values_are_those_of_rfc_6238(self, passwords: OneTimePasswords, algorithm: Algorithm) -> None:
        steps = [seconds // 30 for seconds in RFC_6238_SECONDS]

        values = passwords.at(RFC_6238_SEEDS[algorithm], steps, digits=8, algorithm=algorithm)

        assert values == RFC_6238_VALUES[algorithm]

    def test_values_come_in_the_order_of_their_counters(self, passwords: OneTimePasswords) -> None:
        values = passwords.at(RFC_4226_SEED, [9, 0, 9], digits=6, algorithm="sha1")

        assert values == [RFC_4226_VALUES[9], RFC_4226_VALUES[0], RFC_4226_VALUES[9]]

    def test_without_counters_there_are_no_values(self, passwords: OneTimePasswords) -> None:
        assert passwords.at(RFC_4226_SEED, range(0), digits=6, algorithm="sha1") == []

    def test_ten_digits_hold_all_31_bits(self, passwords: OneTimePasswords) -> None:
        # RFC 4226, appendix D, column "Decimal" of counts 0 and 9.
        values = passwords.at(RFC_4226_SEED, [0, 9], digits=10, algorithm="sha1")

        assert values == ["1284755224", "0645520489"]


class QrCodesContract:
    """Provide ``qr_codes``."""

    def test_a_picture_is_a_data_uri(self, qr_codes: QrCodes) -> None:
        assert qr_codes.draw("otpauth://totp/a:b?secret=A").startswith("data:")

    def test_other_texts_are_other_pictures(self, qr_codes: QrCodes) -> None:
        assert qr_codes.draw("otpauth://totp/a:b?secret=A") != qr_codes.draw("otpauth://totp/a:b?secret=B")
