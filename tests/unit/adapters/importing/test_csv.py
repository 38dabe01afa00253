"""A file of comma-separated values, as people and spreadsheets write it."""

import csv
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from mfa.adapters.importing.csv import CsvSource
from mfa.application.operations import Import
from mfa.application.ports.importing import (
    Failed,
    FoundRow,
    ImportedAddress,
    ImportedCode,
    ImportedCodes,
    ImportedSeed,
    ImportSource,
    KnownUser,
    SourcePlace,
    SourceUnreadable,
)
from mfa.application.verification import Verified
from mfa.testing.contracts.importing import ImportSourceContract
from tests.otp import PlainOneTimePasswords
from tests.unit.application.operations.desk import SHELL
from tests.unit.application.world import ANNA, PHONE, World

HEAD = "user,method,secret,digits,period,algorithm,counter,name\n"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
SEED = b"12345678901234567890"

Write = Callable[[str | bytes], CsvSource]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str | bytes) -> CsvSource:
        file = tmp_path / "devices.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return CsvSource(SourcePlace(file=str(file)))

    return written


def rows(source: ImportSource) -> list[FoundRow]:
    return [row for found in source.users(None) for row in found.rows]


class TestContract(ImportSourceContract):
    @pytest.fixture
    def source(self, write: Write) -> CsvSource:
        return write(
            f"{HEAD}anna,totp,{SECRET},,,,,Phone\nbert,totp,{SECRET}\nanna,recovery,abcd-1234\nbert,totp,no base32!\n"
        )

    @pytest.fixture
    def one(self) -> KnownUser:
        return KnownUser(id=ANNA, name="anna")

    @pytest.fixture
    def secrets(self) -> Collection[str]:
        return [SECRET, "abcd", "12345678901234567890"]


def test_empty_cells_mean_what_most_apps_have(write: Write) -> None:
    [row] = rows(write(f"{HEAD}anna,TOTP,{SECRET},,,,,\n"))

    assert (row.row, row.method, row.name) == ("csv:2", "totp", "")
    assert row.found == ImportedSeed(seed=SEED, digits=6, period=30, algorithm="sha1")


def test_what_is_said_is_read(write: Write) -> None:
    [row, token] = rows(write(f'{HEAD}7,totp,{SECRET},8,60,SHA512,12,"Anna\'s ""old"", phone"\n7,hotp,{SECRET},,,,12'))

    assert row.found == ImportedSeed(seed=SEED, digits=8, period=60, algorithm="SHA512"), "a step is no counter"
    assert row.name == 'Anna\'s "old", phone'
    assert token.found == ImportedSeed(seed=SEED, spent=11)


def test_a_counter_that_is_not_told_is_zero(write: Write) -> None:
    [row] = rows(write(f"anna,hotp,{SECRET}\n"))

    assert row.found == ImportedSeed(seed=SEED, spent=-1)


@pytest.mark.parametrize("head", [HEAD, "", "Name; Method; User; Secret\n".replace(";", ",")])
def test_the_columns_may_be_named_or_stand_in_their_order(write: Write, head: str) -> None:
    line = f"phone,totp,anna,{SECRET}" if head.startswith("Name") else f"anna,totp,{SECRET},,,,,phone"

    [found] = write(f"{head}{line}\n").users(None)

    assert (found.user, found.rows[0].name, found.rows[0].row) == ("anna", "phone", f"csv:{1 + bool(head)}")


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{HEAD}anna,totp,{SECRET}\n",
        f"{HEAD}anna,totp,{SECRET}\n".replace("\n", "\r\n"),
        f'"user";"method";"secret"\r\n"anna";"totp";"{SECRET}"\r\n',
        f"{HEAD}\n\nanna , totp , {SECRET}\n,,,\n",
        f"\n,,\nmethod,user,secret\ntotp,anna,{SECRET}\n",
        f"\n;;\nmethod;user;secret\ntotp;anna;{SECRET}\n",
        HEAD + "anna,totp,gezd gnbv-gy3t\u00a0qojq gezd gnbv gy3t qojq",
        HEAD + "anna,totp,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ======",
    ],
)
def test_spreadsheets_write_it_in_their_own_ways(write: Write, text: str) -> None:
    [found] = write(text).users(None)

    assert found.user == "anna"
    assert found.rows[0].found == ImportedSeed(seed=SEED)


