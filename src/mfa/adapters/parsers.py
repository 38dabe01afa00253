"""Bodies as clients send them, read with a limit and refused with a 400 whatever is in them."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import IO, Any

from django.core.exceptions import SuspiciousOperation
from django.utils.translation import gettext_lazy as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError
from rest_framework.utils import json

MOST_BYTES = 64 * 1024
"""More than any value takes, the answer of a security key with its certificates too."""

MOST_DEPTH = 32
"""Deeper than any body has to be, and shallow enough for whatever walks through it by recursion."""

CHARSET = "utf-8"

Context = Mapping[str, Any] | None
"""What DRF tells a parser."""


class JSONParser(parsers.JSONParser):
    """Parses JSON, which is UTF-8 whatever the client claims (RFC 8259 section 8.1), and none but JSON."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Context = None) -> Any:  # noqa: ANN401 - JSON may be anything
        """Parse a body; raises ``ParseError`` for what is no JSON, too long or too deep."""
        body = read(stream)
        try:
            data = json.loads(body.decode(CHARSET))
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is not valid JSON.")) from error
        if any(depth > MOST_DEPTH for depth in _depths(data)):
            raise ParseError(_("The body is nested too deep."))
        return data


class _FormParser(parsers.BaseParser):
    """Parses what browsers send of a form, which is UTF-8 in every one of them."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Context = None) -> Any:  # noqa: ANN401 - by the form
        """Parse a body; raises ``ParseError`` for one that is broken, too long or has too many fields or parts."""
        body = read(stream)
        try:
            return super().parse(BytesIO(body), media_type, {**(parser_context or {}), "encoding": CHARSET})
        except SuspiciousOperation as error:
            raise ParseError from error


class FormParser(_FormParser, parsers.FormParser):
    """Parses forms."""


class MultiPartParser(_FormParser, parsers.MultiPartParser):
    """Parses forms with several parts."""


def read(stream: IO[Any]) -> bytes:
    """Read a body whole, and no further than the limit; raises ``ParseError``, also when the client hangs up."""
    try:
        body: bytes = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise ParseError from error
    if len(body) > MOST_BYTES:
        raise ParseError(_("The body is too long."))
    return body


def _depths(data: object) -> Iterator[int]:
    """Go through JSON without recursion, and tell how deep each value lies."""
    waiting = [(data, 0)]
    while waiting:
        value, depth = waiting.pop()
        yield depth
        children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        waiting.extend((child, depth + 1) for child in children)
