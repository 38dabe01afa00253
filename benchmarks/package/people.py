"""The package's users: for each operation some who are about to do it, enrolled by the use cases."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import attrs
import pyotp
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token as AuthToken

from benchmarks.cost.asking import Ask, json_of
from benchmarks.cost.pools import Pool, Table
from benchmarks.scale.crowd import Deployment, deployment
from mfa.adapters.accessor import APP_LABEL
from mfa.adapters.system.clock import SystemClock
from mfa.application.dispatching import RequestChallenge
from mfa.application.registration import Register
from mfa.application.verification import Verified, Verify
from mfa.domain.identifiers import Token

DAY = timedelta(days=1)

WRONG = "000000x"
"""As long as no code is, so that it is wrong at any time."""


@attrs.frozen
class Person:
    """Somebody with the key of a token, and with the secret of the authenticator app where there is one."""

    key: str = attrs.field(repr=False)
    secret: str = attrs.field(repr=False)


def pool(row: str, people: int) -> Pool:
    """Enrol users who can do what a row measures, so long ago that no value of today is spent."""
    model: type[User] = get_user_model()
    users = model.objects.bulk_create(
        model(username=f"{row}-{number}", email=f"{row}-{number}@example.com") for number in range(people)
    )
    with deployment() as deployed:
        deployed.clock.time = SystemClock().now() - DAY
        enrolled = [_enrolled(deployed, row, user) for user in users]
    ask = ASKS[row]
    return Pool(tables=tables(), users=[user.pk for user in users], asks=lambda: [ask(person) for person in enrolled])


def tables() -> tuple[Table, ...]:
    """Return the tables of accounts, in the order in which their rows can be made."""
    found = [apps.get_model(APP_LABEL, name) for name in ("AccountRecord", "DeviceRecord", "ChallengeRecord")]
    return tuple(Table(model, "user_id" if number == 0 else "account_id") for number, model in enumerate(found))


def _enrolled(deployed: Deployment, row: str, user: User) -> Person:
    """Enrol a user, who logs in anew afterwards where the token is not to be verified yet."""
    made = AuthToken.objects.create(user=user)
    token = deployed.use_cases.token_provider.token_of(SimpleNamespace(auth=made))
    assert token is not None
    secret = ""
    if row in {"gate", "gate-stock", "gate-async", "verify", "verify-joined", "wrong", "overview"}:
        secret = _app(deployed, token)
    if row in {"dispatch", "overview"}:
        _mail(deployed, token)
    if row in {"verify", "verify-joined", "wrong", "dispatch"}:
        made.delete()
        made = AuthToken.objects.create(user=user)
    return Person(made.key, secret)


def _app(deployed: Deployment, token: Token) -> str:
    registered = deployed.use_cases.register_device(Register(token=token, method="totp", name="Phone"))
    secret = str(registered.shown["secret"])
    _verify(deployed, token, registered.device.index, pyotp.TOTP(secret).at(deployed.clock.time))
    return secret


def _mail(deployed: Deployment, token: Token) -> None:
    registered = deployed.use_cases.register_device(Register(token=token, method="email", name="Mail"))
    deployed.use_cases.dispatch_challenge(RequestChallenge(token=token, index=registered.device.index))
    _verify(deployed, token, registered.device.index, deployed.outbox.messages[-1].code)


def _verify(deployed: Deployment, token: Token, index: int, value: str) -> None:
    answer = deployed.use_cases.verify_challenge(Verify(token=token, index=index, value=value))
    assert isinstance(answer, Verified)


def _gate(person: Person) -> Ask:
    return Ask("GET", "/gate/", person.key, 200)


def _gate_stock(person: Person) -> Ask:
    return Ask("GET", "/gate-stock/", person.key, 200)


def _gate_async(person: Person) -> Ask:
    return Ask("GET", "/gate-async/", person.key, 200)


def _right(person: Person) -> Ask:
    return Ask("POST", "/multi-factor/0/", person.key, 200, json_of(value=pyotp.TOTP(person.secret).now()))


def _right_joined(person: Person) -> Ask:
    return Ask("POST", "/joined/0/", person.key, 200, json_of(value=pyotp.TOTP(person.secret).now()))


def _wrong(person: Person) -> Ask:
    return Ask("POST", "/multi-factor/0/", person.key, 401, json_of(value=WRONG))


def _register(person: Person) -> Ask:
    return Ask("POST", "/multi-factor/register/totp/", person.key, 201, json_of(name="Phone"))


def _overview(person: Person) -> Ask:
    return Ask("GET", "/multi-factor/", person.key, 200)


def _dispatch(person: Person) -> Ask:
    return Ask("POST", "/multi-factor/0/dispatch/", person.key, 204, json_of())


ASKS: dict[str, Callable[[Person], Ask]] = {
    "gate": _gate,
    "gate-stock": _gate_stock,
    "gate-async": _gate_async,
    "verify": _right,
    "verify-joined": _right_joined,
    "wrong": _wrong,
    "register": _register,
    "overview": _overview,
    "dispatch": _dispatch,
}