def test_a_name_of_any_length_leaves_no_device_behind(write: Write) -> None:
    limit = csv.field_size_limit()

    found = rows(write(f"{HEAD}anna,totp,{SECRET},,,,,{'x' * (limit + 1)}\nanna,totp,{SECRET}\n"))

    assert [each.found for each in found] == [ImportedSeed(seed=SEED)] * 2
    assert csv.field_size_limit() == limit, "for whoever else reads files in this process"


def test_all_lines_of_a_user_are_taken_together(write: Write) -> None:
    source = write(f'{HEAD}anna,totp,{SECRET},,,,,"a\nb"\nbert,totp,{SECRET}\nanna,recovery,abcd\n')

    assert [(each.user, [row.row for row in each.rows]) for each in source.users(None)] == [
        ("anna", ["csv:2", "csv:5"]),
        ("bert", ["csv:4"]),
    ]


def test_codes_and_addresses_come_as_well(write: Write) -> None:
    found = rows(write(f"{HEAD}a,recovery,AB-12\na,email,\na,email,a@example.com\na,sms,+31612345678\n"))

    assert [each.found for each in found] == [
        ImportedCodes(codes=(ImportedCode(text="AB-12"),), whole=False),
        ImportedAddress(),
        ImportedAddress(address="a@example.com"),
        ImportedAddress(address="+31612345678"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("anna,totp,no base32!", "seed"),
        ("anna,totp,A", "seed"),
        (f"anna,totp,{SECRET},six", "digits"),
        (f"anna,totp,{SECRET},6.0", "digits"),
        (f"anna,totp,{SECRET},,-30", "period"),
        (f"anna,hotp,{SECRET},,,,\u0663", "counter"),
        pytest.param(f"anna,hotp,{SECRET},,,,{'9' * 5000}", "counter", id="thousands of digits"),
        pytest.param(f"anna,totp,{'1' * 200_000}", "seed", id="a cell without end"),
        ("anna,yubikey,cccccc", "method"),
        (f"anna,,{SECRET}", "method"),
        (f"anna,totp,{SECRET},6,30,sha1,0,name,more", "unreadable"),
    ],
)
def test_a_line_that_cannot_be_read_harms_no_other(write: Write, line: str, reason: str) -> None:
    found = rows(write(f"{HEAD}{line}\nanna,totp,{SECRET}\n"))

    assert [each.found for each in found] == [Failed(reason=reason), ImportedSeed(seed=SEED)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f'{HEAD}anna,totp,"{SECRET}\nbert,totp,{SECRET}\n', "Line 2 is not closed"),
        (b"\xff\xfeu\x00", "is no text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_has_nothing_imported(write: Write, text: str | bytes, sentence: str) -> None:
    with pytest.raises(SourceUnreadable, match=sentence):
        list(write(text).users(None))


@pytest.mark.parametrize(
    ("place", "sentence"),
    [(SourcePlace(), "reads a file"), (SourcePlace(file="/nowhere/at.all"), "No such file or directory")],
)
def test_a_file_has_to_be_there(place: SourcePlace, sentence: str) -> None:
    with pytest.raises(SourceUnreadable, match=sentence):
        list(CsvSource(place).users(None))


def test_users_move_in_without_django(write: Write) -> None:
    world = World()
    source = write(f"{HEAD}anna,hotp,{SECRET},,,,5\n")
    wanted = Import(source="csv", place=SourcePlace(file=source._path))

    [told] = world.use_cases.operations.import_devices(wanted, SHELL)

    assert told.user == KnownUser(id=ANNA, name="anna")
    value = PlainOneTimePasswords().at(SEED, [5], digits=6, algorithm="sha1")[0]
    assert isinstance(world.verify(PHONE, 0, value), Verified)
