"""The commands of operators: whom they are about, who stands for them, and what they answer."""

import getpass
import io
import json
import os
import subprocess
import sys
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User, UserManager
from django.core.management import CommandError, call_command
from django.db.models import QuerySet
from pytest_django import Settings

from mfa.adapters import accessor
from mfa.adapters.django import commands
from mfa.adapters.django.management.commands import mfa_lockdown, mfa_report
from mfa.adapters.django.models import AccountRecord, AuditRecord, ChallengeRecord, DeviceRecord
from mfa.application.devices import Rename
from mfa.application.operations import Operator
from mfa.application.verification import NotVerified, Verified
from mfa.domain.errors import Throttled, Unavailable
from mfa.domain.events import EVENT_NAMES
from mfa.domain.identifiers import Token, TokenId, UserId
from tests.integration.django.commanding import Ran, run
from tests.integration.django.world import World, token_of

pytestmark = pytest.mark.django_db

ESCAPE = "\x1b[31m"
ABOUT_ONE = ["mfa_status", "mfa_unlock", "mfa_reset", "mfa_pass", "mfa_lockdown"]
ACTING = [*ABOUT_ONE[1:], "mfa_purge", "mfa_rotate_keys"]
TRUSTING = {"TRUST_LIFETIME": "30d"}


@pytest.fixture
def world(settings: Settings) -> World:
    return World(settings, METHODS=["totp", "email", "recovery"], **TRUSTING)


def rows() -> list[object]:
    return [list(model._default_manager.values()) for model in (AccountRecord, DeviceRecord, ChallengeRecord)]


def trail(event: str) -> list[Any]:
    return list(AuditRecord.objects.filter(event=event).order_by("pk").values())


def fail(world: World, token: Token, index: int, times: int) -> None:
    for _ in range(times):
        assert isinstance(world.verify(token, index, "no code"), NotVerified)


def remember(token: Token) -> None:
    """Have a browser remembered, as far as the rows go."""
    account = AccountRecord.objects.get(pk=int(token.user_id))
    account.trusts = [
        {
            "digest": "ab" * 32,
            "index": 0,
            "login": commands_login(token),
            "created_at": "2026-01-31T12:00:00+00:00",
            "expires_at": "2026-02-28T12:00:00+00:00",
            "last_used_at": None,
            "description": f"Firefox{ESCAPE}",
        }
    ]
    account.save()


def commands_login(token: Token) -> str:
    return accessor.use_cases().list_trusts.transactions.unit_of_work.account(token.user_id).login


