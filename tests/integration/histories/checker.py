"""Whether a history is linearizable: whether operations that overlapped may have come one after another.

The search is that of Wing and Gong (1993), with the memory of Lowe (2017): of all operations that could be next, one
is tried after the other, and no set of operations with the same state after it is looked at twice. An operation that
got no answer may have taken effect at any time after it was called, or never.
"""

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

import attrs

Act = TypeVar("Act")
State = TypeVar("State", bound=Hashable)


@attrs.frozen
class Operation(Generic[Act]):
    """What somebody did, from when it was called until it was over, by one clock; without an answer it never is."""

    act: Act
    called: float
    over: float = math.inf

    @property
    def answered(self) -> bool:
        return self.over < math.inf


Step = Callable[[State, Act], Iterable[State]]
"""Every state that an act may lead to which was answered as it was; none where that answer cannot be."""


@attrs.frozen
class Refuted(Generic[Act, State]):
    """No order explains the history: the longest that explains a part of it, its state, and what cannot be next."""

    order: Sequence[Operation[Act]]
    state: State
    stuck: Sequence[Operation[Act]]

    def __str__(self) -> str:
        lines = [*(f"  {each.act}" for each in self.order), f"  then, of {self.state}, none of"]
        return "\n".join(["not linearizable:", *lines, *(f"    {each.act}" for each in self.stuck)])


def check(history: Iterable[Operation[Act]], initial: State, step: Step[State, Act]) -> Refuted[Act, State] | None:
    """Look for an order; return None where there is one."""
    operations = sorted(history, key=lambda each: each.called)
    answered = sum(1 << number for number, each in enumerate(operations) if each.answered)
    longest: tuple[int, ...] = ()
    state_there = initial
    seen: set[tuple[int, State]] = set()
    path: list[tuple[tuple[int, ...], State, Iterator[tuple[int, State]]]] = []

    def following(done: int, state: State) -> Iterator[tuple[int, State]]:
        for number in _next(operations, done):
            for after in step(state, operations[number].act):
                yield number, after

    path.append(((), initial, following(0, initial)))
    while path:
        order, state, choices = path[-1]
        done = sum(1 << number for number in order)
        if done & answered == answered:
            return None
        if len(order) > len(longest):
            longest, state_there = order, state
        for number, after in choices:
            place = (done | 1 << number, after)
            if place not in seen:
                seen.add(place)
                path.append(((*order, number), after, following(*place)))
                break
        else:
            path.pop()
    stuck = [operations[number] for number in _next(operations, sum(1 << number for number in longest))]
    return Refuted([operations[number] for number in longest], state_there, stuck)


def _next(operations: Sequence[Operation[Act]], done: int) -> list[int]:
    """What may be next: whatever was called before anything was over that is not done yet. They come as called."""
    left = [number for number in range(len(operations)) if not done >> number & 1]
    first = min((operations[number].over for number in left), default=math.inf)
    return [number for number in left if operations[number].called <= first]
