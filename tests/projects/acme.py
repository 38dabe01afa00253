"""What a project or a package of a third party brings along: each is named in ``MFA`` by its dotted path."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from mfa.application.ports.delivery import Message, Sender
from mfa.application.ports.tokens import TokenProvider
from mfa.config import Config
from mfa.domain.errors import InvalidField, MalformedValue, NotDispatchable
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.methods.base import (
    NO_SIBLINGS,
    Attempt,
    Dispatch,
    Enrolment,
    Method,
    Outgoing,
    Registration,
    RegistrationField,
)
from mfa.domain.policies import Subject, VerificationPolicy
from mfa.domain.sends import SendLimits
from mfa.domain.throttling import Failures, ThrottlePolicy
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict


class Made:
    """Remembers with what a class was made, and how often."""

    times: ClassVar[list[tuple[str, tuple[object, ...]]]] = []

    def __init__(self, *arguments: object) -> None:
        self.times.append((type(self).__name__, arguments))


class ExampleMethod(Made, Method):
    """Asks for the next number: a person tells where to begin, and then counts."""

    name = "example"
    verbose_name = "Counting"
    guessable = True
    phishing_resistant = False
    backup = False
    limits: SendLimits | None = None
    fields = (RegistrationField(name="start", label="Where to begin", required=True),)

    def register(self, enrolment: Enrolment) -> Registration:
        start = enrolment.fields.get("start", "")
        if not start.isdecimal():
            raise InvalidField("start", "invalid")
        return Registration(state=start.encode(), destination=f"after {start[0]}***", shown={"advice": "count"})

    def dispatch(self, state: bytes, now: datetime, siblings: Mapping[int, bytes] = NO_SIBLINGS) -> Dispatch:
        raise NotDispatchable(self.name)

    def verify(self, attempt: Attempt) -> Verdict:
        if not isinstance(attempt.value, str):
            raise MalformedValue
        expected = str(int(attempt.state) + 1)
        if attempt.value == expected:
            return Accepted(state=expected.encode())
        return Rejected(reason=Reason.WRONG, state=attempt.state)


class Pigeon(ExampleMethod):
    """Sends what it asks for by itself."""

    name = "pigeon"
    limits = SendLimits(interval=timedelta(seconds=1), hourly=10)
    arrived: ClassVar[list[Message]] = []

    def dispatch(self, state: bytes, now: datetime, siblings: Mapping[int, bytes] = NO_SIBLINGS) -> Dispatch:
        message = Outgoing(destination="the loft", code=str(int(state) + 1), lifetime=timedelta(minutes=1))
        return Dispatch(sent=b"in the air", message=message)

    def send(self, message: Message) -> None:
        self.arrived.append(message)


class Nobody(ExampleMethod):
    """Says that it sends, but cannot."""

    name = "nobody"
    limits = SendLimits(interval=timedelta(seconds=1), hourly=10)


class AnotherTotp(ExampleMethod):
    name = "totp"


class Slashed(ExampleMethod):
    name = "a/b"


class Numbered(ExampleMethod):
    name = "0"


class TooLong(ExampleMethod):
    name = "e" * 65


class OneStrike(Made, ThrottlePolicy):
    def locked_until(self, failures: Failures) -> datetime | None:
        return failures.last_at and failures.last_at + timedelta(days=1)


class NobodyAtAll(Made, VerificationPolicy):
    def required(self, subject: Subject) -> int:
        return 0


class HeaderTokens(Made, TokenProvider):
    @property
    def scheme(self) -> str:
        return "Acme"

    def token_of(self, request: object) -> Token | None:
        return Token(id=TokenId("acme"), user_id=UserId("1"))


class CookieTokens(HeaderTokens):
    pass


class Postcards(Made, Sender):
    arrived: ClassVar[list[Message]] = []

    def send(self, message: Message) -> None:
        self.arrived.append(message)


class Empty(Made):
    """Keeps no promise of any port."""


class Unfinished(Made, VerificationPolicy):
    """Inherits a port, and forgets what it asks for, which Python finds out when it is made."""


class Broken:
    def __init__(self, *_: object) -> None:
        raise ConnectionError("no configuration server")


class TakesNothing:
    pass


def config_of(name: str) -> Config:
    """Return the one ``Config`` that a class was made with."""
    [[config]] = [arguments for made, arguments in Made.times if made == name]
    assert isinstance(config, Config)
    return config
