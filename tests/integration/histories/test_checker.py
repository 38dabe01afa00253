"""The checker, on histories of a counter that are known, and beside one that tries every order there is."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.integration.histories.checker import Operation, check

Act = tuple[str, int]
History = list[Operation[Act]]


def step(state: int, act: Act) -> Iterator[int]:
    """A number that is read, and raised to one more by whoever says what it was."""
    kind, number = act
    if state == number:
        yield state + (kind == "raise")


@pytest.mark.parametrize(
    ("history", "linearizable"),
    [
        pytest.param([], True, id="nothing"),
        pytest.param([Operation(("raise", 0), 0, 1), Operation(("read", 1), 2, 3)], True, id="one after another"),
        pytest.param([Operation(("raise", 0), 0, 1), Operation(("read", 0), 2, 3)], False, id="a read that is late"),
        pytest.param([Operation(("raise", 0), 0, 3), Operation(("read", 0), 1, 2)], True, id="a read before"),
        pytest.param([Operation(("raise", 0), 0, 3), Operation(("read", 1), 1, 2)], True, id="a read after"),
        pytest.param(
            [Operation(("raise", 0), 0, 5), Operation(("read", 1), 1, 2), Operation(("read", 0), 3, 4)],
            False,
            id="a read that goes back",
        ),
        pytest.param([Operation(("raise", 0), 0, 2), Operation(("raise", 0), 1, 3)], False, id="a lost update"),
        pytest.param([Operation(("raise", 0), 0), Operation(("read", 0), 1, 2)], True, id="unanswered, and undone"),
        pytest.param([Operation(("raise", 0), 0), Operation(("read", 1), 1, 2)], True, id="unanswered, and done"),
        pytest.param(
            [Operation(("raise", 0), 0), Operation(("read", 0), 1, 2), Operation(("read", 1), 3, 4)],
            True,
            id="unanswered, and done late",
        ),
        pytest.param(
            [Operation(("raise", 0), 0), Operation(("read", 1), 1, 2), Operation(("read", 0), 3, 4)],
            False,
            id="unanswered, and undone again",
        ),
        pytest.param([Operation(("raise", 1), 0), Operation(("read", 0), 1, 2)], True, id="unanswered, and never done"),
        pytest.param([Operation(("read", 1), 0, 1), Operation(("raise", 0), 2)], False, id="done before it was called"),
    ],
)
def test_a_history_that_is_known(history: History, linearizable: bool) -> None:  # noqa: FBT001
    assert (check(history, 0, step) is None) == linearizable


def test_what_is_told_of_a_history_that_no_order_explains() -> None:
    raised, late = Operation(("raise", 0), 0, 1), Operation(("read", 0), 2, 3)

    refuted = check([late, raised], 0, step)

    assert refuted is not None
    assert (refuted.order, refuted.state, refuted.stuck) == ([raised], 1, [late])
    assert "none of\n    ('read', 0)" in str(refuted)


operations = st.builds(
    lambda kind, number, called, length: Operation((kind, number), called, called + length),
    st.sampled_from(["raise", "read"]),
    st.integers(0, 2),
    st.integers(0, 9),
    st.sampled_from([1, 2, 5, math.inf]),
)


def explained(history: Sequence[Operation[Act]]) -> bool:
    """Whether any order of what was answered, and of any of what was not, is one that keeps to the times."""
    answered = [each for each in history if each.answered]
    lost = [each for each in history if not each.answered]
    chosen = (some for count in range(len(lost) + 1) for some in combinations(lost, count))
    return any(_runs(order) for some in chosen for order in permutations([*answered, *some]))


def _runs(order: Sequence[Operation[Act]]) -> bool:
    late = any(second.over < first.called for first, second in combinations(order, 2))
    states = [0]
    for each in order:
        states += list(step(states[-1], each.act))[:1]
    return not late and len(states) == len(order) + 1


@given(st.lists(operations, max_size=5))
def test_it_finds_an_order_where_there_is_one(history: History) -> None:
    assert (check(history, 0, step) is None) == explained(history)
