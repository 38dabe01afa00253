import ast

import pytest

from tests.unit.architecture.project import mentioned, modules

SECRETS = "mfa.domain.secrets"

COMPARERS = {
    "mfa.adapters.memory.system",
    "mfa.adapters.webauthn.android_key",
    "mfa.domain.methods.one_time_password",
    "mfa.domain.methods.webauthn",
}
"""Who compares secrets by ``equal``."""

RECOGNISERS = {"mfa.domain.methods.out_of_band", "mfa.domain.methods.recovery"}
"""Who recognises codes by ``SaltedHash.matches``."""

CONSTANT_TIME = {"compare_digest", "constant_time_compare", "bytes_eq"}


def compares(tree: ast.Module) -> bool:
    """Tell whether a module compares in constant time by itself, under whatever name."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    imports = {name.rpartition(".")[2] for name in mentioned(tree)}
    return bool((names | attributes | imports) & CONSTANT_TIME)


def calls_matches(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "matches" for node in ast.walk(tree))


def test_secrets_are_compared_in_one_place() -> None:
    assert {name for name, tree in modules() if compares(tree)} == {SECRETS}


def test_these_modules_compare_secrets() -> None:
    assert {name for name, tree in modules() if f"{SECRETS}.equal" in mentioned(tree)} == COMPARERS


def test_these_modules_recognise_codes() -> None:
    assert {name for name, tree in modules() if calls_matches(tree)} == RECOGNISERS


def test_nobody_reads_a_digest_to_compare_it_himself() -> None:
    """What ``SaltedHash`` holds is read by nobody but itself."""
    readers = {
        name
        for name, tree in modules()
        if f"{SECRETS}.SaltedHash" in mentioned(tree)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"digest", "salt"}
    }

    assert readers == set()


@pytest.mark.parametrize(
    "text",
    [
        "import hmac\nhmac.compare_digest(a, b)",
        "from hmac import compare_digest as same",
        "import secrets\nsecrets.compare_digest(a, b)",
        "from django.utils.crypto import constant_time_compare",
        "from cryptography.hazmat.primitives import constant_time\nconstant_time.bytes_eq(a, b)",
        "from operator import eq\nimport _operator\n_operator._compare_digest; x = y.compare_digest",
    ],
)
def test_no_way_of_comparing_is_overlooked(text: str) -> None:
    assert compares(ast.parse(text))
