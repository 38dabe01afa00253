"""The audit trail of what comes by HTTP: who, from where, in the transaction of the change, and at what cost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from mfa.adapters.django.audit import DjangoAuditTrail
from mfa.adapters.django.clients import MOST_USER_AGENT_CHARACTERS
from mfa.adapters.django.models import AccountRecord, AuditRecord, DeviceRecord
from mfa.application.ports.audit import NOWHERE, Client, ClientAddress, Origin, acting, current_origin
from tests.integration.drf.keys import SITE, enrolled, new_key
from tests.integration.drf.people import METHODS, MOUNT, Answer, App, Browser, Person, World
from tests.integration.drf.test_transactions import told

ADDRESS = "203.0.113.1"
AGENT = "Mozilla/5.0 (tests)"
INSERT = "INSERT auditrecord"

pytestmark = pytest.mark.django_db(transaction=True)


def come_from(browser: Browser, address: str = ADDRESS, agent: str = AGENT, **more: str) -> None:
    browser.client.credentials(**browser.client._credentials, REMOTE_ADDR=address, HTTP_USER_AGENT=agent, **more)


def kept() -> list[str]:
    return list(AuditRecord.objects.order_by("pk").values_list("event", flat=True))


class TestOrigin:
    @pytest.fixture(autouse=True)
    def site(self, world: World, ann: Person) -> None:
        methods = [*METHODS, "webauthn"]
        world.configure(**SITE, METHODS=methods, TRUST_LIFETIME="30d", PASSKEY_LOGIN=True, AUDIT="all")
        come_from(ann)

    @staticmethod
    def registered(ann: Person) -> None:
        ann.register_app()

    @staticmethod
    def verified(ann: Person) -> None:
        ann.enrol_app()

    @staticmethod
    def rejected(ann: Person) -> None:
        ann.fail(ann.register_app().index, 1)

    @staticmethod
    def renamed(ann: Person) -> None:
        app = ann.enrol_app()
        assert ann.patch(f"{app.index}/", {"name": "Pixel"}).status_code == 200

    @staticmethod
    def removed(ann: Person) -> None:
        app = ann.enrol_app()
        assert ann.delete(f"{app.index}/").status_code == 204

    @staticmethod
    def dispatched(ann: Person) -> None:
        ann.enrol_mail()

    @staticmethod
    def trusted(ann: Person) -> None:
        app = ann.enrol_app()
        ann.world.pass_time()
        made = ann.post(f"{app.index}/", {"value": app.code, "trust": True}).json()["trust"]
        assert ann.post("trust/", {"token": "unknown"}).status_code == 401
        assert ann.post("trust/", {"token": made["token"]}).status_code == 200
        [listed] = ann.get("trust/").json()
        assert ann.delete(f"trust/{listed['id']}/").status_code == 204

    @staticmethod
    def logged_in(ann: Person) -> None:
        key = new_key()
        enrolled(ann, key)
        client: Any = APIClient(REMOTE_ADDR=ADDRESS, HTTP_USER_AGENT=AGENT)
        begun = client.post(f"{MOUNT}passkey/options/").json()
        body = {"state": begun["state"], "value": key.get(begun["options"])}
        assert client.post(f"{MOUNT}passkey/", body).status_code == 200
        assert client.post(f"{MOUNT}passkey/", body).status_code == 401

    @pytest.mark.parametrize(
        ("happens", "events"),
        [
            (registered, {"device.registered"}),
            (verified, {"device.activated", "verification.accepted"}),
            (rejected, {"verification.rejected"}),
            (renamed, {"device.renamed"}),
            (removed, {"device.removed"}),
            (dispatched, {"challenge.dispatched"}),
            (trusted, {"browser.remembered", "browser.trusted", "browser.rejected", "browser.forgotten"}),
            (logged_in, {"verification.accepted", "verification.rejected"}),
        ],
    )
    def test_whatever_a_request_changes_is_its_users_from_where_it_came(
        self, ann: Person, happens: Callable[[Person], None], events: set[str]
    ) -> None:
        happens(ann)

        assert events <= set(kept())
        found = set(AuditRecord.objects.values_list("user_id", "actor", "why", "address", "user_agent"))
        assert found == {(str(ann.user.pk), "user", "", ADDRESS, AGENT)}

    def test_it_ends_with_the_request(self, ann: Person) -> None:
        with acting(Origin(actor="somebody")):
            ann.enrol_app()
            assert ann.get("7/").status_code == 404
            assert current_origin() == Origin(actor="somebody")

    def test_two_browsers_are_told_apart(self, ann: Person) -> None:
        app = ann.enrol_app()
        other = Browser(ann.world, ann.key())
        come_from(other, "2001:db8::7", "another")
        other.fail(app.index, 1)

        row = AuditRecord.objects.get(event="verification.rejected")
        assert (row.address, row.user_agent, row.reason) == ("2001:db8::7", "another", "wrong")


class TestAddresses:
    def row(self) -> AuditRecord:
        return AuditRecord.objects.get(event="device.registered")

    def test_without_proxies_nobody_says_where_he_is_from(self, ann: Person) -> None:
        come_from(ann, HTTP_X_FORWARDED_FOR="192.0.2.66")
        ann.register_app()
        assert self.row().address == ADDRESS

    def test_behind_proxies_they_say_it(self, ann: Person, world: World) -> None:
        world.configure(TRUSTED_PROXIES=2)
        come_from(ann, "10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 192.0.2.66:4711, 10.0.0.2")
        ann.register_app()
        assert self.row().address == "192.0.2.66"

    @pytest.mark.parametrize("said", ["unknown", "x" * 5000, "<script>", "fe80::1%" + "x" * 5000 + "]", "\x00", "é"])
    def test_what_is_no_address_stands_in_nobodys_way(self, ann: Person, world: World, said: str) -> None:
        world.configure(TRUSTED_PROXIES=1)
        come_from(ann, HTTP_X_FORWARDED_FOR=said)
        ann.register_app()
        assert self.row().address in {None, "fe80::1"}

    def test_a_long_name_of_a_browser_stands_in_nobodys_way(self, ann: Person) -> None:
        come_from(ann, agent="x" * 9000)
        ann.register_app()
        assert self.row().user_agent == "x" * MOST_USER_AGENT_CHARACTERS

    def test_the_longest_names_fit_the_columns(self) -> None:
        column: Any = AuditRecord._meta.get_field("user_agent")
        assert column.max_length == MOST_USER_AGENT_CHARACTERS

    def test_a_project_may_say_it(self, ann: Person, world: World) -> None:
        class Elsewhere(ClientAddress):
            def client_of(self, request: Any) -> Client:  # noqa: ANN401 - Django's
                return Client(address=request.META["HTTP_CF_CONNECTING_IP"])

        world.container.client_address.override(Elsewhere())
        come_from(ann, HTTP_CF_CONNECTING_IP="192.0.2.77")
        ann.register_app()
        assert self.row().address == "192.0.2.77"

    def test_it_is_asked_once_for_a_request_and_never_by_a_gate(self, ann: Person, world: World) -> None:
        asked: list[object] = []

        class Counting(ClientAddress):
            def client_of(self, request: object) -> Client:
                asked.append(request)
                return NOWHERE

        world.container.client_address.override(Counting())
        app = ann.enrol_app()
        asked.clear()

        assert ann.gate().status_code == 200
        assert asked == []
        ann.fail(app.index, 1)
        assert len(asked) == 1


def rejected(ann: Person, app: App) -> Answer:
    return ann.verify(app.index, "0")


def accepted(ann: Person, app: App) -> Answer:
    return ann.verify(app.index, app.code)


class TestCost:
    @pytest.fixture
    def app(self, ann: Person, world: World) -> App:
        app = ann.enrol_app()
        world.pass_time()
        return app

    def cost(self, ask: Callable[[], Answer]) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            ask()
        return told(captured)

    def test_a_gate_writes_nothing(self, ann: Person, app: App) -> None:
        before = len(kept())
        assert self.cost(ann.gate) == ["SELECT authtoken_token", "SELECT devicerecord"]
        assert len(kept()) == before

    def test_nor_does_a_refusal_by_a_gate(self, ann: Person, app: App) -> None:
        before, stolen = len(kept()), ann.again()
        assert self.cost(stolen.gate) == ["SELECT authtoken_token", "SELECT devicerecord"]
        assert len(kept()) == before

    def test_an_accepted_verification_writes_no_row(self, ann: Person, app: App) -> None:
        before = len(kept())
        assert INSERT not in self.cost(lambda: accepted(ann, app))
        assert len(kept()) == before

    def test_nor_does_a_dispatch(self, ann: Person, app: App) -> None:
        index = ann.register_mail()
        before = len(kept())
        assert INSERT not in self.cost(lambda: ann.post(f"{index}/dispatch/"))
        assert len(kept()) == before

    def test_a_row_is_written_in_the_transaction_of_its_change(self, ann: Person, app: App) -> None:
        assert self.cost(lambda: rejected(ann, app)) == [
            "SELECT authtoken_token",
            "SELECT accountrecord",
            "BEGIN",
            "UPDATE accountrecord",
            "UPDATE devicerecord",
            INSERT,
            "COMMIT",
        ]

    def test_all_events_of_a_commit_are_one_insert(self, ann: Person, world: World, app: App) -> None:
        world.configure(MAX_FAILURES=5)
        ann.fail(app.index, 4)
        before = len(kept())

        assert self.cost(lambda: rejected(ann, app)).count(INSERT) == 1
        assert kept()[before:] == ["verification.rejected", "device.disabled", "account.locked"]

    def test_with_all_of_them_an_accepted_verification_is_a_row_of_the_same_transaction(
        self, ann: Person, world: World, app: App
    ) -> None:
        world.configure(AUDIT="all")
        assert self.cost(lambda: accepted(ann, app))[-2:] == [INSERT, "COMMIT"]
        assert kept()[-1] == "verification.accepted"

    def test_with_all_of_them_a_gate_writes_nothing_either(self, ann: Person, world: World, app: App) -> None:
        world.configure(AUDIT="all")
        assert self.cost(ann.gate) == ["SELECT authtoken_token", "SELECT devicerecord"]

    def test_where_it_is_off_there_is_no_row(self, ann: Person, world: World, app: App) -> None:
        world.configure(AUDIT="off")
        before = len(kept())
        assert INSERT not in self.cost(lambda: rejected(ann, app))
        assert len(kept()) == before

    def test_where_it_is_off_operators_leave_none(self, ann: Person, world: World) -> None:
        """It is the setting of a site that keeps its trail elsewhere, by the signals."""
        world.configure(AUDIT="off")
        ann.enrol_app()
        assert kept() == []
        assert ann.get("activity/").json()["results"] == []


class TestWhatIsNotLookedAt:
    @pytest.fixture
    def app(self, ann: Person) -> App:
        return ann.enrol_app()

    def test_a_value_that_has_to_wait_writes_no_row(self, ann: Person, app: App) -> None:
        ann.fail(app.index, 5)
        before = kept()

        for _ in range(3):
            assert ann.verify(app.index, "0").status_code == 429

        assert kept() == before

    def test_a_value_for_a_disabled_device_writes_no_row(self, ann: Person, world: World, app: App) -> None:
        world.configure(MAX_FAILURES=3)
        ann.fail(app.index, 3)
        before = kept()

        assert ann.verify(app.index, "0").status_code == 409
        assert kept() == before

    def test_a_dispatch_that_has_to_wait_writes_no_row(self, ann: Person) -> None:
        index = ann.register_mail()
        assert ann.post(f"{index}/dispatch/").status_code == 204
        before = kept()

        assert ann.post(f"{index}/dispatch/").status_code == 429
        assert kept() == before

    def test_what_is_refused_or_not_found_or_malformed_writes_no_row(self, ann: Person, app: App) -> None:
        stolen = ann.again()
        before = kept()

        assert stolen.delete(f"{app.index}/").status_code == 403
        assert stolen.post("register/totp/").status_code == 403
        assert stolen.verify(77, "0").status_code == 404
        assert stolen.verify(app.index, 0).status_code == 400
        assert stolen.get("activity/").status_code == 403
        assert kept() == before


def test_a_change_whose_row_cannot_be_written_is_none(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    app = ann.enrol_app("old")

    def fail(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(DjangoAuditTrail, "add", fail)
    account = AccountRecord.objects.values().get()

    assert ann.patch(f"{app.index}/", {"name": "new"}).status_code == 503
    assert ann.delete(f"{app.index}/").status_code == 503
    assert ann.verify(app.index, "0").status_code == 503

    assert DeviceRecord.objects.get().name == "old"
    assert AccountRecord.objects.values().get() == account


def test_rows_are_in_the_order_of_the_events(ann: Person, world: World) -> None:
    app = ann.enrol_app()
    ann.world.pass_time(timedelta(minutes=1))
    ann.fail(app.index, 5)

    assert kept() == ["device.registered", "device.activated", *["verification.rejected"] * 5, "account.locked"]
