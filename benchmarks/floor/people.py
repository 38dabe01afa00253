"""The floor's users: for each operation some who are about to do it."""

from collections.abc import Callable, Iterable

import pyotp
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token

from benchmarks.cost.asking import Ask, json_of
from benchmarks.cost.pools import Pool, Table
from benchmarks.floor.models import Device

WRONG = "000000x"
"""As long as no code is, so that it is wrong at any time."""


def pool(row: str, people: int) -> Pool:
    """Enrol users who can do what a row measures."""
    model: type[User] = get_user_model()
    users = model.objects.bulk_create(
        model(username=f"{row}-{number}", email=f"{row}-{number}@example.com") for number in range(people)
    )
    keys = [Token.objects.create(user=user).key for user in users]
    devices = [Device.objects.bulk_create(_devices(row, user)) for user in users]
    ask = ASKS[row]
    return Pool(
        tables=(Table(Device, "user_id"),),
        users=[user.pk for user in users],
        asks=lambda: [ask(key, *having) for key, having in zip(keys, devices, strict=True)],
    )


def _devices(row: str, user: User) -> Iterable[Device]:
    if row in {"verify", "verify-joined", "wrong", "overview"}:
        yield Device(user=user, name="Phone", secret=pyotp.random_base32(), active=True)
    if row in {"dispatch", "overview"}:
        yield Device(user=user, name="Mail", address=user.email, active=True)


def _gate(key: str) -> Ask:
    return Ask("GET", "/gate/", key, 200)


def _gate_async(key: str) -> Ask:
    return Ask("GET", "/gate-async/", key, 200)


def _verify(key: str, app: Device) -> Ask:
    return Ask("POST", f"/devices/{app.pk}/", key, 200, json_of(value=pyotp.TOTP(app.secret).now()))


def _wrong(key: str, app: Device) -> Ask:
    return Ask("POST", f"/devices/{app.pk}/", key, 401, json_of(value=WRONG))


def _register(key: str) -> Ask:
    return Ask("POST", "/devices/", key, 201, json_of(name="Phone"))


def _overview(key: str, *_: Device) -> Ask:
    return Ask("GET", "/devices/", key, 200)


def _dispatch(key: str, mail: Device) -> Ask:
    return Ask("POST", f"/devices/{mail.pk}/dispatch/", key, 204, json_of())


ASKS: dict[str, Callable[..., Ask]] = {
    "gate": _gate,
    "gate-stock": _gate,
    "gate-async": _gate_async,
    "verify": _verify,
    "verify-joined": _verify,
    "wrong": _wrong,
    "register": _register,
    "overview": _overview,
    "dispatch": _dispatch,
}
