"""A user's own part of the audit trail over HTTP."""

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.signing import Signer
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from mfa.adapters.activity import SENTENCES
from mfa.adapters.django.audit import DjangoAuditTrail
from mfa.adapters.django.models import AuditRecord
from mfa.application.operations import Operator, Reset
from mfa.application.ports.audit import AuditRow
from mfa.domain import events
from mfa.domain.events import AccountEvent, Event
from mfa.domain.identifiers import UserId
from tests.integration.drf.people import MOUNT, Browser, Person, World
from tests.integration.drf.test_transactions import told

AGENT = "Mozilla/5.0 (tests)"
DAY = timedelta(days=1)


def leaves(kind: type[Event]) -> list[type[Event]]:
    below = kind.__subclasses__()
    return [leaf for each in below for leaf in leaves(each)] if below else [kind]


def results(browser: Browser, path: str = "activity/") -> list[dict[str, Any]]:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.data
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def keep(person: Person, count: int, *, days: float = 1, **more: Any) -> None:
    """Have so many rows of somebody, each a minute younger than the one before, the last so many days old."""
    last = person.world.clock.time - timedelta(days=days)
    rows = [
        AuditRow(
            event="verification.rejected",
            user_id=UserId(str(person.user.pk)),
            device_index=None,
            method="totp",
            at=last - timedelta(minutes=count - place),
            actor="user",
            reason=str(place),
            **more,
        )
        for place in range(1, count + 1)
    ]
    DjangoAuditTrail().add(rows)


def follow(browser: Browser, link: str) -> Any:  # noqa: ANN401 - JSON may be anything
    """Ask for another page by its whole address."""
    answer = browser.ask("get", link.removeprefix("http://testserver"))
    assert answer.status_code == 200, answer.data
    return answer.json()


def test_the_route_has_a_name() -> None:
    assert reverse("multi-factor-activity") == f"{MOUNT}activity/"


def test_a_user_sees_what_happened_newest_first(ann: Person, world: World) -> None:
    ann.client.credentials(**ann.client._credentials, HTTP_USER_AGENT=AGENT)
    app = ann.enrol_app("Pixel 9")
    activated = world.clock.time
    ann.fail(app.index, 1)

    answer = ann.get("activity/")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert (body["next"], body["previous"], list(body)) == (None, None, ["next", "previous", "results"])
    rejected, proved, registered = body["results"]
    assert proved == {
        "event": "device.activated",
        "verbose": "A device was activated.",
        "at": f"{activated:%Y-%m-%dT%H:%M:%SZ}",
        "device": {"index": app.index, "name": "Pixel 9"},
        "method": "totp",
        "address": "127.0.0.1",
        "browser": AGENT,
    }
    assert (rejected["event"], registered["event"]) == ("verification.rejected", "device.registered")


def test_a_device_that_is_gone_has_lost_its_name(ann: Person) -> None:
    app, other = ann.enrol_app("Pixel 9"), ann.enrol_mail()
    assert ann.patch(f"{other}/", {"name": "work"}).status_code == 200
    assert ann.delete(f"{app.index}/").status_code == 204

    found = {(each["event"], each["device"]["index"]): each["device"]["name"] for each in results(ann)}

    assert found["device.removed", app.index] == found["device.activated", app.index] == ""
    assert found["device.activated", other] == "work"


def test_what_is_about_no_device_has_none(ann: Person) -> None:
    app = ann.enrol_app()
    ann.fail(app.index, 5)

    locked = results(ann)[0]

    assert (locked["event"], locked["device"], locked["method"]) == ("account.locked", None, "")


@pytest.mark.usefixtures("world")
class TestWhoMayAsk:
    def test_nobody_without_a_token(self, db: None, world: World) -> None:
        answer = Browser(world, "unknown").get("activity/")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (401, "no-store")

    def test_not_whoever_has_no_device(self, ann: Person) -> None:
        answer = ann.get("activity/")
        assert (answer.status_code, answer.json()["code"]) == (403, "registration_required")

    def test_not_a_token_that_is_not_verified(self, ann: Person) -> None:
        ann.enrol_app()
        answer = ann.again().get("activity/")
        assert (answer.status_code, answer.json()["code"]) == (403, "verification_required")
        assert "results" not in answer.json()

    def test_not_with_a_cursor_either(self, ann: Person) -> None:
        ann.enrol_app()
        assert ann.again().get("activity/?cursor=x").status_code == 403

    def test_nobody_sees_what_is_anothers(self, ann: Person, bob: Person) -> None:
        ann.enrol_app("Ann's")
        bob.enrol_app("Bob's")
        assert {each["device"]["name"] for each in results(bob)} == {"Bob's"}

    def test_nobody_else_sees_the_name_of_a_pending_device(self, ann: Person) -> None:
        first = ann.enrol_app()
        ann.register_app("in secret")
        other = Browser(ann.world, ann.key())
        other.prove(first)
        assert "in secret" not in str(results(other))

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_nobody_changes_it(self, ann: Person, method: str) -> None:
        ann.enrol_app()
        assert ann.ask(method, f"{MOUNT}activity/").status_code == 405
        assert ann.ask(method, f"{MOUNT}activity/1/").status_code == 404


