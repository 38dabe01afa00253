"""Runs what the pages say: Python against the package, and the shell's lines against a demo that is running.

``python`` blocks of a page share their names. One that begins with ``# project/<name>.py`` is that file of a project;
``MFA`` and ``REST_FRAMEWORK`` in ``project/settings.py`` are then in force, and ``project/urls.py`` has the routes. A
file ``project/test_<name>.py`` is run: functions with the fixtures that they name, cases as Django's, and what is
inherited by a pytest of its own. ``text`` blocks with commands of ``manage.py`` are typed where they stand; those of
the handbook have a test of their own. ``console`` blocks have their commands behind ``$``, each with its answer, in
which ``...`` stands for anything.
"""

import inspect
import os
import re
import sys
import unittest
from collections.abc import Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client, TestCase
from pytest_django import Settings
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from mfa.config import read
from tests.docs import commands
from tests.docs.pages import DECISIONS, PAGES, RECIPES, ROOT, Block, blocks, fits, name, pages_with, typed
from tests.integration.demo.running import running_demo

LANGUAGES = {"python", "console", "text", "mermaid"}
DEFAULTS = {
    "DEFAULT_AUTHENTICATION_CLASSES": "authentication_classes",
    "DEFAULT_PERMISSION_CLASSES": "permission_classes",
}
"""What the views of the framework had from the settings when they were made."""

OURS = ("cacheprovider", "django", "hypothesispytest", "randomly", "socket", "xdist")
"""Plugins that a suite does not need, and that are in the middle of a test already."""

HANDBOOK = ROOT / "docs" / "operators.md"
FILE = re.compile(r"# project/(?P<name>\w+)\.py\n")


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS, *RECIPES], ids=name)
def test_every_block_says_what_it_is(page: Path) -> None:
    assert [str(block) for block in blocks(page) if block.language not in LANGUAGES] == []
    assert page.read_text().count("```") == 2 * len(blocks(page))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a project, empty but importable."""
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "project"
    package.mkdir()
    (package / "__init__.py").touch()
    yield package
    for module in [module for module in sys.modules if module.partition(".")[0] == "project"]:
        del sys.modules[module]


@pytest.mark.django_db
@pytest.mark.parametrize("page", pages_with("python"), ids=name)
def test_python_runs(
    page: Path, project: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    get_user_model().objects.create_user("alice", "alice@example.com", "password of alice")
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page, "python", "text"):
        file = FILE.match(block.text)
        if block.language == "text":
            if commands.has_commands(block) and page != HANDBOOK:
                commands.type_all(block)
        elif file is None:
            exec(compile(_padded(block), str(block.page), "exec"), names)  # noqa: S102 - it is what the page says
        else:
            _write(project, file["name"], block, settings, monkeypatch)
            if file["name"].startswith("test_"):
                _run(sys.modules[f"project.{file['name']}"], request)


def _run(module: ModuleType, request: pytest.FixtureRequest) -> None:
    found = {name: each for name, each in vars(module).items() if getattr(each, "__module__", "") == module.__name__}
    cases = [each for each in found.values() if isinstance(each, type) and issubclass(each, TestCase)]
    suites = [name for name in found if name.startswith("Test")]
    functions = [each for name, each in found.items() if name.startswith("test_")]
    assert cases or suites or functions
    for function in functions:
        function(**{name: request.getfixturevalue(name) for name in inspect.signature(function).parameters})
    for case in cases:
        result = unittest.defaultTestLoader.loadTestsFromTestCase(case).run(unittest.TestResult())
        assert result.testsRun
        assert result.wasSuccessful(), result.errors + result.failures
    if suites:
        assert pytest.main(["-q", "-c", os.devnull, *(f"-pno:{name}" for name in OURS), str(module.__file__)]) == 0


def _padded(block: Block) -> str:
    """The text at the line where it stands, so that a traceback points into the page."""
    return "\n" * block.line + block.text


def _write(project: Path, file: str, block: Block, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / f"{file}.py").write_text(_padded(block))
    invalidate_caches()
    sys.modules.pop(f"project.{file}", None)
    module = import_module(f"project.{file}")
    if file == "urls":
        settings.ROOT_URLCONF = "project.urls"
        assert Client().get("/nowhere").status_code == 404
    if file == "settings" and hasattr(module, "MFA"):
        assert read(module.MFA)[1] == ()
        settings.MFA = module.MFA
    if file == "settings" and hasattr(module, "REST_FRAMEWORK"):
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, **module.REST_FRAMEWORK}
        for name, attribute in DEFAULTS.items():
            monkeypatch.setattr(APIView, attribute, getattr(api_settings, name))


@pytest.mark.usefixtures("oathtool")
@pytest.mark.parametrize("page", pages_with("console"), ids=name)
def test_the_shell_answers_as_the_page_says(page: Path, tmp_path: Path) -> None:
    lines = [line for block in blocks(page, "console") for line in typed(block)]
    with running_demo(tmp_path) as demo:
        results = demo.type([line.command for line in lines])
        for line, (status, output) in zip(lines, results, strict=True):
            said = f"{line.place}\n$ {line.command}\n{output}\n"
            assert status == 0, f"{said}status {status}; the demo says:\n{demo.printed[-3000:]}"
            assert fits(line.answer, output), f"{said}is not\n{line.answer}"
