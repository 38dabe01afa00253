from datetime import datetime, timedelta

import attrs
import pytest

from mfa.domain.errors import InvalidField, MalformedValue
from mfa.domain.methods.base import Attempt, Dispatch, Enrolment, RegistrationField
from mfa.domain.methods.out_of_band import MOST_WRONG_VALUES, Address, Addressing, OutOfBand, SentCode
from mfa.domain.moments import SKEW
from mfa.domain.secrets import SALT_BYTES
from mfa.domain.sends import SendLimits
from mfa.domain.states import decode
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict
from tests.unit.domain.samples import NOW, TICK, PredictableEntropy, in_digits_from

LIFETIME = timedelta(minutes=10)
STATE = b"ann@example.com"


class Mail(Addressing):
    def read(self, text: str, field: str) -> Address:
        if "@" not in text:
            raise InvalidField(field, "invalid" if text else "required")
        return Address(full=text.strip().lower(), masked=f"{text.strip()[0]}***")


class Dice(PredictableEntropy):
    """Throws the digits that a test chooses."""

    def __init__(self, *codes: str) -> None:
        super().__init__()
        self.codes = list(codes)
        self.asked: list[int] = []

    def digits(self, count: int) -> str:
        self.asked.append(count)
        return self.codes.pop(0)


def method(*codes: str, default_to_user_email: bool = False) -> OutOfBand:
    return OutOfBand(
        name="email",
        verbose_name="Email",
        field=RegistrationField(name="address", label="Address", kind="email"),
        addressing=Mail(),
        entropy=Dice(*(codes or ("123456",))),
        digits=6,
        lifetime=LIFETIME,
        limits=SendLimits(interval=timedelta(seconds=30), hourly=10),
        default_to_user_email=default_to_user_email,
    )


def dispatched(code: str = "123456") -> Dispatch:
    return method(code).dispatch(STATE, NOW)


def judge(sent: bytes | None, value: object, now: datetime = NOW) -> Verdict:
    verdict = method().verify(Attempt(state=STATE, sent=sent, value=value, now=now))
    assert verdict.state == STATE
    return verdict


def rejected(verdict: Verdict, reason: Reason = Reason.WRONG) -> bytes | None:
    assert isinstance(verdict, Rejected), verdict
    assert verdict.reason == reason
    return verdict.sent


# Registration


def test_an_address_is_kept_in_its_normal_form_and_shown_masked() -> None:
    enrolment = Enrolment(
        user_name="ann", user_email="own@example.com", fields={"address": " Ann@Example.com"}, now=NOW
    )

    registration = method(default_to_user_email=True).register(enrolment)

    assert (registration.state, registration.destination) == (b"ann@example.com", "A***")
    assert registration.shown == {}


@pytest.mark.parametrize("fields", [{}, {"address": ""}, {"number": "no field of mine"}])
def test_without_an_address_the_users_own_is_taken(fields: dict[str, str]) -> None:
    enrolment = Enrolment(user_name="ann", user_email="own@example.com", fields=fields, now=NOW)

    assert method(default_to_user_email=True).register(enrolment).state == b"own@example.com"


def test_the_users_own_address_is_not_taken_by_a_channel_that_is_no_mail() -> None:
    with pytest.raises(InvalidField) as invalid:
        method().register(Enrolment(user_name="ann", user_email="own@example.com", now=NOW))

    assert (invalid.value.field, invalid.value.problem) == ("address", "required")


def test_a_user_without_an_address_has_to_give_one() -> None:
    with pytest.raises(InvalidField):
        method(default_to_user_email=True).register(Enrolment(user_name="ann", now=NOW))


def test_a_wrong_address_does_not_fall_back_on_the_users_own() -> None:
    enrolment = Enrolment(user_name="ann", user_email="own@example.com", fields={"address": "ann"}, now=NOW)

    with pytest.raises(InvalidField):
        method(default_to_user_email=True).register(enrolment)


def test_its_traits() -> None:
    mail = method()

    assert (mail.guessable, mail.phishing_resistant, mail.backup) == (True, False, False)
    assert mail.fields == (RegistrationField(name="address", label="Address", kind="email"),)
    assert mail.limits == SendLimits(interval=timedelta(seconds=30), hourly=10)


# Dispatch


