"""What the page of the models says of them is what comes of verifying them."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from mfa.application.transactions import MOST_ATTEMPTS
from mfa.config import Config
from models import verifier
from tests.docs.pages import MODELS, ROOT, blocks, rows

FOUND = verifier.models()


def without_marks(*cells: str) -> tuple[str, ...]:
    return tuple(cell.strip("`") for cell in cells)


def told_properties() -> dict[tuple[str, ...], int]:
    return {without_marks(model, name): int(states) for model, name, _, states in rows(MODELS, "What holds")}


def test_each_property_and_each_rule_has_its_row() -> None:
    rules = [without_marks(model, rule, breaks) for model, rule, _, _, breaks in rows(MODELS, "What each rule is for")]

    assert {*told_properties()} == {(model.name, each.name) for model in FOUND for each in model.properties}
    assert sorted(rules) == sorted((model.name, each.name, each.breaks) for model in FOUND for each in model.rules)


def test_each_rule_is_a_place_of_the_code() -> None:
    for _, rule, _, cell, _ in rows(MODELS, "What each rule is for"):
        file, _, place = cell.strip("`").partition("::")
        body: list[ast.stmt] = ast.parse((ROOT / "src" / "mfa" / file).read_text()).body
        for name in place.split("."):
            found = [each for each in body if isinstance(each, ast.ClassDef | ast.FunctionDef) and each.name == name]
            assert found, f"{rule}: there is no {cell}"
            body = found[0].body


def test_two_requests_of_an_owners_have_more_attempts_than_a_stranger_has_changes() -> None:
    """One code by each method is sent, fails, is sent again and fails, while guesses do not wait yet."""
    assert Config().verification_throttle_tryouts + 4 * len(["email", "sms"]) < 2 * MOST_ATTEMPTS


@pytest.mark.parametrize("model", FOUND, ids=lambda model: model.name)
def test_every_property_holds_and_every_rule_is_missed(
    model: verifier.Model, require_service: Callable[[str], None], tmp_path: Path
) -> None:
    require_service("spin")
    verdict = verifier.judged(model, tmp_path)

    assert list(verdict.wrong()) == []
    told = {name: states for (each, name), states in told_properties().items() if each == model.name}
    assert told == {name: run.states for name, run in verdict.properties.items()}


def test_the_history_is_the_one_that_is_shown(require_service: Callable[[str], None], tmp_path: Path) -> None:
    require_service("spin")
    [shown] = blocks(MODELS, "text")
    [model] = [each for each in FOUND if each.name == "guesses"]
    history = verifier.Verifier(model, tmp_path).history(model.rule("RIGHT_COMPARED"))

    assert [*history, "serial does not hold: [] !early"] == shown.text.splitlines()


def test_a_rule_that_nobody_misses_is_noticed(require_service: Callable[[str], None], tmp_path: Path) -> None:
    """As the property does that is none."""
    require_service("spin")
    model = verifier.Model.read(verifier.FOLDER / "halfway.pml")
    idle = model._replace(rules=(verifier.Rule("IDLE", 99, "served"),), properties=(model.property("served"),))
    [said] = verifier.judged(idle, tmp_path).wrong()

    assert "IDLE" in said
