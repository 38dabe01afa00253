"""QR codes drawn by Segno, from the extra ``qr``."""

from mfa.application.ports.otp import QrCodes


class SegnoQrCodes(QrCodes):
    """Draws QR codes as SVG, in a data URI that an ``<img>`` takes as it is.

    The lowest level of error correction leaves the most room, 2,953 bytes, since a name of 300 characters grows
    threefold when it is escaped, and a screen has no scratches; Segno raises the level where there is room to spare.
    The ground is white whatever the colour of the page, and four modules around it stay empty: a camera needs both.
    """

    def draw(self, text: str) -> str:
        """Return a data URI of the picture; raises ``ValueError`` for a text that no QR code can hold."""
        import segno  # noqa: PLC0415 - only a registration needs it

        code = segno.make(text, error="l", micro=False)
        return code.svg_data_uri(scale=4, dark="#000", light="#fff", encode_minimal=False)
