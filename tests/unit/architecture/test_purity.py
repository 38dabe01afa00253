import json
import sys
import textwrap
from functools import cache

import pytest

from tests.unit.architecture.project import CONTRACTS, run

FORBIDDEN: list[str] = CONTRACTS["pure-core"]["forbidden_modules"]

IMPORT_EVERYTHING = """
    import importlib, json, pkgutil, sys

    package = importlib.import_module({name!r})
    for module in pkgutil.walk_packages(getattr(package, "__path__", []), {name!r} + "."):
        importlib.import_module(module.name)
    print(json.dumps(sorted(sys.modules)))
"""


@cache
def loaded_by(name: str) -> frozenset[str]:
    result = run("python", "-c", textwrap.dedent(IMPORT_EVERYTHING).format(name=name))
    assert result.returncode == 0, result.stderr
    return frozenset(json.loads(result.stdout))


@pytest.mark.parametrize("name", CONTRACTS["pure-core"]["source_modules"])
def test_the_core_loads_no_framework(name: str) -> None:
    loaded = loaded_by(name)

    assert name in loaded
    assert {module.partition(".")[0] for module in loaded} & set(FORBIDDEN) == set()
    assert not {module for module in loaded if module.startswith(("mfa.adapters", "mfa.containers"))}


def test_the_core_stands_on_attrs_and_the_standard_library() -> None:
    before = set(json.loads(run("python", "-c", "import json, sys; print(json.dumps(sorted(sys.modules)))").stdout))
    loaded = {
        module.partition(".")[0]
        for name in CONTRACTS["pure-core"]["source_modules"]
        for module in loaded_by(name) - before
    }

    assert loaded - sys.stdlib_module_names == {"attr", "attrs", "mfa"}


def test_whatever_loads_a_framework_is_noticed() -> None:
    assert "django" in {module.partition(".")[0] for module in loaded_by("mfa.adapters.accessor")}


def test_the_package_itself_imports_nothing() -> None:
    script = "import sys; before = set(sys.modules); import mfa; print(sorted(set(sys.modules) - before))"

    assert run("python", "-c", script).stdout.strip() == "['mfa']"
