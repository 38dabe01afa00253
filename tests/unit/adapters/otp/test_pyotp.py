import pytest

from mfa.adapters.otp.pyotp import PyotpOneTimePasswords
from mfa.testing.contracts.otp import RFC_4226_SEED, RFC_4226_VALUES, OneTimePasswordsContract


class TestPyotpOneTimePasswords(OneTimePasswordsContract):
    @pytest.fixture
    def passwords(self) -> PyotpOneTimePasswords:
        return PyotpOneTimePasswords()


@pytest.mark.parametrize("digits", [1, 4, 5])
def test_fewer_than_six_digits_are_the_end_of_six(digits: int) -> None:
    values = PyotpOneTimePasswords().at(RFC_4226_SEED, range(10), digits=digits, algorithm="sha1")

    assert values == [value[-digits:] for value in RFC_4226_VALUES]


def test_an_imported_seed_of_80_bits_goes_on_working() -> None:
    values = PyotpOneTimePasswords().at(b"1234567890", [0], digits=6, algorithm="sha1")

    assert values == ["891490"]


def test_more_digits_than_31_bits_can_fill_are_refused() -> None:
    with pytest.raises(ValueError, match="digits"):
        PyotpOneTimePasswords().at(RFC_4226_SEED, [0], digits=11, algorithm="sha1")
