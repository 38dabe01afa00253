from base64 import b32decode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa.domain.errors import MalformedValue, NotDispatchable
from mfa.domain.methods.base import MAX_VALUE_BYTES, Attempt, Enrolment
from mfa.domain.methods.one_time_password import (
    DEFAULT_ISSUER,
    RESYNCHRONISATION_WINDOW,
    SEED_BYTES,
    Algorithm,
    OneTimePassword,
    Parameters,
    QrCodes,
    State,
)
from mfa.domain.states import decode, encode
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict
from tests.unit.domain.samples import NOW, PredictableEntropy, StandardPasswords, TablePasswords, in_digits_from

SEED = b"12345678901234567890"
"""The seed of RFC 4226 appendix D."""

RFC_4226 = [
    "755224",
    "287082",
    "359152",
    "969429",
    "338314",
    "254676",
    "287922",
    "162583",
    "399871",
    "520489",
]

RFC_6238: dict[Algorithm, list[str]] = {
    "sha1": ["94287082", "07081804", "14050471", "89005924", "69279037", "65353130"],
    "sha256": ["46119246", "68084774", "67062674", "91819424", "90698825", "77737706"],
    "sha512": ["90693936", "25091201", "99943326", "93441116", "38618901", "47863826"],
}
RFC_6238_TIMES = [59, 1111111109, 1111111111, 1234567890, 2000000000, 20000000000]

TOTP = Parameters(digits=6, algorithm="sha1", tolerance=1, period=30)
HOTP = Parameters(digits=6, algorithm="sha1", tolerance=3)

STEP = int(NOW.timestamp()) // 30


def method(parameters: Parameters, passwords: Mapping[int, str] | None = None, **changes: Any) -> OneTimePassword:
    made = OneTimePassword(
        name="hotp" if parameters.period is None else "totp",
        verbose_name="Authenticator app",
        parameters=parameters,
        passwords=StandardPasswords() if passwords is None else TablePasswords(passwords),
        entropy=PredictableEntropy(),
    )
    return attrs.evolve(made, **changes)


def value_at(counter: int) -> str:
    return StandardPasswords().at(SEED, [counter], digits=6, algorithm="sha1")[0]


def judge(method: OneTimePassword, state: State, value: object, now: datetime = NOW) -> Verdict:
    return method.verify(Attempt(state=encode(state), value=value, now=now))


def accepted(verdict: Verdict) -> State:
    assert isinstance(verdict, Accepted), verdict
    assert verdict.sent is None
    return decode(State, verdict.state)


def rejected(verdict: Verdict, reason: Reason = Reason.WRONG) -> State:
    assert isinstance(verdict, Rejected), verdict
    assert (verdict.reason, verdict.sent) == (reason, None)
    return decode(State, verdict.state)


def fresh(parameters: Parameters, **changes: Any) -> State:
    return attrs.evolve(State(seed=SEED, parameters=parameters), **changes)


# What the RFCs say


@pytest.mark.parametrize(("counter", "value"), list(enumerate(RFC_4226)))
def test_the_values_of_rfc_4226_are_accepted_at_their_counters(counter: int, value: str) -> None:
    parameters = attrs.evolve(HOTP, tolerance=0)

    after = accepted(judge(method(parameters), fresh(parameters, next_counter=counter), value))

    assert after == fresh(parameters, next_counter=counter + 1)


@pytest.mark.parametrize("algorithm", list(RFC_6238))
@pytest.mark.parametrize("number", range(6))
def test_the_values_of_rfc_6238_are_accepted_at_their_times(algorithm: Algorithm, number: int) -> None:
    parameters = Parameters(digits=8, algorithm=algorithm, tolerance=0, period=30)
    seed = (SEED * 4)[: SEED_BYTES[algorithm]]
    time = RFC_6238_TIMES[number]

    verdict = judge(
        method(parameters),
        State(seed=seed, parameters=parameters),
        RFC_6238[algorithm][number],
        datetime.fromtimestamp(time, UTC),
    )

    assert accepted(verdict).next_counter == time // 30 + 1


# Time


