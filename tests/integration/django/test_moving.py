"""Moving in, where it meets the database: tables of other packages, users, hashes, the command, and being killed."""

import json
import re
import uuid
from base64 import b32encode
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models import (
    BinaryField,
    BooleanField,
    CharField,
    DateTimeField,
    DecimalField,
    IntegerField,
    Model,
    TextField,
    UUIDField,
)
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from mfa.adapters.django.hashes import DjangoForeignHashes
from mfa.adapters.django.models import AccountRecord, AuditRecord, DeviceRecord
from mfa.adapters.django.repositories import DjangoAccountRepository
from mfa.adapters.django.users import DjangoUserFinder
from mfa.adapters.importing import tables
from mfa.adapters.importing.settings import loaded, member, missing, setting
from mfa.adapters.importing.tables import UserTables, as_json, demand, existing, found_row, table, user_key
from mfa.application.ports.importing import (
    Failed,
    FoundRow,
    FoundUser,
    ImportedSeed,
    ImportSource,
    KnownUser,
    LeftOut,
    SourcePlace,
    SourceUnreadable,
)
from mfa.application.verification import NotVerified, Verified
from mfa.config import IMPORT_SOURCES
from mfa.domain.identifiers import UserId
from mfa.domain.methods.adoption import NotAdopted
from mfa.testing.contracts.importing import ForeignHashesContract, ImportSourceContract, UserFinderContract
from tests.integration.django.commanding import Ran, run
from tests.integration.django.killing import KILLED, Killing, killing
from tests.integration.django.world import World, token_of
from tests.otp import PlainOneTimePasswords

SEED = b"twenty octets, more.."
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SOURCE = f"{__name__}.PeerSource"


class Peer:
    """Tables of a package that nobody has: what it keeps of apps, of its tokens, and the backups of an app."""

    def __init__(self) -> None:
        self.app = table(
            "peer_app",
            user_id=user_key(),
            name=CharField(max_length=255),
            confirmed=BooleanField(),
            seed=BinaryField(),
            data=TextField(),
            digits=DecimalField(max_digits=3, decimal_places=1),
            made_at=DateTimeField(),
        )
        self.token = table("peer_token", user_id=user_key(), seed=BinaryField(), counter=IntegerField())
        self.backup = table("peer_backup", app_id=IntegerField(), text=CharField(max_length=16))

    @property
    def models(self) -> list[Any]:
        return [self.app, self.token, self.backup]

    def has_app(self, user: object, seed: bytes = SEED, **fields: Any) -> Any:  # noqa: ANN401 - a row
        given = {"name": "app", "confirmed": True, "seed": seed, "data": "{}", "digits": 6, "made_at": NOW}
        return self.app.objects.create(user_id=_key(user), **given | fields)

    def has_token(self, user: object, seed: bytes = SEED, counter: int = 0) -> Any:  # noqa: ANN401 - a row
        return self.token.objects.create(user_id=_key(user), seed=seed, counter=counter)


def _key(user: object) -> object:
    return getattr(user, "pk", user)


class PeerSource(ImportSource):
    """Reads those tables."""

    name = "peer"

    def __init__(self, place: SourcePlace) -> None:
        self._database = place.database

    def users(self, only: KnownUser | None) -> Iterator[FoundUser]:
        peer = Peer()
        demand(self._database, *peer.models)
        found = UserTables(self._database, [peer.app, peer.token])

        def beside(rows: Any) -> Any:  # noqa: ANN401 - rows of any table
            return found.children(peer.backup, "app_id", [row for row in rows if isinstance(row, peer.app)])

        return found.users(only, _read, beside=beside)


def _read(row: Any, backups: Any) -> Iterator[FoundRow]:  # noqa: ANN401 - a row of any table
    if not hasattr(row, "confirmed"):
        yield found_row(row, "hotp", lambda: ImportedSeed(seed=bytes(row.seed), spent=row.counter - 1))
        return

    def read() -> object:
        if not row.confirmed:
            raise NotAdopted("unconfirmed", failed=False)
        spent = as_json(row.data).get("spent", 0)
        return ImportedSeed(seed=bytes(row.seed), digits=int(row.digits), spent=spent)

    yield found_row(row, "totp", read, name=row.name, created_at=row.made_at)
    for each in backups[row.pk]:
        yield found_row(row, "recovery", lambda: int("no number"), part=each.text)


