"""Promise 6: what is stored and what is logged gives away no seed, code, token or address, and no seal can be moved."""

import base64
import hashlib
import logging
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection
from pytest_django import Settings
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.test import APIClient

from mfa.adapters.accessor import APP_LABEL, use_cases
from mfa.adapters.django.models import AccountRecord, ChallengeRecord, DeviceRecord
from mfa.application.ports.delivery import DeliveryTimedOut
from mfa.domain.errors import BrokenSeal
from mfa.testing.authenticator import SoftwareAuthenticator
from mfa.testing.authenticator import b64decode as urlsafe_b64decode
from tests.integration.drf.keys import SITE, new_key
from tests.integration.drf.people import METHODS, Browser, World
from tests.integration.promises.conftest import Record
from tests.integration.promises.model import password
from tests.integration.promises.table import DATABASE

pytestmark = pytest.mark.django_db

DIGITS = 10
"""So many that no code turns up by chance in some digest or time."""

EVERYTHING: dict[str, object] = {
    **{f"{channel}_DIGITS": DIGITS for channel in ("TOTP", "HOTP", "EMAIL_CODE", "SMS_CODE")},
    **SITE,
    "METHODS": [*METHODS, "webauthn"],
    "SMS_DEFAULT_REGION": "NL",
    "TRUST_LIFETIME": "30d",
    "PASSKEY_LOGIN": True,
    "ENCRYPTION_KEYS": [urlsafe_b64encode(b"a key of the test, and no other.").decode()],
}

ADDRESS = "anna.of.the.test@example.org"
NUMBER = "+31612345678"
LOCKED = timedelta(minutes=5)
WRONG = "8" * DIGITS

TOLD_BY_OTHERS = ("authtoken_token", "auth_user")
"""Tables whose statements are logged by Django and are not this package's: a token is looked up by its key."""