class TestWhom:
    @pytest.mark.parametrize("command", ABOUT_ONE)
    def test_the_user_is_named_by_the_natural_key_or_the_primary_key(
        self, world: World, phone: Token, command: str
    ) -> None:
        world.enrolled(phone)
        more = ["--noinput"] if command == "mfa_reset" else []

        assert run(command, "anna", *more).status == 0
        assert run(command, "--id", phone.user_id, *more).status == 0

    @pytest.mark.parametrize("command", ABOUT_ONE)
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ([], "Name the user"),
            (["anna", "--id", "1"], "not by both"),
            (["nobody"], "There is no user 'nobody'"),
            ([f"nobody{ESCAPE}"], "There is no user 'nobody[31m'"),
            (["no\0body"], "There is no user 'nobody'"),
            (["--id", "987654321"], "There is no user"),
            (["--id", "no key"], "There is no user"),
            (["--id", "9" * 40], "There is no user"),
        ],
    )
    def test_without_one_user_nothing_is_done(
        self, world: World, phone: Token, command: str, arguments: list[str], said: str
    ) -> None:
        world.enrolled(phone)
        before = rows()

        ran = run(command, *arguments)

        assert ran.status in {1, 2}
        assert said in ran.err
        assert not ran.out
        assert rows() == before
        assert not AuditRecord.objects.filter(event__startswith="operator").exists()

    def test_a_script_may_give_a_key_as_it_is(self, world: World, phone: Token) -> None:
        call_command("mfa_unlock", id=int(phone.user_id))
        with pytest.raises(CommandError, match="There is no user '987654321'"):
            call_command("mfa_unlock", id=987654321)

    def test_of_several_by_one_name_none_is_taken(self, bert: User, monkeypatch: pytest.MonkeyPatch) -> None:
        """As with a project's manager that reads names in any case."""
        get_user_model().objects.create_user("Bert")
        monkeypatch.setattr(UserManager, "get_by_natural_key", lambda users, name: users.get(username__iexact=name))

        ran = run("mfa_unlock", "bert")

        assert (ran.status, ran.err) == (1, "There are several users 'bert'; name one by --id.\n")

    def test_whom_a_manager_hides_is_found(
        self, world: World, phone: Token, bert: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As with one that hides who was dismissed, whose tokens an operator ends all the same."""
        monkeypatch.setattr(UserManager, "get_queryset", lambda _: QuerySet(User).exclude(username="anna"))
        assert [each.username for each in User.objects.all()] == ["bert"]

        for named in (["anna"], ["--id", phone.user_id]):
            ran = run("mfa_lockdown", *named, "--json")

            assert [each["user"] for each in ran.json["users"]] == ["anna"]

    @pytest.mark.parametrize("command", ["mfa_unlock", "mfa_lockdown"])
    def test_a_list_is_read_from_the_standard_input(self, world: World, phone: Token, bert: User, command: str) -> None:
        ran = run(command, "-", "--json", stdin="anna\n\n bert \nanna\n")

        assert ran.status == 0
        assert [each["user"] for each in ran.json["users"]] == ["anna", "bert"]
        assert AuditRecord.objects.filter(event__startswith="operator").count() == 2

    def test_so_is_a_list_of_primary_keys(self, world: World, phone: Token, bert: User) -> None:
        ran = run("mfa_lockdown", "--id", "-", "--json", stdin=f"{phone.user_id}\n{bert.pk}\n")

        assert [each["user"] for each in ran.json["users"]] == ["anna", "bert"]
        assert run("mfa_lockdown", "-", "--id", "-", stdin="anna\n").status == 1

    def test_an_empty_list_is_nobody(self, world: World) -> None:
        nobody = run("mfa_lockdown", "-", "--json", stdin="\n")
        assert (nobody.json, nobody.err.strip()) == ({"users": []}, "Nobody stands on the standard input.")

    def test_so_is_a_standard_input_that_is_closed(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", None)
        out, err = io.StringIO(), io.StringIO()

        call_command("mfa_lockdown", "-", json=True, stdout=out, stderr=err)

        assert (json.loads(out.getvalue()), err.getvalue()) == (
            {"users": []},
            "Nobody stands on the standard input.\n",
        )

    def test_a_list_may_begin_with_the_mark_of_its_encoding(self, world: World, phone: Token) -> None:
        assert run("mfa_unlock", "-", "--json", stdin="\ufeffanna\r\n").json["users"][0]["user"] == "anna"

    def test_a_list_that_is_no_text_is_not_begun(self, world: World, phone: Token) -> None:
        typed = io.TextIOWrapper(io.BytesIO(b"anna\n\xff\n"), encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdin", typed)
            with pytest.raises(CommandError, match="standard input"):
                call_command("mfa_lockdown", "-")

        assert not AuditRecord.objects.exists()

    def test_a_list_with_a_slip_is_not_begun(self, world: World, phone: Token) -> None:
        assert run("mfa_lockdown", "-", stdin="anna\nano\n").status == 1
        assert not AuditRecord.objects.exists()

    def test_a_list_is_gone_on_with_where_one_is_refused(
        self, world: World, phone: Token, bert: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unlock = accessor.use_cases().operations.unlock

        def crowded(_: object, user_id: UserId, operator: Operator) -> None:
            if user_id == phone.user_id:
                raise Throttled(timedelta(seconds=1))
            unlock(user_id, operator)

        monkeypatch.setattr(f"{commands.__name__}.accessor.use_cases", accessor.use_cases)
        monkeypatch.setattr("mfa.adapters.django.management.commands.mfa_unlock.Command.act", _acting(crowded))

        ran = run("mfa_unlock", "-", "--json", stdin="anna\nbert\n")

        assert ran.status == 1
        assert [each["user"] for each in ran.json["users"]] == ["bert"]
        assert "anna: Too many change this account at once" in ran.err
        assert "1 of 2 users" in ran.err


def _acting(act: Any) -> Any:  # noqa: ANN401 - a method
    def acting(self: object, use_cases: object, user_id: UserId, operator: Operator) -> dict[str, object]:
        act(use_cases, user_id, operator)
        return {}

    return acting


class TestWhoActs:
    @pytest.mark.parametrize("command", ACTING)
    def test_who_and_why_stand_in_the_audit_trail(self, world: World, phone: Token, command: str) -> None:
        about = ["anna"] if command in ABOUT_ONE else []
        more = ["--noinput"] if command == "mfa_reset" else []

        assert run(command, *about, *more, "--by", "jane", "--reason", f"ticket 7{ESCAPE}").status == 0

        [row] = AuditRecord.objects.exclude(event__startswith="device")
        assert (row.actor, row.why, row.address) == ("jane", "ticket 7[31m", None)
        assert row.event in EVENT_NAMES

    def test_by_default_it_is_the_account_of_the_operating_system(self, world: World, phone: Token) -> None:
        run("mfa_unlock", "anna")

        assert trail("operator.unlock")[0]["actor"] == getpass.getuser()

    @pytest.mark.parametrize("error", [KeyError("uid"), OSError("no such user"), ImportError("no pwd")])
    def test_an_account_without_a_name_is_called_by_its_number(
        self, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        def getuser() -> str:
            raise error

        monkeypatch.setattr("getpass.getuser", getuser)

        assert commands.system_account() == f"uid {os.getuid()}"

    @pytest.mark.parametrize("name", ["user", "System", "", "x" * 151, "\x1b"])
    def test_so_is_one_whose_name_cannot_stand_in_the_audit_trail(
        self, world: World, phone: Token, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        """As the account of many a container is called user."""
        monkeypatch.setattr("getpass.getuser", lambda: name)

        assert run("mfa_unlock", "anna").status == 0
        assert trail("operator.unlock")[0]["actor"] == f"uid {os.getuid()}"

    @pytest.mark.parametrize("name", ["user", "system", "", " ", "x" * 151, "\n"])
    def test_nobody_passes_for_the_user_or_the_system(self, world: World, phone: Token, name: str) -> None:
        ran = run("mfa_unlock", "anna", "--by", name)

        told = "--by cannot be used: write a name of up to 150 characters, which is not 'user' or 'system'.\n"
        assert (ran.status, ran.err) == (1, told)
        assert not AuditRecord.objects.exists()

    def test_a_reason_has_an_end(self, world: World, phone: Token) -> None:
        ran = run("mfa_unlock", "anna", "--reason", "x" * 501)

        assert ran.err == "--reason cannot be used: write up to 500 characters.\n"


class TestReader:
    def test_an_answer_that_nobody_reads_to_its_end_is_no_crash(
        self, world: World, phone: Token, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As with ``| head``; Python would complain once more when it flushes the rest at its end."""
        read, write = os.pipe()
        os.close(read)
        with open(write, "w", buffering=1, encoding="utf-8") as unread:  # noqa: PTH123 - a pipe
            monkeypatch.setattr("sys.stdout", unread)

            with pytest.raises(CommandError, match=r"^Nobody reads the answer to its end\.$"):
                call_command("mfa_report", missing=True)

            unread.write("a line more\n")


class TestStatus:
    def test_devices_have_the_names_of_the_api(self, world: World, phone: Token) -> None:
        app = world.enrolled(phone)
        accessor.use_cases().rename_device(Rename(token=phone, index=app.index, name="Pixel 9"))
        mail = world.register(phone, "email").device.index
        world.register(phone, "recovery")

        shown = run("mfa_status", "anna", "--json").json

        assert (shown["user"], shown["id"]) == ("anna", phone.user_id)
        totp, email, recovery = shown["devices"]
        assert totp == {
            "index": app.index,
            "method": "totp",
            "verbose_name": "Authenticator app",
            "name": "Pixel 9",
            "dispatchable": False,
            "active": True,
            "confirmed": False,
            "disabled": False,
            "destination": None,
            "remaining": None,
            "created_at": "2026-01-31T12:00:00Z",
            "last_used_at": "2026-01-31T12:00:00Z",
        }
        assert (email["index"], email["active"], email["destination"]) == (mail, False, "a***@example.com")
        assert recovery["remaining"] == 10
        assert (shown["locked"], shown["waits_until"], shown["disabled"]) == (False, None, [])
        assert (shown["locked_down"], shown["pass"], shown["trusts"]) == (False, None, [])
        assert [row["event"] for row in shown["events"]][-1] == "device.registered"

    def test_it_says_the_same_in_lines(self, world: World, phone: Token) -> None:
        app = world.enrolled(phone)
        accessor.use_cases().rename_device(Rename(token=phone, index=app.index, name="Pixel 9"))
        world.register(phone, "recovery")
        world.register(phone, "email")

        out = run("mfa_status", "anna").out

        assert "0  totp  Pixel 9  last used 2026-01-31T12:00:00Z" in out
        assert "1  recovery  10 left  never used" in out
        assert "2  email  a***@example.com  pending  never used" in out

    def test_a_key_that_is_missing_keeps_nothing_back(self, world: World, phone: Token, settings: Settings) -> None:
        app = world.enrolled(phone)
        world.register(phone, "recovery")
        assert run("mfa_status", "anna", "--json").json["unreadable"] == []
        settings.MFA = {**settings.MFA, "ENCRYPTION_KEYS": [urlsafe_b64encode(b"k" * 32).decode()]}
        settings.SECRET_KEY = "another key for tests"

        shown, ran = run("mfa_status", "anna", "--json").json, run("mfa_status", "anna")

        assert [each["index"] for each in shown["devices"]] == shown["unreadable"] == [app.index, 1]
        assert "1  recovery  never used  its seal does not open" in ran.out
        assert "  0  totp" in run("mfa_reset", "anna", stdin="no").err

    def test_what_waits_is_disabled_remembered_or_locked_down_is_told(self, settings: Settings, phone: Token) -> None:
        world = World(settings, MAX_FAILURES=5, **TRUSTING)
        app = world.enrolled(phone)
        fail(world, phone, app.index, 5)
        remember(phone)

        shown, out = run("mfa_status", "anna", "--json").json, run("mfa_status", "anna").out

        assert (shown["locked"], shown["failures"], shown["disabled"]) == (True, 5, [app.index])
        assert shown["waits_until"] == "2026-01-31T12:01:00Z"
        assert shown["devices"][0]["disabled"]
        assert [each["description"] for each in shown["trusts"]] == [f"Firefox{ESCAPE}"]
        assert "disabled" in out
        assert "wait until 2026-01-31T12:01:00Z, after 5 failures" in out
        assert "remembered browsers: 1\n  abababababababab  Firefox[31m" in out
        run("mfa_lockdown", "anna")
        assert run("mfa_status", "anna", "--json").json["locked_down"]
        assert "locked down, until the owner verifies" in run("mfa_status", "anna").out

    def test_a_pass_is_told_while_it_lives_but_not_what_it_is(self, world: World, phone: Token) -> None:
        world.enrolled(phone)
        issued = run("mfa_pass", "anna", "--uses", "2").out.strip()

        shown, out = run("mfa_status", "anna", "--json").json, run("mfa_status", "anna").out

        assert shown["pass"] == {"index": 1, "expires_at": "2026-01-31T13:00:30Z", "uses_left": 2}
        assert "temporary pass: index 1, until 2026-01-31T13:00:30Z, uses left: 2" in out
        assert issued not in out
        world.clock.advance(timedelta(hours=1))
        assert run("mfa_status", "anna", "--json").json["pass"] is None

    def test_no_secret_is_shown(self, world: World, phone: Token) -> None:
        registered = world.register(phone, "totp")
        code = world.app(registered).code
        world.verify(phone, registered.device.index, code)
        codes = world.register(phone, "recovery").shown["codes"]
        world.register(phone, "email", address="anna@example.com")
        said = run("mfa_status", "anna").out + run("mfa_status", "anna", "--json").out

        assert isinstance(codes, list)
        for secret in (str(registered.shown["secret"]), code, *codes, str(phone.id), "anna@example.com"):
            assert secret not in said

    def test_a_device_whose_method_is_gone_is_shown_by_its_name(
        self, world: World, settings: Settings, phone: Token
    ) -> None:
        world.enrolled(phone)
        World(settings, METHODS=["email"])

        [device] = run("mfa_status", "anna", "--json").json["devices"]

        assert (device["verbose_name"], device["dispatchable"]) == ("totp", False)

    def test_words_of_users_reach_a_terminal_without_control_characters(self, world: World, phone: Token) -> None:
        world.enrolled(phone)
        DeviceRecord.objects.update(name=f"red{ESCAPE}\n0  webauthn")
        get_user_model().objects.update(username=f"anna{ESCAPE}")

        plain, document = run("mfa_status", "--id", phone.user_id), run("mfa_status", "--id", phone.user_id, "--json")

        assert "red[31m0  webauthn" in plain.out
        for text in (plain.out, plain.err, document.out):
            assert "\x1b" not in text

    def test_nothing_is_changed(self, world: World, phone: Token) -> None:
        world.enrolled(phone)
        before, audited = rows(), AuditRecord.objects.count()

        run("mfa_status", "anna")

        assert (rows(), AuditRecord.objects.count()) == (before, audited)


class TestUnlock:
    def test_nothing_waits_and_nothing_is_disabled(self, settings: Settings, phone: Token) -> None:
        world = World(settings, MAX_FAILURES=5)
        app = world.enrolled(phone)
        fail(world, phone, app.index, 5)

        ran = run("mfa_unlock", "anna")

        assert (ran.out, ran.status) == ("anna is unlocked.\n", 0)
        assert isinstance(world.verify(phone, app.index, app.code), Verified)


class TestReset:
    def test_everything_goes_after_a_confirmation(self, world: World, phone: Token, laptop: Token) -> None:
        app = world.enrolled(phone)
        world.register(phone, "recovery")
        world.verify(laptop, app.index, app.code)
        remember(phone)

        ran = run("mfa_reset", "anna", "--json", stdin="yes\n")

        assert ran.json == {"user": "anna", "id": phone.user_id, "removed": [0, 1]}
        assert "This removes from anna:\n  0  totp" in ran.err
        assert not DeviceRecord.objects.exists()
        assert not ChallengeRecord.objects.exists()
        assert AccountRecord.objects.get().trusts == []
        assert not world.assess(laptop).verified
        assert len(trail("operator.reset")) == 1
        assert {row["actor"] for row in trail("device.removed")} == {getpass.getuser()}

    @pytest.mark.parametrize("answer", ["", "\n", "no\n", "yess\n"])
    def test_without_a_yes_nothing_goes(self, world: World, phone: Token, answer: str) -> None:
        world.enrolled(phone)
        before = rows()

        ran = run("mfa_reset", "anna", stdin=answer)

        assert ran.status == 1
        assert ran.err.endswith("Nothing was removed.\n")
        assert rows() == before
        assert not trail("operator.reset")

    def test_nor_where_nobody_can_answer(self, world: World, phone: Token, monkeypatch: pytest.MonkeyPatch) -> None:
        world.enrolled(phone)
        before = rows()
        monkeypatch.setattr("sys.stdin", None)

        with pytest.raises(CommandError, match="Nothing was removed"):
            call_command("mfa_reset", "anna", stderr=io.StringIO())

        assert rows() == before

    def test_only_those_of_a_method(self, world: World, phone: Token) -> None:
        world.enrolled(phone)
        world.verify(phone, world.register(phone, "email").device.index, world.dispatch(phone, 1))

        assert run("mfa_reset", "anna", "--method", "email", "--noinput", "--json").json["removed"] == [1]
        assert run("mfa_reset", "anna", "--device", "0", stdin="Y").out == (
            "Removed from anna: device 0. No token is verified any more.\n"
        )
        assert "Removed from anna: no device." in run("mfa_reset", "anna", "--noinput").out
        assert not DeviceRecord.objects.exists()

    def test_the_question_names_what_goes_and_nothing_else(self, world: World, phone: Token) -> None:
        world.enrolled(phone)
        world.register(phone, "recovery")

        ran = run("mfa_reset", "anna", "--device", "1", stdin="no")

        assert "  1  recovery" in ran.err
        assert "totp" not in ran.err
        assert "Recovery codes go with the last device that they stand in for." in ran.err

    @pytest.mark.parametrize(
        "wish",
        [
            ["--method", "sms"],
            ["--method", "nonsense"],
            ["--device", "7"],
            ["--device", "-1"],
            ["--device", "x"],
            ["--method", "totp", "--device", "0"],
        ],
    )
    def test_what_is_not_there_is_refused(self, world: World, phone: Token, wish: list[str]) -> None:
        world.enrolled(phone)
        before = rows()

        ran = run("mfa_reset", "anna", *wish, stdin="yes")

        assert ran.status in {1, 2}
        assert ran.err
        assert "This removes" not in ran.err, "nobody is asked for nothing"
        assert rows() == before
        assert not trail("operator.reset")


class TestPass:
    def test_it_is_shown_once_and_verifies(self, world: World, phone: Token, laptop: Token) -> None:
        world.enrolled(phone)

        ran = run("mfa_pass", "anna")

        value = ran.out.strip()
        assert ran.out == f"{value}\n"
        assert "anna verifies it at index 1 until 2026-01-31T13:00:30Z, uses: 1." in ran.err
        assert value not in ran.err
        assert value not in str(list(AuditRecord.objects.values()))
        assert isinstance(world.verify(laptop, 1, value.upper()), Verified)
        assert not isinstance(_verified(world, phone, value), Verified)

    def test_with_json_all_is_in_one_document(self, world: World, phone: Token) -> None:
        shown = run("mfa_pass", "--id", phone.user_id, "--lifetime", "30m", "--uses", "3", "--json").json

        value = shown.pop("pass")
        assert shown == {
            "user": "anna",
            "id": phone.user_id,
            "index": 0,
            "expires_at": "2026-01-31T12:30:00Z",
            "uses": 3,
        }
        assert len(value.replace("-", "")) >= 13

    @pytest.mark.parametrize(
        "wish",
        [
            ["--lifetime", "soon"],
            ["--lifetime", "0s"],
            ["--lifetime", "8d"],
            ["--uses", "0"],
            ["--uses", "101"],
            ["--uses", "x"],
        ],
    )
    def test_what_is_out_of_range_is_refused(self, world: World, phone: Token, wish: list[str]) -> None:
        ran = run("mfa_pass", "anna", *wish)

        assert (ran.status in {1, 2}, ran.out) == (True, "")
        assert not DeviceRecord.objects.exists()


def _verified(world: World, token: Token, value: str) -> object:
    try:
        return world.verify(token, 1, value)
    except Exception as error:  # noqa: BLE001 - whatever refuses it
        return error


class TestLockdown:
    def test_what_is_open_goes_and_devices_stay(self, world: World, phone: Token, laptop: Token) -> None:
        app = world.enrolled(phone)
        world.verify(laptop, app.index, app.code)
        world.register(laptop, "totp")
        run("mfa_pass", "anna")
        remember(phone)

        ran = run("mfa_lockdown", "anna", "--json")

        [told] = ran.json["users"]
        assert (told["user"], told["id"]) == ("anna", phone.user_id)
        assert isinstance(told["tokens"], dict)
        assert [row["index"] for row in DeviceRecord.objects.values()] == [app.index]
        assert not ChallengeRecord.objects.exists()
        assert AccountRecord.objects.get().trusts == []
        assert run("mfa_lockdown", "anna").out.startswith("anna is locked down.")

    def test_unlocking_ends_it(self, world: World, phone: Token) -> None:
        run("mfa_lockdown", "anna")
        assert AccountRecord.objects.get().locked_down

        run("mfa_unlock", "anna")

        assert not AccountRecord.objects.get().locked_down

    def test_what_cannot_be_ended_is_told(self) -> None:
        told = mfa_lockdown.Command().line({"user": "anna", "tokens": {"knox": 2, "jwt": None}})

        assert told == (
            "anna is locked down. Tokens of knox: 2 ended; of jwt: cannot be ended, but are verified no more."
        )


class TestReport:
    @pytest.fixture(autouse=True)
    def people(self, world: World, phone: Token, bert: User) -> None:
        """Anna has two apps and recovery codes; Bert has one that is pending; Carl has one that is disabled."""
        world.enrolled(phone)
        world.enrolled(phone)
        world.register(phone, "recovery")
        world.register(token_of(UserId(str(bert.pk))), "totp")
        carl = get_user_model().objects.create_user("carl")
        world.enrolled(token_of(UserId(str(carl.pk))))
        DeviceRecord.objects.filter(account=carl.pk).update(failures=100)
        get_user_model().objects.create_user("gone", is_active=False)
        clerks, _ = Group.objects.create(name="clerks"), Group.objects.create(name="nobody")
        clerks.user_set.add(carl, bert)

    def test_users_are_counted_by_method(self) -> None:
        assert run("mfa_report", "--json").json == {"totp": 2, "email": 0, "recovery": 1, "none": 1, "disabled": 1}
        assert run("mfa_report").out == "totp: 2\nemail: 0\nrecovery: 1\nnone: 1\ndisabled: 1\n"

    def test_and_by_group(self) -> None:
        told = run("mfa_report", "--by-group", "--json").json

        assert told["clerks"] == {"totp": 1, "email": 0, "recovery": 0, "none": 1, "disabled": 1}
        assert set(told["nobody"].values()) == {0}
        assert told["totp"] == 2
        assert "clerks:\n  totp: 1\n" in run("mfa_report", "--by-group").out

    @pytest.mark.parametrize("name", ["none", "totp", "disabled"])
    def test_a_group_that_is_called_like_a_number_hides_none(self, name: str) -> None:
        Group.objects.filter(name="clerks").update(name=name)
        numbers = run("mfa_report", "--json").json

        told = run("mfa_report", "--by-group", "--json").json

        assert {key: told[key] for key in numbers} == numbers
        assert told[f"group {name}"]["disabled"] == 1

    def test_where_users_have_no_groups_there_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mfa.adapters.django.reports.model_of_groups", lambda _: None)

        assert run("mfa_report", "--by-group", "--json").json == run("mfa_report", "--json").json

    def test_those_without_a_device_are_listed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mfa_report, "BATCH", 1)
        get_user_model().objects.create_user(f"dora{ESCAPE}")

        assert run("mfa_report", "--missing").out == "bert\ndora[31m\n"
        assert run("mfa_report", "--missing", "--json").json == {"missing": ["bert", f"dora{ESCAPE}"]}

    def test_both_at_once_are_refused(self) -> None:
        assert run("mfa_report", "--missing", "--by-group").status in {1, 2}


