"""What operators do in the admin, and what each of its doors gives to somebody who should not."""

import re
from collections.abc import Iterable
from datetime import timedelta
from itertools import product

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpRequest, HttpResponse
from pytest_django import Settings

from mfa.adapters.django.gate import View
from mfa.adapters.django.middleware import VerifiedMiddleware
from mfa.adapters.django.models import AccountRecord, AuditRecord, DeviceRecord
from mfa.application.verification import Verified
from mfa.domain.errors import BrokenSeal, Throttled, Unavailable
from tests.integration.django.office import ACCOUNTS, REASON, Office, Seat, in_the_project, rows, text
from tests.integration.django.world import token_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_the_project")]

__all__ = ["in_the_project"]

ACTS = {
    "unlock": "unlock_account",
    "reset": "reset_account",
    "temporary_pass": "pass_account",
    "lockdown": "lockdown_account",
}


@pytest.fixture
def office(settings: Settings) -> Office:
    return Office(settings, TRUST_LIFETIME="30d", MAX_FAILURES=3)


@pytest.fixture
def desk(office: Office) -> Seat:
    """An operator who may do everything, and has just verified."""
    return Seat(office, office.operator("desk", *ACTS.values())).enrol()


@pytest.fixture
def anna(office: Office) -> User:
    anna = office.user("anna")
    app = office.world.enrolled(token_of(office.id_of(anna)))
    for _ in range(3):
        office.world.verify(token_of(office.id_of(anna)), app.index, "000")
    return anna


def events(**chosen: object) -> list[str]:
    return list(AuditRecord.objects.filter(**chosen).order_by("pk").values_list("event", flat=True))


