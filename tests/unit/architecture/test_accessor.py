import ast
import textwrap

import pytest

from tests.unit.architecture.project import mentioned, modules

ACCESSOR = "mfa.adapters.accessor"

CALLERS = {
    "mfa.adapters.django.commands",
    "mfa.adapters.django.admin",
    "mfa.adapters.django.admin_site",
    "mfa.adapters.django.gate",
    "mfa.adapters.django.leading",
    "mfa.adapters.django.not_me",
    "mfa.adapters.django.notices",
    "mfa.adapters.drf.login",
    "mfa.adapters.drf.permissions",
    "mfa.adapters.drf.well_known",
    "mfa.adapters.views",
    "mfa.adapters.django.rehashing",
    "mfa.adapters.drf.components",
    "mfa.adapters.drf.errors",
    "mfa.adapters.logins",
    "mfa.adapters.requests",
    "mfa.adapters.senders.queue",
    "mfa.adapters.senders.wording",
    "mfa.adapters.tokens.authtoken",
    "mfa.adapters.tokens.jwt",
    "mfa.adapters.tokens.knox",
    "mfa.apps",
    "mfa.pages.templatetags.mfa_pages",
    "mfa.pages.visits",
    "mfa.urls",
}
"""What Django or Django REST framework build without arguments. Everything else is handed what it needs."""


def asks(name: str, tree: ast.Module) -> bool:
    return name != ACCESSOR and bool(mentioned(tree) & {ACCESSOR, f"{ACCESSOR}.use_cases", f"{ACCESSOR}.*"})


def test_nobody_goes_round_the_accessor() -> None:
    """The system check builds the container itself, to tell what keeps it from being built; tests override there."""
    askers = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"get_app_config", "get_app_configs"}
    }

    assert askers == {ACCESSOR, "mfa.adapters.django.checks", "mfa.testing.deployment"}


def test_only_these_modules_look_the_use_cases_up() -> None:
    assert {name for name, tree in modules() if asks(name, tree)} == CALLERS


@pytest.mark.parametrize(
    "text",
    [
        "from mfa.adapters.accessor import use_cases",
        "from mfa.adapters.accessor import APP_LABEL, use_cases as look_up",
        "from mfa.adapters.accessor import *",
        "from mfa.adapters import accessor",
        "import mfa.adapters.accessor\nmfa.adapters.accessor.use_cases()",
        "import mfa.adapters.accessor as ask",
        "def late():\n    from mfa.adapters.accessor import use_cases\n    return use_cases().methods",
    ],
)
def test_no_way_of_asking_is_overlooked(text: str) -> None:
    assert asks("mfa.adapters.drf.somewhere", ast.parse(textwrap.dedent(text)))


@pytest.mark.parametrize(
    "text", ["from mfa.adapters.accessor import APP_LABEL", "use_cases = 1", "import mfa.adapters"]
)
def test_whatever_else_is_no_asking(text: str) -> None:
    assert not asks("mfa.adapters.drf.somewhere", ast.parse(text))
