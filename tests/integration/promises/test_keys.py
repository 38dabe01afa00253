"""Promise 6, of keys: each can be replaced while serving, and one that is missing is told of, not taken for a guess."""

import base64
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import attrs
import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django import Settings
from rest_framework.authtoken.models import Token as AuthToken

from mfa.adapters import accessor
from mfa.adapters.django.models import AccountRecord, ChallengeRecord, DeviceRecord
from mfa.adapters.django.signals import event_published
from mfa.application.dispatching import RequestChallenge
from mfa.application.registration import Register, Registered
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.domain.errors import UnknownKey
from mfa.domain.events import Event
from mfa.domain.identifiers import Token, TokenId, UserId
from tests.integration.drf.people import World
from tests.integration.promises.conftest import Record
from tests.integration.promises.model import password

pytestmark = pytest.mark.django_db

PROMISE = "6 keys are replaced while serving"

OLD, NEW, THIRD = (base64.urlsafe_b64encode(letter * 32).decode() for letter in (b"o", b"n", b"t"))
WRONG = "no code"


class Owner:
    """A user with a device of every method, and a code on its way."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.user = get_user_model().objects.create_user("anna", "anna@example.com")
        self.token = Token(id=TokenId("digest of a token"), user_id=UserId(str(self.user.pk)))
        self.counter = -1
        self.totp = self.register("totp")
        assert isinstance(self.verify(self.totp, self.password()), Verified)
        self.hotp = self.register("hotp")
        assert isinstance(self.verify(self.hotp, self.next_password()), Verified)
        self.email = self.register("email", address="anna@example.com")
        self.sms = self.register("sms", number="+31612345678")
        for each in (self.email, self.sms):
            assert isinstance(self.verify(each, self.sent(each)), Verified)
        self.recovery = self.register("recovery")
        self.codes = iter(cast("list[str]", self.recovery.shown["codes"]))
        self.on_its_way = ""

    def register(self, method: str, **fields: str) -> Registered:
        return accessor.use_cases().register_device(Register(token=self.token, method=method, fields=fields))

    def sent(self, registered: Registered) -> str:
        command = RequestChallenge(token=self.token, index=registered.device.index, again=True)
        accessor.use_cases().dispatch_challenge(command)
        return self.world.code

    def verify(self, registered: Registered, value: str) -> Verified | NotVerified:
        command = Verify(token=self.token, index=registered.device.index, value=value)
        return accessor.use_cases().verify_challenge(command)

    def password(self) -> str:
        step = int(self.world.clock.time.timestamp()) // 30
        return password(str(self.totp.shown["secret"]), step)

    def next_password(self) -> str:
        self.counter += 1
        return password(str(self.hotp.shown["secret"]), self.counter)

    def proofs(self) -> list[Callable[[], Verified | NotVerified]]:
        """Return a proof of every device, in the order of their indexes; and of the code that is on its way."""
        return [
            lambda: self.verify(self.totp, self.password()),
            lambda: self.verify(self.hotp, self.next_password()),
            lambda: self.verify(self.email, self.on_its_way),
            lambda: self.verify(self.sms, self.sent(self.sms)),
            lambda: self.verify(self.recovery, next(self.codes)),
        ]

    def fails(self) -> list[Callable[[], Verified | NotVerified]]:
        return [partial(self.verify, each, WRONG) for each in (self.totp, self.hotp, self.email, self.recovery)]


@attrs.frozen
class Keys:
    """What the settings say of keys."""

    secret_key: str
    fallbacks: tuple[str, ...] = ()
    encryption_keys: tuple[str, ...] | None = None

    def apply(self, world: World) -> None:
        world.settings.SECRET_KEY = self.secret_key
        world.settings.SECRET_KEY_FALLBACKS = list(self.fallbacks)
        world.configure(**({} if self.encryption_keys is None else {"ENCRYPTION_KEYS": list(self.encryption_keys)}))


ROTATIONS = {
    "a key in front of the others": [Keys("s", (), (OLD,)), Keys("s", (), (NEW, OLD))],
    "keys for the first time": [Keys("s"), Keys("s", (), (NEW,))],
    "keys for the first time, with a new secret": [Keys("s"), Keys("t", ("s",), (NEW,))],
    "a new secret": [Keys("s"), Keys("t", ("s",))],
    "a new secret twice": [Keys("s"), Keys("t", ("s",)), Keys("u", ("t", "s"))],
    "a new secret beside keys": [Keys("s", (), (OLD,)), Keys("t", (), (OLD,))],
    "a key twice": [Keys("s", (), (OLD,)), Keys("s", (), (NEW, OLD)), Keys("s", (), (THIRD, NEW, OLD))],
}


@pytest.fixture
def world(settings: Settings) -> World:
    return World(settings)


@pytest.fixture
def events() -> Iterator[Callable[[], list[Event]]]:
    """To be called for a list to which every event from then on is added."""
    lists: list[list[Event]] = []

    def listen() -> list[Event]:
        lists.append([])
        return lists[-1]

    def hear(event: Event, **_: object) -> None:
        for each in lists:
            each.append(event)

    event_published.connect(hear)
    yield listen
    event_published.disconnect(hear)


def rows() -> list[Any]:
    return [list(model._default_manager.values()) for model in (AccountRecord, DeviceRecord, ChallengeRecord)]


@pytest.mark.parametrize("rotation", ROTATIONS.values(), ids=ROTATIONS.keys())
def test_every_device_and_every_code_on_its_way_keeps_working(
    world: World, rotation: list[Keys], record: Record
) -> None:
    first, *others = rotation
    first.apply(world)
    owner = Owner(world)
    for keys in others:
        world.pass_time()
        owner.on_its_way = owner.sent(owner.email)
        keys.apply(world)
        world.pass_time()

        wrong = [prove() for prove in owner.fails()]
        answers = [prove() for prove in owner.proofs()]

        record(
            PROMISE,
            attempts=len(wrong) + len(answers),
            answers=[type(answer).__name__.lower() for answer in (*wrong, *answers)],
            violations=[
                *(f"{answer} to a wrong value" for answer in wrong if not isinstance(answer, NotVerified)),
                *(f"{answer} to a right value" for answer in answers if not isinstance(answer, Verified)),
            ],
        )
        assert AccountRecord.objects.count() == 1


def test_what_is_written_after_a_rotation_is_sealed_under_the_first_key_alone(world: World) -> None:
    Keys("s", (), (OLD,)).apply(world)
    owner = Owner(world)
    world.pass_time()
    Keys("s", (), (NEW, OLD)).apply(world)
    assert isinstance(owner.verify(owner.totp, owner.password()), Verified)
    assert isinstance(owner.verify(owner.recovery, next(owner.codes)), Verified)
    world.pass_time()

    Keys("s", (), (NEW,)).apply(world)

    assert isinstance(owner.verify(owner.totp, owner.password()), Verified)
    assert isinstance(owner.verify(owner.recovery, next(owner.codes)), Verified)
    with pytest.raises(UnknownKey):
        owner.verify(owner.hotp, owner.next_password())


LOSSES = {
    "the key was taken out": [Keys("s", (), (OLD,)), Keys("s", (), (NEW,))],
    "the secret is another": [Keys("s"), Keys("t")],
    "the secret is another, and there are keys": [Keys("s"), Keys("t", (), (NEW,))],
    "the secret that made the seals fell out of the fallbacks": [Keys("s"), Keys("u", ("t",))],
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_a_key_that_is_missing_is_an_error_that_names_the_setting_and_counts_no_failure(
    world: World, loss: list[Keys], record: Record, events: Callable[[], list[Event]]
) -> None:
    before, after = loss
    before.apply(world)
    owner = Owner(world)
    world.pass_time()
    owner.on_its_way = owner.sent(owner.email)
    stored, told = rows(), events()
    after.apply(world)
    world.pass_time()

    answers = []
    for prove in (*owner.proofs(), *owner.fails()):
        with pytest.raises(UnknownKey, match=r'MFA\["ENCRYPTION_KEYS"\].*SECRET_KEY_FALLBACKS') as failure:
            prove()
        answers.append(failure.value.code)
        for key in (OLD, NEW):
            assert key not in str(failure.value)

    record("6 a missing key is no wrong value", attempts=len(answers), answers=answers)
    assert rows() == stored
    assert told == []
    before.apply(world)
    owner.counter = 0
    assert all(isinstance(prove(), Verified) for prove in owner.proofs())
    assert len(told) == len(owner.proofs()) + 2, "and a code that was sent, and one of the recovery codes that was used"


def test_over_http_a_missing_key_is_the_operators_to_see(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """It is a fault of the installation: 500 and a log record for the operator, never 401 or 429 for the person."""
    Keys("s", (), (OLD,)).apply(world)
    owner = Owner(world)
    token = AuthToken.objects.create(user=owner.user)
    Keys("s", (), (NEW,)).apply(world)
    world.pass_time()
    client = Client(raise_request_exception=False, headers={"authorization": f"Token {token.key}"})

    for value in (WRONG, owner.password()):
        path = f"/multi-factor/{owner.totp.device.index}/"
        for _ in range(10):
            answer = client.post(path, {"value": value}, content_type="application/json")
            assert answer.status_code == 500

    status = client.get("/multi-factor/status/").json()
    assert status["locked"] is False
    assert 'MFA["ENCRYPTION_KEYS"]' in caplog.text