class TestPurge:
    def test_what_is_over_goes_and_what_counts_stays(self, world: World, phone: Token, laptop: Token) -> None:
        app = world.enrolled(phone)
        world.verify(laptop, app.index, app.code)
        world.register(laptop, "email")
        run("mfa_pass", "anna")
        remember(phone)
        AccountRecord.objects.update(purge_at="2026-02-28T12:00:00Z")
        world.clock.advance(timedelta(hours=2))

        counts = run("mfa_purge", "--json").json

        assert counts == {"devices": 2, "trusts": 0, "challenges": 0, "logins": 0, "audit": 0}
        assert [row["index"] for row in DeviceRecord.objects.values()] == [app.index]
        world.clock.advance(timedelta(days=401))

        ran = run("mfa_purge", "--batch", "1", "--json", "--by", "cron", "--reason", "nightly")

        assert ran.json["trusts"] == 1
        assert ran.json["challenges"] == 2
        assert ran.json["audit"] >= 3
        assert "audit: 2 so far" in ran.err
        [row] = AuditRecord.objects.all()
        assert (row.event, row.user_id, row.actor, row.why) == ("upkeep.purge", None, "cron", "nightly")
        assert "challenges: 2" in row.reason
        assert DeviceRecord.objects.count() == 1

    def test_without_json_it_says_so_in_lines(self, world: World) -> None:
        assert run("mfa_purge").out == "devices: 0\ntrusts: 0\nchallenges: 0\nlogins: 0\naudit: 0\n"

    @pytest.mark.parametrize("batch", ["0", "-1", "10001", "x"])
    def test_a_batch_has_a_size(self, world: World, batch: str) -> None:
        assert run("mfa_purge", "--batch", batch).status in {1, 2}
        assert not AuditRecord.objects.exists()

    def test_an_account_with_nothing_over_is_left_as_it_is(self, world: World, phone: Token) -> None:
        world.enrolled(phone)
        AccountRecord.objects.update(purge_at="2026-01-31T11:00:00Z")
        before = rows()

        ran = run("mfa_purge")

        assert "accounts" not in ran.err
        assert rows() == before

    def test_what_was_renewed_meanwhile_stays(self, world: World, phone: Token) -> None:
        """Keys are read first and deleted then; in between a request may have given a challenge more time."""
        world.enrolled(phone)
        rows = accessor.use_cases().operations.purge.expired
        until = world.clock.now() + timedelta(days=31)
        assert list(rows.drop("challenges", world.clock.now(), 10)) == []
        assert list(rows.drop("challenges", until, 10)) == [1]
        assert list(rows.drop("challenges", until, 10)) == []