@pytest.mark.parametrize(("off", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_time_based_value_may_be_one_step_off_either_side(off: int, right: bool) -> None:  # noqa: FBT001
    verdict = judge(method(TOTP), fresh(TOTP), value_at(STEP + off))

    assert isinstance(verdict, Accepted) is right
    assert decode(State, verdict.state).next_counter == (STEP + off + 1 if right else 0)


@pytest.mark.parametrize("tolerance", [0, 1, 5])
def test_the_tolerance_is_in_steps_either_side(tolerance: int) -> None:
    parameters = attrs.evolve(TOTP, tolerance=tolerance)
    offsets = range(-7, 8)
    right = [
        off for off in offsets if isinstance(judge(method(TOTP), fresh(parameters), value_at(STEP + off)), Accepted)
    ]

    assert right == list(range(-tolerance, tolerance + 1))


@pytest.mark.parametrize(("seconds", "step"), [(0, 0), (29.999, 0), (30, 1), (59.999, 1), (60, 2)])
def test_a_step_begins_with_its_first_moment(seconds: float, step: int) -> None:
    parameters = attrs.evolve(TOTP, tolerance=0)

    verdict = judge(method(TOTP), fresh(parameters), RFC_4226[step], datetime.fromtimestamp(seconds, UTC))

    assert accepted(verdict).next_counter == step + 1


def test_there_is_no_step_before_the_first() -> None:
    assert accepted(judge(method(TOTP), fresh(TOTP), RFC_4226[0], datetime.fromtimestamp(0, UTC))).next_counter == 1


def test_another_period_gives_other_steps() -> None:
    parameters = attrs.evolve(TOTP, period=60, tolerance=0)

    verdict = judge(method(TOTP), fresh(parameters), RFC_4226[1], datetime.fromtimestamp(119, UTC))

    assert accepted(verdict).next_counter == 2


# Once, and never again


def test_a_time_based_value_is_accepted_once() -> None:
    after = accepted(judge(method(TOTP), fresh(TOTP), value_at(STEP)))

    assert rejected(judge(method(TOTP), after, value_at(STEP)), Reason.REPLAYED) == after
    assert rejected(judge(method(TOTP), after, value_at(STEP), NOW + timedelta(seconds=30)), Reason.REPLAYED) == after


def test_after_a_step_was_accepted_no_earlier_one_is() -> None:
    after = accepted(judge(method(TOTP), fresh(TOTP), value_at(STEP)))

    rejected(judge(method(TOTP), after, value_at(STEP - 1)), Reason.REPLAYED)
    accepted(judge(method(TOTP), after, value_at(STEP + 1)))


def test_a_value_from_the_future_within_tolerance_spends_the_present() -> None:
    after = accepted(judge(method(TOTP), fresh(TOTP), value_at(STEP + 1)))

    rejected(judge(method(TOTP), after, value_at(STEP)), Reason.REPLAYED)


def test_a_counter_based_value_is_accepted_once() -> None:
    after = accepted(judge(method(HOTP), fresh(HOTP), RFC_4226[0]))

    assert rejected(judge(method(HOTP), after, RFC_4226[0])) == after


def test_a_clock_that_is_set_back_opens_no_spent_step() -> None:
    after = accepted(judge(method(TOTP), fresh(TOTP), value_at(STEP)))

    for steps in range(5):
        earlier = NOW - timedelta(seconds=30 * steps)
        rejected(judge(method(TOTP), after, value_at(STEP - steps), earlier), Reason.REPLAYED)


def test_a_value_that_stands_twice_in_the_window_is_spent_at_the_later_place() -> None:
    twice = method(TOTP, {STEP - 1: "111111", STEP + 1: "111111"})

    after = accepted(judge(twice, fresh(TOTP), "111111"))

    assert after.next_counter == STEP + 2
    rejected(judge(twice, after, "111111"), Reason.REPLAYED)


def test_a_value_that_stands_twice_counts_where_it_is_not_yet_spent() -> None:
    twice = method(TOTP, {STEP - 1: "111111", STEP + 1: "111111"})

    assert accepted(judge(twice, fresh(TOTP, next_counter=STEP), "111111")).next_counter == STEP + 2
    rejected(judge(twice, fresh(TOTP, next_counter=STEP + 2), "111111"), Reason.REPLAYED)


def test_a_counter_based_value_that_stands_twice_in_the_window_is_spent_at_the_later_place() -> None:
    twice = method(HOTP, {0: "111111", 3: "111111"})

    after = accepted(judge(twice, fresh(HOTP), "111111"))

    assert after.next_counter == 4
    rejected(judge(twice, after, "111111"))


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), max_size=12), st.sampled_from([TOTP, HOTP]))
def test_no_value_is_ever_accepted_twice_and_the_counter_never_moves_back(
    moves: list[tuple[int, int]], parameters: Parameters
) -> None:
    state, now, spent = fresh(parameters), NOW, set()
    for steps, off in moves:
        now += timedelta(seconds=30 * steps)
        counter = state.next_counter + off if parameters.period is None else int(now.timestamp()) // 30 + off
        value = value_at(max(counter, 0))
        verdict = judge(method(parameters, resynchronise=True), state, value, now)
        after = decode(State, verdict.state)
        if isinstance(verdict, Accepted):
            assert value not in spent
            assert after.next_counter > state.next_counter
            spent.add(value)
        else:
            assert after.next_counter == state.next_counter
        state = after


