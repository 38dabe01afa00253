"""Runs what the pages say: Python against the package, and the shell's lines against a demo that is running.

``python`` blocks of a page share their names. One that begins with ``# project/<name>.py`` is that file of a project;
``MFA`` and ``REST_FRAMEWORK`` in ``project/settings.py`` are then in force, and ``project/urls.py`` has the routes. A
file ``project/test_<name>.py`` is run: functions with the fixtures that they name, cases as Django's, and what is
inherited by a pytest of its own. Those of recipes stand in an example that is walked.

``console`` blocks have their commands behind ``$``, each with its answer, in which ``...`` stands for anything. The
page about the routes types them to a demo; commands of ``manage.py`` that have an answer are run where they stand, and
those of the handbook by a test of their own; of others it is looked at what they name.

Blocks in other languages each have a test that reads them, on the pages that ``READ`` names. ``text`` is no way round
that: what it may hold is named there as well.
"""

import inspect
import os
import re
import sys
import unittest
from collections.abc import Iterator, Mapping
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.template import Context, Engine
from django.test import Client, TestCase
from pytest_django import Settings
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from mfa.config import read
from tests.docs import commands
from tests.docs.pages import PAGES, RECIPES, ROOT, WRITTEN, Block, blocks, fits, name, pages_with, typed
from tests.integration.demo.running import running_demo
from tests.projects.pages.policy import POLICY
from tests.surface import properties

READ: Mapping[str, Mapping[str, str]] = {
    "mermaid": dict.fromkeys(("docs/design.md", "docs/security.md"), "integration/browser/test_site.py"),
    "ts": {"packages/js/README.md": "integration/openapi/test_package.py"},
    "js": {"docs/passkeys.md": "integration/browser/test_passkeys.py"},
    "yaml": {"docs/kubernetes.md": "docs/test_kubernetes.py"},
    "po": {"docs/languages.md": "docs/test_languages.py"},
    "html+django": {"docs/pages.md": "docs/test_blocks.py"},
    "css": {"docs/pages.md": "docs/test_blocks.py"},
    "json": {"docs/moving/README.md": "docs/test_moving.py"},
    "text": {
        "docs/pages.md": "docs/test_blocks.py",  # a header
        "docs/moving/csv.md": "docs/test_moving.py",  # a file
        "docs/operators.md": "docs/test_operators.py",  # questions to Loki
        "models/README.md": "docs/test_models.py",  # a history
    },
}
"""By their language, the pages that have blocks which no test here runs, and the test that reads them."""

IN_ANOTHER_PROJECT = {"admin"}
"""Files of a project whose packages are not installed here: tests/integration/django/test_admin_site.py runs them."""

DEFAULTS = {
    "DEFAULT_AUTHENTICATION_CLASSES": "authentication_classes",
    "DEFAULT_PERMISSION_CLASSES": "permission_classes",
}
"""What the views of the framework had from the settings when they were made."""

OURS = ("cacheprovider", "django", "hypothesispytest", "randomly", "socket", "xdist")
"""Plugins that a suite does not need, and that are in the middle of a test already."""

HANDBOOK = ROOT / "docs" / "operators.md"
ROUTES = ROOT / "docs" / "routes.md"
OWN_PAGES = ROOT / "docs" / "pages.md"
EVERY = sorted({*PAGES, *WRITTEN})
FILE = re.compile(r"# project/(?P<name>\w+)\.py\n")


@pytest.mark.parametrize("page", EVERY, ids=name)
def test_every_block_is_run_or_read(page: Path) -> None:
    """By a test; so code is nowhere that none of them looks at, such as in a block of ``text``."""
    run = {"console"} | ({"python"} if page in {*PAGES, *RECIPES} else set())
    unread = [block for block in blocks(page) if block.language not in run]

    assert [str(each) for each in unread if name(page) not in READ.get(each.language, ())] == []
    assert page.read_text().count("```") == 2 * len(blocks(page))


def test_every_test_that_reads_blocks_reads_some() -> None:
    for language, pages in READ.items():
        for page, test in pages.items():
            assert blocks(ROOT / page, language), (language, page)
            assert (ROOT / "tests" / test).exists(), test


