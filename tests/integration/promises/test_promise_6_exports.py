"""Promise 6: an export of all that is logged and of every event, over all that can be done, gives away no secret."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, ClassVar

import attrs
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pytest_django import Settings

from mfa.adapters import accessor
from mfa.adapters.django import signals
from mfa.adapters.senders import tasks
from mfa.application.operations import Operator, PassWanted, Reset
from mfa.application.ports import audit
from mfa.application.ports.delivery import Message, Sender
from mfa.domain.challenges import SpentLogin
from mfa.domain.events import Event, KeysRotated
from mfa.domain.identifiers import UserId
from mfa.testing.authenticator import SoftwareAuthenticator
from tests.integration.drf.people import World
from tests.integration.promises.conftest import Record
from tests.integration.promises.table import DATABASE
from tests.integration.promises.test_at_rest import EVERYTHING, NUMBER, WRONG, Logbook, Story, listening
from tests.integration.tokens.systems import SYSTEMS, Client, System, deploy

pytestmark = pytest.mark.django_db

IMMEDIATE = f"{tasks.framework.__name__}.backends.immediate.ImmediateBackend"

TRIED = SYSTEMS if DATABASE == "sqlite" else SYSTEMS[-1:]
"""What is said goes by the system of tokens, or by the database that keeps them, and not by both together."""

NEW_BROWSER = "A browser that nobody has seen"
OPERATOR = Operator(name="root", why="ticket 7")


class Talkative(Sender):
    """Fails, and says all that it knows."""

    asked: ClassVar[list[Message]] = []

    def send(self, message: Message) -> None:
        self.asked.append(message)
        raise ConnectionRefusedError(f"{message.code} to {message.destination}", message)


class Queued(tasks.TaskSender):
    sender = f"{__name__}.Talkative"


@attrs.frozen
class Heard:
    """All events, kept by a receiver that fails over each of them."""

    events: list[Event] = attrs.field(factory=list)

    def keep(self, event: Event, **_: object) -> None:
        self.events.append(event)
        raise NotImplementedError

    def lines(self) -> list[str]:
        return [f"{event!r} {event} {attrs.asdict(event)!r}" for event in self.events]


class Export(Story):
    """The whole story by the tokens of one system, with logins, and what has them end."""

    def __init__(self, world: World, system: System) -> None:
        self.system = system
        self.clients: list[Client] = []
        super().__init__(world)

    def log_in(self) -> Client:
        client = self.system.log_in(self.world, self.user, self.password)
        self.clients.append(client)
        self.note_credentials()
        return client

    def note_credentials(self) -> None:
        """Note what the clients have now: a header, a token to refresh by, a session and all that is in it."""
        for client in self.clients:
            header = client.client._credentials.get("HTTP_AUTHORIZATION", " ").partition(" ")[2]
            shown = [header, client.refresh, *(each.rpartition(".")[2] for each in (header, client.refresh))]
            if self.system.name == "session":
                session = client.client.session
                shown += [session.session_key, *(value for name, value in session.items() if "mfa" in name)]
            self.note("credentials", *(each.encode() for each in shown if isinstance(each, str) and each))

    def post(self, path: str, data: object = None) -> Any:  # noqa: ANN401 - as above
        told = super().post(path, data)
        self.note_credentials()
        return told

    def use_a_key(self) -> None:
        super().use_a_key()
        for held in self.key.held.values():
            private = held.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            self.note("private data of a key", private, held.user_handle)

    def stranger(self) -> Client:
        client = Client(self.world)
        client.client.defaults["HTTP_USER_AGENT"] = NEW_BROWSER
        if self.system.name == "session":
            client.client.get("/session/")
        self.clients.append(client)
        return client

    def log_in_by(self, key: SoftwareAuthenticator) -> None:
        with audit.acting(audit.Origin(client=audit.Client(user_agent=NEW_BROWSER))):
            super().log_in_by(key)

    def use_a_pass(self) -> None:
        """Have operators give a pass, and use it."""
        wanted = PassWanted(user_id=UserId(str(self.user.pk)))
        issued = accessor.use_cases().operations.issue_pass(wanted, OPERATOR)
        self.note_code("temporary pass", issued.value)
        self.verify(issued.index, WRONG, issued.value)

    def operate(self) -> None:
        """Have operators do all else that they can."""
        operations, user_id, operator = accessor.use_cases().operations, UserId(str(self.user.pk)), OPERATOR
        operations.unlock(user_id, operator)
        operations.reset_account(Reset(user_id=user_id), operator)
        operations.lock_down(user_id, operator)
        link = SpentLogin(digest="5c" * 32, expires_at=self.world.clock.now() + timedelta(days=8))
        operations.lock_down.by_user(user_id, link)
        operations.purge(operator)

    def end(self) -> "Export":
        """Use up what may be sent, guess until nothing is looked at, forget, remove, log out."""
        self.world.pass_time(timedelta(days=2))
        few = {"EMAIL_HOURLY_LIMIT": 1, "MAX_FAILURES": 4, "WEBAUTHN_BACKUP_CHANGE": "report"}
        self.world.configure(**{**EVERYTHING, "TOKEN_PROVIDER": self.system.name, **few})
        self.world.container.email_sender.override(Queued())
        alone, self.key = self.key, self.key.behaving(backup_eligible=True, backed_up=True)
        self.prove_key()
        self.key = alone
        self.prove_key()
        self.post("2/dispatch/", {"reverify": True})
        self.note_code("code by email", Talkative.asked[-1].code)
        self.verify(2, WRONG, WRONG, WRONG, WRONG, WRONG)
        self.verify(99, self.app_code("totp", 0))
        tasks.deliver.call("AAAA")
        self.prove_key()
        for each in self.post("register/recovery/")["codes"]:
            self.note_code("recovery codes", each)
        [trust] = self.browser.get("trust/").data
        self.answers.append(self.browser.delete(f"trust/{trust['id']}/").status_code)
        self.answers += [self.browser.delete(f"{index}/").status_code for index in (1, 2)]
        self.use_a_pass()
        self.system.refresh(self.clients[-1])
        self.note_credentials()
        self.system.log_out(self.clients[-1])
        self.operate()
        return self


@pytest.fixture
def logbook() -> Iterator[Logbook]:
    """Have every logger say everything, as a project may configure it that does not debug its statements."""
    with listening() as book:
        yield book


@pytest.fixture
def heard() -> Iterator[Heard]:
    heard = Heard()
    for signal in (signals.event_published, *signals.SIGNALS.values()):
        signal.connect(heard.keep)
    yield heard
    for signal in (signals.event_published, *signals.SIGNALS.values()):
        signal.disconnect(heard.keep)


Deployed = Callable[[System], World]


@pytest.fixture
def deployed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    def deployed(system: System) -> World:
        settings.TASKS = {"default": {"BACKEND": IMMEDIATE}}
        world = World(settings)
        deploy(world, settings, monkeypatch, system, **EVERYTHING)
        return world

    return deployed


@pytest.mark.parametrize("system", TRIED, ids=lambda system: system.name)
def test_no_log_record_and_no_event_holds_a_secret(
    system: System, deployed: Deployed, logbook: Logbook, heard: Heard, record: Record
) -> None:
    story = Export(deployed(system), system)
    story.tell()
    story.end()
    lines = [*logbook.lines, *heard.lines()]

    # A rotation is a command's, whose tests look at what is told of it.
    assert {type(event) for event in heard.events} | {KeysRotated} == set(signals.SIGNALS)
    assert {200, 201, 204, 400, 401, 404, 405, 409, 429, 500, 503} <= set(story.answers)
    assert {"mfa", "django.request"} <= {each.name for each in logbook.records}
    assert {NUMBER.encode(), story.password.encode()} <= set.union(*story.secrets.values())
    violations = story.given_away((line[:200], line.encode()) for line in lines)
    record(
        f"6 an export of logs and events: {system.name}",
        attempts=len(lines),
        answers={"clean": len(lines) - len(violations)},
        violations=violations,
    )
