"""Commands that are killed, or whose database fails: the state before or after, the row of the audit trail with it."""

import base64
import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.authtoken.models import Token as AuthToken

from mfa.adapters.django.models import AccountRecord, AuditRecord, ChallengeRecord, DeviceRecord, KeyRotationRecord
from mfa.adapters.system.vault import AesGcmVault
from mfa.application.ports.system import seal_context
from mfa.domain.identifiers import Token, UserId
from tests.integration.django.commanding import run
from tests.integration.django.killing import KILLED, Killing, killing
from tests.integration.django.world import OUTBOX, World, token_of
from tests.projects.promises.faults import SECRET, Fault

pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = (bytes([number]) * 32 for number in (1, 2))
MFA = {"METHODS": ["totp", "email", "recovery"], "EMAIL_SENDER": OUTBOX}
CHANGING = {
    "unlock": ["mfa_unlock"],
    "reset": ["mfa_reset", "--noinput"],
    "reset of a device": ["mfa_reset", "--noinput", "--device", "0"],
    "pass": ["mfa_pass"],
    "lockdown": ["mfa_lockdown"],
}
MOST_POINTS = 60
FILE = connection.vendor == "sqlite"
STRIDE = 1 if FILE else 5
"""Statements from one fault to the next: what a server adds to them is only where its transaction begins and ends."""


@pytest.fixture(scope="module")
def process(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Killing]:
    with killing(str(connection.settings_dict["NAME"])) as process:
        yield process


@pytest.fixture
def world(settings: Settings) -> World:
    return World(settings, **MFA)


def written(keys: tuple[bytes, ...]) -> list[str]:
    return [base64.urlsafe_b64encode(key).decode() for key in keys]


def person(world: World, name: str) -> Token:
    """Somebody with an app, recovery codes, a pending app elsewhere, a code on its way, a token and wrong values."""
    user = get_user_model().objects.create_user(name, f"{name}@example.com")
    AuthToken.objects.create(user=user)
    token, other = (token_of(UserId(str(user.pk)), f"{device} of {name}") for device in ("phone", "laptop"))
    app = world.enrolled(token)
    mail = world.register(token, "email").device.index
    world.verify(token, mail, world.dispatch(token, mail))
    world.register(token, "recovery")
    world.verify(other, app.index, app.code)
    world.register(other, "totp")
    world.clock.advance(timedelta(minutes=1))
    world.dispatch(other, mail)
    for _ in range(3):
        world.verify(token, app.index, "no code")
    return token


def state(token: Token) -> dict[str, Any]:
    """What of the rows of a user has a meaning, and what the audit trail says of it."""
    account = AccountRecord.objects.get(pk=int(token.user_id))
    return {
        "version": account.version,
        "generation": account.generation,
        "locked": account.locked_down,
        "gone": len(account.gone),
        "devices": list(
            DeviceRecord.objects.filter(account=account.pk).order_by("index").values_list("index", "method", "failures")
        ),
        "challenges": ChallengeRecord.objects.filter(account=account.pk).count(),
        "tokens": AuthToken.objects.filter(user=account.pk).count(),
        "trail": sorted(AuditRecord.objects.filter(user_id=token.user_id).values_list("event", "device_index")),
    }


def points(strike: Callable[[str], bool], kind: str) -> Iterator[str]:
    """Have a fault strike before and after each statement, until there are no more; it tells whether it has.

    What dies after a statement leaves what dies before the next one would: where none is left out, it dies after the
    last one alone.
    """
    last = 0
    for when in ("before", "after"):
        first = last if when == "after" and kind == "kill" and STRIDE == 1 else 1
        for number in itertools.count(first, STRIDE):
            assert number < MOST_POINTS
            fault = f"{number} {when} {kind}"
            if not strike(fault):
                break
            last = number
            yield fault