def test_the_message_holds_the_code_and_the_challenge_only_its_salted_hash() -> None:
    dispatch = dispatched("098765")

    assert dispatch.message is not None
    assert dispatch.message.code == "098765"
    assert dispatch.message.destination == "ann@example.com"
    assert dispatch.message.lifetime == dispatch.lifetime == LIFETIME
    assert b"098765" not in dispatch.sent
    assert b"ann" not in dispatch.sent
    sent = decode(SentCode, dispatch.sent)
    assert sent.code.matches("098765")
    assert len(sent.code.salt) == SALT_BYTES
    assert (sent.expires_at, sent.wrong) == (NOW + LIFETIME, 0)


def test_a_code_has_as_many_digits_as_are_set() -> None:
    dice = Dice("12345678")

    attrs.evolve(method(), digits=8, entropy=dice).dispatch(STATE, NOW)

    assert dice.asked == [8]


def test_every_code_has_a_salt_of_its_own() -> None:
    mail = method("111111", "111111")

    first, second = (decode(SentCode, mail.dispatch(STATE, NOW).sent) for _ in range(2))

    assert first.code.salt != second.code.salt
    assert first.code.digest != second.code.digest


def test_the_next_dispatch_replaces_the_code() -> None:
    mail = method("111111", "222222")
    mail.dispatch(STATE, NOW)
    sent = mail.dispatch(STATE, NOW).sent

    rejected(judge(sent, "111111"))
    assert isinstance(judge(sent, "222222"), Accepted)


# Verification


@pytest.mark.parametrize(
    "value", ["123456", "123 456", " 12-34-56 \r\n", in_digits_from("\N{ARABIC-INDIC DIGIT ZERO}", "123456")]
)
def test_the_code_is_accepted_and_gone(value: str) -> None:
    verdict = judge(dispatched().sent, value)

    assert verdict == Accepted(state=STATE, sent=None)
    assert rejected(judge(verdict.sent, "123456"), Reason.USED_UP) is None


@pytest.mark.parametrize(
    "value",
    [
        "123457",
        "12345",
        "1234567",
        "0123456",
        "",
        "12345x",
        "12345\N{SUPERSCRIPT SIX}",
        "\ud800",
        "123456" * 600,
    ],
)
def test_whatever_else_is_wrong_and_counted(value: str) -> None:
    sent = rejected(judge(dispatched().sent, value))

    assert sent is not None
    assert decode(SentCode, sent) == attrs.evolve(decode(SentCode, dispatched().sent), wrong=1)


@pytest.mark.parametrize("value", [123456, None, ["123456"], "1" * 5000], ids=type)
@pytest.mark.parametrize("out", [True, False])
def test_what_nobody_can_have_typed_is_malformed(value: object, out: bool) -> None:  # noqa: FBT001
    with pytest.raises(MalformedValue):
        judge(dispatched().sent if out else None, value)


def test_a_code_lives_until_the_end_of_its_lifetime() -> None:
    sent = dispatched().sent

    assert isinstance(judge(sent, "123456", NOW + LIFETIME - TICK), Accepted)
    assert rejected(judge(sent, "123456", NOW + LIFETIME), Reason.EXPIRED) == sent
    assert rejected(judge(sent, "654321", NOW + LIFETIME), Reason.EXPIRED) == sent


def test_a_code_that_ends_later_than_it_could_has_ended() -> None:
    sent = dispatched().sent

    assert isinstance(judge(sent, "123456", NOW - SKEW), Accepted)
    assert rejected(judge(sent, "123456", NOW - SKEW - TICK), Reason.EXPIRED) == sent


def test_a_wrong_value_does_not_lengthen_the_lifetime() -> None:
    sent = rejected(judge(dispatched().sent, "654321", NOW + LIFETIME - TICK))

    rejected(judge(sent, "123456", NOW + LIFETIME), Reason.EXPIRED)


def test_a_code_is_void_after_five_wrong_values() -> None:
    sent: bytes | None = dispatched().sent
    for wrong in range(1, 5):
        sent = rejected(judge(sent, "654321"))
        assert sent is not None
        assert decode(SentCode, sent).wrong == wrong
        assert isinstance(judge(sent, "123456"), Accepted)

    sent = rejected(judge(sent, "654321"))

    assert sent is None
    assert MOST_WRONG_VALUES == 5
    rejected(judge(sent, "123456"), Reason.USED_UP)


def test_the_code_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def equal(left: bytes, right: bytes) -> bool:
        compared.append(right)
        return left == right

    monkeypatch.setattr("mfa.domain.secrets.equal", equal)

    assert isinstance(judge(dispatched().sent, "123456"), Accepted)
    assert len(compared) == 1
