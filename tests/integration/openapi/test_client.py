"""A client generated from the description runs the whole flow, and its compiler has nothing to object."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests import npm
from tests.integration.openapi import project
from tests.integration.openapi.description import EVERYTHING, described
from tests.integration.openapi.test_description import DESCRIPTION
from tests.npm import node

CLIENT = Path(__file__).with_name("client")
SOURCES = sorted(CLIENT.glob("*.ts"))
[ORIGIN] = EVERYTHING["WEBAUTHN_ORIGINS"]


@pytest.fixture(scope="session")
def modules() -> Path:
    return npm.modules(CLIENT)


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
