"""What a project writes for a second factor of its own."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_type

from mfa.adapters.senders.phone_number import PhonenumbersAddressing
from mfa.adapters.system.entropy import SystemEntropy
from mfa.application.ports.delivery import Message, Sender
from mfa.config import Config
from mfa.domain.errors import InvalidField, NotDispatchable
from mfa.domain.methods.base import Attempt, Dispatch, Enrolment, Method, Registration, RegistrationField
from mfa.domain.methods.out_of_band import OutOfBand
from mfa.domain.sends import SendLimits
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict


class Counting(Method):
    name = "counting"
    verbose_name = "Counting"
    guessable = True
    phishing_resistant = False
    backup = False
    limits: SendLimits | None = None
    fields = (RegistrationField(name="start", label="Where to begin", required=True),)

    def __init__(self, config: Config) -> None:
        self._step = config.hotp_tolerance

    def register(self, enrolment: Enrolment) -> Registration:
        assert_type(enrolment.fields, Mapping[str, str])
        start = enrolment.fields.get("start", "")
        if not start.isdecimal():
            raise InvalidField("start", "invalid")
        return Registration(state=start.encode(), shown={"advice": "count"})

    def dispatch(self, state: bytes, now: datetime, siblings: Mapping[int, bytes]) -> Dispatch:
        raise NotDispatchable

    def verify(self, attempt: Attempt) -> Verdict:
        assert_type(attempt.state, bytes)
        assert_type(attempt.text, str)
        assert_type(attempt.now, datetime)
        if attempt.text == str(int(attempt.state) + self._step):
            return Accepted(state=attempt.text.encode())
        return Rejected(reason=Reason.WRONG, state=attempt.state)


class Voice(OutOfBand, Sender):
    def __init__(self, config: Config) -> None:
        super().__init__(
            name="voice",
            verbose_name="Phone call",
            field=RegistrationField(name="number", label="Phone number", kind="phone", required=True),
            addressing=PhonenumbersAddressing(config.sms_default_region),
            entropy=SystemEntropy(),
            digits=config.sms_code_digits,
            lifetime=timedelta(minutes=5),
            limits=SendLimits(interval=timedelta(minutes=1), hourly=5),
        )

    def send(self, message: Message) -> None:
        assert_type(message.destination, str)


class Unfinished(Method):
    name = "unfinished"


Unfinished()  # type: ignore[abstract]  # pyright: ignore[reportAbstractUsage]

methods: list[Method] = [Counting(Config()), Voice(Config())]
Accepted()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