@pytest.fixture(scope="module")
def peer(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Peer]:
    made = Peer()
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            for model in made.models:
                editor.create_model(model)
        connection.close()
    yield made
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            for model in made.models:
                editor.delete_model(model)
        connection.close()


@pytest.fixture
def world(settings: Settings) -> World:
    return World(settings, METHODS=["totp", "hotp", "recovery"])


def users(only: KnownUser | None = None) -> list[FoundUser]:
    return list(PeerSource(SourcePlace()).users(only))


def known(user: User) -> KnownUser:
    return KnownUser(id=UserId(str(user.pk)), name=user.username)


def code(counter: int, *, seed: bytes = SEED) -> str:
    return PlainOneTimePasswords().at(seed, [counter], digits=6, algorithm="sha1")[0]


class TestPeerSource(ImportSourceContract):
    @pytest.fixture
    def source(self, peer: Peer, anna: User, bert: User) -> ImportSource:
        peer.has_app(anna)
        peer.has_token(anna)
        peer.has_token(bert)
        peer.has_app(bert, confirmed=False)
        peer.has_app(bert, data="no JSON")
        return PeerSource(SourcePlace())

    @pytest.fixture
    def one(self, anna: User) -> KnownUser:
        return known(anna)

    @pytest.fixture
    def secrets(self) -> Collection[str]:
        return [SEED.decode(), SEED.hex(), b32encode(SEED).decode()]


