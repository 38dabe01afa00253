"""What one commit costs more than another is seen, and nothing else is taken for it."""

import pytest

from benchmarks.compare.__main__ import loses, told
from benchmarks.cost.operations import Line
from benchmarks.cost.rounds import Outcome
from benchmarks.cost.sides import Batch


def line(*ratios: float) -> Line:
    rounds = [(Batch(cpu=0.002, wall=0.004), Batch(cpu=0.002 * ratio, wall=0.004)) for ratio in ratios]
    return Line("verify", "postgresql", "gunicorn", Outcome(rounds), (5, 4))


@pytest.mark.parametrize(
    ("ratios", "lost"), [((1.0, 1.0), False), ((1.09, 1.09), False), ((1.11, 1.11), True), ((1.0, 1.0, 5.0), False)]
)
def test_the_median_of_the_rounds_decides(ratios: tuple[float, ...], lost: bool) -> None:  # noqa: FBT001 - a case
    assert loses(line(*ratios)) == lost


def test_a_loss_is_marked() -> None:
    assert told(line(1.2)) == (
        "| verify, stock authentication | postgresql | gunicorn | 1.20 | 1.20 to 1.20 | 1.00 | 2.40 (2.00) "
        "| 4.00 (4.00) | 4 (5) | **lost** |"
    )
