"""The first steps of the README, as a stranger takes them: ``make first-steps``.

The wheel is built and installed in an environment of its own, Django starts a project, the blocks under *Install*
become its files, and a client goes from its login to the first request that is verified. How long each step took is
printed; a person, who reads as well, needs some ten minutes for what takes the machine seconds. Then what is for tests
is deleted from the disk, and everything is answered as before. The pages that begin with a project are followed as
well, in others that Django starts; that does not count.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pyotp

from tests.docs.pages import ROOT, blocks
from tests.services import free_port

PATIENCE = 60
PASSWORD = "a password"

BEGINNINGS = [ROOT / "docs" / f"start-{name}.md" for name in ("api", "pages")]
AS_A_NEWCOMER = """
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
import django

django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test.utils import setup_test_environment

setup_test_environment()
call_command("migrate", verbosity=0)
call_command("check", fail_level="WARNING")
User.objects.create_user("alice", "alice@example.com", "password of alice")
"""

EXPECTED = [
    ("POST", "/login/", 200, None),
    ("GET", "/report/", 403, "registration_required"),
    ("POST", "/multi-factor/register/totp/", 201, None),
    ("POST", "/multi-factor/0/", 200, None),
    ("GET", "/report/", 200, None),
    ("POST", "/login/", 200, None),
    ("GET", "/report/", 403, "verification_required"),
]


def run(*command: object, cwd: Path) -> str:
    """Run a program; what it says is shown where it fails."""
    result = subprocess.run([str(each) for each in command], cwd=cwd, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"failed: {command}\n{result.stdout}{result.stderr}")
    return result.stdout


def built(folder: Path) -> Path:
    """Build the wheel."""
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT, cwd=folder)
    [wheel] = folder.glob("drf_mfa-*.whl")
    return wheel


def installed(wheel: Path, folder: Path) -> Path:
    """Install the wheel as the README says, with what is locked, and return the programs of the environment.

    By the pip of this environment, and with nothing compiled ahead: a pip of its own costs as much as what it installs.
    """
    locked = re.findall(r"^([\w.-]+==[^\\\n]+)", (ROOT / "requirements" / "demo.txt").read_text(), re.MULTILINE)
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(locked))
    [extras] = set(re.findall(r'pip install "drf-mfa\[([\w,]+)\]"', (ROOT / "README.md").read_text()))
    run(sys.executable, "-m", "venv", "--without-pip", folder / "environment", cwd=folder)
    programs = folder / "environment" / "bin"
    pip = (sys.executable, "-m", "pip", "--python", programs / "python", "--disable-pip-version-check")
    install = (*pip, "install", "-q", "--no-compile", "--constraint", constraints)
    run(*install, f"drf-mfa[{extras}] @ {wheel.as_uri()}", cwd=folder)
    return programs


def started(programs: Path, folder: Path) -> Path:
    """Have Django start a project, and write into it what the README says."""
    site, _ = written(programs, folder, ROOT / "README.md")
    manage = (programs / "python", "manage.py")
    run(*manage, "migrate", "-v0", cwd=site)
    run(*manage, "check", "--fail-level", "ERROR", cwd=site)
    create = f"[User.objects.create_user(name, None, {PASSWORD!r}) for name in ('ann', 'bob')]"
    run(*manage, "shell", "-c", f"from django.contrib.auth.models import User; {create}", cwd=site)
    return site


def written(programs: Path, folder: Path, page: Path) -> tuple[Path, str]:
    """Have Django start a project, write into its files what a page says, and return the rest that the page has run."""
    site, rest = folder / page.stem, ""
    site.mkdir()
    run(programs / "django-admin", "startproject", "project", site, cwd=folder)
    for block in blocks(page, "python"):
        name, _, text = block.text.removeprefix("# ").partition("\n")
        if name.startswith("project/"):
            # Three dots stand for what Django has put there.
            with (site / name).open("a") as file:
                file.write("\n" + text.replace("[..., ", "[*INSTALLED_APPS, "))
        else:
            rest += block.text
    return site, rest


def followed(programs: Path, folder: Path, page: Path) -> None:
    """Follow a page in a project of its own, about which no check may warn."""
    site, rest = written(programs, folder, page)
    run(programs / "python", "-c", f"{AS_A_NEWCOMER}\n{rest}", cwd=site)


@contextmanager
def served(programs: Path, site: Path) -> Iterator[str]:
    """Serve a project, and yield where."""
    address = f"127.0.0.1:{free_port()}"
    command = [str(programs / "python"), "manage.py", "runserver", "--noreload", address]
    with subprocess.Popen(command, cwd=site, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(PATIENCE * 10):
                try:
                    urlopen(f"http://{address}/nowhere/").close()
                except HTTPError:
                    break
                except URLError:
                    time.sleep(0.1)
            yield f"http://{address}"
        finally:
            server.kill()


def ask(url: str, method: str, token: str, body: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    """Ask, and return the status and the body of the answer."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Token {token}"} if token else {})}
    request = Request(url, json.dumps(body).encode() if body else None, headers, method=method)
    try:
        with urlopen(request) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refusal:
        return refusal.code, json.load(refusal)


def walked(site: str, user: str) -> list[tuple[str, str, int, str | None]]:
    """Go from a login to a verified request, and return what was answered."""
    told: dict[str, Any] = {}
    answers = []
    for method, path, _, _ in EXPECTED:
        body: Mapping[str, str] = {}
        match path:
            case "/login/":
                told, body = {}, {"username": user, "password": PASSWORD}
            case "/multi-factor/register/totp/":
                body = {"name": "Phone"}
            case "/multi-factor/0/":
                body = {"value": pyotp.TOTP(told["secret"]).now()}
        status, answer = ask(site + path, method, told.get("token", ""), body)
        told |= answer
        answers.append((method, path, status, answer.get("code")))
    return answers


def main(arguments: Sequence[str]) -> None:
    """Take the steps, and say how long that took."""
    assert not arguments, "there is nothing to choose"
    os.environ["PYTHONDONTWRITEBYTECODE"] = ""  # what is used is compiled by the first program, for all that follow
    took: dict[str, float] = {}
    beside: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with timed("build the wheel", took):
            wheel = built(folder)
        with timed("install it", took):
            programs = installed(wheel, folder)
        with timed("start a project, write what the README says, migrate", took):
            site = started(programs, folder)
        with timed("serve it, log in, register an app, verify", took), served(programs, site) as address:
            assert (answers := walked(address, "ann")) == EXPECTED, answers
        with timed("not counted: the pages to start with", beside):
            for page in BEGINNINGS:
                followed(programs, folder, page)
        [kit] = folder.glob("environment/lib/python*/site-packages/mfa/testing")
        shutil.rmtree(kit)
        with timed("once more, without what is for tests", took), served(programs, site) as address:
            assert (answers := walked(address, "bob")) == EXPECTED, answers
    for step, seconds in {**took, **beside}.items():
        print(f"{seconds:6.1f} s  {step}")
    print(f"the first steps of the README took {sum(took.values()):.0f} s")


@contextmanager
def timed(step: str, took: dict[str, float]) -> Iterator[None]:
    """Note how long a step took."""
    began = time.monotonic()
    yield
    took[step] = time.monotonic() - began


if __name__ == "__main__":
    main(sys.argv[1:])