# Counters


@pytest.mark.parametrize(("ahead", "right"), [(-1, False), (0, True), (1, True), (3, True), (4, False), (50, False)])
def test_the_look_ahead_goes_as_far_as_the_tolerance(ahead: int, right: bool) -> None:  # noqa: FBT001
    verdict = judge(method(HOTP), fresh(HOTP, next_counter=5), value_at(5 + ahead))

    assert isinstance(verdict, Accepted) is right
    assert decode(State, verdict.state).next_counter == (5 + ahead + 1 if right else 5)


def test_the_look_ahead_never_moves_back() -> None:
    after = accepted(judge(method(HOTP), fresh(HOTP), RFC_4226[3]))

    assert after.next_counter == 4
    for value in RFC_4226[:4]:
        assert rejected(judge(method(HOTP), after, value)) == after


def test_counters_know_nothing_of_time() -> None:
    for now in (datetime.fromtimestamp(0, UTC), NOW, datetime(9999, 12, 31, tzinfo=UTC)):
        assert accepted(judge(method(HOTP), fresh(HOTP), RFC_4226[0], now)).next_counter == 1


def far_ahead(first: int, *others: object, resynchronise: bool = True) -> list[Verdict]:
    """Give a value from far ahead, and then others, to a token that starts at zero."""
    counters, verdicts = method(HOTP, resynchronise=resynchronise), []
    state = encode(fresh(HOTP))
    for each in (first, *others):
        value = value_at(each) if isinstance(each, int) else each
        verdicts.append(counters.verify(Attempt(state=state, value=value, now=NOW)))
        state = verdicts[-1].state
    return verdicts


@pytest.mark.parametrize("counter", [4, 5, 50, 99, 100])
def test_two_consecutive_values_from_far_ahead_put_the_counter_right(counter: int) -> None:
    first, second = far_ahead(counter, counter + 1)

    assert rejected(first) == fresh(HOTP, far=counter)
    assert accepted(second) == fresh(HOTP, next_counter=counter + 2)


@pytest.mark.parametrize("counter", [101, 102, 150])
def test_values_from_beyond_a_hundred_ahead_do_not(counter: int) -> None:
    first, second = far_ahead(counter, counter + 1)

    assert rejected(first) == rejected(second) == fresh(HOTP)
    assert RESYNCHRONISATION_WINDOW == 100


def test_the_hundred_are_counted_from_where_the_counter_stands() -> None:
    counters = method(HOTP, resynchronise=True)
    state = fresh(HOTP, next_counter=7)

    assert rejected(judge(counters, state, value_at(107))).far == 107
    assert rejected(judge(counters, state, value_at(108))).far is None


def test_two_consecutive_values_that_are_spent_do_not_move_the_counter_back() -> None:
    counters, state = method(HOTP, resynchronise=True), fresh(HOTP, next_counter=60)

    for spent in (50, 51, 52, 58, 59):
        assert rejected(judge(counters, state, value_at(spent))) == state


def test_without_resynchronisation_nothing_is_remembered() -> None:
    first, second = far_ahead(50, 51, resynchronise=False)

    assert rejected(first) == rejected(second) == fresh(HOTP)


def test_the_first_of_the_two_alone_opens_nothing_however_often_it_is_given() -> None:
    verdicts = far_ahead(50, 50, 50)

    assert [rejected(verdict).far for verdict in verdicts] == [50, 50, 50]


@pytest.mark.parametrize("between", [52, "12345", "x", "", 0, 49])
def test_the_two_have_to_be_consecutive_and_given_one_after_the_other(between: object) -> None:
    verdicts = far_ahead(50, between, 51)

    assert isinstance(verdicts[-1], Rejected)
    assert decode(State, verdicts[-1].state).next_counter <= 1


def test_two_consecutive_values_in_the_wrong_order_do_not() -> None:
    verdicts = far_ahead(51, 50)

    assert [rejected(verdict).far for verdict in verdicts] == [51, 50]


