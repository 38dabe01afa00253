"""CBOR (RFC 8949) as authenticators and browsers write it, and not one byte otherwise.

The library's own reader is made for authenticators that it trusts: it takes a string that ends too early, copies what
is left at every item, which makes the time grow with the square of the length, and follows nesting until Python gives
up. Here everything has its stated length, every number and length is as short as it can be (CTAP 2.1 section 8 allows
nothing else, and WebAuthn section 2.4 asks readers to refuse it), no map has a key twice, there are no tags, and every
byte is looked at once, so that an item has one writing. Only the order of maps is free, because browsers differ in it.

What some clients once wrote wrongly is not mended: the Ed25519 keys of Firefox in 2023, say, have a map of three that
holds four, and a list where bytes belong. To read those is to guess where a key ends, and ES256 is offered before.
"""

from collections.abc import Callable

from mfa.application.ports.webauthn import Unreadable

MOST_DEPTH = 8
"""CTAP 2.1 section 8 allows four levels; an attestation object puts some of its own around those."""

_ONE_BYTE_FOLLOWS = 24

_LEAST = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}
"""The least number that needs the one, two, four or eight bytes that follow."""

_SIMPLE = 7
_SIMPLE_VALUES = {20: False, 21: True, 22: None}


def read(data: bytes) -> object:
    """Read the one item that the bytes are; raises ``Unreadable``."""
    item, size = _first(data)
    if size != len(data):
        raise Unreadable
    return item


def measure(data: bytes) -> int:
    """Return how many bytes the item at the start takes; raises ``Unreadable``."""
    return _first(data)[1]


def _first(data: bytes) -> tuple[object, int]:
    reader = _Reader(data)
    try:
        return reader.item(depth=0), reader.at
    except (LookupError, UnicodeDecodeError):  # a kind or a length that there is not, and what is no text
        raise Unreadable from None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.at = 0
        self._data = data
        self._kinds: tuple[Callable[[int, int], object], ...] = (
            lambda argument, _: argument,
            lambda argument, _: -1 - argument,
            lambda argument, _: self._take(argument),
            lambda argument, _: self._take(argument).decode(),
            lambda argument, depth: [self.item(depth) for _ in range(argument)],
            self._map,
        )

    def item(self, depth: int) -> object:
        if depth > MOST_DEPTH:
            raise Unreadable
        kind, extra = divmod(self._take(1)[0], 32)
        if kind == _SIMPLE and extra in _SIMPLE_VALUES:
            return _SIMPLE_VALUES[extra]
        return self._kinds[kind](self._argument(extra), depth + 1)

    def _take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self._data):
            raise Unreadable
        taken = self._data[self.at : end]
        self.at = end
        return taken

    def _argument(self, extra: int) -> int:
        if extra < _ONE_BYTE_FOLLOWS:
            return extra
        least = _LEAST[extra]
        argument = int.from_bytes(self._take(1 << (extra - _ONE_BYTE_FOLLOWS)))
        if argument < least:
            raise Unreadable
        return argument

    def _map(self, size: int, depth: int) -> dict[int | str, object]:
        items: dict[int | str, object] = {}
        for _ in range(size):
            key = self.item(depth)
            if isinstance(key, bool) or not isinstance(key, int | str) or key in items:
                raise Unreadable
            items[key] = self.item(depth)
        return items
