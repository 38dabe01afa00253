"""Promise 6: whatever is printed, logged or put into a traceback shows no credential and no address.

Every value class of the package is filled with marked secrets, wherever a text or octets can stand. What is shown has
to be listed here; a new field is hidden, or somebody says why it need not be.
"""

import importlib
import inspect
import pkgutil
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import NoneType, UnionType
from typing import Any, Literal, NewType, TypeVar, Union, get_args, get_origin

import attrs
import django_stubs_ext
import pytest

import mfa
from mfa.adapters.memory.system import SeededEntropy
from mfa.adapters.memory.tokens import MemoryTokenProvider
from mfa.adapters.senders.queue import Parcel
from mfa.adapters.senders.twilio import TwilioSender
from mfa.adapters.system.vault import AesGcmVault, derive_key
from mfa.application.ports.delivery import Message
from mfa.application.registration import Register, Registered
from mfa.application.verification import Verified, Verify
from mfa.config import Config
from mfa.containers.django import DjangoContainer
from mfa.containers.memory import MemoryContainer
from mfa.domain.accounts import Account
from mfa.domain.devices import Device
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.policies import Profile

MARK = "xyzzy"
MARKED = MARK.encode()
NOTHING = "nothing"
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)

NAMES = frozenset({"method", "name", "user_id", "user_name", "device_name", "verbose_name", "issuer", "site", "scheme"})
"""What things and people are called, in whatever class: that is no secret, and events would say nothing without."""

NAME_OF_TRUST = "what a remembered browser is called: a quarter of the digest of 256 random bits"

OPERATOR = "what an operator is called"

STEP = "the number of a step of the standard"

SHOWN = {
    "Accepted.description": "the model of an authenticator",
    "Accepted.unique": "a digest of a credential's id",
    "Accepted.unique_step": STEP,
    "AdmittedModels.allowed": "models of authenticators",
    "AdmittedModels.denied": "models of authenticators",
    "AttestationObject.format": "the name of a format",
    "AttestationResponse.transports": "words of the standard",
    "AuditQuery.events": "names of events",
    "AuditRow.actor": OPERATOR,
    "AuditRow.event": "the name of an event",
    "AuditRow.reason": "a stable word, what a remembered browser is called, or counts",
    "BrowserForgotten.trust": NAME_OF_TRUST,
    "BrowserRemembered.trust": NAME_OF_TRUST,
    "BrowserTrusted.trust": NAME_OF_TRUST,
    "Challenge.trust": NAME_OF_TRUST,
    "Credential.aaguid": "the model of an authenticator",
    "Credential.transports": "words of the standard",
    "Device.destination": "masked",
    "Device.unique": "a digest of a credential's id",
    "Edition.source": "a path",
    "Failed.reason": "a stable word, or the name of a setting",
    "Failure.reason": "a sentence of this package's own",
    "ImportedRow.outcome": "a stable word",
    "ImportedRow.reason": "a stable word, or the name of a setting",
    "ImportedRow.row": "the name of a table and the key of a row",
    "Judgement.headers": "the end of a period of grace",
    "LeftOut.reason": "a stable word",
    "KnownPasskeys.rp_id": "the domain of the site",
    "NotLoggedIn.step": STEP,
    "Oddity.step": STEP,
    "Origin.actor": OPERATOR,
    "Parcel.language": "the tag of a language",
    "Profile.language": "the tag of a language",
    "Parcel.sender": "a dotted path",
    "PendingCredential.awaits": "what the user is called",
    "Rejected.step": STEP,
    "Requirement.methods": "names",
    "Revoke.trust": NAME_OF_TRUST,
    "StatusReport.status": "a word of the standard",
    "SpentLogin.digest": "a digest of a challenge that its owner has seen",
    "TrustEvent.trust": NAME_OF_TRUST,
    "VerificationRejected.step": STEP,
    "VerificationReported.step": STEP,
    "Registration.destination": "masked",
    "Address.masked": "masked",
    "SealedUnder.key": "what a key is called in whatever it seals: a part of a digest of it",
    "TrailWanted.events": "names of events",
}
"""What may be seen, and why."""

OPEN = frozenset({"Answer", "Problem", "RegistrationField", "RelyingParty"})
"""Classes that describe the package, its settings or its refusals, and hold nothing of anybody's."""

OPEN_SETTINGS = {field.name for field in attrs.fields(Config)} - {"encryption_keys"}


def classes() -> Iterator[type[Any]]:
    for found in pkgutil.walk_packages(mfa.__path__, "mfa."):
        if ".migrations." in found.name or found.name == "mfa.urls":
            continue
        module = importlib.import_module(found.name)
        for _, each in inspect.getmembers(module, inspect.isclass):
            if each.__module__ == found.name and attrs.has(each) and not issubclass(each, Exception):
                yield attrs.resolve_types(each)


