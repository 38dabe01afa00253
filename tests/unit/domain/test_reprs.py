import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, get_args

import attrs
import pytest

import mfa.application
import mfa.domain
from mfa.domain.accounts import Account
from mfa.domain.challenges import Challenge
from mfa.domain.devices import Device
from mfa.domain.identifiers import Token, TokenId
from mfa.domain.methods.base import Attempt, Dispatch, Outgoing, Registration
from mfa.domain.methods.one_time_password import Parameters, State
from mfa.domain.methods.out_of_band import Address, SentCode
from mfa.domain.policies import Confirmation
from mfa.domain.secrets import SaltedHash
from mfa.domain.verdicts import Accepted, Reason, Rejected
from tests.unit.domain.samples import NOW, OWNER, account, active, challenge, pending

CREDENTIALS = {
    "state",
    "sent",
    "code",
    "codes",
    "seed",
    "secret",
    "salt",
    "digest",
    "shown",
    "value",
    "full",
    "token_id",
}
"""Names under which a credential goes, wherever they turn up."""

DESTINATIONS = {"Outgoing", "Message"}
"""Where a destination is a whole address; elsewhere it is masked."""

NESTED = {"SentCode.code", "SentChallenge.token", "Dispatch.message"}
"""Values that look after themselves: they are shown, and hide what they hold."""

PUBLIC = {
    "AdmittedModels.allowed",
    "AdmittedModels.denied",
    "Credential.aaguid",
    "SpentLogin.digest",
    "_Answer.id",
    "_AttestedCredential.aaguid",
    "_AttestedCredential.id",
    "_AttestedCredential.public_key",
    "_AuthenticatorData.rp_id_hash",
}
"""Octets that are no credential: whoever knows them can do nothing with them."""


def classes() -> Iterator[type[Any]]:
    for package in (mfa.domain, mfa.application):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for _, each in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if each.__module__ == module.name and attrs.has(each):
                    yield attrs.resolve_types(each)


CLASSES = list(classes())


def secret(owner: type[Any], field: "attrs.Attribute[Any]") -> bool:
    types = [field.type, *get_args(field.type)]
    return (
        field.name in CREDENTIALS
        or bytes in types
        or TokenId in types
        or (owner.__name__ in DESTINATIONS and field.name == "destination")
    )


def test_there_is_something_to_look_at() -> None:
    assert {Token, Device, Challenge, Account, State, SaltedHash, Outgoing, Attempt, Accepted} <= set(CLASSES)


@pytest.mark.parametrize("owner", CLASSES, ids=lambda each: each.__name__)
def test_no_credential_appears_in_a_repr(owner: type[Any]) -> None:
    shown = {
        f"{owner.__name__}.{field.name}"
        for field in attrs.fields(owner)
        if secret(owner, field) and field.repr is not False
    }

    assert shown <= NESTED | PUBLIC


@pytest.mark.parametrize(
    "owner", [each for each in CLASSES if not issubclass(each, Exception)], ids=lambda each: each.__name__
)
def test_every_value_is_frozen(owner: type[Any]) -> None:
    value = object.__new__(owner)

    for field in attrs.fields(owner):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(value, field.name, None)


PROBE = "xyzzy"
BYTES = PROBE.encode()
TOKEN = TokenId(PROBE)

VALUES: list[object] = [
    Token(id=TOKEN, user_id=OWNER),
    active(0, state=BYTES, registered_by=TOKEN),
    pending(0, state=BYTES, by=TOKEN),
    challenge(0, token_id=TOKEN, sent=BYTES),
    account(
        active(0, state=BYTES),
        pending(1, state=BYTES, by=TOKEN),
        token_id=TOKEN,
        challenges=(challenge(0, token_id=TOKEN, sent=BYTES),),
    ),
    Confirmation(index=0, method="totp", at=NOW),
    Accepted(state=BYTES, sent=BYTES),
    Rejected(reason=Reason.WRONG, state=BYTES, sent=BYTES),
    SaltedHash(salt=BYTES, digest=BYTES),
    SentCode(code=SaltedHash(salt=BYTES, digest=BYTES), expires_at=NOW),
    State(seed=BYTES, parameters=Parameters(digits=6, algorithm="sha1", tolerance=1)),
    Address(full=PROBE, masked="x***"),
    Registration(state=BYTES, shown={"secret": PROBE}),
    Outgoing(destination=PROBE, code=PROBE, lifetime=timedelta(minutes=10)),
    Dispatch(sent=BYTES, message=Outgoing(destination=PROBE, code=PROBE, lifetime=timedelta(minutes=10))),
    Attempt(state=BYTES, sent=BYTES, value=PROBE, now=NOW),
    Attempt(state=BYTES, sent=None, value={"id": PROBE}, now=NOW),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_no_credential_appears_wherever_it_is_nested(value: object) -> None:
    assert PROBE not in repr(value)
    assert PROBE not in str(value)