def test_a_value_within_the_window_forgets_the_one_from_far_ahead() -> None:
    assert accepted(far_ahead(50, 2)[-1]) == fresh(HOTP, next_counter=3)


def test_after_a_resynchronisation_nothing_before_it_is_accepted() -> None:
    after = accepted(far_ahead(50, 51)[-1])
    counters = method(HOTP, resynchronise=True)

    assert all(isinstance(judge(counters, after, value_at(spent)), Rejected) for spent in range(52))
    assert accepted(judge(counters, after, value_at(52))).next_counter == 53


def test_a_window_wider_than_a_hundred_leaves_nothing_beyond_it() -> None:
    wide = attrs.evolve(HOTP, tolerance=200)
    counters = method(wide, resynchronise=True)

    assert rejected(judge(counters, fresh(wide), value_at(201))) == fresh(wide)
    assert accepted(judge(counters, fresh(wide), value_at(200))).next_counter == 201


def test_time_based_values_are_never_resynchronised() -> None:
    clocks = method(TOTP, resynchronise=True)

    assert rejected(judge(clocks, fresh(TOTP), value_at(STEP + 50))) == fresh(TOTP)


def test_time_based_values_forget_what_is_from_far_ahead() -> None:
    clocks = method(TOTP)

    assert rejected(judge(clocks, fresh(TOTP, far=9), value_at(STEP + 50))).far is None
    assert accepted(judge(clocks, fresh(TOTP, far=9), value_at(STEP))).far is None


# What a person types


@pytest.mark.parametrize("value", ["755224", "755 224", "755-224", " 7-5 5 2-2--4  "])
def test_spaces_and_hyphens_do_not_matter(value: str) -> None:
    assert accepted(judge(method(HOTP), fresh(HOTP), value)).next_counter == 1


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "75522",
        "7552244",
        "0755224",
        "755224" * 600,
        "75522x",
        "755224\x00",
        "+755224",
        "755224.0",
        "7_55224",
        "0x755224",
        "75522\N{SUPERSCRIPT FOUR}",
        "75522\ud800",
    ],
)
def test_whatever_is_not_the_right_number_of_digits_is_simply_wrong(value: str) -> None:
    assert rejected(judge(method(HOTP), fresh(HOTP), value)) == fresh(HOTP)


@pytest.mark.parametrize(
    "zero", ["0", "\N{ARABIC-INDIC DIGIT ZERO}", "\N{FULLWIDTH DIGIT ZERO}", "\N{DEVANAGARI DIGIT ZERO}"]
)
@pytest.mark.parametrize("parameters", [HOTP, TOTP], ids=["hotp", "totp"])
def test_a_value_in_another_spelling_is_the_same_value_and_used_once(parameters: Parameters, zero: str) -> None:
    value = value_at(STEP) if parameters is TOTP else RFC_4226[0]
    other = (
        "\u2066"
        + in_digits_from(zero, value[:3])
        + "\N{NO-BREAK SPACE}\N{EN DASH}"
        + in_digits_from(zero, value[3:])
        + "\u2069\n"
    )

    for first, second in ((value, other), (other, value)):
        after = accepted(judge(method(parameters), fresh(parameters), first))
        assert (
            rejected(judge(method(parameters), after, second), Reason.REPLAYED if parameters is TOTP else Reason.WRONG)
            == after
        )


@pytest.mark.parametrize(
    "value", [755224, None, True, ["755224"], {}, b"755224", "7" * (MAX_VALUE_BYTES + 1)], ids=type
)
@pytest.mark.parametrize("parameters", [HOTP, TOTP])
def test_what_nobody_can_have_typed_is_malformed(value: object, parameters: Parameters) -> None:
    with pytest.raises(MalformedValue):
        judge(method(parameters), fresh(parameters), value)


@given(st.text(max_size=40))
def test_no_text_makes_verification_fail(value: str) -> None:
    assert isinstance(judge(method(HOTP, {}), fresh(HOTP), value), Rejected)


def test_every_counter_of_the_window_is_compared_whichever_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def equal(left: bytes, right: bytes) -> bool:
        compared.append(left)
        return left == right

    monkeypatch.setattr("mfa.domain.methods.one_time_password.equal", equal)

    for counter in range(4):
        compared.clear()
        judge(method(HOTP), fresh(HOTP), RFC_4226[counter])
        assert compared == [value.encode() for value in RFC_4226[:4]]


# What a device remembers