class TestAudit:
    @pytest.fixture(autouse=True)
    def people(self, world: World, phone: Token, bert: User) -> None:
        world.enrolled(phone)
        world.clock.advance(timedelta(days=1))
        run("mfa_unlock", "anna", "--by", "jane", "--reason", "ticket 7")
        run("mfa_unlock", "bert", "--by", "jane")

    def test_every_row_is_handed_out_the_oldest_first(self, phone: Token, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mfa.application.operations.trail.BATCH", 2)

        shown = run("mfa_audit", "--json").json

        assert [row["event"] for row in shown] == [
            *("device.registered", "device.activated", "operator.unlock", "operator.unlock")
        ]
        assert shown[2] == {
            "event": "operator.unlock",
            "user_id": phone.user_id,
            "device_index": None,
            "method": "",
            "at": "2026-02-01T12:00:30Z",
            "actor": "jane",
            "why": "ticket 7",
            "reason": "",
            "address": None,
            "user_agent": "",
        }

    @pytest.mark.parametrize(
        ("wish", "count"),
        [
            (["--user", "anna"], 3),
            (["--user", "bert"], 1),
            (["--id", "no key of anybody"], 0),
            (["--event", "operator.unlock"], 2),
            (["--event", "device.activated", "--event", "operator.unlock"], 3),
            (["--since", "2h"], 2),
            (["--since", "2d"], 4),
            (["--since", "2026-02-01"], 2),
            (["--since", "2026-02-01T12:00:31Z"], 0),
            (["--since", "2026-02-01T13:00:30+01:00"], 2),
            (["--user", "anna", "--since", "2026-02-01", "--event", "operator.unlock"], 1),
        ],
    )
    def test_some_are_asked_for(self, wish: list[str], count: int) -> None:
        assert len(run("mfa_audit", "--json", *wish).json) == count
        assert run("mfa_audit", *wish).out.count("\n") == count

    def test_a_user_who_is_gone_is_found_by_the_key(self, phone: Token) -> None:
        get_user_model().objects.filter(pk=phone.user_id).delete()

        assert len(run("mfa_audit", "--id", phone.user_id, "--json").json) == 3

    def test_a_key_is_read_in_any_form_that_the_model_of_users_reads(self, phone: Token) -> None:
        """As one that is a UUID, in capitals or without its dashes."""
        assert len(run("mfa_audit", "--id", f"00{phone.user_id}", "--json").json) == 3

    def test_a_line_is_fit_for_a_terminal(self) -> None:
        AuditRecord.objects.filter(why="ticket 7").update(user_agent=f"curl{ESCAPE}")

        [line] = run("mfa_audit", "--user", "anna", "--event", "operator.unlock").out.splitlines()

        assert line.startswith("2026-02-01T12:00:30Z operator.unlock user_id=")
        assert line.endswith("actor=jane why=ticket 7 user_agent=curl[31m")

    @pytest.mark.parametrize(
        "wish",
        [
            ["--user", "nobody"],
            ["--user", "anna", "--id", "1"],
            ["--event", f"operator.unlok{ESCAPE}"],
            ["--since", "yesterday"],
            ["--since", "2026-02-30"],
            ["--since", "0001-01-01T00:00+23:00"],
            ["--since", "999999999d"],
            ["--since", "1500000d"],
        ],
    )
    def test_what_is_no_user_event_or_time_is_refused(self, wish: list[str]) -> None:
        ran = run("mfa_audit", "--json", *wish)

        assert ran.status in {1, 2}
        assert ran.err
        assert "\x1b" not in ran.err

    @pytest.mark.parametrize("key", ["\udcff", "1\x00", "1\ud800"])
    def test_a_key_that_no_database_keeps_is_nobodys(self, key: str) -> None:
        """As a shell hands on what is no text in its encoding."""
        ran = run("mfa_audit", "--id", key)

        assert (ran.status, ran.out) == (1, "")
        assert "There is no user" in ran.err

    @pytest.mark.parametrize(
        ("wish", "count"),
        [
            ({"event": "operator.unlock"}, 2),
            ({"event": ["operator.unlock", "device.activated"]}, 3),
            ({"since": timedelta(hours=2)}, 2),
            ({"since": datetime(2026, 2, 1, tzinfo=UTC)}, 2),
        ],
    )
    def test_a_script_may_ask_by_values(self, wish: dict[str, Any], count: int) -> None:
        out = io.StringIO()

        call_command("mfa_audit", json=True, stdout=out, **wish)

        assert len(json.loads(out.getvalue())) == count

    def test_a_script_may_ask_by_a_key(self, phone: Token) -> None:
        out = io.StringIO()

        call_command("mfa_audit", id=int(phone.user_id), stdout=out)

        assert out.getvalue().count("\n") == 3

    def test_nothing_is_one_document_as_well(self) -> None:
        assert run("mfa_audit", "--event", "user.lockdown", "--json").json == []


class TestFailures:
    @pytest.mark.parametrize("command", ["mfa_report", "mfa_audit", "mfa_purge", "mfa_rotate_keys", "mfa_status"])
    def test_a_database_that_does_not_answer_is_a_sentence(
        self, world: World, phone: Token, monkeypatch: pytest.MonkeyPatch, command: str
    ) -> None:
        def run_out(*_: object) -> None:
            raise Unavailable

        monkeypatch.setattr(f"mfa.adapters.django.management.commands.{command}.Command.run", run_out)

        ran = run(command)

        assert (ran.out, ran.status) == ("", 1)
        assert ran.err.startswith("The database does not answer")

    def test_a_command_that_does_nothing_is_none(self) -> None:
        with pytest.raises(NotImplementedError):
            commands.OperatorCommand().run(accessor.use_cases(), {})
        with pytest.raises(NotImplementedError):
            commands.UsersCommand().act(accessor.use_cases(), UserId("1"), Operator(name="jane"))
        with pytest.raises(NotImplementedError):
            commands.UsersCommand().line({})

    def test_a_usage_error_ends_with_one_or_two(self) -> None:
        """As the shell sees it, which needs no database."""
        ran = subprocess.run(
            [sys.executable, "-m", "django", "mfa_reset", "anna", "--device", "x"],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            capture_output=True,
            text=True,
            check=False,
        )

        assert ran.returncode in {1, 2}
        assert "--device" in ran.stderr
        assert "Traceback" not in ran.stderr
        assert not ran.stdout


def test_every_token_id_is_a_digest(phone: Token) -> None:
    """What stands in rows is no credential: a trail that is handed out opens nothing."""
    assert isinstance(phone.id, str)
    assert TokenId(str(phone.id)) == phone.id
    assert isinstance(run("mfa_audit"), Ran)
