"""A file of comma-separated values (RFC 4180), for whatever has no source of its own."""

import csv
from base64 import b32decode
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from mfa.application.ports.importing import (
    Failed,
    FoundRow,
    FoundUser,
    ImportedAddress,
    ImportedCode,
    ImportedCodes,
    ImportedSeed,
    ImportSource,
    KnownUser,
    SourcePlace,
    SourceUnreadable,
)
from mfa.domain.methods.adoption import NotAdopted

COLUMNS = ("user", "method", "secret", "digits", "period", "algorithm", "counter", "name")

_GROUPED = str.maketrans("", "", " \t\u00a0-")
"""What people and spreadsheets put between the groups of a seed."""

_LONGEST_CELL = 2**31 - 1
"""As long as any platform lets the module of CSV allow: a cell that is no use fails its row, and no other."""

_MOST_DIGITS = 20
"""No number that an app can have is longer, and Python refuses to read those of thousands."""

Record = Mapping[str, str]


class CsvSource(ImportSource):
    """Reads one device a line, as a spreadsheet may have written it; all lines of a user are taken together.

    The user is called by the natural key, or by the primary one where that means nobody else.
    """

    name = "csv"
    by_name = True

    def __init__(self, place: SourcePlace) -> None:
        self._path = place.file

    def users(self, only: KnownUser | None) -> Iterator[FoundUser]:
        """Read the whole file first: a line that cannot be read has nothing imported."""
        rows: defaultdict[str, list[tuple[int, Record | None]]] = defaultdict(list)
        for line, user, record in self._records():
            if only is None or user in {only.id, only.name}:
                rows[user].append((line, record))
        for user, records in rows.items():
            yield FoundUser(user=user, rows=tuple(_row(*each) for each in records))

    def _records(self) -> Iterator[tuple[int, str, Record | None]]:
        if self._path is None:
            raise SourceUnreadable("This source reads a file: mfa_import csv FILE.")
        try:
            with open(self._path, encoding="utf-8-sig", newline="") as file:  # noqa: PTH123 - a path as it was typed
                yield from _parsed(file)
        except OSError as error:
            raise SourceUnreadable(f"{self._path} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise SourceUnreadable(f"{self._path} is no text in UTF-8.") from None


def _parsed(file: TextIO) -> Iterator[tuple[int, str, Record | None]]:
    """Read the lines; the first that says anything may name the columns, which are else in the order of ``COLUMNS``.

    Where a comma is the decimal sign, spreadsheets write semicolons between columns.
    """
    first = next((each for each in file if each.strip(" ;,\r\n")), "")
    file.seek(0)
    reader = csv.reader(file, strict=True, delimiter=";" if ";" in first and "," not in first else ",")
    columns: Sequence[str] = COLUMNS
    line, fresh = 1, True
    most = csv.field_size_limit(_LONGEST_CELL)
    try:
        for cells in reader:
            begun, line = line, reader.line_num + 1
            values = [each.strip() for each in cells]
            if not any(values):
                continue
            names = [each.lower() for each in values] if fresh else []
            fresh = False
            if {"user", "method"} <= {*names}:
                columns = names
            else:
                record = dict(zip(columns, values, strict=False)) if len(values) <= len(columns) else None
                yield begun, (record or {}).get("user", values[0]), record
    except csv.Error:
        raise SourceUnreadable(f"Line {line} is not closed, or no line of a file with commas.") from None
    finally:
        csv.field_size_limit(most)


def _row(line: int, record: Record | None) -> FoundRow:
    method = "" if record is None else record.get("method", "").lower()
    found: object
    try:
        found = Failed(reason="unreadable") if record is None else _found(method, record)
    except NotAdopted as refusal:
        found = Failed(reason=refusal.reason)
    return FoundRow(row=f"csv:{line}", method=method, found=found, name=(record or {}).get("name", ""))


def _found(method: str, record: Record) -> object:
    secret = record.get("secret", "")
    match method:
        case "recovery":
            return ImportedCodes(codes=(ImportedCode(text=secret),), whole=False)
        case "email" | "sms":
            return ImportedAddress(address=secret)
        case "totp" | "hotp":
            return ImportedSeed(
                seed=_seed(secret),
                digits=_number(record, "digits", 6),
                period=_number(record, "period", 30),
                algorithm=record.get("algorithm", "") or "sha1",
                spent=_number(record, "counter", 0) - 1 if method == "hotp" else None,
            )
    raise NotAdopted("method")


def _seed(text: str) -> bytes:
    """Read base32 (RFC 4648 section 6) in either case, in groups, padded or not."""
    bare = text.translate(_GROUPED).rstrip("=").upper()
    try:
        return b32decode(bare + "=" * (-len(bare) % 8))
    except ValueError:
        raise NotAdopted("seed") from None


def _number(record: Record, column: str, default: int) -> int:
    text = record.get(column, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise NotAdopted(column)
    return int(text)
