"""What a run under load should never show is seen in what was answered and what is stored."""

import os
from typing import Any

import attrs
import pytest

from benchmarks.soak.__main__ import Outage, of_outages
from benchmarks.soak.clients import DISPATCH, GUESS, MAILED, PAIR, REGISTER, RIGHT, TRUST, Attempt, amiss
from benchmarks.soak.faults import Fault
from benchmarks.soak.judging import Stored, judged, refused
from benchmarks.soak.mails import Mailed, Sent
from benchmarks.soak.memory import LEAST, Held, Worker

pytestmark = pytest.mark.skipif(
    os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="no database has a part in it"
)


def attempt(act: str, status: int | None = 200, **more: Any) -> Attempt:
    expected = (200, 401) if act == PAIR else (401, 429) if act == GUESS else (200, 201, 204)
    known = {"user": "anna", "token": "one", "index": 0, "value": "", "began": 0, "ended": 1}
    return Attempt(**{**known, "act": act, "status": status, "expected": expected, **more})


ATTEMPTS = [
    attempt(REGISTER, 201),
    attempt(RIGHT, value="first"),
    attempt(PAIR, value="second"),
    attempt(PAIR, 401, value="second", token="two"),
    attempt(RIGHT, value="mailed", index=1),
    attempt("remove", 204, index=1),
    attempt(TRUST, token="three", index=None),
    attempt(GUESS, 401, value="wrong", token="two"),
    attempt(GUESS, 429, value="also wrong", token="two"),
]
STORED = Stored(
    devices={("anna", 0): (True, 1)},
    next_index={"anna": 2},
    confirmed=frozenset({("anna", "one", 0)}),
    trusted=frozenset({("anna", "three")}),
    audit={
        ("anna", "verification.accepted", 0): 2,
        ("anna", "verification.accepted", 1): 1,
        ("anna", "verification.rejected", 0): 2,
    },
    tokens={"1": "one", "2": "two"},
)
ARRIVED = {"anna@example.com": [Mailed("12345678", 1), Mailed("87654321", 2)]}


def audited(event: str, count: int) -> Stored:
    return attrs.evolve(STORED, audit={**STORED.audit, ("anna", event, 0): count})


def test_what_is_as_it_should_be_is_no_violation() -> None:
    assert list(judged(ATTEMPTS, STORED, ARRIVED, [])) == []


def test_what_was_not_answered_may_be_done_or_not() -> None:
    unknown = [*ATTEMPTS, attempt(RIGHT, None, value="third", token="two"), attempt(RIGHT, 503, value="third")]
    done = attrs.evolve(audited("verification.accepted", 3), confirmed=STORED.confirmed | {("anna", "two", 0)})

    assert list(judged(unknown, STORED, ARRIVED, [])) == []
    assert list(judged(unknown, done, ARRIVED, [])) == []


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ([attempt(RIGHT, 500, value="third")], "was answered 500"),
        ([attempt(PAIR, value="second", token="two")], "accepted 2 times"),
        ([attempt(RIGHT, 401, value="third")], "a right value of device 0 was refused"),
        ([attempt(GUESS, 401, value=f"{number}") for number in range(5)], "6 guesses"),
        ([attempt(RIGHT, value="third", index=2)], "device 2 was activated, and is not there"),
        ([attempt(RIGHT, value="third", token="four")], "acknowledged, and are not there"),
        ([attempt(RIGHT, value="third")], "3 values of 0 were answered as right, and 2"),
        ([attempt(GUESS, 401, value="third")], "3 rejections of 0 were answered, and 2"),
        ([attempt(GUESS, 401, value="third")], "2 guesses at 0 were answered, and 1"),
        ([attempt("remove", 204)], "device 0 was removed, and is there"),
        ([attempt(REGISTER, 201, index=2)], "device 2 was registered, and its index is free"),
    ],
)
def test_what_was_answered_has_to_be_so(more: list[Attempt], sentence: str) -> None:
    assert any(sentence in each for each in judged([*ATTEMPTS, *more], STORED, ARRIVED, []))


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        (audited("verification.accepted", 3), "2 values of 0 were answered as right, and 3"),
        (audited("verification.rejected", 3), "2 rejections of 0 were answered, and 3"),
        (attrs.evolve(STORED, devices={}), "device 0 was activated, and is not there"),
        (attrs.evolve(STORED, confirmed=STORED.confirmed | {("anna", "two", 0)}), "verified by 0 without a value"),
        (attrs.evolve(STORED, trusted=frozenset({("anna", "two")})), "verified by no browser"),
    ],
)
def test_what_is_stored_has_to_have_been_answered(stored: Stored, sentence: str) -> None:
    assert any(sentence in each for each in judged(ATTEMPTS, stored, ARRIVED, []))