class TestActs:
    @pytest.mark.parametrize("act", ACTS)
    def test_each_asks_first_and_does_nothing_without_a_reason(self, desk: Seat, anna: User, act: str) -> None:
        before = rows()

        for reason in ({}, {"reason": ""}, {"reason": " \t "}, {"reason": "\u200b\x07"}, {"reason": "x" * 501}):
            answer = desk.post(act, [anna], **reason)

            assert answer.status_code == 200
            assert "anna" in text(answer)
            assert "no-store" in answer["Cache-Control"]
            assert ("Nothing was done" in text(answer)) == bool(reason)
        assert rows() == before

    def test_unlock(self, desk: Seat, anna: User) -> None:
        answer = desk.post("unlock", [anna], reason=REASON)

        assert answer["Location"] == f"{ACCOUNTS}{anna.pk}/change/"
        assert "Unlock, anna: unlocked." in text(desk.get(answer["Location"]))
        assert not DeviceRecord.objects.filter(account=anna.pk, failures__gt=0).exists()
        row = AuditRecord.objects.get(event="operator.unlock")
        assert (row.actor, row.why, row.address) == ("desk", REASON, "127.0.0.1")
        assert row.user_id == str(anna.pk)

    def test_reset(self, desk: Seat, anna: User) -> None:
        answer = desk.post("reset", [anna], reason=REASON)

        assert "Reset, anna: 1 device removed." in text(desk.get(answer["Location"]))
        assert not DeviceRecord.objects.filter(account=anna.pk).exists()
        assert events(actor="desk") == ["operator.reset", "device.removed"]

    def test_reset_of_one_device(self, office: Office, desk: Seat) -> None:
        bert = office.user("bert")
        token = token_of(office.id_of(bert))
        office.world.enrolled(token)
        office.world.enrolled(token)
        assert "1" in re.findall(r'<option value="(\d)">totp', desk.post("reset", [bert]).content.decode())

        desk.post("reset", [bert], reason=REASON, device="1")
        answer = desk.post("reset", [bert], reason=REASON, device="7")

        assert "Nothing was done" in text(answer)
        assert list(DeviceRecord.objects.filter(account=bert.pk).values_list("index", flat=True)) == [0]

    def test_lockdown(self, desk: Seat, anna: User) -> None:
        answer = desk.post("lockdown", [anna], reason=REASON)

        assert "Lockdown, anna: locked down. Logins ended:" in text(desk.get(answer["Location"]))
        assert AccountRecord.objects.get(pk=anna.pk).locked_down
        assert events(actor="desk") == ["operator.lockdown"]

    def test_what_a_lockdown_could_not_end_is_said(
        self, desk: Seat, anna: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ended = {"authtoken": 2, "jwt": None}
        monkeypatch.setattr("mfa.application.ports.tokens.Unendable.end_all", lambda *_: ended)
        monkeypatch.setattr("mfa.adapters.tokens.session.SessionTokenProvider.end_all", lambda *_: ended, raising=False)

        answer = desk.post("lockdown", [anna], reason=REASON)

        assert "Logins ended: authtoken 2, jwt cannot be ended." in text(desk.get(answer["Location"]))

    def test_a_pass_is_shown_once_and_lets_its_user_in(self, office: Office, desk: Seat, anna: User) -> None:
        answer = desk.post("temporary_pass", [anna], reason=REASON, lifetime="8h", uses="2")

        value = _pass(answer)
        device = DeviceRecord.objects.get(account=anna.pk, method="pass")
        assert device.expires_at == desk.now + timedelta(hours=8)
        assert device.uses_left == 2
        assert "no-store" in answer["Cache-Control"]
        verdict = office.world.verify(token_of(office.id_of(anna), "new phone"), device.index, value)
        assert isinstance(verdict, Verified)

    def test_a_pass_is_kept_in_no_message_session_or_log(
        self, desk: Seat, anna: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        value = _pass(desk.post("temporary_pass", [anna], reason=REASON))

        assert value not in caplog.text
        assert value not in repr(desk.client.cookies)
        assert [session for session in Session.objects.all() if value in repr(session.get_decoded())] == []
        assert value not in repr(rows())
        assert value not in text(desk.get(f"{ACCOUNTS}{anna.pk}/change/"))
        device = DeviceRecord.objects.get(account=anna.pk, method="pass")
        assert device.expires_at == desk.now + timedelta(hours=1)
        assert device.uses_left == 1

    @pytest.mark.parametrize("said", [{"lifetime": "30d"}, {"uses": "0"}, {"uses": "101"}, {"uses": "many"}])
    def test_a_pass_has_its_limits(self, desk: Seat, anna: User, said: dict[str, str]) -> None:
        before = rows()

        assert "Nothing was done" in text(desk.post("temporary_pass", [anna], reason=REASON, **said))
        assert rows() == before

    def test_several_users_at_once(self, office: Office, desk: Seat, anna: User) -> None:
        bert = office.user("bert")

        answer = desk.post("unlock", [anna, bert], reason=REASON)

        assert answer["Location"] == ACCOUNTS
        assert "Unlock, anna: unlocked. Unlock, bert: unlocked." in text(desk.get(ACCOUNTS))
        assert {row.user_id for row in AuditRecord.objects.filter(event="operator.unlock")} == {
            str(anna.pk),
            str(bert.pk),
        }

    def test_all_that_a_search_has_found(self, office: Office, desk: Seat, anna: User) -> None:
        """The users without an account are not among them."""
        office.user("annabel")

        page = desk.post("lockdown", [anna], path=f"{ACCOUNTS}?q=ann", select_across="1")

        assert re.findall(r'name="_selected_action" value="(\d+)"', page.content.decode()) == [str(anna.pk)]

    @pytest.mark.parametrize(
        ("act", "number", "most"), [("temporary_pass", 2, "one user"), ("reset", 101, "up to 100 users")]
    )
    def test_there_is_a_most(self, office: Office, desk: Seat, act: str, number: int, most: str) -> None:
        users = User.objects.bulk_create(User(username=f"user{each}") for each in range(number))
        AccountRecord.objects.bulk_create(AccountRecord(user=user, version=1, next_index=0) for user in users[:90])
        before = rows()

        answer = desk.post(act, users, reason=REASON)

        assert answer.status_code == 302
        assert f"Choose {most}. Nothing was done." in text(desk.get(ACCOUNTS))
        assert rows() == before

    def test_nobody_is_chosen_by_a_key_of_nobody(self, desk: Seat) -> None:
        before = rows()

        for key in ("987654", "9" * 40, "-1", "1.0", "no key", "", "\x00"):
            desk.client.post(ACCOUNTS, {"action": "lockdown", "_selected_action": [key], "reason": REASON})
            told = text(desk.get(ACCOUNTS))
            assert "Choose up to 100 users. Nothing was done." in told or "Items must be selected" in told
        assert rows() == before

    def test_others_are_chosen_all_the_same(self, desk: Seat, anna: User) -> None:
        keys = ["no key", str(anna.pk), "987654"]

        desk.client.post(ACCOUNTS, {"action": "unlock", "_selected_action": keys, "reason": REASON})

        assert AuditRecord.objects.get(event="operator.unlock").user_id == str(anna.pk)

    @pytest.mark.parametrize(
        ("error", "sentence"),
        [
            (Unavailable(), "the database does not answer"),
            (Throttled(timedelta(seconds=1)), "too many change this account at once"),
            (BrokenSeal(), "broken_seal"),
        ],
    )
    def test_what_fails_is_said(
        self, desk: Seat, anna: User, error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr("mfa.application.operations.access.Unlock.__call__", fail)

        answer = desk.post("unlock", [anna], reason=REASON)

        assert sentence in text(desk.get(answer["Location"]))

    @pytest.mark.parametrize("act", ACTS)
    def test_what_users_chose_is_text(self, office: Office, desk: Seat, act: str) -> None:
        eve = office.user("<b>eve</b>")
        office.world.enrolled(token_of(office.id_of(eve)))
        DeviceRecord.objects.filter(account=eve.pk).update(name="<i>phone</i>")
        standing = f"{ACCOUNTS}{eve.pk}/change/"

        pages = [desk.get(ACCOUNTS), desk.get(standing), desk.post(act, [eve]), desk.post(act, [eve], reason=REASON)]
        shown = "".join(page.content.decode() for page in [*pages, desk.get(standing)])

        assert "&lt;b&gt;eve" in shown
        assert "&lt;i&gt;phone" in shown
        assert "<b>eve" not in shown
        assert "<i>phone" not in shown

    def test_an_operator_whose_name_means_somebody_else_is_told(self, office: Office, anna: User) -> None:
        system = Seat(office, office.operator("system", *ACTS.values())).enrol()

        answer = system.post("unlock", [anna], reason=REASON)

        assert "your own user name cannot stand in the audit trail" in text(system.get(answer["Location"]))
        assert events(event="operator.unlock") == []

    @pytest.mark.parametrize("act", ACTS)
    def test_each_commits_by_itself(self, desk: Seat, anna: User, act: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Also where a project has every request in a transaction."""
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)  # noqa: FBT003 - a value

        desk.post(act, [anna], reason=REASON)

        assert events(actor="desk", event__startswith="operator.")


def _pass(answer: HttpResponse) -> str:
    found = re.search(r'id="mfa-pass">([a-z2-7-]{16,})<', answer.content.decode())
    assert found is not None
    return found[1]


class TestDoors:
    """The attacker's table: what each door gives to whom."""

    @pytest.fixture(params=ACTS)
    def act(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    def nothing(
        self, seat: Seat, user: User, status: int, said: str = "", *, acts: Iterable[str] = ACTS, path: str = ACCOUNTS
    ) -> None:
        """Try the doors, with all that they ask for."""
        before = rows()
        for act in acts:
            answer = seat.post(act, [user], path=path, reason=REASON)
            assert answer.status_code == status, act
            assert rows() == before, act
            assert "mfa-pass" not in answer.content.decode()
            assert said in text(answer), act

    def test_nobody_logged_in(self, office: Office, desk: Seat, anna: User) -> None:
        desk.client.logout()

        self.nothing(desk, anna, 302)

    def test_a_plain_user_who_is_verified(self, office: Office, anna: User) -> None:
        self.nothing(Seat(office, office.user("bert", *ACTS.values())).enrol(), anna, 302)

    def test_an_operator_without_the_permission(self, office: Office, anna: User, act: str) -> None:
        others = [permission for other, permission in ACTS.items() if other != act]
        desk = Seat(office, office.operator("other", "view_accountrecord", *others)).enrol()

        self.nothing(desk, anna, 302, acts=[act])  # as an action that there is not
        assert "No action selected" in text(desk.get(ACCOUNTS))

    def test_an_operator_without_any_permission(self, office: Office, anna: User) -> None:
        self.nothing(Seat(office, office.operator("other")).enrol(), anna, 403)

    def test_a_session_by_the_password_alone(self, office: Office, desk: Seat, anna: User) -> None:
        self.nothing(Seat(office, desk.user), anna, 403, "Verify with your second factor")

    def test_an_operator_who_has_no_device(self, office: Office, anna: User) -> None:
        self.nothing(Seat(office, office.operator("other", *ACTS.values())), anna, 403, "Set up a second factor")

    def test_a_stolen_session_without_a_fresh_verification(
        self, office: Office, desk: Seat, anna: User, act: str
    ) -> None:
        office.world.clock.advance(timedelta(minutes=10, seconds=1))

        self.nothing(desk, anna, 403, "Verify once more", acts=[act])
        assert desk.get(ACCOUNTS).status_code == 200
        desk.verify()
        assert desk.post(act, [anna], reason=REASON).status_code in {200, 302}
        assert events(actor="desk", event__startswith="operator.")

    def test_a_confirmation_that_waited_too_long(self, office: Office, desk: Seat, anna: User) -> None:
        assert {desk.post(act, [anna]).status_code for act in ACTS} == {200}
        office.world.clock.advance(timedelta(minutes=11))

        self.nothing(desk, anna, 403)

    def test_a_remembered_browser_is_no_proof(self, desk: Seat, anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mfa.domain.policies.Confirmation.trusted", True)

        self.nothing(desk, anna, 403)

    def test_without_the_token_against_forgery(self, office: Office, desk: Seat, anna: User) -> None:
        forger = Seat(office, desk.user, csrf=True)
        forger.client.cookies = desk.client.cookies
        assert forger.get(ACCOUNTS).status_code == 200

        self.nothing(forger, anna, 403)

    def test_asked_for_by_get(self, desk: Seat, anna: User) -> None:
        before = rows()

        for act in ACTS:
            answer = desk.get(ACCOUNTS, action=act, _selected_action=str(anna.pk), reason=REASON)

            assert answer.status_code in {200, 302, 400}, act
            assert rows() == before, act

    def test_another_list_has_no_such_door(self, office: Office, anna: User) -> None:
        chief = Seat(office, office.superuser("chief")).enrol()

        for name in ("devicerecord", "auditrecord"):
            self.nothing(chief, anna, 200, path=f"/admin/multi_factor/{name}/")

    def test_upon_a_superuser_or_himself(self, office: Office, desk: Seat) -> None:
        chief = office.superuser("chief")

        for user, act in product((chief, desk.user), ACTS):
            self.nothing(desk, user, 302, acts=[act])
            assert "only a superuser acts upon a superuser" in text(desk.get(ACCOUNTS))

    def test_a_superuser_acts_upon_himself(self, office: Office, act: str) -> None:
        chief = Seat(office, office.superuser("chief")).enrol()

        chief.post(act, [chief.user], reason=REASON)

        assert events(actor="chief", event__startswith="operator.")


class OpenGate(VerifiedMiddleware):
    """Stands before every view, and lets everybody pass to the admin."""

    def is_exempt(self, request: HttpRequest, view: View | None) -> bool:
        return True


class TestOtherAdmins:
    """In an admin that opens to a password alone, of which a check warns."""

    PLAIN = "/plain/multi_factor/accountrecord/"

    def test_whoever_has_a_device_needs_it(self, office: Office, desk: Seat, anna: User) -> None:
        before = rows()
        thief = Seat(office, desk.user)

        assert thief.post("reset", [anna], path=self.PLAIN, reason=REASON).status_code == 403
        assert rows() == before
        assert desk.post("reset", [anna], path=self.PLAIN, reason=REASON).status_code == 302
        assert events(actor="desk") == ["operator.reset", "device.removed"]

    def test_whoever_has_none_is_asked_for_none(self, office: Office, anna: User) -> None:
        other = Seat(office, office.operator("other", *ACTS.values()))

        assert other.post("reset", [anna], path=self.PLAIN, reason=REASON).status_code == 302
        assert events(actor="other") == ["operator.reset", "device.removed"]

    @pytest.mark.parametrize("gated", [True, False])
    def test_a_session_that_nobody_can_verify(self, settings: Settings, gated: bool) -> None:  # noqa: FBT001
        office = Office(settings, TOKEN_PROVIDER="authtoken")
        anna = office.user("anna")
        other = Seat(office, office.operator("other", *ACTS.values()))
        if gated:
            settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.integration.django.test_admin_acts.OpenGate"]

        answer = other.post("unlock", [anna], path=self.PLAIN, reason=REASON)

        assert answer.status_code == (403 if gated else 302)
        assert events() == ([] if gated else ["operator.unlock"])
