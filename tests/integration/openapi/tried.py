"""Which parameters and fields of bodies were sent something that the description allows, and something else.

Of a body in several forms each field counts, whatever the form; what no form allows it is not allowed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema_rs import Draft4Validator

from tests.integration.openapi.test_description import DESCRIPTION, forms, operation

Place = tuple[str, str, str]
"""Of an operation, where and what: ``("multi_factor_verify", "body", "value")``."""

Sent = tuple[Place, bool]
"""That something was sent there, which is allowed or not."""


def places(name: str) -> Iterator[tuple[Place, list[dict[str, Any]]]]:
    """Go through what can be sent to an operation, each with the schemas of which it is one."""
    described = operation(name)
    for each in described.get("parameters", ()):
        yield (name, each["in"], each["name"]), [each["schema"]]
    fields: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    body = described.get("requestBody", {"content": {"application/json": {"schema": {}}}})
    for form in forms(body["content"]["application/json"]["schema"]):
        for field, schema in form.get("properties", {}).items():
            fields[field].append(schema)
    yield from (((name, "body", field), schemas) for field, schemas in fields.items())


def nullable(node: object) -> object:
    """Say in the words of JSON Schema what OpenAPI 3.0 says by ``nullable``."""
    if isinstance(node, list):
        return [nullable(each) for each in node]
    if not isinstance(node, dict):
        return node
    copy = {key: nullable(value) for key, value in node.items() if key != "nullable"}
    return {"anyOf": [copy, {"type": "null"}]} if node.get("nullable") is True else copy


COMPONENTS = nullable(DESCRIPTION["components"])


@cache
def _judges(name: str) -> Mapping[Place, Draft4Validator]:
    return {
        place: Draft4Validator({"anyOf": nullable(schemas), "components": COMPONENTS})
        for place, schemas in places(name)
    }


class Tried:
    """What was sent."""

    def __init__(self) -> None:
        self.seen: set[Sent] = set()

    def note(self, name: str, sent: Mapping[str, object]) -> None:
        """Note what was sent to an operation, by where: ``{"path": {"index": 0}, "body": {"value": "1"}}``."""
        for (_, where, what), judge in _judges(name).items():
            given = sent.get(where)
            if isinstance(given, Mapping) and what in given:
                value = given[what]
                if where != "body" and isinstance(value, str) and value.isdecimal():
                    value = _read(judge, value)
                self.seen.add(((name, where, what), judge.is_valid(value)))

    def missing(self, names: Iterable[str]) -> set[Sent]:
        """Return what was never sent."""
        every = {(place, allowed) for name in names for place, _ in places(name) for allowed in (True, False)}
        return every - self.seen


def _read(judge: Draft4Validator, text: str) -> object:
    """Return what an address has as what it is read as."""
    return int(text) if judge.is_valid(int(text)) else text