def test_a_device_keeps_the_parameters_that_it_was_registered_with() -> None:
    then = Parameters(digits=8, algorithm="sha512", tolerance=0, period=60)
    registration = method(then).register(Enrolment(user_name="ann", now=NOW))
    seed = b32decode(str(registration.shown["secret"]) + "=")
    minute = int(NOW.timestamp()) // 60
    value = StandardPasswords().at(seed, [minute], digits=8, algorithm="sha512")[0]

    verdict = method(TOTP).verify(Attempt(state=registration.state, value=value, now=NOW))

    assert accepted(verdict) == State(seed=seed, parameters=then, next_counter=minute + 1)


# Registration


class Picture(QrCodes):
    def draw(self, text: str) -> str:
        return f"picture of {text}"


@pytest.mark.parametrize(("algorithm", "size"), [("sha1", 20), ("sha256", 32), ("sha512", 64)])
def test_a_seed_is_as_long_as_the_hash(algorithm: Algorithm, size: int) -> None:
    parameters = attrs.evolve(TOTP, algorithm=algorithm)

    registration = method(parameters).register(Enrolment(user_name="ann", now=NOW))

    state = decode(State, registration.state)
    assert state == State(seed=PredictableEntropy().token(size), parameters=parameters)
    assert len(state.seed) == size
    assert registration.destination is None


@pytest.mark.parametrize("algorithm", list(SEED_BYTES))
def test_the_secret_is_the_seed_in_base32_without_padding(algorithm: Algorithm) -> None:
    registration = method(attrs.evolve(TOTP, algorithm=algorithm)).register(Enrolment(user_name="ann", now=NOW))

    secret = str(registration.shown["secret"])
    assert "=" not in secret
    assert b32decode(secret + "=" * (-len(secret) % 8)) == decode(State, registration.state).seed


def test_whatever_the_seed_the_secret_is_whole() -> None:
    class Drawn(PredictableEntropy):
        def token(self, size: int) -> bytes:
            return bytes([last] * size)

    for last in range(32):
        secret = str(method(TOTP, entropy=Drawn()).register(Enrolment(user_name="ann", now=NOW)).shown["secret"])
        assert b32decode(secret) == bytes([last] * 20)


def test_every_device_has_a_seed_of_its_own() -> None:
    clocks = method(TOTP)
    registrations = [clocks.register(Enrolment(user_name="ann", now=NOW)) for _ in range(5)]

    assert len({decode(State, registration.state).seed for registration in registrations}) == 5


def test_a_picture_is_presented_only_where_somebody_can_draw() -> None:
    shown = method(TOTP, qr_codes=Picture()).register(Enrolment(user_name="ann", now=NOW)).shown

    assert set(shown) == {"authenticator_url", "secret"}
    assert method(TOTP).present(shown) == shown
    drawn = method(TOTP, qr_codes=Picture()).present(shown)
    assert drawn == {**shown, "qr_code": f"picture of {shown['authenticator_url']}"}


@pytest.mark.parametrize(
    ("setting", "site", "issuer"),
    [("Bank", "example.com", "Bank"), ("", "example.com", "example.com"), ("", "", DEFAULT_ISSUER)],
)
def test_the_issuer_is_the_setting_or_else_the_site(setting: str, site: str, issuer: str) -> None:
    registration = method(TOTP, issuer=setting).register(Enrolment(user_name="ann", site=site, now=NOW))

    assert str(registration.shown["authenticator_url"]).startswith(f"otpauth://totp/{issuer}:ann?")


@pytest.mark.parametrize("parameters", [HOTP, TOTP])
def test_there_is_nothing_to_dispatch(parameters: Parameters) -> None:
    passwords = method(parameters)

    assert passwords.limits is None
    with pytest.raises(NotDispatchable):
        passwords.dispatch(encode(fresh(parameters)), NOW, {})


def test_values_are_short_enough_to_guess_and_to_phish() -> None:
    traits: list[Callable[[OneTimePassword], bool]] = [
        lambda each: each.guessable,
        lambda each: each.phishing_resistant,
        lambda each: each.backup,
    ]

    assert [trait(method(TOTP)) for trait in traits] == [True, False, False]
    assert method(TOTP).fields == ()


def test_a_url_that_no_qr_code_holds_is_shown_without_one() -> None:
    class Overflown(QrCodes):
        def draw(self, text: str) -> str:
            raise ValueError(len(text))

    shown = method(TOTP).register(Enrolment(user_name="ada", now=NOW)).shown
    assert method(TOTP, qr_codes=Overflown()).present(shown) == shown
