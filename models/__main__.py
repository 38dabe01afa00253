"""Verifies every model, and prints what holds and what is missed.

``python -m models`` verifies all; ``python -m models once COMPARED`` tells of a history in which something breaks where
that rule is left out of that model.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from models.verifier import Model, Unverified, Verdict, Verifier, absence, judged, models


def table(*rows: Iterable[object]) -> str:
    """Write rows as a table of Markdown, the first as its head."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def verify(found: list[Model]) -> int:
    """Verify models beside one another, and print the two tables."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(os.cpu_count()) as pool:
        folders = [Path(scratch, model.name) for model in found]
        for folder in folders:
            folder.mkdir()
        verdicts = list(pool.map(judged, found, folders))
    print(
        table(
            ("model", "property", "states", "holds"),
            *(
                (verdict.model.name, name, run.states, "yes" if run.holds else "NO")
                for verdict in verdicts
                for name, run in verdict.properties.items()
            ),
        )
    )
    print()
    print(table(("model", "left out", "breaks"), *(row for verdict in verdicts for row in missed(verdict))))
    wrong = [sentence for verdict in verdicts for sentence in verdict.wrong()]
    states = sum(run.states for verdict in verdicts for run in verdict.properties.values())
    print(f"\n{states} states, {time.monotonic() - begun:.0f} seconds")
    print("\n".join(f"failed: {sentence}" for sentence in wrong) or "every property holds, and every rule is missed")
    return int(bool(wrong))


def missed(verdict: Verdict) -> Iterable[tuple[str, str, str]]:
    """Say of each rule what breaks without it."""
    for rule in verdict.model.rules:
        holds = verdict.rules[rule.name].holds
        yield verdict.model.name, rule.name, "NOTHING" if holds else rule.breaks


def tell(model: Model, name: str) -> int:
    """Print a history in which the property breaks that hangs on a rule."""
    rule = model.rule(name)
    with tempfile.TemporaryDirectory() as folder:
        history = Verifier(model, Path(folder)).history(rule)
    print("\n".join([*history, f"{rule.breaks} does not hold: {model.property(rule.breaks).formula}"]))
    return 0


def main(arguments: list[str]) -> int:
    """Do what is asked for; 2 where that cannot be done."""
    reason = absence()
    if reason is not None:
        print(f"failed: {reason}", file=sys.stderr)
        return 2
    try:
        found = models()
        if not arguments:
            return verify(found)
        [chosen, name] = arguments
        return tell({each.name: each for each in found}[chosen], name)
    except Unverified as failure:
        print(f"failed: {failure}", file=sys.stderr)
        return 1
    except (KeyError, ValueError):
        print('usage: make model, or make model ARGS="MODEL RULE" with what it prints as left out', file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
