"""The project as its tests see it: where it lies, how it is configured, and what its modules hold."""

import ast
import os
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "src"
CONFIG: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS: dict[str, dict[str, Any]] = {
    contract["id"]: contract for contract in CONFIG["tool"]["importlinter"]["contracts"]
}


def run(program: str, *arguments: str, cwd: Path = ROOT, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program of this environment; wide, so that it breaks no line."""
    return subprocess.run(  # noqa: S603 - a program of this environment, with arguments of these tests
        [Path(sys.executable).parent / program, *arguments],
        cwd=cwd,
        input=text,
        env={**os.environ, "COLUMNS": "300", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Return the name and the syntax tree of every module of the package."""
    return tuple(
        (
            ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"),
            ast.parse(path.read_text()),
        )
        for path in sorted(SOURCE.rglob("*.py"))
    )


def imported(tree: ast.Module) -> dict[str, str]:
    """Return what stands for what in a module: a local name for the dotted name that it was imported from."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


@cache
def mentioned(tree: ast.Module) -> set[str]:
    """Return the dotted names, as imported, of everything that a module imports or uses as an attribute of that."""
    names = imported(tree)
    found = set(names.values())
    for node in ast.walk(tree):
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.insert(0, node.attr)
            node = node.value  # noqa: PLW2901 - down to where the chain begins
        if isinstance(node, ast.Name) and node.id in names:
            found.add(".".join([names[node.id], *attributes]))
    return found