@pytest.mark.parametrize("command", CHANGING.values(), ids=CHANGING)
def test_a_command_that_is_killed_has_done_all_or_nothing(world: World, process: Killing, command: list[str]) -> None:
    twin = person(world, "twin")
    before = state(twin)
    connection.close()
    assert process.run(*command, "twin", mfa=MFA) == 0
    after = state(twin)
    assert after != before
    hit = [person(world, "person")]

    def strike(fault: str) -> bool:
        _replaced(world, hit, before)
        connection.close()
        return process.run(*command, "--id", hit[-1].user_id, fault=fault, mfa=MFA) == KILLED

    found = [(fault, state(hit[-1])) for fault in points(strike, "kill")]

    assert [(fault, each) for fault, each in found if each not in (before, after)] == []
    assert {str(each) for _, each in found} == {str(before), str(after)} or not FILE


@pytest.mark.parametrize("command", CHANGING.values(), ids=CHANGING)
def test_a_command_whose_database_fails_has_done_all_or_nothing(world: World, command: list[str]) -> None:
    twin = person(world, "twin")
    before = state(twin)
    assert run(*command, "twin").status == 0
    after = state(twin)
    hit = [person(world, "person")]
    said: list[str] = []

    def strike(text: str) -> bool:
        _replaced(world, hit, before)
        fault = Fault.read(text)
        with fault.armed():
            ran = run(*command, "--id", hit[-1].user_id)
        if fault.struck:
            said.append(ran.err)
            assert ran.status == 1 or (ran.status == 0 and state(hit[-1]) == after)
        return fault.struck

    found = [(fault, state(hit[-1])) for fault in points(strike, "error")]

    assert [(fault, each) for fault, each in found if each not in (before, after)] == []
    assert not [each for each in said if SECRET in each or "Traceback" in each]


def _replaced(world: World, hit: list[Token], before: dict[str, Any]) -> None:
    """Take another person where the last one is not as before any more."""
    if state(hit[-1]) != before:
        hit.append(person(world, f"person-{len(hit)}"))


class TestRotation:
    """Accounts are sealed anew one by one, so what is killed has done some of them, each as a whole."""

    @pytest.fixture
    def old(self, settings: Settings) -> World:
        return World(settings, **MFA, ENCRYPTION_KEYS=written((OLD,)))

    def test_killed_wherever_it_goes_on_until_nothing_is_left(
        self, old: World, settings: Settings, process: Killing
    ) -> None:
        tokens = [person(old, f"person-{number}") for number in range(2)]
        keys = {**MFA, "ENCRYPTION_KEYS": written((NEW, OLD))}
        before = [_unsealed(token, (NEW, OLD)) for token in tokens]

        def strike(fault: str) -> bool:
            connection.close()
            struck = process.run("mfa_rotate_keys", fault=fault, mfa=keys) == KILLED
            assert [_unsealed(token, (NEW, OLD)) for token in tokens] == before
            assert KeyRotationRecord.objects.count() == AuditRecord.objects.filter(event="upkeep.rotate").count()
            return struck

        assert len(list(points(strike, "kill"))) > 15 // STRIDE

        assert [_unsealed(token, (NEW,)) for token in tokens] == before
        World(settings, **keys)
        assert run("mfa_rotate_keys", "--json").json == {"accounts": 0}
        assert list(run("mfa_rotate_keys", "--count", "--json").json["keys"].values()) == [
            DeviceRecord.objects.count() + ChallengeRecord.objects.filter(sent__isnull=False).count()
        ]

    def test_a_database_that_fails_is_told_of(self, old: World, settings: Settings) -> None:
        tokens = [person(old, f"person-{number}") for number in range(2)]
        before = [_unsealed(token, (OLD,)) for token in tokens]
        World(settings, **MFA, ENCRYPTION_KEYS=written((NEW, OLD)))

        def strike(text: str) -> bool:
            fault = Fault.read(text)
            with fault.armed():
                ran = run("mfa_rotate_keys")
            assert not fault.struck or ran.status in {0, 1}
            assert SECRET not in ran.err
            assert KeyRotationRecord.objects.count() == AuditRecord.objects.filter(event="upkeep.rotate").count()
            return fault.struck

        assert len(list(points(strike, "error"))) > 15 // STRIDE
        assert [_unsealed(token, (NEW,)) for token in tokens] == before


