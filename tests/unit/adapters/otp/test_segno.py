from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from mfa.adapters.otp.segno import SegnoQrCodes
from mfa.application.ports.otp import QrCodes
from mfa.domain.methods.one_time_password import Parameters, authenticator_url
from mfa.testing.contracts.otp import QrCodesContract

PREFIX = "data:image/svg+xml;charset=utf-8,"


def url(user_name: str) -> str:
    parameters = Parameters(digits=6, algorithm="sha1", tolerance=1, period=30)
    return authenticator_url(secret="A" * 32, user_name=user_name, issuer="example.com", parameters=parameters)


class TestSegnoQrCodes(QrCodesContract):
    @pytest.fixture
    def qr_codes(self) -> QrCodes:
        return SegnoQrCodes()


@pytest.mark.parametrize("user_name", ["anna", "a" * 300, "é" * 300, "安" * 300])
def test_a_picture_is_svg_on_white_even_of_a_long_name(user_name: str) -> None:
    uri = SegnoQrCodes().draw(url(user_name))

    assert uri.startswith(PREFIX)
    assert uri.isascii()
    assert '"' not in uri
    picture = ET.fromstring(unquote(uri.removeprefix(PREFIX)))  # noqa: S314 - our own
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert [part.get("fill") or part.get("stroke") for part in picture.iter("{http://www.w3.org/2000/svg}path")] == [
        "#fff",
        "#000",
    ]


def test_a_text_that_fits_into_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        SegnoQrCodes().draw("a" * 3000)