def test_a_code_is_mailed_once() -> None:
    twice = {"anna@example.com": [Mailed("12345678", 1), Mailed("12345678", 2)]}
    [sentence] = judged(ATTEMPTS, STORED, twice, [])

    assert "1 codes were mailed again" in sentence


def sent(at: float, value: str = "code", token: str = "1") -> Sent:
    return Sent(at=at, token=token, index=1, value=value)


REFUSED = attempt(MAILED, 401, value="code", index=1, began=20, ended=21)


@pytest.mark.parametrize(
    ("more", "codes", "reason"),
    [
        ([], [sent(10)], None),
        ([], [], None),
        ([], [sent(10), sent(9, "another")], None),
        ([], [sent(10), sent(15, "another", "2")], None),
        ([attempt(DISPATCH, 503, index=1, began=8, ended=9)], [sent(10)], None),
        ([attempt(MAILED, 401, value="x", index=1, began=11 + n, ended=11 + n) for n in range(4)], [sent(10)], None),
        ([], [sent(10), sent(15, "another")], "replaced"),
        ([], [sent(10, token="2")], "sent to another token"),
        ([attempt(DISPATCH, 503, index=1, began=9, ended=11)], [sent(10)], "perhaps replaced"),
        ([attempt(MAILED, None, value="code", index=1, began=12, ended=13)], [sent(10)], "perhaps replaced"),
        ([attempt(GUESS, 401, value=f"{n}", index=1, began=11, ended=12) for n in range(5)], [sent(10)], "void after"),
        ([], [sent(-600)], "expired"),
    ],
)
def test_a_mailed_code_is_refused_for_a_reason(more: list[Attempt], codes: list[Sent], reason: str | None) -> None:
    attempts, codes = [*more, REFUSED], sorted(codes, key=lambda each: each.at)
    [*_, (_, why)] = refused(attempts, STORED, codes)

    assert why is None if reason is None else str(why).startswith(reason)
    assert any("the last, and fresh" in each for each in judged(attempts, STORED, ARRIVED, codes)) == (why is None)


def test_who_was_not_there_in_the_end_is_told_of() -> None:
    assert list(amiss([0, 1, None])) == ["client 1 ended with 1", "client 2 has not ended"]


@pytest.mark.parametrize(("leaked", "flat"), [(0.0, True), (0.01, True), (0.1, False)])
def test_memory_is_flat_or_not(leaked: float, flat: bool) -> None:  # noqa: FBT001 - a case
    worker = Worker(1, [(float(second), 100 + leaked * second) for second in range(LEAST + 1)])

    assert worker.flat == flat
    assert worker.slope == pytest.approx(60 * leaked)


@pytest.mark.parametrize(("objects", "rest", "flat"), [(10, 0.001, True), (100, 0, False), (0, 0.01, False)])
def test_what_is_allocated_is_freed_or_not(objects: int, rest: float, flat: bool) -> None:  # noqa: FBT001 - a case
    seconds = range(LEAST + 1)
    held = [Held(second, objects * second, rest * second) for second in seconds]

    assert Worker(1, [(float(second), 100.0) for second in seconds], held).flat == flat


def test_faults_at_once_excuse_nothing_that_came_when_they_were_over() -> None:
    lost = [attempt(RIGHT, None, began=10, ended=11), attempt(RIGHT, None, began=500, ended=501)]
    outages = [Outage.of(Fault(kind, began=10, righted=12), lost, arrivals=[13]) for kind in ("mail", "database")]
    served = [attrs.evolve(each, over=13.0) for each in outages]

    assert list(of_outages(served, lost[:1])) == []
    assert len(list(of_outages(served, lost))) == 1
