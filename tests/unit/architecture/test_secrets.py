import ast

import pytest

from tests.unit.architecture.project import mentioned, modules

SECRETS = "mfa.domain.secrets"

COMPARERS = {
    "mfa.adapters.importing.dj_rest_auth",
    "mfa.adapters.memory.hashes",
    "mfa.adapters.tokens.authtoken",
    "mfa.adapters.webauthn.statements",
    "mfa.domain.methods.one_time_password",
    "mfa.domain.methods.out_of_band",
    "mfa.domain.methods.webauthn",
    "mfa.domain.trusts",
}
"""Who compares secrets by ``equal``."""

RECOGNISERS = {
    "mfa.domain.methods.out_of_band",
    "mfa.domain.methods.recovery",
    "mfa.testing.contracts.importing",
}
"""Who recognises codes by ``SaltedHash.matches``."""

SECRET = frozenset(
    {
        *("challenge", "code", "codes", "credentials", "digest", "hexdigest", "key", "known", "opened", "password"),
        *("plain", "registered_by", "salt", "sealed", "secret", "seed", "sent", "signature", "state", "token"),
        *("token_id", "value"),
    }
)
"""Under such names go secrets and what is made of them; a comparison of one by ``==`` or ``in`` is looked at."""

REVIEWED = {
    "mfa.adapters.django.repositories": {
        # What was read and what is to be written, both the server's own.
        "before.token_id == after.token_id",
        "challenge != known",
        "device != known",
        "value != before[name]",
        # Digests of tokens: to come nearer to one, step by step, somebody would have to choose digests.
        "token == token_id",
        "row[_CHALLENGES_BEGIN] == token_id",
    },
    # Codes of errors.
    "mfa.adapters.django.leading": {
        "answer.code == 'not_authenticated'",
        "answer.code not in {'verification_required', 'registration_required'}",
    },
    # Codes of errors, and names in JSON.
    "mfa.adapters.drf.components": {"code in UNVERIFIED", "code in WAITING"},
    "mfa.adapters.drf.schema": {"code in UNVERIFIED", "key in posted"},
    "mfa.adapters.requests": {"known[0] != token", "known[0] == token"},
    "mfa.adapters.memory.repositories": {
        "challenge.token_id == token_id",
        "each.token_id == before.token_id",
        "spending.digest in self._spent",
    },
    # Labels and the purposes of certificates.
    "mfa.adapters.webauthn.cbor": {"key in items"},
    "mfa.adapters.webauthn.statements": {
        "OID_AIK_CERTIFICATE in extensions.get_extension_for_class(x509.ExtendedKeyUsage).value",
        # A hash of what the client has sent, with what it says the hash is.
        "_sized(info) == hashlib.new(_HASHES[statement['alg']], evidence.message).digest()",
    },
    # A state before and after a verdict on it, both the server's own.
    "mfa.application.verification": {"state == opened", "verdict.sent != attempt.sent"},
    # Positions of methods.
    "mfa.domain.methods.base": {"key in {str(position), method.name}"},
    # Digests of tokens, again.
    "mfa.domain.accounts": {
        "each.registered_by == self.token_id",
        "other.registered_by == device.registered_by",
        "other.registered_by == self.token_id",
    },
    # Two states of one row, both the server's own and sealed.
    "mfa.domain.challenges": {"self.sent == old.sent"},
    "mfa.domain.devices": {"self.registered_by == token_id"},
}
"""Comparisons by ``==`` or ``in`` that tell nobody anything, though a name suggests it."""

SETTINGS = "mfa.config"
"""Compares what a project has written with what may be written, once, when it starts."""

CONSTANT_TIME = {"compare_digest", "constant_time_compare", "bytes_eq"}


def compares(tree: ast.Module) -> bool:
    """Tell whether a module compares in constant time by itself, under whatever name."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    imports = {name.rpartition(".")[2] for name in mentioned(tree)}
    return bool((names | attributes | imports) & CONSTANT_TIME)


def name(node: ast.expr) -> str:
    """Return the name under which an operand goes: its last part, or that of what is called or looked up."""
    match node:
        case ast.Name(id=text) | ast.Attribute(attr=text):
            return text.strip("_")
        case ast.Call(func=called):
            return name(called)
        case ast.Subscript(value=looked_up, slice=ast.Constant(value=key)):
            return key if key in SECRET else name(looked_up)
    return ""


def plainly_compared(tree: ast.Module) -> set[str]:
    """Return the comparisons in which an operand has the name of a secret."""
    return {
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(isinstance(operator, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for operator in node.ops)
        and any(name(operand) in SECRET for operand in (node.left, *node.comparators))
    }


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


def test_no_secret_is_compared_by_the_way() -> None:
    found = {
        name: comparisons
        for name, tree in modules()
        # The kit for tests compares what no attacker meets.
        if name != SETTINGS and not name.startswith("mfa.testing.") and (comparisons := plainly_compared(tree))
    }

    assert found == REVIEWED


@pytest.mark.parametrize(
    "text",
    [
        "code == given",
        "if given != self._code: ...",
        "value in state.codes",
        "hashlib.sha256(salt + code).digest() == stored",
        "stored == hmac.new(key, code, 'sha256').hexdigest()",
        "fields['digest'] == made",
        "a == b == token.key",
        "[each for each in codes if each.secret == typed]",
    ],
)
def test_no_such_comparison_is_overlooked(text: str) -> None:
    assert plainly_compared(ast.parse(text))


def test_what_compares_no_secret_is_left_alone() -> None:
    assert not plainly_compared(ast.parse("len(key) == 32; challenge.index == index; code is None; count < value"))


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
