"""Reads how PostgreSQL would go about every statement, and says what would grow with the tables."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connections

LOOK_UPS = frozenset({"Index Scan", "Index Only Scan", "Bitmap Index Scan"})

HARMLESS = frozenset({"ModifyTable", "Result", "Append", "Nested Loop", "Merge Join", "Bitmap Heap Scan", "Limit"})
"""What works on no more rows than the look-ups below it hand up; sorts, hashes and whole tables are none of these."""

MOST_ROWS = 100
"""More than any one user's devices and challenges: a look-up that expects more of them is none."""

Statement = tuple[str, Any]


class Watch:
    """Notes the statements that are executed on a connection."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,  # noqa: ANN401 - as in Django
        many: bool,  # noqa: FBT001 - as in Django
        context: object,
    ) -> Any:  # noqa: ANN401 - as in Django
        """Execute a statement, and note it."""
        if verb(sql) in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
            self.statements.append((sql, params))
        return execute(sql, params, many, context)


def verb(sql: str) -> str:
    """Return what a statement does; a union begins with a parenthesis."""
    return sql.lstrip("(").split(None, 1)[0]


def statements(alias: str, act: Callable[[], object]) -> list[Statement]:
    """Return what is really sent to the database while something is done."""
    watch = Watch()
    with connections[alias].execute_wrapper(watch):
        act()
    return watch.statements


def plan(alias: str, statement: Statement) -> dict[str, Any]:
    """Return the plan of a statement, which is not executed."""
    sql, params = statement
    with connections[alias].cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        [answer] = cursor.fetchone()
    [described] = json.loads(answer) if isinstance(answer, str) else answer
    planned: dict[str, Any] = described["Plan"]
    return planned


def objections(node: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a plan: whatever is neither a look-up in an index nor harmless."""
    kind, place = node["Node Type"], node.get("Index Name") or node.get("Relation Name") or ""
    if kind in LOOK_UPS:
        if "Index Cond" not in node:
            yield f"{kind} of the whole index, {place}"
        if node["Plan Rows"] > MOST_ROWS:
            yield f"{kind} of {node['Plan Rows']} rows, {place}"
    elif kind not in HARMLESS:
        yield f"{kind} {place}".strip()
    for below in node.get("Plans", ()):
        yield from objections(below)


def summary(node: dict[str, Any]) -> str:
    """Return a plan in one line."""
    name = node.get("Index Name") or node.get("Relation Name")
    below = ", ".join(summary(each) for each in node.get("Plans", ()))
    return f"{node['Node Type']} {name or ''}".strip() + (f" ({below})" if below else "")