class TestOperators:
    OPERATOR = Operator(name="mallory of the desk", why="called, and cried")

    def test_of_an_operator_a_user_sees_that_it_was_one(self, ann: Person, world: World) -> None:
        app = ann.enrol_app()
        ann.enrol_mail()
        operations = world.container.use_cases().operations
        operations.reset_account(Reset(user_id=UserId(str(ann.user.pk)), device=app.index), self.OPERATOR)
        AuditRecord.objects.filter(actor=self.OPERATOR.name).update(address="192.0.2.9", user_agent="the desk's")
        world.pass_time(timedelta(minutes=1))
        mail = Browser(world, ann.key())
        assert mail.post("1/dispatch/").status_code == 204
        assert mail.verify(1, world.code).status_code == 200

        answer = mail.get("activity/")

        reset = next(each for each in answer.json()["results"] if each["event"] == "operator.reset")
        assert reset == {
            "event": "operator.reset",
            "verbose": "An operator reset your devices.",
            "at": reset["at"],
            "device": None,
            "method": "",
            "address": None,
            "browser": "",
        }
        for told_nowhere in ("mallory", "cried", "192.0.2.9", "the desk's"):
            assert told_nowhere not in answer.content.decode()


class TestPages:
    @pytest.fixture(autouse=True)
    def enrolled(self, ann: Person) -> None:
        ann.enrol_app()
        AuditRecord.objects.all().delete()

    def pages(self, ann: Person) -> list[Any]:
        found = [ann.get("activity/").json()]
        while found[-1]["next"]:
            found.append(follow(ann, found[-1]["next"]))
        return found

    @pytest.mark.parametrize(
        ("rows", "sizes"), [(0, [0]), (1, [1]), (20, [20]), (21, [20, 1]), (40, [20, 20]), (45, [20, 20, 5])]
    )
    def test_a_page_has_twenty(self, ann: Person, rows: int, sizes: list[int]) -> None:
        keep(ann, rows)

        pages = self.pages(ann)

        assert [len(page["results"]) for page in pages] == sizes
        times = [each["at"] for page in pages for each in page["results"]]
        assert times == sorted(times, reverse=True)
        assert len(set(times)) == rows

    def test_pages_lead_back_as_they_led_there(self, ann: Person) -> None:
        keep(ann, 45)
        first, second, third = self.pages(ann)

        assert first["previous"] is None
        assert follow(ann, third["previous"]) == second
        again = follow(ann, second["previous"])
        assert (again["results"], again["next"], again["previous"]) == (first["results"], first["next"], None)

    def test_what_happens_meanwhile_moves_no_page(self, ann: Person) -> None:
        keep(ann, 21)
        first = ann.get("activity/").json()
        keep(ann, 3, days=0.5)

        second = follow(ann, first["next"])

        assert len(second["results"]) == 1
        back = follow(ann, second["previous"])
        assert back["results"] == first["results"]
        assert len(follow(ann, back["previous"])["results"]) == 3

    def test_a_page_whose_rows_are_gone_is_empty(self, ann: Person) -> None:
        keep(ann, 21)
        first = ann.get("activity/").json()
        AuditRecord.objects.all().delete()

        assert follow(ann, first["next"]) == {"next": None, "previous": None, "results": []}

    def test_only_the_last_ninety_days_are_there(self, ann: Person) -> None:
        keep(ann, 30, days=90.001)
        keep(ann, 2, days=89.9)

        [page] = self.pages(ann)

        assert len(page["results"]) == 2

    def test_a_link_keeps_the_rest_of_the_query(self, ann: Person) -> None:
        keep(ann, 21)

        link = ann.get("activity/?format=json&x=%26").json()["next"]

        assert link.startswith(f"http://testserver{MOUNT}activity/?")
        query = parse_qs(urlsplit(link).query)
        assert (query.pop("cursor") != [], query) == (True, {"format": ["json"], "x": ["&"]})

    def test_it_costs_the_same_for_few_and_for_many(self, ann: Person) -> None:
        cost = ["SELECT authtoken_token", "SELECT accountrecord", "SELECT auditrecord"]
        page: Any = None
        for rows in (1, 200):
            keep(ann, rows)
            with CaptureQueriesContext(connection) as captured:
                page = ann.get("activity/").json()
            assert told(captured) == cost
        with CaptureQueriesContext(connection) as captured:
            follow(ann, page["next"])
        assert told(captured) == cost


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class TestForgedCursors:
    CURSORS = (
        "",
        "x",
        "%00",
        "0",
        "-1",
        "5",
        "before-5",
        "9" * 400,
        "1e400",
        "NaN",
        "!!!!",
        "=",
        "Zg",
        "%FF%FE",
        "\N{SNOWMAN}",
        "a" * 5000,
        encoded("p=2026-01-01T00:00:00Z"),
        encoded("p=0001-01-01"),
        encoded("p=99999-99-99T99:99:99Z"),
        encoded("p=not a time"),
        encoded("p=5"),
        encoded("p=%00"),
        encoded("o=99999999999999999999999"),
        encoded("o=-1&r=1&p=1"),
        encoded("r=1"),
        "before-5.",
        f"before-5.{'A' * 43}",
        Signer(key="another key", salt="mfa.activity.1", sep=".").sign("before-5"),
        Signer(salt="mfa.activity", sep=".").sign("before-5"),
    )

    def test_what_nobody_was_given_is_not_found(self, ann: Person) -> None:
        ann.enrol_app()

        for cursor in self.CURSORS:
            answer = ann.get(f"activity/?cursor={cursor}")

            assert answer.status_code == 404, cursor
            assert answer.json() == {"detail": "Not found.", "code": "not_found"}, cursor
            assert answer.headers["Cache-Control"] == "no-store", cursor

    def test_nor_is_a_cursor_that_was_changed(self, ann: Person) -> None:
        ann.enrol_app()
        keep(ann, 25)
        link = ann.get("activity/").json()["next"]
        cursor = parse_qs(urlsplit(link).query)["cursor"][0]

        changed = [cursor[:place] + "x" + cursor[place + 1 :] for place in range(len(cursor)) if cursor[place] != "x"]

        assert {ann.get(f"activity/?cursor={each}").status_code for each in [*changed, cursor[:-1], cursor + "A"]} == {
            404
        }

    def test_nor_is_one_that_somebody_else_was_given(self, ann: Person, bob: Person) -> None:
        ann.enrol_app()
        bob.enrol_app()
        keep(ann, 25)
        link = ann.get("activity/").json()["next"]

        assert bob.ask("get", link.removeprefix("http://testserver")).status_code == 404


