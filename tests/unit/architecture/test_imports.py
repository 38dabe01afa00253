"""Who may import whom: each contract is kept, and notices each import that it is there to forbid."""

import shutil
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from importlib import metadata
from itertools import chain
from pathlib import Path

import grimp
import pytest
from importlinter import Contract, configuration
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract

from tests.unit.architecture.project import CONFIG, CONTRACTS, ROOT, SOURCE, run

configuration.configure()

GRAPH = grimp.build_graph("mfa", include_external_packages=True, cache_dir=None)
KINDS: dict[str, type[Contract]] = {
    "layers": LayersContract,
    "forbidden": ForbiddenContract,
    "protected": ProtectedContract,
    "acyclic_siblings": AcyclicSiblingsContract,
}
SESSION = {"root_packages": ["mfa"], "include_external_packages": "True"}
EXHAUSTIVE = [name for name, contract in CONTRACTS.items() if contract.get("exhaustive")]


def kept(name: str, graph: grimp.ImportGraph) -> bool:
    options = {
        key: str(value) if isinstance(value, bool) else value
        for key, value in CONTRACTS[name].items()
        if key not in {"id", "name", "type"}
    }
    contract = KINDS[CONTRACTS[name]["type"]](CONTRACTS[name]["name"], SESSION, options)
    return contract.check(deepcopy(graph), verbose=False).kept


def forbidden_by(name: str) -> Iterator[tuple[str, str]]:
    """Yield who must not import whom."""
    contract = CONTRACTS[name]
    match contract["type"]:
        case "layers":
            [container] = contract["containers"]
            above: list[str] = []
            for layer in contract["layers"]:
                beside = [f"{container}.{each.strip()}" for each in layer.split("|")]
                for module in beside:
                    yield from ((module, other) for other in [*above, *beside] if other != module)
                above += beside
        case "acyclic_siblings":
            yield ("mfa.adapters.tokens.rows", "mfa.adapters.tokens.login")
            yield ("mfa.domain.errors", "mfa.domain.accounts")
        case "forbidden":
            for module in contract["source_modules"]:
                yield from ((module, other) for other in contract["forbidden_modules"])
        case "protected":
            allowed = contract["allowed_importers"]
            for module in GRAPH.find_children("mfa") | GRAPH.find_children("mfa.adapters"):
                if not any(f"{each}.".startswith(f"{module}.") for each in allowed):
                    yield from ((module, other) for other in contract["protected_modules"] if other != module)


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_is_kept_and_notices_whatever_breaks_it(name: str) -> None:
    assert kept(name, GRAPH)

    unnoticed, broken = [], deepcopy(GRAPH)
    for importer, imported in forbidden_by(name):
        broken.add_import(importer=importer, imported=imported)
        if kept(name, broken):
            unnoticed.append(f"{importer} imports {imported}")
        broken.remove_import(importer=importer, imported=imported)

    assert unnoticed == []


@pytest.mark.parametrize("name", EXHAUSTIVE)
def test_nothing_stands_outside_the_layers(name: str) -> None:
    broken = deepcopy(GRAPH)
    broken.add_module(f"{CONTRACTS[name]['containers'][0]}.services")

    assert not kept(name, broken)


def test_it_does_not_matter_where_in_a_module_the_import_stands(tmp_path: Path) -> None:
    source = tmp_path / "src"
    shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("__pycache__"))
    ways = {
        "mfa.domain.events": ["from django.db import models"],
        "mfa.domain.errors": ["from typing import TYPE_CHECKING", "if TYPE_CHECKING:", "    import django"],
        "mfa.domain.identifiers": ["def late():", "    import django"],
        "mfa.domain.methods.base": ["try:", "    import django", "except ImportError:", "    pass"],
    }
    for module, lines in ways.items():
        with source.joinpath(*module.split(".")).with_suffix(".py").open("a") as text:
            text.writelines(f"\n{line}" for line in lines)

    result = run("lint-imports", "--no-cache", "--no-logo", "--config", str(ROOT / "pyproject.toml"), cwd=source)

    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{CONTRACTS['pure-core']['name']} BROKEN" in result.stdout
    assert [module for module in ways if f"{module} -> django" not in result.stdout] == []


def test_every_dependency_but_attrs_is_forbidden_to_the_core() -> None:
    imported = set().union(*wrapped().values())

    assert imported <= set(CONTRACTS["pure-core"]["forbidden_modules"])


def test_every_optional_package_is_imported_in_one_place() -> None:
    extras = {normal(each.split(">=")[0]) for each in chain(*CONFIG["project"]["optional-dependencies"].values())}
    protected = {
        module
        for contract in CONTRACTS.values()
        for module in contract.get("protected_modules", [])
        if contract["type"] == "protected"
    }
    imported = {module for name, modules in wrapped().items() if name in extras for module in modules}

    assert imported & GRAPH.modules <= protected


@cache
def wrapped() -> dict[str, set[str]]:
    """Return what each dependency but attrs is imported as."""
    project = CONFIG["project"]
    requirements = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    wanted = {normal(requirement.split(">=")[0]) for requirement in requirements}
    found: dict[str, set[str]] = {name: set() for name in wanted}
    for package, distributions in metadata.packages_distributions().items():
        for distribution in distributions:
            if normal(distribution) in wanted and not package.startswith("_"):
                found[normal(distribution)].add(package)

    assert found.pop("attrs") == {"attr", "attrs"}
    assert all(found.values())
    return found


def normal(distribution: str) -> str:
    return distribution.lower().replace("_", "-").replace(".", "-")