class TestTables:
    @pytest.fixture(autouse=True)
    def small_batches(self, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
        monkeypatch.setattr(tables, "BATCH", 2)

    def test_users_come_by_the_tables_and_by_their_keys(self, peer: Peer) -> None:
        for user in (5, 3, 9, 7, 3):
            peer.has_app(user)
        for user in (1, 3, 8, 2, 4):
            peer.has_token(user)

        assert [each.user for each in users()] == [*("3", "5", "7", "9"), *("1", "2", "4", "8")]
        [found] = users(KnownUser(id=UserId("3")))
        assert [each.row.partition(":")[0] for each in found.rows] == ["peer_app", "peer_app", "peer_token"]

    def test_what_is_beside_them_is_read_by_the_batch(self, peer: Peer) -> None:
        for user in range(1, 6):
            row = peer.has_app(user)
            peer.backup.objects.create(app_id=row.pk, text=f"backup{user}")

        with CaptureQueriesContext(connection) as asked:
            found = users()

        batches = 3  # of two users
        read = [each["sql"] for each in asked if re.search(r"FROM .?peer_\w+. WHERE|DISTINCT", each["sql"])]
        assert len(read) <= batches * 4 + 2

        assert [row.row.partition(":")[2].partition(":")[2] for each in found for row in each.rows] == [
            text for user in range(1, 6) for text in ("", f"backup{user}")
        ]
        assert {row.found for each in found for row in each.rows if row.method == "recovery"} == {
            Failed(reason="unreadable")
        }

    def test_a_row_says_what_it_is(self, peer: Peer) -> None:
        row = peer.has_app(1, name="Anna's", data='{"spent": 7}')

        [found] = users()

        assert found.rows == (
            FoundRow(
                row=f"peer_app:{row.pk}",
                method="totp",
                found=ImportedSeed(seed=SEED, spent=7),
                name="Anna's",
                created_at=NOW,
            ),
        )

    def test_what_does_not_come_says_why(self, peer: Peer) -> None:
        peer.has_app(1, confirmed=False)
        peer.has_app(1, data="{")

        [found] = users()

        assert [each.found for each in found.rows] == [LeftOut(reason="unconfirmed"), Failed(reason="unreadable")]

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="other databases hold no such times")
    @pytest.mark.parametrize("time", ["infinity", "0044-03-15 BC"])
    def test_a_time_that_python_does_not_have_fails_its_row_alone(self, peer: Peer, time: str) -> None:
        bad = peer.has_app(1)
        peer.has_app(1)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE peer_app SET made_at = %s WHERE id = %s", [time, bad.pk])

        [found] = users()

        assert [each.found for each in found.rows] == [
            Failed(reason="unreadable"),
            ImportedSeed(seed=SEED, spent=0),
        ]

    @pytest.mark.skipif(connection.vendor != "sqlite", reason="other databases hold no garbage in a typed column")
    def test_a_value_that_its_column_cannot_hold_fails_its_row_alone(self, peer: Peer) -> None:
        good, bad = peer.has_app(1), peer.has_app(1)
        peer.has_app(2)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE peer_app SET made_at = '2026-31-31 12:00:00' WHERE id = %s", [bad.pk])

        found = users()

        assert [each.found for each in found[0].rows] == [
            ImportedSeed(seed=SEED, spent=0),
            Failed(reason="unreadable"),
        ]
        assert [each.row for each in found[0].rows] == [f"peer_app:{good.pk}", f"peer_app:{bad.pk}"]
        assert found[1].user == "2"

    def test_a_key_is_read_in_the_form_of_the_database(self, monkeypatch: pytest.MonkeyPatch, uuids: Any) -> None:  # noqa: ANN401 - a model
        keys = sorted(uuid.UUID(int=number * 7919) for number in range(1, 6))
        for key in keys:
            uuids.objects.create(user_id=key)

        found = list(UserTables("default", [uuids]).users(None, lambda row, _: [found_row(row, "totp", object)]))
        [one] = UserTables("default", [uuids]).users(
            KnownUser(id=UserId(str(keys[2]))), lambda row, _: [found_row(row, "totp", object)]
        )

        assert sorted(each.user for each in found) == [str(key) for key in keys]
        assert one.user == str(keys[2])

    def test_a_table_that_is_missing_is_named(self, peer: Peer) -> None:
        nothing = table("peer_nothing")

        assert existing("default", peer.app, nothing) == [peer.app]
        demand("default", peer.app)
        with pytest.raises(SourceUnreadable, match=r"The database 'default' has no table 'peer_nothing'"):
            demand("default", peer.app, nothing)

    def test_a_database_that_is_missing_is_named(self) -> None:
        with pytest.raises(SourceUnreadable, match=r"DATABASES has no 'elsewhere'\."):
            existing("elsewhere")

    def test_a_column_that_is_missing_is_said_in_a_sentence(self, peer: Peer) -> None:
        other = table("peer_app", user_id=user_key(), colour=TextField())
        peer.has_app(1)

        with pytest.raises(SourceUnreadable, match=r"cannot be read: (Operational|Programming)Error"):
            list(UserTables("default", [other]).users(None, lambda _row, _beside: []))
        connection.set_rollback(False)


@pytest.fixture
def uuids(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
) -> Iterator[type[Model]]:
    user = SimpleNamespace(_meta=SimpleNamespace(pk=UUIDField(primary_key=True, default=uuid.uuid4)))
    monkeypatch.setattr(tables, "get_user_model", lambda: user)
    model = table("peer_uuids", user_id=user_key())
    with connection.schema_editor() as editor:
        editor.create_model(model)
    yield model
    with connection.schema_editor() as editor:
        editor.delete_model(model)


@pytest.mark.parametrize(
    ("given", "read"), [('{"a": 1}', {"a": 1}), (b"[]", []), ({"a": 1}, {"a": 1}), (None, None), ("null", None)]
)
def test_json_is_read_as_text_or_as_it_is(given: object, read: object) -> None:
    assert as_json(given) == read


@pytest.mark.parametrize("given", ["{", b"\xff", "[" * 100_000])
def test_what_is_no_json_is_not_readable(given: object) -> None:
    with pytest.raises(NotAdopted):
        as_json(given)


def test_settings_of_the_other_package_are_read_under_their_own_names(settings: Settings) -> None:
    settings.PEER = {"KEY": 1}
    settings.PEER_DIGITS = 8

    assert (setting("PEER_DIGITS", 6), setting("PEER_PERIOD", 30)) == (8, 30)
    assert (member("PEER", "KEY"), member("PEER", "OTHER", 2), member("NOTHING", "KEY", 3)) == (1, 2, 3)
    settings.PEER = "no dict"
    assert member("PEER", "KEY", 4) == 4