django_stubs_ext.monkeypatch()  # so that Field[Any, Any] of an annotation is resolved
CLASSES = list(classes())


def may_be_shown(owner: type[Any], field: "attrs.Attribute[Any]") -> bool:
    if owner is Config:
        return field.name in OPEN_SETTINGS
    place = f"{owner.__name__}.{field.name}"
    return owner.__name__ in OPEN or field.name in NAMES or place in SHOWN


def filled(owner: type[Any]) -> Any:  # noqa: ANN401 - a value of that class
    """Make a value without asking the class, with a mark wherever there might be a secret."""
    value = object.__new__(owner)
    for field in attrs.fields(owner):
        mark = NOTHING if may_be_shown(owner, field) else MARK
        object.__setattr__(value, field.name, example(field.type, mark))
    return value


PLAIN: dict[object, Callable[[str], object]] = {
    str: lambda mark: mark,
    bytes: str.encode,
    object: lambda mark: {"id": mark},
    Any: lambda mark: {"id": mark},
    int: lambda _: 1,
    bool: lambda _: True,
    datetime: lambda _: NOW,
    timedelta: lambda _: timedelta(minutes=1),
}


def example(kind: Any, mark: str) -> object:  # noqa: ANN401, PLR0911 - whatever stands in an annotation
    """Make a value of an annotation, with the mark in every text and every octet."""
    if kind in PLAIN:
        return PLAIN[kind](mark)
    if isinstance(kind, NewType):
        return example(kind.__supertype__, mark)
    if isinstance(kind, TypeVar):
        return filled(Verified)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return example(next(each for each in arguments if each is not NoneType), mark)
    if origin is Literal:
        return arguments[0]
    if origin in {tuple, frozenset, set, list}:
        return tuple(example(each, mark) for each in arguments if each is not Ellipsis)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {example(arguments[0], NOTHING): example(arguments[1], mark)}
    if attrs.has(kind) and kind.__name__ not in OPEN:
        return filled(kind)
    return None  # a word from a list; or a port, whose adapters are looked at below


def shown(value: object) -> str:
    return f"{value!r} {value!s} {value} {[value]}"


def test_there_is_something_to_look_at() -> None:
    assert {Account, Config, Device, Message, Parcel, Profile, Register, Registered, Token, Verify} <= set(CLASSES)
    assert len(CLASSES) > 60


@pytest.mark.parametrize("owner", CLASSES, ids=lambda each: each.__name__)
def test_no_value_shows_what_is_not_said_to_be_harmless(owner: type[Any]) -> None:
    text = shown(filled(owner))

    assert MARK not in text
    assert repr(MARKED) not in text


def test_whatever_is_said_to_be_harmless_exists_and_is_shown() -> None:
    """So that the list does not grow old."""
    owners = [owner for owner in CLASSES if any("__repr__" in vars(each) for each in owner.__mro__[:-1])]
    fields = {f"{owner.__name__}.{field.name}": field for owner in owners for field in attrs.fields(owner)}

    assert [place for place in SHOWN if place not in fields or fields[place].repr is False] == []
    assert {owner.__name__ for owner in CLASSES} >= OPEN


def test_a_secret_would_be_seen() -> None:
    @attrs.frozen
    class Careless:
        seed: bytes
        codes: tuple[str, ...] | None
        shown: Mapping[str, object]
        device: Device
        hidden: str = attrs.field(repr=False)

    text = shown(filled(attrs.resolve_types(Careless)))

    assert text.count(repr(MARKED)) == 4, "once in each way of printing"
    assert text.count(MARK) == 12


KEY = MARKED.ljust(32, b"!")
CONFIG = Config(encryption_keys=(KEY,))


class Twilio(TwilioSender):
    account_sid = "AC1"
    auth_token = MARK
    from_number = "+15550100"


def keepers() -> Iterator[object]:
    """Yield all that keeps a secret and is no value of attrs."""
    yield Twilio()
    yield AesGcmVault([KEY])
    yield AesGcmVault([derive_key(MARK)])
    yield SeededEntropy(int.from_bytes(MARKED))
    provider = MemoryTokenProvider()
    provider.give(provider, Token(id=TokenId(MARK), user_id=UserId("1")))
    yield provider
    for container in (DjangoContainer(config=CONFIG, secret_keys=(MARK,)), MemoryContainer()):
        made: Any = container
        yield made
        yield from made.providers.values()
        yield made.vault()
        use_cases = made.use_cases()
        yield use_cases
        yield from attrs.asdict(use_cases, recurse=False).values()
    yield CONFIG


def test_whatever_keeps_a_secret_does_not_show_it() -> None:
    kept = list(keepers())
    secrets = (MARK, str(int.from_bytes(MARKED)), b64encode(f"AC1:{MARK}".encode()).decode())

    assert len(kept) > 50
    careless = [type(each).__name__ for each in kept for secret in secrets if secret in shown(each)]
    assert careless == []
