"""A client generated from the description runs the whole flow, and its compiler has nothing to object."""

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from django.contrib.auth import get_user_model
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests import services
from tests.integration.openapi import project
from tests.integration.openapi.description import EVERYTHING, FILE, described
from tests.integration.openapi.test_description import DESCRIPTION

CLIENT = Path(__file__).with_name("client")
SOURCES = sorted(CLIENT.glob("*.ts"))
CACHE = FILE.parents[1] / ".venv"
[ORIGIN] = EVERYTHING["WEBAUTHN_ORIGINS"]


def node(*arguments: object, cwd: Path) -> str:
    ended = subprocess.run(  # noqa: S603 - our own
        ["node", *map(str, arguments)],  # noqa: S607 - on the PATH, as the probe says
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="session")
def modules() -> Path:
    """What npm installs, once for each lock."""
    services.require("node")
    lock = CLIENT / "package-lock.json"
    installed = CACHE / f"node-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    if not installed.exists():
        CACHE.mkdir(exist_ok=True)
        folder = Path(mkdtemp(dir=CACHE, prefix="node-"))
        for each in (lock, CLIENT / "package.json"):
            shutil.copy(each, folder)
        ended = subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],  # noqa: S607 - on the PATH, as the probe says
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            shutil.rmtree(folder)
            said = f"npm cannot install what the client needs:\n{ended.stderr}"
            pytest.fail(said) if "node" in services.required() else pytest.skip(said)
        try:
            folder.rename(installed)
        except OSError:  # another process was faster
            shutil.rmtree(folder)
    return installed / "node_modules"


@pytest.fixture
def client(modules: Path, tmp_path: Path) -> Path:
    """The client with its types, compiled."""
    shutil.copytree(CLIENT, tmp_path, dirs_exist_ok=True)
    (tmp_path / "node_modules").symlink_to(modules)
    (tmp_path / "api.json").write_text(json.dumps(described(project.urlpatterns)))
    node(modules / "openapi-typescript/bin/cli.js", "api.json", "-o", "api.d.ts", cwd=tmp_path)
    node(modules / "typescript-current/bin/tsc", "-p", ".", cwd=tmp_path)
    return tmp_path


@pytest.fixture
def url(settings: Settings, transactional_db: None) -> Iterator[str]:
    """Where the project answers, and Ann has an account."""
    settings.ROOT_URLCONF = project.__name__
    settings.MFA = EVERYTHING
    settings.STATIC_URL = "/static/"  # what serves the project looks there, too
    get_user_model().objects.create_user("ann", email="ann@example.com", password="a password")
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_nothing_is_cast(source: Path) -> None:
    assert not re.findall(r"\bas\b|\bany\b|@ts-\w+|[\w)\]]!(?!=)|<\w+>\(?\w+ ?=>", source.read_text())


def test_the_project_has_the_routes_as_they_are_described() -> None:
    description = described(project.urlpatterns)

    assert description["paths"].items() >= DESCRIPTION["paths"].items()
    assert description["components"]["schemas"].items() >= DESCRIPTION["components"]["schemas"].items()


def test_a_generated_client_does_everything(client: Path, url: str) -> None:
    assert node("main.js", url, ORIGIN, cwd=client).splitlines() == [
        "nobody: not_authenticated",
        "newcomer: registration_required, 1 of 1 by anything",
        "methods: totp, email, recovery, hotp, sms, webauthn",
        "number required: true",
        "totp: active true, left 0",
        "email: active true, left 0",
        "sms: active true, left 0",
        "webauthn: active true, left 0",
        "registered: totp, email, recovery, hotp, sms, webauthn",
        "dispatched again: already_verified",
        "unverified: verification_required, 1 of 1 by anything",
        "verified: false, by ",
        "wrong: invalid_value",
        "unknown browser: invalid_value",
        "trusted: left 0, the project's own",
        "forgotten: verification_required, 1 of 1 by anything",
        "passkey: left 0, the project's own",
        "malformed: number",
        "garbled: response.signature",
        "nowhere: not_found",
        "throttled: true",
        "renamed: an old phone",
        "removed: 204",
    ]
