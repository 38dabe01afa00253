"""What the admin shows, to whom, and what it never shows."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.contrib.admin import site as default_site
from django.contrib.admin.sites import DefaultAdminSite
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.formats import date_format
from pytest_django import Settings

from mfa.adapters import accessor
from mfa.adapters.django.admin import VerifiedAdminSite
from mfa.adapters.django.models import AccountRecord, AuditRecord, ChallengeRecord, DeviceRecord
from mfa.application.registration import Register
from mfa.application.verification import Verify
from mfa.domain.errors import Unavailable
from tests.integration.django.office import ACCOUNTS, AUDIT, DEVICES, Office, Seat, in_the_project, rows, text
from tests.integration.django.world import token_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_the_project")]

__all__ = ["in_the_project"]

LISTS = [ACCOUNTS, DEVICES, AUDIT]


@pytest.fixture
def office(settings: Settings) -> Office:
    return Office(settings, TRUST_LIFETIME="30d", METHODS=["totp", "email", "recovery"], MAX_FAILURES=3)


@pytest.fixture
def chief(office: Office) -> Seat:
    return Seat(office, office.superuser("chief")).enrol()


@pytest.fixture
def anna(office: Office) -> User:
    """She has an app, a mail address, codes, and a pending device."""
    anna = office.user("anna")
    token, world = token_of(office.id_of(anna)), office.world
    app = world.enrolled(token)
    mail = world.register(token, "email", address="anna@example.com")
    world.verify(token, mail.device.index, world.dispatch(token, mail.device.index))
    world.register(token, "recovery")
    accessor.use_cases().register_device(Register(token=token, method="totp", name="Spare"))
    world.clock.advance(timedelta(seconds=30))
    world.dispatch(token, mail.device.index, again=True)
    accessor.use_cases().verify_challenge(
        Verify(token=token, index=app.index, value=app.code, trust=True, browser="Firefox")
    )
    return anna


def standing(user: User) -> str:
    return f"{ACCOUNTS}{user.pk}/change/"


class TestLists:
    def test_each_row_is_shown_with_what_concerns_an_operator(self, chief: Seat, anna: User) -> None:
        assert "anna email, recovery, totp" in text(chief.get(ACCOUNTS))
        devices = text(chief.get(DEVICES))
        assert "anna 1 email - active a***@example.com" in devices
        assert "anna 3 totp Spare pending" in devices
        assert "device.activated anna email 1 user" in text(chief.get(AUDIT))

    @pytest.mark.parametrize(
        ("path", "query", "told"),
        [
            (ACCOUNTS, {"q": "ann"}, ("anna", "chief totp")),
            (ACCOUNTS, {"q": "anna@example"}, ("anna", "chief totp")),
            (ACCOUNTS, {"method": "email"}, ("anna", "chief totp")),
            (ACCOUNTS, {"locked_down__exact": "1"}, ("0 accounts", "anna email")),
            (ACCOUNTS, {"locked_down_at__isnull": "False"}, ("0 accounts", "anna email")),
            (DEVICES, {"q": "spare"}, ("Spare", "email -")),
            (DEVICES, {"method": "recovery"}, ("anna 2 recovery", "anna 0 totp")),
            (DEVICES, {"created_at__gte": "2126-01-01 00:00:00+00:00"}, ("0 devices", "anna 0 totp")),
            (DEVICES, {"last_used_at__isnull": "True"}, ("Spare", "anna 0 totp")),
            (AUDIT, {"q": "anna"}, ("device.activated anna", "activated chief")),
            (AUDIT, {"q": "device.reg"}, ("device.registered", "device.activated anna")),
            (AUDIT, {"event": "device.registered"}, ("device.registered anna", "device.activated anna")),
            (AUDIT, {"method": "email"}, ("device.activated anna email", "anna totp")),
            (AUDIT, {"at__lt": "2000-01-01 00:00:00+00:00"}, ("0 audit trail", "anna totp")),
        ],
    )
    def test_rows_are_searched_and_filtered(
        self, chief: Seat, anna: User, path: str, query: dict[str, str], told: tuple[str, str]
    ) -> None:
        found, missing = told
        page = text(chief.get(path, **query))

        assert found in page
        assert missing not in page

    @pytest.mark.parametrize("use_tz", [True, False])
    def test_times_are_those_of_the_site(self, chief: Seat, anna: User, settings: Settings, *, use_tz: bool) -> None:
        settings.USE_TZ, settings.TIME_ZONE = use_tz, "Asia/Tokyo"
        row = AuditRecord.objects.filter(user_id=str(anna.pk)).latest("pk")
        told = date_format(row.at.astimezone(ZoneInfo("Asia/Tokyo")), "DATETIME_FORMAT")
        device = DeviceRecord.objects.filter(account=anna.pk).latest("last_used_at")

        for page in (
            ACCOUNTS,
            DEVICES,
            AUDIT,
            standing(anna),
            f"{AUDIT}{row.pk}/change/",
            f"{DEVICES}{device.pk}/change/",
        ):
            assert told in text(chief.get(page)), page

    def test_what_is_no_filter_is_taken_off(self, chief: Seat) -> None:
        for path, name in ((ACCOUNTS, "method"), (DEVICES, "method"), (AUDIT, "method"), (AUDIT, "event")):
            for value in ("nonsense", "\x00"):
                assert chief.get(path, **{name: value})["Location"] == f"{path}?e=1"

    def test_nobody_is_shown_by_a_key_of_nobody(self, chief: Seat) -> None:
        for key in ("987654", "9" * 40, "no key", "%00"):
            assert {chief.get(f"{path}{key}/change/").status_code for path in LISTS} == {302}

    def test_a_row_of_the_trail_outlives_its_user(self, chief: Seat, anna: User) -> None:
        AuditRecord.objects.create(event="user.lockdown", user_id="987654", at=chief.now, actor="user")
        AuditRecord.objects.create(event="upkeep.purge", at=chief.now, actor="system", reason="devices: 3")
        row = AuditRecord.objects.get(event="user.lockdown")

        page = text(chief.get(AUDIT))

        assert "user.lockdown 987654" in page
        assert "upkeep.purge - - - system - devices: 3" in page
        assert "User: 987654" in text(chief.get(f"{AUDIT}{row.pk}/change/"))

    def test_what_is_out_of_the_ordinary_stands_in_the_list(self, office: Office, chief: Seat, anna: User) -> None:
        DeviceRecord.objects.filter(method="totp", account=anna.pk, activated_at__isnull=False).update(failures=3)
        AccountRecord.objects.filter(pk=anna.pk).update(locked_down=True, locked_down_at=chief.now)

        assert "anna email, recovery, totp locked down, disabled: totp 3" in text(chief.get(ACCOUNTS))
        assert "anna 0 totp - disabled" in text(chief.get(DEVICES))
        chief.post("temporary_pass", [anna], reason="lost")
        assert "anna 4 pass - temporary" in text(chief.get(DEVICES))

    @pytest.mark.parametrize("path", LISTS)
    def test_many_rows_take_as_many_statements_as_few(self, chief: Seat, path: str) -> None:
        def statements(query: dict[str, str]) -> int:
            with CaptureQueriesContext(connection) as captured:
                assert chief.get(path, **query).status_code == 200
            return len(captured)

        queries: list[dict[str, str]] = [{}, {"q": "user"}, {"all": "1"}]
        _many(chief, 0, 10)
        few = [statements(query) for query in queries]
        _many(chief, 10, 150)  # more than a page has, and no more than are shown as all of them

        assert [statements(query) for query in queries] == few
        assert max(few) < 15


def _many(chief: Seat, first: int, last: int) -> None:
    users = User.objects.bulk_create(User(username=f"user{number}") for number in range(first, last))
    accounts = AccountRecord.objects.bulk_create(AccountRecord(user=user, version=1, next_index=1) for user in users)
    DeviceRecord.objects.bulk_create(
        DeviceRecord(
            account=account,
            index=0,
            method="totp",
            state=b"",
            created_at=chief.now,
            activated_at=chief.now,
            failures=0,
            recent_failures=0,
        )
        for account in accounts
    )
    AuditRecord.objects.bulk_create(
        AuditRecord(event="device.activated", user_id=str(user.pk), at=chief.now, actor="user") for user in users
    )


class TestStanding:
    def test_it_tells_devices_browsers_and_events(self, chief: Seat, anna: User) -> None:
        page = text(chief.get(standing(anna)))

        assert "Standing of anna" in page
        assert "1 email - active a***@example.com" in page
        assert "2 recovery - active - 0 10" in page
        assert "3 totp Spare pending" in page
        assert "Firefox" in page
        assert "device.activated email user" in page
        assert "Unlock… Reset… Temporary pass… Lockdown…" in page

    def test_a_user_who_never_had_anything_has_a_page(self, office: Office, chief: Seat) -> None:
        bert = office.user("bert")

        page = text(chief.get(standing(bert)))

        assert "Standing of bert" in page
        assert not AccountRecord.objects.filter(pk=bert.pk).exists()

    @pytest.mark.parametrize("key", ["987654", "no-key", "_00"])
    def test_nobody_has_none(self, chief: Seat, key: str) -> None:
        assert chief.get(f"{ACCOUNTS}{key}/change/").status_code == 302

    def test_what_does_not_open_is_told_beside_what_does(self, chief: Seat, anna: User) -> None:
        """As where a key is missing, or a row was changed."""
        assert "does not open" not in text(chief.get(standing(anna)))
        DeviceRecord.objects.filter(account=anna.pk, index=0).update(state=b"no seal")

        page = text(chief.get(standing(anna)))

        assert page.count("its seal does not open") == 1
        assert "Remembered browsers" in page

    def test_a_database_that_does_not_answer_keeps_nobody_from_helping(
        self, chief: Seat, anna: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise Unavailable

        monkeypatch.setattr("mfa.application.operations.status.ShowStatus.__call__", fail)

        page = text(chief.get(standing(anna)))

        assert "It cannot be read" in page
        assert "Reset…" in page

    def test_events_are_shown_to_whoever_may_see_the_trail(self, office: Office, anna: User) -> None:
        desk = Seat(office, office.operator("desk", "view_accountrecord")).enrol()

        page = text(desk.get(standing(anna)))

        assert "1 email" in page
        assert "Last events" not in page
        assert "Unlock…" not in page

    def test_whoever_may_act_sees_whom(self, office: Office, anna: User) -> None:
        desk = Seat(office, office.operator("desk", "unlock_account")).enrol()

        page = text(desk.get(standing(anna)))

        assert "Unlock…" in page
        assert "Reset…" not in page
        assert desk.get(DEVICES).status_code == 403
        assert desk.get(AUDIT).status_code == 403


class TestNothingIsChanged:
    @pytest.mark.parametrize("path", LISTS)
    def test_nothing_is_added_changed_or_deleted(self, office: Office, chief: Seat, anna: User, path: str) -> None:
        model: Any = {ACCOUNTS: AccountRecord, DEVICES: DeviceRecord, AUDIT: AuditRecord}[path]
        key, before = model.objects.order_by("pk").first().pk, rows()

        answers = [
            chief.client.post(f"{path}add/", {"event": "made up"}),
            chief.client.get(f"{path}add/"),
            chief.client.post(f"{path}{key}/change/", {"index": 7, "locked_down": "on", "event": "made up"}),
            chief.client.post(f"{path}{key}/delete/", {"post": "yes"}),
            chief.client.get(f"{path}{key}/delete/"),
        ]

        assert {answer.status_code for answer in answers} == {403}
        chief.client.post(path, {"action": "delete_selected", "_selected_action": [key], "post": "yes"})
        assert rows() == before

    @pytest.mark.parametrize("path", LISTS)
    def test_a_row_has_no_field_to_write_into(self, chief: Seat, anna: User, path: str) -> None:
        model: Any = {ACCOUNTS: AccountRecord, DEVICES: DeviceRecord, AUDIT: AuditRecord}[path]

        page = chief.get(f"{path}{model.objects.order_by('pk').first().pk}/change/").content.decode()

        assert 'type="text"' not in page
        assert "<textarea" not in page
        assert "_save" not in page


class TestSecrets:
    def test_none_is_on_any_page(self, office: Office, chief: Seat, anna: User) -> None:
        """Neither a seal, nor a digest, nor the identity of a token, nor a password as it is stored."""
        secrets: list[str | None] = [anna.password, chief.user.password, chief.token.id]
        for device in DeviceRecord.objects.all():
            state = bytes(device.state)
            secrets += [state.hex(), repr(state), device.unique, device.registered_by]
        secrets += [token for (token,) in ChallengeRecord.objects.values_list("token")]
        for account in AccountRecord.objects.all():
            secrets += [trust["digest"] for trust in account.trusts]
        chief.post("temporary_pass", [anna], reason="lost")
        pages = [*LISTS, standing(anna)]
        pages += [f"{DEVICES}{key}/change/" for key in DeviceRecord.objects.values_list("pk", flat=True)]
        pages += [f"{AUDIT}{key}/change/" for key in AuditRecord.objects.values_list("pk", flat=True)]

        shown = "".join(chief.get(page).content.decode() for page in pages)

        assert len([secret for secret in secrets if secret]) > 10
        assert [secret for secret in secrets if secret and secret in shown] == []

    @pytest.mark.parametrize(
        ("path", "query"),
        [
            (DEVICES, "state__startswith"),
            (DEVICES, "unique__startswith"),
            (DEVICES, "unique"),
            (DEVICES, "registered_by__startswith"),
            (DEVICES, "account__user__password__startswith"),
            (DEVICES, "account__trusts__icontains"),
            (DEVICES, "account__user__is_superuser__exact"),
            (DEVICES, "challenges__token__startswith"),
            (ACCOUNTS, "trusts__icontains"),
            (ACCOUNTS, "browsers__icontains"),
            (ACCOUNTS, "user__password__startswith"),
            (ACCOUNTS, "devices__state__startswith"),
            (AUDIT, "user_agent__startswith"),
        ],
    )
    def test_no_filter_tells_them_letter_by_letter(self, chief: Seat, anna: User, path: str, query: str) -> None:
        """Django lets any column of a model be filtered by, shown or not."""
        assert chief.get(path, **{query: "a"}).status_code == 400

    def test_no_statement_of_a_list_reads_one(self, chief: Seat, anna: User) -> None:
        for path in (ACCOUNTS, DEVICES):
            with CaptureQueriesContext(connection) as captured:
                chief.get(path)
            # The operator's own account is read with all that it has, to see how he stands.
            lists = [each["sql"] for each in captured.captured_queries if "challengerecord" not in each["sql"]]
            assert any("devicerecord" in sql for sql in lists)
            assert [sql for sql in lists if re.search(r"\W(state|unique|registered_by|trusts|browsers)\W", sql)] == []


class TestUsersOfTheProject:
    def test_whoever_may_see_it_is_led_to_a_users_standing(self, chief: Seat, anna: User) -> None:
        page = chief.get(f"/admin/auth/user/{anna.pk}/change/")

        assert page.content.decode().count(f'href="{standing(anna)}"') == 1
        assert chief.get("/admin/auth/user/add/").status_code == 200

    def test_so_it_is_where_an_admin_says_nothing_of_its_fields(self, chief: Seat, anna: User) -> None:
        page = chief.get(f"/simple/auth/user/{anna.pk}/change/")

        assert page.content.decode().count(f'href="{standing(anna).replace("/admin", "/simple")}"') == 1
        assert chief.get("/simple/auth/user/add/").status_code == 200

    def test_nobody_else_is(self, office: Office, anna: User) -> None:
        desk = Seat(office, office.operator("desk", "change_user", "view_user")).enrol()

        assert "Devices, and what" not in text(desk.get(f"/admin/auth/user/{anna.pk}/change/"))

    def test_nor_where_an_admin_has_no_such_page(self, chief: Seat, anna: User) -> None:
        page = chief.get(f"/bare/auth/user/{anna.pk}/change/")

        assert page.status_code == 200
        assert "Devices, and what" not in text(page)


@pytest.mark.django_db(transaction=True)
class TestUsersWhoGo:
    """With what Django's admin writes down itself, whose table is not among those of the tests."""

    @pytest.fixture(autouse=True)
    def log(self, office: Office, transactional_db: None) -> Iterator[Any]:
        entries = apps.get_app_config("admin").get_model("LogEntry")
        with connection.schema_editor() as editor:
            editor.create_model(entries)
        yield entries
        with connection.schema_editor() as editor:
            editor.delete_model(entries)

    def test_a_user_is_deleted_with_all_that_is_his(self, chief: Seat, anna: User) -> None:
        """As before there were pages for it, by whoever may delete users."""
        asked = text(chief.get(f"/admin/auth/user/{anna.pk}/delete/"))
        assert f"Account: {anna.pk} Device: 0 totp Device: 1 email Device: 2 recovery Device: 3 totp Spare" in asked
        assert "Challenge: device 0 Challenge: device 1" in asked

        chief.client.post(f"/admin/auth/user/{anna.pk}/delete/", {"post": "yes"})

        assert not User.objects.filter(pk=anna.pk).exists()
        assert not AccountRecord.objects.filter(pk=anna.pk).exists()
        assert AuditRecord.objects.filter(user_id=str(anna.pk)).exists()

    def test_several_are_deleted_at_once(self, chief: Seat, anna: User) -> None:
        users = {"action": "delete_selected", "_selected_action": [anna.pk], "post": "yes"}

        chief.client.post("/admin/auth/user/", users)

        assert not User.objects.filter(pk=anna.pk).exists()

    def test_what_operators_do_is_not_in_the_log_of_the_admin(
        self,
        chief: Seat,
        anna: User,
        log: Any,  # noqa: ANN401 - a model
    ) -> None:
        assert chief.get("/admin/").status_code == 200
        for act in ("unlock", "temporary_pass", "reset", "lockdown"):
            chief.post(act, [anna], reason="lost")

        assert not log.objects.exists()


class TestConfig:
    def test_the_default_site_is_behind_the_second_factor(self, office: Office) -> None:
        assert isinstance(DefaultAdminSite(), VerifiedAdminSite)

    def test_it_has_the_pages_of_operators(self, office: Office) -> None:
        assert all(map(default_site.is_registered, (AccountRecord, DeviceRecord, AuditRecord)))
