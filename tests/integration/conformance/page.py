"""What is made of the ledger's page: its numbers, its tables, and the examples of the specification."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import fill
from typing import get_args

from tests.integration.conformance.groups import GROUPS
from tests.integration.conformance.ledger import Group, Item, Verdict
from tests.unit.adapters.webauthn.vectors import VECTORS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "conformance.md"

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

MADE = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- until here -->)", re.DOTALL)


def made_anew(text: str) -> str:
    """The page with every part that is made between two comments as the tables have it now."""
    return MADE.sub(lambda match: f"{match[1]}\n{written(match[2])}\n\n{match[3]}", text)


def written(name: str) -> str:
    return "\n".join(PARTS[name]()).strip("\n")


def numbers() -> Iterator[str]:
    items = [item for group in GROUPS for item in group.items]
    yield from top("", *VERDICTS, "all")
    for name, later in (("of the list", False), ("later", True)):
        found = Counter(item.verdict for item in items if item.later == later)
        yield row(name, *(str(found[verdict]) for verdict in VERDICTS), str(found.total()))


def reasons() -> Iterator[str]:
    """Whatever has not passed, by the reason for it."""
    found: dict[tuple[str, str], dict[Group, list[str]]] = {}
    for group in GROUPS:
        for item in group.items:
            if item.verdict != "passed":
                found.setdefault((item.why, item.verdict), {}).setdefault(group, []).append(item.name)
    yield from top("why", "", "items")
    for (why, verdict), named in found.items():
        items = (f"{link(group)} {', '.join(names)}" for group, names in named.items())
        yield row(why, verdict, "; ".join(items))


def link(group: Group) -> str:
    anchor = group.name.lower().replace(",", "").replace(" ", "-")
    return f"[{group.name.removeprefix('Server-Server')}](#{anchor})"


def groups() -> Iterator[str]:
    for group in GROUPS:
        about = fill(f"{group.about}{settings(group.under)}.", 120, break_long_words=False, break_on_hyphens=False)
        yield f"\n### {group.name}\n\n{about}\n"
        yield from top("item", "what is tried", "came to", "")
        yield from (row(*cells(item)) for item in group.items)


def settings(under: Mapping[str, object]) -> str:
    return "".join(f"; `{name} = {value!r}`".replace("'", '"') for name, value in under.items())


def cells(item: Item) -> Iterator[str]:
    yield f"{item.name}, later" if item.later else item.name
    yield item.asks + settings(item.under)
    yield item.outcome
    yield item.verdict if item.verdict == "passed" else f"**{item.verdict}**"


def examples() -> Iterator[str]:
    """Go through both ceremonies with each: a refusal is an error here."""
    yield from top("example", "registration", "authentication")
    for vector in VECTORS:
        vector.authenticate(vector.request, vector.register(vector.creation))
        yield row(vector.name, "passed", "passed")


def top(*names: str) -> Iterator[str]:
    yield row(*names)
    yield "|" + "---|" * len(names)


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


PARTS = {"numbers": numbers, "reasons": reasons, "groups": groups, "examples": examples}