def test_a_setting_that_names_nothing_is_named_itself() -> None:
    assert loaded("PEER_CLASS", "json.loads") is json.loads
    for path in ("nowhere.Nothing", "json.nothing", "nothing"):
        with pytest.raises(NotAdopted, match="setting:PEER_CLASS"):
            loaded("PEER_CLASS", path)
    assert missing("PEER_CLASS").failed


class TestDjangoUserFinder(UserFinderContract):
    @pytest.fixture
    def finder(self, db: None) -> DjangoUserFinder:
        return DjangoUserFinder()

    @pytest.fixture
    def known(self, anna: User) -> KnownUser:
        anna.is_active = False
        anna.save()
        return known(anna)

    def test_many_are_found_in_one_statement(
        self, finder: DjangoUserFinder, anna: User, bert: User, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        with django_assert_num_queries(1):
            assert len(finder.by_keys([str(anna.pk), str(bert.pk)])) == 2
        with django_assert_num_queries(1):
            assert len(finder.by_names(["anna", "bert"])) == 2


class TestDjangoForeignHashes(ForeignHashesContract):
    @pytest.fixture
    def hashes(self, settings: Settings) -> DjangoForeignHashes:
        settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
        return DjangoForeignHashes()

    @pytest.fixture
    def made(self) -> str:
        return make_password("Ab-1")

    def test_any_hasher_of_the_settings_knows_its_own(self, hashes: DjangoForeignHashes) -> None:
        made = "pbkdf2_sha256$1$salt$Yt1oNSXuNAJhcWRCbAV53ELQyOj/TK9OgmYOuXsSdCg="

        assert hashes.known(made)
        assert not hashes.matches("Ab-1", made)

    @pytest.mark.parametrize("broken", ["pbkdf2_sha256$1$salt", "pbkdf2_sha256$many$salt$0123", "md5$0123"])
    def test_a_broken_hash_is_said_to_be_and_fits_nothing(self, hashes: DjangoForeignHashes, broken: str) -> None:
        with pytest.raises(ValueError, match="broken"):
            hashes.known(broken)
        assert not hashes.matches("Ab-1", broken)

    def test_what_nobody_can_compute_fits_nothing(self, hashes: DjangoForeignHashes) -> None:
        beyond = f"pbkdf2_sha256${10**20}$salt$Yt1oNSXuNAJhcWRCbAV53ELQyOj/TK9OgmYOuXsSdCg="

        assert hashes.known(beyond)
        assert not hashes.matches("Ab-1", beyond)


@pytest.fixture
def csv(tmp_path: Path) -> Callable[..., str]:
    def written(*lines: str) -> str:
        file = tmp_path / "devices.csv"
        file.write_text("\n".join(["user,method,secret,digits,period,algorithm,counter,name", *lines]))
        return str(file)

    return written


MFA: dict[str, object] = {"METHODS": ["totp", "hotp", "recovery"]}
SECRET = b32encode(SEED).decode()
REPORT = {"source", "dry_run", "totals", "users", "orphans"}


@pytest.mark.usefixtures("db", "world")
class TestCommand:
    def imported(self, *arguments: str) -> Ran:
        return run("mfa_import", *arguments, "--by", "root", "--reason", "we move")

    def test_the_report_has_each_row_once(self, peer: Peer, anna: User, bert: User) -> None:
        app, token = peer.has_app(anna, name="Pixel\n9"), peer.has_token(bert, counter=4)
        bad, gone = peer.has_app(bert, seed=b""), peer.has_token(987654)
        weak = peer.has_app(bert, seed=b"weak")

        ran = self.imported(SOURCE, "--json")

        assert ran.status == 1
        assert ran.err.splitlines()[-1] == "1 row failed; the report says why."
        assert ran.json == {
            "source": SOURCE,
            "dry_run": False,
            "totals": {"users": 2, "imported": 3, "present": 0, "left_out": 1, "failed": 1},
            "users": [
                {"user": "anna", "devices": [_device(app, "totp", "imported", None, 0, "Pixel9")]},
                {
                    "user": "bert",
                    "devices": [
                        _device(bad, "totp", "failed", "seed", None, "app"),
                        _device(weak, "totp", "imported", "weak_seed", 0, "app"),
                        _device(token, "hotp", "imported", None, 1, ""),
                    ],
                },
            ],
            "orphans": [{"row": f"peer_token:{gone.pk}", "outcome": "left_out", "reason": "no_user"}],
        }

    def test_what_came_verifies_and_what_was_spent_does_not(self, peer: Peer, anna: User, world: World) -> None:
        step = int(world.clock.now().timestamp()) // 30
        peer.has_app(anna, data=json.dumps({"spent": step}))

        assert self.imported(SOURCE).status == 0

        token = token_of(UserId(str(anna.pk)))
        assert isinstance(world.verify(token, 0, code(step)), NotVerified)
        assert isinstance(world.verify(token, 0, code(step + 1)), Verified)

    def test_a_second_run_changes_nothing(self, peer: Peer, anna: User) -> None:
        peer.has_app(anna)
        peer.has_token(anna)
        self.imported(SOURCE)
        before = _stored()

        again = self.imported(SOURCE, "--json").json

        assert again["totals"] == {"users": 1, "imported": 0, "present": 2, "left_out": 0, "failed": 0}
        assert [each["index"] for each in again["users"][0]["devices"]] == [0, 1]
        assert _stored() == before

    def test_a_dry_run_tells_and_does_nothing(self, peer: Peer, anna: User) -> None:
        peer.has_app(anna)
        before = _stored()

        dry = self.imported(SOURCE, "--dry-run", "--json").json

        assert dry["dry_run"]
        assert _stored() == before
        assert dry == {**self.imported(SOURCE, "--json").json, "dry_run": True}

    def test_one_user_may_be_asked_for(self, peer: Peer, anna: User, bert: User) -> None:
        peer.has_app(anna)
        peer.has_app(bert)

        ran = self.imported(SOURCE, "--json", "--user", "bert")

        assert [each["user"] for each in ran.json["users"]] == ["bert"]
        assert not AccountRecord.objects.filter(user=anna).exists()
        assert self.imported(SOURCE, "--user", "nobody").status == 1

    def test_where_there_is_nothing_the_report_is_empty(self, peer: Peer) -> None:
        ran = self.imported(SOURCE, "--json")

        assert ran.status == 0
        assert ran.json["users"] == ran.json["orphans"] == []
        assert ran.json.keys() == REPORT

    def test_lines_are_for_people(self, peer: Peer, anna: User) -> None:
        app = peer.has_app(anna, name="Pixel\x1b[31m")
        peer.has_app(anna, seed=b"", name="")
        peer.has_token(987654)

        ran = self.imported(SOURCE)

        assert ran.out.splitlines() == [
            "anna",
            f"  imported  totp  peer_app:{app.pk}  Pixel[31m  index 0",
            f"  failed  totp  peer_app:{app.pk + 1}  (seed)",
            "nobody who is here",
            *[line for line in ran.out.splitlines() if "no_user" in line],
            "imported: 1, present: 0, left out: 1, failed: 1",
        ]
        assert (
            self.imported(SOURCE, "--dry-run")
            .out.splitlines()[-1]
            .startswith("nothing was done; a run would tell imported: 0, present: ")
        )

    def test_progress_goes_to_the_standard_error(
        self, peer: Peer, anna: User, bert: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mfa.adapters.django.management.commands.mfa_import.PROGRESS", 2)
        for user in (anna, bert, 987654):
            peer.has_app(user)

        assert self.imported(SOURCE, "--json").err.splitlines() == ["users so far: 2", "users: 2"]

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["nothing"], "No source is called 'nothing': name one of allauth, csv, "),
            (["nowhere.Nothing"], "The source 'nowhere.Nothing' cannot be imported: ModuleNotFoundError."),
            ([f"{__name__}.Nothing"], "cannot be imported: AttributeError."),
            (["csv"], "This source reads a file: mfa_import csv FILE."),
            (["csv", "/nowhere/at.all"], "/nowhere/at.all cannot be read: No such file or directory."),
            ([SOURCE, "--database", "elsewhere"], "DATABASES has no 'elsewhere'."),
            (["../etc"], "The source '../etc' cannot be imported: TypeError."),
            (["os.path.join"], "The source 'os.path.join' is no class of sources: name one that has 'users'."),
            (["django_otp", "anna"], "django_otp reads no file. Of one user alone: --user USER."),
        ],
    )
    def test_what_cannot_be_read_is_said_in_a_sentence(self, arguments: list[str], sentence: str) -> None:
        ran = self.imported(*arguments, "--json")

        assert (ran.status, ran.out) == (1, "")
        assert sentence in ran.err

    def test_who_runs_it_is_read_before_anything_is_told(self, peer: Peer) -> None:
        ran = run("mfa_import", SOURCE, "--by", "")

        assert (ran.status, ran.out) == (1, "")
        assert ran.err.startswith("--by cannot be used: write a name of up to 150 characters")
        assert "run it again" not in ran.err

    def test_tables_that_are_missing_are_named(self, monkeypatch: pytest.MonkeyPatch, peer: Peer) -> None:
        monkeypatch.setattr(peer.app._meta, "db_table", "peer_nothing")
        monkeypatch.setattr(f"{__name__}.Peer", lambda: peer)

        assert "has no table 'peer_nothing', so there is nothing to import" in self.imported(SOURCE).err

    def test_settings_that_are_missing_are_named_once(
        self, peer: Peer, anna: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_: object) -> None:
            raise missing("PEER_KEY")

        peer.has_app(anna)
        peer.has_app(anna)
        monkeypatch.setattr(f"{__name__}.as_json", fail)

        ran = self.imported(SOURCE, "--json")

        assert ran.err.splitlines()[-1] == "2 rows failed; the report says why. Look at PEER_KEY of the settings."
        assert {each["reason"] for each in ran.json["users"][0]["devices"]} == {"setting:PEER_KEY"}

    def test_a_database_that_fails_ends_it_with_a_whole_document(
        self, peer: Peer, anna: User, bert: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        peer.has_app(anna)
        peer.has_app(bert)
        save = DjangoAccountRepository.save

        def fails(self: Any, before: Any, *arguments: Any, **more: Any) -> Any:  # noqa: ANN401 - as the port has it
            if before.user_id == str(bert.pk):
                raise OperationalError("a row")
            return save(self, before, *arguments, **more)

        monkeypatch.setattr(DjangoAccountRepository, "save", fails)

        ran = self.imported(SOURCE, "--json")

        assert ran.status == 1
        assert "What was told is done; run it again for the rest." in ran.err
        assert [each["user"] for each in ran.json["users"]] == ["anna"]
        assert ran.json.keys() == REPORT

    def test_a_source_that_fails_meanwhile_ends_it_with_a_whole_document(
        self, peer: Peer, anna: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        peer.has_app(anna)
        whole = PeerSource.users

        def fails(self: PeerSource, only: KnownUser | None) -> Iterator[FoundUser]:
            yield from whole(self, only)
            raise SourceUnreadable("It is gone.")

        monkeypatch.setattr("mfa.application.operations.moving.BATCH", 1)
        monkeypatch.setattr(PeerSource, "users", fails)

        ran = self.imported(SOURCE, "--json")

        assert ran.status == 1
        assert "It is gone. What was told is done; run it again for the rest." in ran.err
        assert [each["user"] for each in ran.json["users"]] == ["anna"]
        assert ran.json.keys() == REPORT

    def test_a_terminal_without_the_letters_of_a_name_ends_nothing(self, peer: Peer, anna: User) -> None:
        peer.has_app(anna, name="\u65e5\u672c")
        terminal = TextIOWrapper(BytesIO(), encoding="ascii", write_through=True)

        call_command("mfa_import", SOURCE, stdout=terminal, stderr=StringIO())

        assert b"\\u65e5\\u672c  index 0" in terminal.buffer.getvalue()

    def test_it_is_in_the_trail_and_mailed_once(self, peer: Peer, anna: User, settings: Settings) -> None:
        peer.has_app(anna)
        peer.has_token(anna)

        self.imported(SOURCE)

        assert [*AuditRecord.objects.values_list("event", "user_id", "device_index", "actor", "why")] == [
            ("device.activated", str(anna.pk), index, "root", "we move") for index in (0, 1)
        ]
        assert [message.to for message in mail.outbox] == [[anna.email]]
        run("mfa_import", SOURCE)
        assert len(mail.outbox) == 1

    def test_or_not_mailed_and_why_is_what_was_run(self, peer: Peer, anna: User) -> None:
        peer.has_app(anna)

        run("mfa_import", SOURCE, "--quiet", "--by", "root")

        assert mail.outbox == []
        assert AuditRecord.objects.get().why == f"mfa_import {SOURCE}"

    def test_a_file_names_users_by_name_or_key(self, csv: Callable[..., str], anna: User, bert: User) -> None:
        file = csv(f"anna,totp,{SECRET}", f"{bert.pk},hotp,{SECRET},,,,3,token", f"nobody,totp,{SECRET}")

        ran = self.imported("csv", file, "--json")

        assert ran.status == 0
        assert [(each["user"], each["devices"][0]["row"]) for each in ran.json["users"]] == [
            ("anna", "csv:2"),
            ("bert", "csv:3"),
        ]
        assert ran.json["orphans"] == [{"row": "csv:4", "outcome": "left_out", "reason": "no_user"}]

    def test_each_short_name_is_a_source(self) -> None:
        assert {*IMPORT_SOURCES} == {
            *("allauth", "csv", "dj_rest_auth", "django_mfa", "django_otp", "otp_webauthn", "rest_multi_factor"),
            "trench",
        }


def _device(row: Any, *said: object) -> dict[str, object]:  # noqa: ANN401 - a row of any table
    names = ("method", "outcome", "reason", "index", "name")
    return {"row": f"{row._meta.db_table}:{row.pk}", **dict(zip(names, said, strict=True))}


def _stored() -> list[object]:
    return [
        *AccountRecord.objects.order_by("pk").values_list("pk", "version", "moved"),
        *DeviceRecord.objects.order_by("pk").values_list("pk", "state", "failures", "name"),
        AuditRecord.objects.count(),
        len(mail.outbox),
    ]


@pytest.mark.django_db(transaction=True)
class TestKilled:
    """An import that is killed has done some users, each as a whole, and the next run does the rest."""

    @pytest.fixture
    def process(self, transactional_db: None) -> Iterator[Killing]:
        connection.close()
        with killing(str(connection.settings_dict["NAME"])) as process:
            yield process

    def test_it_ends_the_same(self, process: Killing, csv: Callable[..., str], settings: Settings) -> None:
        settings.MFA = MFA
        lines = [
            line
            for name in ("anna", "bert", "cleo")
            for line in (f"{name},totp,{SECRET}", f"{name},hotp,{SECRET},,,,5", f"{name},recovery,code-of-{name}")
        ]
        file = csv(*lines)
        _users()
        assert process.run("mfa_import", "csv", file, "--quiet", mfa=MFA) == 0
        whole = _outcome()

        for fault in ("3 before kill", "9 after kill", "17 after kill"):
            _users()
            assert process.run("mfa_import", "csv", file, "--quiet", mfa=MFA, fault=fault) == KILLED
            part = _outcome()
            assert process.run("mfa_import", "csv", file, "--quiet", mfa=MFA) == 0
            assert _outcome() == whole
            assert [each for each in part if each not in whole] == [], "each user is done as a whole, or not at all"


def _users() -> None:
    AuditRecord.objects.all().delete()
    AccountRecord.objects.all().delete()
    get_user_model().objects.all().delete()
    for name in ("anna", "bert", "cleo"):
        get_user_model().objects.create_user(name)


def _outcome() -> list[object]:
    accounts = AccountRecord.objects.order_by("user__username")
    return [
        (
            each.user.username,
            each.version,
            each.next_index,
            bool(each.moved),
            [*DeviceRecord.objects.filter(account=each).order_by("index").values_list("index", "method")],
            [*AuditRecord.objects.filter(user_id=str(each.pk)).order_by("id").values_list("event", "device_index")],
        )
        for each in accounts
    ]
