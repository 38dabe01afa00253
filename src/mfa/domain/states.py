"""Values of attrs as JSON and back: what devices and challenges remember is kept in one form, by their types alone.

What was written once is read as long as it is stored. A field whose form is its own says so in its metadata: ``dump``
and ``load`` are what writes and reads it.
"""

import json
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs

Value = TypeVar("Value")


def encode(value: object) -> bytes:
    """Write a value as bytes."""
    return json.dumps(dump(value), separators=(",", ":")).encode()


def decode(kind: type[Value], state: bytes) -> Value:
    """Read what ``encode`` wrote; raises ``ValueError`` or ``TypeError`` for what is nothing of the kind."""
    return load(kind, json.loads(state))


def dump(value: Any) -> Any:  # noqa: ANN401 - whatever JSON has
    """Write a value as JSON has it: octets in base64, times as RFC 3339, durations in seconds."""
    if type(value) in _PLAIN:
        return _PLAIN[type(value)][0](value)
    match value:
        case Enum():
            return value.value
        case tuple():
            return [dump(each) for each in value]
        case _ if attrs.has(type(value)):
            fields = attrs.fields(type(value))
            return {field.name: field.metadata.get("dump", dump)(getattr(value, field.name)) for field in fields}
    return value


def load(kind: type[Value], data: Any) -> Value:  # noqa: ANN401 - whatever JSON has
    """Read what ``dump`` wrote; a field that is missing has its default."""
    named: Any = kind
    loaded: Value = _loader(named)(data)
    return loaded


@cache
def _loader(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - a type, or a form of typing
    if get_origin(kind) in {Union, UnionType}:
        [inner] = (_loader(each) for each in get_args(kind) if each is not type(None))
        return lambda data: None if data is None else inner(data)
    if get_origin(kind) is tuple:
        item = _loader(get_args(kind)[0])
        return lambda data: tuple(map(item, data))
    if attrs.has(kind):
        return _members_loader(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    return _PLAIN[kind][1] if kind in _PLAIN else lambda data: data


def _members_loader(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - a class of attrs
    hints = get_type_hints(kind)
    fields = {field.name: field.metadata.get("load") or _loader(hints[field.name]) for field in attrs.fields(kind)}

    def read(data: Any) -> Any:  # noqa: ANN401 - whatever JSON has
        # Hashes were once written as one text, their parts joined by a dot.
        members = dict(zip(fields, data.split("."), strict=True)) if isinstance(data, str) else data
        return kind(**{name: load_field(members[name]) for name, load_field in fields.items() if name in members})

    return read


def base64url(data: bytes) -> str:
    """Write octets as text without padding that a URL and a cookie hold as it is (RFC 4648 section 5)."""
    return urlsafe_b64encode(data).decode().rstrip("=")


_STANDARD_ALPHABET = str.maketrans("-_", "+/")


def octets(text: str) -> bytes:
    """Read base64 in either alphabet, padded or not (RFC 4648 sections 4 and 5); raises ``ValueError``."""
    bare = text.rstrip("=").translate(_STANDARD_ALPHABET)
    return b64decode(bare + "=" * (-len(bare) % 4), validate=True)


_PLAIN: dict[object, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    bytes: (lambda value: b64encode(value).decode(), octets),
    datetime: (datetime.isoformat, datetime.fromisoformat),
    timedelta: (timedelta.total_seconds, lambda seconds: timedelta(seconds=seconds)),
}
"""How what JSON does not have is written, and read."""
