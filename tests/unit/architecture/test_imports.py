import shutil
from collections.abc import Iterator
from importlib import metadata
from itertools import chain
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.unit.architecture.project import CONFIG, CONTRACTS, ROOT, SOURCE, run

LAYERS: list[list[str]] = [
    [f"mfa.{name.strip()}" for name in layer.split("|")] for layer in CONTRACTS["layers"]["layers"]
]
CORE: list[str] = CONTRACTS["pure-core"]["source_modules"]
FORBIDDEN: list[str] = CONTRACTS["pure-core"]["forbidden_modules"]
ADAPTERS: list[list[str]] = [
    [f"mfa.adapters.{name.strip()}" for name in layer.split("|")] for layer in CONTRACTS["adapters"]["layers"]
]
WITHOUT_INJECTOR: list[str] = CONTRACTS["injector-in-containers"]["source_modules"]
USE_CASES: list[list[str]] = [
    [f"mfa.application.{name.strip()}" for name in layer.split("|")] for layer in CONTRACTS["use-cases"]["layers"]
]


class Copy:
    """A copy of the source in which anything may be broken."""

    def __init__(self, source: Path) -> None:
        self.source = source
        shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("__pycache__"))

    def add(self, module: str, *lines: str) -> None:
        path = self.source.joinpath(*module.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        with file.open("a") as text:
            text.writelines(f"\n{line}" for line in lines)

    def lint(self, *contracts: str) -> CompletedProcess[str]:
        return lint(self.source, *contracts)


def lint(source: Path, *contracts: str) -> CompletedProcess[str]:
    chosen = [argument for contract in contracts for argument in ("--contract", contract)]
    configuration = str(ROOT / "pyproject.toml")
    return run("lint-imports", "--no-cache", "--no-logo", "--config", configuration, *chosen, cwd=source)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "src")


def assert_broken(result: CompletedProcess[str], contract: str, *complaints: str) -> None:
    assert f"{CONTRACTS[contract]['name']} BROKEN" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 1
    for complaint in complaints:
        assert complaint in result.stdout


def not_allowed(importer: str, *imports: str) -> list[str]:
    return [f"{importer} is not allowed to import {each}:" for each in imports]


def higher_and_beside(layers: list[list[str]]) -> Iterator[tuple[str, list[str]]]:
    """Yield every module with all that stands above it or beside it."""
    for position, layer in enumerate(layers):
        above = [module for higher in layers[:position] for module in higher]
        for module in layer:
            if forbidden := above + [other for other in layer if other != module]:
                yield module, forbidden


def test_the_project_keeps_every_contract() -> None:
    result = lint(SOURCE)

    assert result.returncode == 0, result.stdout + result.stderr
    for contract in CONTRACTS.values():
        assert f"{contract['name']} KEPT" in result.stdout


def test_the_command_of_the_makefile_keeps_them_too() -> None:
    result = run("lint-imports", "--no-cache", "--no-logo")

    assert result.returncode == 0, result.stdout + result.stderr


def test_a_copy_keeps_them_until_it_is_broken(copy: Copy) -> None:
    assert copy.lint().returncode == 0
    copy.add("mfa.domain.events", "import mfa.application")
    assert_broken(copy.lint(), "layers", *not_allowed("mfa.domain", "mfa.application"))


@pytest.mark.parametrize(("module", "forbidden"), list(higher_and_beside(LAYERS)))
def test_no_layer_imports_a_higher_one_or_one_beside_it(copy: Copy, module: str, forbidden: list[str]) -> None:
    copy.add(module, *(f"import {each}" for each in forbidden))

    assert_broken(copy.lint("layers"), "layers", *not_allowed(module, *forbidden))


@pytest.mark.parametrize("name", ["utils", "helpers", "services"])
def test_nothing_stands_outside_the_layers(copy: Copy, name: str) -> None:
    (copy.source / "mfa" / f"{name}.py").touch()

    assert_broken(copy.lint("layers"), "layers", name)


@pytest.mark.parametrize("module", CORE)
def test_the_core_imports_no_framework(copy: Copy, module: str) -> None:
    copy.add(module, *(f"import {each}" for each in FORBIDDEN))

    assert_broken(copy.lint("pure-core"), "pure-core", *not_allowed(module, *FORBIDDEN))


@pytest.mark.parametrize(
    "lines",
    [
        ["from django.db import models"],
        ["from typing import TYPE_CHECKING", "if TYPE_CHECKING:", "    import django"],
        ["def late():", "    import django"],
        ["try:", "    import django", "except ImportError:", "    pass"],
    ],
)
def test_it_does_not_matter_where_in_a_module_the_import_stands(copy: Copy, lines: list[str]) -> None:
    copy.add("mfa.domain.methods.base", *lines)

    assert_broken(copy.lint("pure-core"), "pure-core", *not_allowed("mfa.domain", "django"))


@pytest.mark.parametrize(("module", "forbidden"), list(higher_and_beside(ADAPTERS)))
def test_no_adapter_imports_another(copy: Copy, module: str, forbidden: list[str]) -> None:
    copy.add(module, *(f"import {each}" for each in forbidden))

    assert_broken(copy.lint("adapters"), "adapters", *not_allowed(module, *forbidden))


def test_no_adapter_stands_outside_the_contract(copy: Copy) -> None:
    (copy.source / "mfa" / "adapters" / "common.py").touch()

    assert_broken(copy.lint("adapters"), "adapters", "common")


@pytest.mark.parametrize("module", WITHOUT_INJECTOR)
def test_nobody_but_containers_imports_the_injector(copy: Copy, module: str) -> None:
    copy.add(module, "from dependency_injector import providers")

    assert_broken(
        copy.lint("injector-in-containers"), "injector-in-containers", *not_allowed(module, "dependency_injector")
    )


def test_everything_but_containers_is_without_the_injector() -> None:
    assert sorted(WITHOUT_INJECTOR) == sorted(
        module for layer in LAYERS for module in layer if module != "mfa.containers"
    )


@pytest.mark.parametrize(("module", "forbidden"), list(higher_and_beside(USE_CASES)))
def test_use_cases_do_not_know_one_another(copy: Copy, module: str, forbidden: list[str]) -> None:
    copy.add(module, *(f"import {each}" for each in forbidden))

    assert_broken(copy.lint("use-cases"), "use-cases", *not_allowed(module, *forbidden))


def test_no_use_case_stands_outside_the_contract(copy: Copy) -> None:
    (copy.source / "mfa" / "application" / "services.py").touch()

    assert_broken(copy.lint("use-cases"), "use-cases", "services")


def test_every_dependency_but_attrs_is_forbidden_to_the_core() -> None:
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
    assert set().union(*found.values()) <= set(FORBIDDEN)


def normal(distribution: str) -> str:
    return distribution.lower().replace("_", "-").replace(".", "-")
