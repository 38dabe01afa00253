"""What a worker imports before it needs it, in a process that has imported nothing else."""

import json
import os
import subprocess
import sys

import pytest

from benchmarks.cost.imports import OPTIONAL
from benchmarks.cost.sides import PACKAGE, ROOT

pytestmark = pytest.mark.skipif(
    os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="this project has a database of its own"
)

STORY = """
import json, sys
from importlib import import_module

# The settings hide the extra for QR codes, which is to be had here.
import_module("benchmarks.package.settings")
del sys.modules["segno"]

loaded = {}


def note(stage):
    loaded[stage] = sorted({name.partition(".")[0] for name, module in sys.modules.items() if module is not None})


import django
import rest_framework.compat
from django.apps import apps
from django.core.management import call_command

note("framework")
django.setup()
call_command("migrate", verbosity=0)
call_command("migrate", run_syncdb=True, verbosity=0)

import pyotp
from django.contrib.auth import get_user_model
from django.core.wsgi import get_wsgi_application
from rest_framework.authtoken.models import Token

from benchmarks.cost.asking import Ask
from benchmarks.cost.site import environ


def answer(method, path, body=""):
    statuses = []
    response = application(environ(Ask(method, path, key, 0, body)), lambda status, *_: statuses.append(status))
    content = b"".join(response)
    response.close()
    return int(statuses[0].partition(" ")[0]), content and json.loads(content)


def register():
    status, shown = answer("POST", "/multi-factor/register/totp/", "{}")
    assert status == 201, shown
    return shown


application = get_wsgi_application()
key = Token.objects.create(user=get_user_model().objects.create_user("anna")).key
import_module("mfa.urls")
note("routes")
container = apps.get_app_config("multi_factor").container
note("container")
assert answer("GET", "/gate/")[0] == 403
note("gate")
with container.qr_codes.override(None):
    secret = register()["secret"]
note("registration")
value = pyotp.TOTP(secret).now()
assert answer("POST", "/multi-factor/0/", json.dumps({"value": value}))[0] == 200
assert answer("GET", "/gate/")[0] == 200
note("verification")
assert register()["qr_code"]
note("picture")
print(json.dumps(loaded))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, set[str]]:
    """Return the packages that are there at each stage, beside what Django REST framework imports where it is there."""
    environment = PACKAGE.environment({"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"})
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", STORY], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    told: dict[str, list[str]] = json.loads(done.stdout)
    return {stage: set(names) - set(told["framework"]) for stage, names in told.items()}


@pytest.mark.parametrize("stage", ["routes", "container", "gate", "registration", "verification"])
def test_no_optional_package_is_imported_before_it_is_used(loaded: dict[str, set[str]], stage: str) -> None:
    assert loaded[stage] & set(OPTIONAL) == set()


def test_one_that_is_used_would_be_seen(loaded: dict[str, set[str]]) -> None:
    assert loaded["picture"] & set(OPTIONAL) == {"segno"}


def test_a_gate_opens_no_seal(loaded: dict[str, set[str]]) -> None:
    assert "cryptography" not in loaded["gate"]
    assert "cryptography" in loaded["registration"]