class Logbook(logging.Handler):
    """Keeps all that every logger says: messages, arguments, extras, and exceptions with what they came of."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.records: list[logging.LogRecord] = []
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        fields = {name: value for name, value in vars(record).items() if name not in {"pathname", "process", "created"}}
        self.records.append(record)
        self.lines.append(f"{self.format(record)} {fields!r} {fields.get('sql', '')}")

    def own(self) -> list[str]:
        """Return what was not said of tables that others look after."""
        return [
            line
            for record, line in zip(self.records, self.lines, strict=True)
            if record.name != "django.db.backends"
            or APP_LABEL in line
            or not any(table in line for table in TOLD_BY_OTHERS)
        ]


@contextmanager
def listening() -> Iterator[Logbook]:
    """Have every logger that there is say everything."""
    book = Logbook()
    loggers = [logging.getLogger(), *(each for each in logging.root.manager.loggerDict.values())]
    before = [(each, each.level, each.propagate, each.disabled) for each in loggers if isinstance(each, logging.Logger)]
    for each, *_ in before:
        each.setLevel(logging.DEBUG)
        each.propagate, each.disabled = True, False
    logging.getLogger().addHandler(book)
    try:
        yield book
    finally:
        logging.getLogger().removeHandler(book)
        for each, level, propagate, disabled in before:
            each.setLevel(level)
            each.propagate, each.disabled = propagate, disabled


@pytest.fixture
def logbook() -> Iterator[Logbook]:
    """Have all be said, statements of the database too."""
    with listening() as book:
        connection.force_debug_cursor = True
        yield book
        connection.force_debug_cursor = False


def tables() -> list[str]:
    """Return the tables of the package, those of later models too."""
    return [model._meta.db_table for model in apps.get_app_config(APP_LABEL).get_models(include_auto_created=True)]


def dump() -> list[tuple[str, bytes]]:
    """Return every value of every row of every table of the package, as the database holds it, with its place."""
    found = []
    for table in tables():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a name of our own
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    plain = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    found.append((f"{table}.{name}", plain))
    return found


def forms(secret: bytes) -> set[bytes]:
    """Return a secret in every writing in which it might stand somewhere."""
    encoded = {
        base64.b64encode(secret),
        base64.urlsafe_b64encode(secret),
        base64.b32encode(secret),
        secret.hex().encode(),
        secret.hex().upper().encode(),
    }
    return {secret, repr(secret)[2:-1].encode(), *(each.rstrip(b"=") for each in encoded)}


def hashed(code: bytes) -> set[bytes]:
    """Return the hashes that a code is soon found for: those without salt."""
    digests = [hashlib.new(name, code).digest() for name in ("sha256", "sha1", "sha512", "md5")]
    return {form for digest in digests for form in forms(digest)}


class Story:
    """A user does with every method what can be done with it, right and wrong, and all secrets are noted."""

    password = "quite a long password of the test"

    def __init__(self, world: World) -> None:
        self.world = world
        self.secrets: dict[str, set[bytes]] = {}
        self.answers: list[int] = []
        self.user = get_user_model().objects.create_user("anna", ADDRESS, self.password)
        self.note("password", self.password.encode())
        self.phone, self.laptop = self.log_in(), self.log_in()
        self.browser = self.laptop
        self.world.outbox.failure = None

    def log_in(self) -> Browser:
        AuthToken.objects.filter(user=self.user).delete()
        key: str = APIClient().post("/login/", {"username": "anna", "password": self.password}).data["token"]
        self.note(f"token {len(self.secrets)}", key.encode(), bytes.fromhex(key))
        return Browser(self.world, key)

    def note(self, name: str, *secrets: bytes) -> None:
        self.secrets.setdefault(name, set()).update(form for secret in secrets for form in forms(secret))

    def note_code(self, name: str, code: str) -> str:
        self.note(name, code.encode())
        self.secrets[name] |= hashed(code.encode())
        return code

    def post(self, path: str, data: object = None) -> Any:  # noqa: ANN401 - JSON may be anything
        answer = self.browser.post(path, data)
        self.answers.append(answer.status_code)
        return getattr(answer, "data", None)

    def verify(self, index: int, *values: object) -> None:
        for value in values:
            self.post(f"{index}/", {"value": value})
            self.world.pass_time()

    def tell(self) -> "Story":
        self.note("address", ADDRESS.encode(), ADDRESS.partition("@")[0].encode())
        self.note("number", NUMBER.encode(), NUMBER.removeprefix("+").encode(), b"0612345678", b"06 1234 5678")
        indexes = {method: self.register(method) for method in ("totp", "hotp", "email", "sms")}
        self.prove_passwords(indexes)
        self.prove_codes(indexes)
        self.prove_recovery(self.post("register/recovery/"))
        self.remember_a_browser(indexes["totp"])
        self.use_a_key()
        self.fail_to_deliver(indexes["email"])
        self.look(indexes["totp"])
        self.lock(indexes["totp"])
        self.break_down(indexes["email"])
        return self

    def register(self, method: str) -> int:
        fields = {"sms": {"number": "06 1234 5678"}}.get(method, {})
        if self.answers:
            self.world.pass_time()
            self.verify(0, self.app_code("totp", 0))
        made = self.post(f"register/{method}/", {"name": f"my {method}", **fields})
        if "secret" in made:
            self.seed = {**getattr(self, "seed", {}), method: made["secret"]}
            self.note(f"seed of {method}", base64.b32decode(made["secret"]))
            self.verify(made["index"], self.app_code(method, 0))
        else:
            self.post(f"{made['index']}/dispatch/")
            self.verify(made["index"], self.sent(method))
        index: int = made["index"]
        return index

    def app_code(self, method: str, counter: int) -> str:
        if method == "totp":
            counter = int(self.world.clock.time.timestamp()) // 30
        secret = base64.b32decode(self.seed[method])
        number = password(self.seed[method], counter, DIGITS)
        assert len(secret) >= 20, "160 bits"
        return self.note_code(f"code of {method}", number)

    def sent(self, method: str) -> str:
        return self.note_code(f"code by {method}", self.world.code)

    def prove_passwords(self, indexes: dict[str, int]) -> None:
        for method in ("totp", "hotp"):
            code = self.app_code(method, 2)
            self.verify(indexes[method], WRONG, code, code, int(code))

    def prove_codes(self, indexes: dict[str, int]) -> None:
        for method in ("email", "sms"):
            self.world.pass_time()
            self.post(f"{indexes[method]}/dispatch/", {"reverify": True})
            code = self.sent(method)
            self.verify(indexes[method], WRONG, code, code, {"value": code})
            self.world.pass_time()
            self.post(f"{indexes[method]}/dispatch/", {"reverify": True})
            self.sent(method)  # and it stays on its way

    def prove_recovery(self, made: dict[str, Any]) -> None:
        for code in made["codes"]:
            for writing in (code, code.replace("-", ""), code.upper(), code.replace("-", "").upper()):
                self.note_code("recovery codes", writing)
        self.verify(made["index"], made["codes"][0], made["codes"][0], "aaaa-bbbb-cccc-dddd")

    def remember_a_browser(self, index: int) -> None:
        """Have a browser remembered, and show what it keeps, and what it does not."""
        kept = self.post(f"{index}/", {"value": self.app_code("totp", 0), "trust": True})["trust"]["token"]
        self.note("token of a browser", kept.encode(), urlsafe_b64decode(kept))
        self.world.pass_time()
        for shown in (kept, kept[:-1]):
            self.post("trust/", {"token": shown})
        self.answers.append(self.browser.get("trust/").status_code)

    def use_a_key(self) -> None:
        """Register a security key, prove it twice with the same answer, and leave a challenge on its way."""
        self.key = key = new_key()
        made = self.post("register/webauthn/")
        self.key_index = index = made["index"]
        self.verify(index, key.create(self.challenged(made["options"])))
        given = key.get(self.challenged(self.post(f"{index}/dispatch/", {"reverify": True})["options"]))
        self.verify(index, given, given)
        self.challenged(self.post(f"{index}/dispatch/", {"reverify": True})["options"])
        self.note("credentials of a key", *key.held)
        self.log_in_by(key)

    def stranger(self) -> Browser:
        """A browser in which nobody is logged in."""
        browser = Browser(self.world, "")
        browser.client.credentials()
        return browser

    def log_in_by(self, key: SoftwareAuthenticator) -> None:
        """Log in by a passkey, once too often, and by what is none."""
        cache.clear()
        browser = self.stranger()
        begun = browser.post("passkey/options/").data
        self.challenged(begun["options"])
        given = key.get(begun["options"])
        self.note("signatures of a key", urlsafe_b64decode(given["response"]["signature"]))
        for value in (given, given, {**given, "id": "AAAA"}, {"id": "AAAA"}):
            answer = browser.post("passkey/", {"state": begun["state"], "value": value})
            self.answers.append(answer.status_code)
            shown = answer.data if answer.status_code == 200 else {}
            self.note("tokens by a key", *(each.encode() for each in shown.values() if isinstance(each, str)))
        self.browser = self.laptop = self.log_in()  # the token of before may have been replaced
        self.verify(0, self.app_code("totp", 0))
        self.prove_key()

    def prove_key(self) -> None:
        options = self.challenged(self.post(f"{self.key_index}/dispatch/", {"reverify": True})["options"])
        self.verify(self.key_index, self.key.get(options))

    def challenged(self, options: dict[str, Any]) -> dict[str, Any]:
        self.note("challenges of a key", urlsafe_b64decode(options["challenge"]))
        return options

    def fail_to_deliver(self, index: int) -> None:
        """Have a sender fail with exceptions that quote all they know."""
        for kind in (ConnectionRefusedError, DeliveryTimedOut, ValueError):
            self.world.pass_time()
            self.world.outbox.failure = kind(f"{self.world.code} to {ADDRESS} or {NUMBER}")
            self.post(f"{index}/dispatch/", {"reverify": True})
        self.world.outbox.failure = None

    def look(self, index: int) -> None:
        for path in ("", f"{index}/", "status/", "register/", "register/email/"):
            self.answers.append(self.browser.get(path).status_code)
        self.answers.append(self.browser.patch(f"{index}/", {"name": "another name"}).status_code)
        self.answers.append(self.browser.options("register/email/").status_code)
        for address in (f"{ADDRESS}@", "nobody"):
            self.post("register/email/", {"address": address})
        self.answers.append(self.phone.get("status/").status_code)

    def lock(self, index: int) -> None:
        for _ in range(7):
            self.post(f"{index}/", {"value": WRONG})
        self.post(f"{index}/", {"value": self.app_code("totp", 0)})

    def break_down(self, index: int) -> None:
        """Have a request end in a fault of the installation, which is logged with its traceback."""
        self.world.pass_time(LOCKED)
        record = DeviceRecord.objects.get(index=index)
        state = bytes(record.state)
        DeviceRecord.objects.filter(pk=record.pk).update(state=state[:-1] + bytes([state[-1] ^ 1]))
        self.browser.client.raise_request_exception = False
        self.post(f"{index}/", {"value": self.sent("email")})
        self.post(f"{index}/dispatch/", {"reverify": True})
        DeviceRecord.objects.filter(pk=record.pk).update(state=state)

    def found_in(self, text: bytes) -> list[str]:
        return [name for name, writings in self.secrets.items() if any(each in text for each in writings)]

    def given_away(self, places: Iterable[tuple[str, bytes]]) -> list[str]:
        """Tell which places hold what; one look at all of them together spares nearly always one at each."""
        places = [*places]
        if not self.found_in(b"\0".join(text for _, text in places)):
            return []
        return [f"{place} holds the {', '.join(names)}" for place, text in places if (names := self.found_in(text))]


@pytest.fixture
def world(settings: Settings) -> World:
    return World(settings)


@pytest.fixture
def story(world: World, logbook: Logbook) -> Story:
    """Tell it, and all of it: nothing is proved by looking for secrets where nothing happened."""
    world.configure(**EVERYTHING)
    story = Story(world).tell()
    assert {200, 201, 204, 400, 401, 405, 429, 500, 503} == set(story.answers) - {404}
    assert story.answers.count(201) == 6
    assert len(story.secrets) == 18
    assert [len(trusts) for trusts in AccountRecord.objects.values_list("trusts", flat=True)] == [1]
    assert DeviceRecord.objects.count() == 6
    assert ChallengeRecord.objects.exclude(sent=None).exists()
    return story


def test_no_row_of_any_table_holds_a_secret(story: Story, record: Record) -> None:
    use_cases().rotate_keys()
    values = dump()

    assert {place.partition(".")[0] for place, _ in values} == set(tables())
    record(
        "6 nothing at rest can be read",
        attempts=len(values),
        answers={"opaque": len(values)},
        violations=story.given_away(values),
    )
    _would_be_found(story)


def _would_be_found(story: Story) -> None:
    seed = base64.b32decode(story.seed["totp"])
    for planted in (
        b"x" + seed,
        b"a " + story.seed["totp"].encode(),
        b"a " + seed.hex().encode(),
        base64.b64encode(seed),
        hashlib.sha256(story.app_code("hotp", 2).encode()).hexdigest().encode(),
        ADDRESS.encode(),
    ):
        assert story.given_away([("one row", b"nothing"), ("another", planted)])[0].startswith("another holds the ")
    device = DeviceRecord.objects.earliest("pk")
    DeviceRecord.objects.filter(pk=device.pk).update(state=bytes(device.state) + seed)
    assert story.given_away(dump())


def test_no_log_record_holds_a_secret(story: Story, logbook: Logbook, record: Record) -> None:
    lines = logbook.own()

    loggers = {each.name for each in logbook.records}
    assert {"mfa", "django.db.backends", "django.request"} <= loggers
    assert any(APP_LABEL in line and "UPDATE" in line for line in lines)
    assert any("Traceback" in line and "BrokenSeal" in line for line in lines)
    record(
        "6 nothing in the logs can be read",
        attempts=len(lines),
        answers={"clean": len(lines)},
        violations=story.given_away((line[:200], line.encode()) for line in lines),
    )


# Seals that are moved


class Owner(Browser):
    def __init__(self, world: World, name: str) -> None:
        self.user = get_user_model().objects.create_user(name, f"{name}@example.com")
        super().__init__(world, AuthToken.objects.create(user=self.user).key)
        self.app = self.enrol_app()
        self.mail = self.enrol_mail()

    def log_in_anew(self) -> str:
        """Replace the token, and return what rows call the new one."""
        AuthToken.objects.filter(user=self.user).delete()
        token = AuthToken.objects.create(user=self.user)
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
        identity: str = self.world.container.token_provider().token_of(SimpleNamespace(auth=token)).id
        return identity

    def device(self, index: int) -> DeviceRecord:
        return DeviceRecord.objects.get(account_id=self.user.pk, index=index)

    def challenge(self, index: int) -> ChallengeRecord:
        return ChallengeRecord.objects.get(account_id=self.user.pk, index=index)


class Move:
    """Anna has two apps and a mail address, with a code on its way; Bert has an app and a mail address, too."""

    def __init__(self, world: World) -> None:
        self.anna, self.berts = (Owner(world, name) for name in ("anna", "bert"))
        self.other_app = self.anna.enrol_app()
        for browser in (self.anna, self.berts):
            world.pass_time()
            browser.prove(browser.app)
            assert browser.post(f"{browser.mail}/dispatch/", {"reverify": True}).status_code == 204
        self.code = world.code


def put(record: DeviceRecord | ChallengeRecord, **columns: object) -> None:
    type(record)._default_manager.filter(pk=record.pk).update(**columns)


def state_of_another_row(move: Move) -> int:
    put(move.anna.device(move.anna.app.index), state=move.anna.device(move.other_app.index).state)
    return move.anna.app.index


def state_of_another_user(move: Move) -> int:
    assert move.anna.app.index == move.berts.app.index
    put(move.anna.device(move.anna.app.index), state=move.berts.device(move.berts.app.index).state)
    return move.anna.app.index


def row_under_another_index(move: Move) -> int:
    put(move.anna.device(move.other_app.index), index=7)
    return 7


def row_under_another_user(move: Move) -> int:
    put(move.berts.device(move.berts.app.index), account_id=move.anna.user.pk, index=8)
    return 8


def code_of_another_user(move: Move) -> int:
    put(move.anna.challenge(move.anna.mail), sent=move.berts.challenge(move.berts.mail).sent)
    return move.anna.mail


def code_of_another_token(move: Move) -> int:
    put(move.anna.challenge(move.anna.mail), token=move.anna.log_in_anew())
    return move.anna.mail


def code_of_another_device(move: Move) -> int:
    move.anna.world.pass_time()
    index = move.anna.enrol_mail()
    move.anna.world.pass_time()
    assert move.anna.post(f"{index}/dispatch/", {"reverify": True}).status_code == 204
    put(move.anna.challenge(index), sent=move.anna.challenge(move.anna.mail).sent)
    return index


def address_of_another_user(move: Move) -> int:
    put(move.anna.device(move.anna.mail), state=move.berts.device(move.berts.mail).state)
    return move.anna.mail


def seed_in_the_place_of_a_code(move: Move) -> int:
    put(move.anna.challenge(move.anna.mail), sent=move.anna.device(move.anna.mail).state)
    return move.anna.mail


def last_bit_changed(move: Move) -> int:
    record = move.anna.device(move.anna.app.index)
    state = bytes(record.state)
    put(record, state=state[:-1] + bytes([state[-1] ^ 1]))
    return move.anna.app.index


MOVES = [
    state_of_another_row,
    state_of_another_user,
    row_under_another_index,
    row_under_another_user,
    code_of_another_user,
    code_of_another_token,
    code_of_another_device,
    address_of_another_user,
    seed_in_the_place_of_a_code,
    last_bit_changed,
]

TRIED = MOVES if DATABASE == "sqlite" else [state_of_another_row, row_under_another_user, code_of_another_token]
"""On a server, what moves the index, the user and the token, as it gives them back; a seal opens the same anywhere."""


def rows() -> list[Any]:
    return [list(model._default_manager.values()) for model in (AccountRecord, DeviceRecord, ChallengeRecord)]


@pytest.mark.parametrize("moved", TRIED, ids=lambda move: move.__name__)
def test_a_seal_that_was_moved_does_not_open(world: World, moved: Callable[[Move], int], record: Record) -> None:
    world.pass_time()
    move = Move(world)
    index = moved(move)
    stored, answers = rows(), []
    world.pass_time()

    for value in (move.anna.app.code, move.other_app.code, move.berts.app.code, move.code, WRONG):
        with pytest.raises(BrokenSeal) as failure:
            move.anna.verify(index, value)
        answers.append(failure.value.code)

    record("6 a seal opens in its own place alone", attempts=len(answers), answers=answers)
    assert rows() == stored
