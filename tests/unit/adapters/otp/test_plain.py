"""What tests hold against the adapters keeps their promises as well."""

from base64 import b64decode

import pytest

from mfa.testing.contracts.otp import OneTimePasswordsContract, QrCodesContract
from tests.otp import PlainOneTimePasswords, PlainQrCodes


class TestPlainOneTimePasswords(OneTimePasswordsContract):
    @pytest.fixture
    def passwords(self) -> PlainOneTimePasswords:
        return PlainOneTimePasswords()


class TestPlainQrCodes(QrCodesContract):
    @pytest.fixture
    def qr_codes(self) -> PlainQrCodes:
        return PlainQrCodes()

    def test_the_text_can_be_read_back(self, qr_codes: PlainQrCodes) -> None:
        assert b64decode(qr_codes.draw("otpauth://totp/").partition(",")[2]) == b"otpauth://totp/"