class TestHostileRequests:
    @pytest.fixture(autouse=True)
    def page(self, ann: Person) -> None:
        ann.enrol_app()
        keep(ann, 25)

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("?" + "a=1&" * 2_000, 400),
            ("?cursor=1&cursor=2", 404),
            ("?cursor[]=1", 200),
            ("?[", 200),
            ("?%", 200),
            ("?%ff=%fe&%00", 200),
            ("?&&&==", 200),
            ("?format=unknown", 404),
            ("?page=2&offset=3&limit=1000000", 200),
        ],
    )
    def test_no_query_is_an_error_of_the_server(self, ann: Person, query: str, status: int) -> None:
        answer = ann.get(f"activity/{query}")

        assert answer.status_code == status
        if status == 200:
            assert len(follow(ann, answer.json()["next"])["results"]) == 7

    def test_a_host_that_is_not_the_sites_is_no_link(self, ann: Person) -> None:
        answer = ann.get("activity/", headers={"Host": "evil.example"})
        assert (answer.status_code, "evil" in str(answer.content)) == (400, False)

    @pytest.mark.parametrize("charset", ["klingon", "utf-16"])
    def test_no_charset_is_an_error_of_the_server(self, ann: Person, charset: str) -> None:
        answer = ann.get("activity/?cursor=%ff", content_type=f"application/json; charset={charset}")
        assert answer.status_code == 404

    def test_options_describe_it_to_whoever_may_ask(self, ann: Person) -> None:
        assert ann.options("activity/").status_code == 200
        assert ann.again().options("activity/").status_code == 403


class TestSentences:
    def test_every_event_of_an_account_has_one(self) -> None:
        assert set(SENTENCES) == {kind.name for kind in leaves(AccountEvent)}
        assert all(str(sentence).endswith(".") for sentence in SENTENCES.values())
        assert len({str(sentence) for sentence in SENTENCES.values()}) == len(SENTENCES)

    def test_an_event_of_another_release_is_called_by_its_name(self, ann: Person) -> None:
        ann.enrol_app()
        keep(ann, 1)
        AuditRecord.objects.filter(reason="1").update(event="device.polished")

        assert results(ann)[0]["verbose"] == "device.polished"

    def test_a_sentence_is_said_in_the_language_of_the_request(
        self, ann: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ann.enrol_app()
        catalog: Any = translation.trans_real.translation("nl")  # type: ignore[attr-defined] # Django's own
        monkeypatch.setitem(catalog._catalog._catalogs[0], "A device was activated.", "Een apparaat is geactiveerd.")

        with translation.override("nl"):
            assert results(ann)[0]["verbose"] == "Een apparaat is geactiveerd."

    def test_sentences_are_about_events_alone(self) -> None:
        assert events.Purged.name not in SENTENCES