def _unsealed(token: Token, keys: tuple[bytes, ...]) -> list[bytes]:
    """What is sealed of a user, opened with these keys."""
    vault, opened = AesGcmVault(keys), list[bytes]()
    for device in DeviceRecord.objects.filter(account=int(token.user_id)).order_by("index"):
        opened.append(vault.open(bytes(device.state), seal_context(token.user_id, device.index)))
    for each in ChallengeRecord.objects.filter(account=int(token.user_id), sent__isnull=False).order_by("token"):
        assert each.sent is not None
        opened.append(vault.open(bytes(each.sent), seal_context(token.user_id, each.index, each.token)))  # type: ignore[arg-type] # a text is what it is
    return opened


class TestPurge:
    def test_killed_wherever_it_goes_on_and_drops_nothing_that_counts(self, world: World, process: Killing) -> None:
        tokens = [person(world, f"person-{number}") for number in range(3)]
        soon = datetime.now(UTC) + timedelta(days=1)
        ChallengeRecord.objects.filter(confirmed_at__isnull=False, account=int(tokens[0].user_id)).update(
            expires_at=soon
        )
        living = DeviceRecord.objects.filter(activated_at__isnull=False).count()
        assert DeviceRecord.objects.filter(activated_at__isnull=True).count() == 3

        def strike(fault: str) -> bool:
            connection.close()
            struck = process.run("mfa_purge", "--batch", "2", fault=fault, mfa=MFA) == KILLED
            assert DeviceRecord.objects.filter(activated_at__isnull=False).count() == living
            assert ChallengeRecord.objects.filter(expires_at=soon).count() == kept
            return struck

        kept = ChallengeRecord.objects.filter(expires_at=soon).count()
        assert kept
        assert len(list(points(strike, "kill"))) > 10 // STRIDE

        assert not DeviceRecord.objects.filter(activated_at__isnull=True).exists()
        assert ChallengeRecord.objects.count() == kept
        assert AuditRecord.objects.filter(event="upkeep.purge").exists()

    def test_a_database_that_fails_is_told_of(self, world: World) -> None:
        person(world, "anna")
        world.clock.advance(timedelta(days=31))

        def strike(text: str) -> bool:
            fault = Fault.read(text)
            with fault.armed():
                ran = run("mfa_purge", "--batch", "2")
            assert not fault.struck or ran.status in {0, 1}
            assert SECRET not in ran.err
            return fault.struck

        assert len(list(points(strike, "error"))) > 10 // STRIDE
        assert not ChallengeRecord.objects.exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the others let a transaction write that has read before")
@pytest.mark.parametrize(
    "command",
    [*CHANGING.values(), ["mfa_purge"], ["mfa_rotate_keys"]],
    ids=[*CHANGING, "purge", "rotation"],
)
def test_every_transaction_writes_before_it_reads(world: World, settings: Settings, command: list[str]) -> None:
    """Otherwise SQLite answers that it is locked, however long one waits, where somebody wrote in between."""
    person(world, "anna")
    world = World(settings, **MFA, ENCRYPTION_KEYS=written((NEW,)))
    world.clock.advance(timedelta(days=31))
    about = ["anna"] if command[0] not in {"mfa_purge", "mfa_rotate_keys"} else []

    with CaptureQueriesContext(connection) as captured:
        assert run(*command, *about).status == 0

    statements = [query["sql"] for query in captured]
    firsts = [statements[place + 1].split()[0] for place, sql in enumerate(statements) if sql == "BEGIN"]
    assert firsts
    assert {*firsts} <= {"INSERT", "UPDATE", "DELETE"}