@pytest.mark.parametrize("page", [page for page in EVERY if page != ROUTES and blocks(page, "console")], ids=name)
def test_every_command_is_one(page: Path) -> None:
    for block in blocks(page, "console"):
        for line in typed(block):
            commands.take_apart(line.command)
            assert not line.answer or page in pages_with("python"), f"{block}: nobody compares the answer"


@pytest.mark.parametrize(
    "command",
    [
        "python manage.py mfa_stats alice",
        "python manage.py mfa_status alice --jsn",
        "python manage.py mfa_import django_otpp",
        "kubectl exec deploy/site -- python manage.py mfa_unlock --why x alice",
        "make tests",
        'pip install "drf-mfa[qrs]"',
        "npm install drf_mfa",
        "npm run biuld",
        "cd examples/reakt",
        "manage.py mfa_status",
    ],
)
def test_a_command_that_is_none_is_found(command: str) -> None:
    with pytest.raises((AssertionError, CommandError)):
        commands.take_apart(command)


def test_options_that_are_told_in_passing_exist() -> None:
    for page in EVERY:
        for command, rest in re.findall(r"`(?:python )?(?:manage\.py )?(mfa_\w+) ([^`]*--[^`]*)`", page.read_text()):
            assert {*re.findall(r"--[\w-]+", rest)} <= commands.options(command), (name(page), command, rest)


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
    for block in blocks(page, "python", "console"):
        file = FILE.match(block.text)
        if block.language == "console":
            if commands.has_commands(block) and page != HANDBOOK:
                commands.type_all(block)
        elif file is None:
            exec(compile(_padded(block), str(block.page), "exec"), names)  # noqa: S102 - it is what the page says
        elif file["name"] not in IN_ANOTHER_PROJECT:
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
    if file == "settings":
        assert ... in getattr(module, "INSTALLED_APPS", [...]), "what a project has already stays there"
    if file == "settings" and hasattr(module, "MFA"):
        assert read(module.MFA)[1] == ()
        settings.MFA = module.MFA
    if file == "settings" and hasattr(module, "REST_FRAMEWORK"):
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, **module.REST_FRAMEWORK}
        for name, attribute in DEFAULTS.items():
            monkeypatch.setattr(APIView, attribute, getattr(api_settings, name))


@pytest.mark.usefixtures("oathtool")
def test_the_shell_answers_as_the_page_says(tmp_path: Path) -> None:
    lines = [line for block in blocks(ROUTES, "console") for line in typed(block)]
    with running_demo(tmp_path) as demo:
        results = demo.type([line.command for line in lines])
        for line, (status, output) in zip(lines, results, strict=True):
            said = f"{line.place}\n$ {line.command}\n{output}\n"
            assert status == 0, f"{said}status {status}; the demo says:\n{demo.printed[-3000:]}"
            assert fits(line.answer, output), f"{said}is not\n{line.answer}"


def test_our_pages_go_into_a_site_as_the_page_shows_it() -> None:
    [shown] = blocks(OWN_PAGES, "html+django")
    files = {
        "site.html": "<head>{% block head %}{% endblock %}</head><main>{% block main %}{% endblock %}</main>",
        "mfa/pages/base.html": shown.text,
        "page.html": '{% extends "mfa/pages/base.html" %}{% block content %}what it says{% endblock %}',
    }
    engine = Engine(
        loaders=[("django.template.loaders.locmem.Loader", files)],
        libraries={"mfa_pages": "mfa.pages.templatetags.mfa_pages"},
    )

    made = engine.get_template("page.html").render(Context())

    assert re.search(r"<head>\s*<link [^>]*pages\.css.*<script [^>]*>.*</head>", made, re.DOTALL), made
    assert '<main><div class="mfa">what it says</div></main>' in made


def test_colours_and_the_policy_of_the_page_are_ours() -> None:
    [style], [header] = blocks(OWN_PAGES, "css"), blocks(OWN_PAGES, "text")

    assert {*re.findall(r"(--mfa-[\w-]+):", style.text)} <= properties().keys()
    assert header.text == f"Content-Security-Policy: {POLICY}\n"
