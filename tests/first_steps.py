"""The first steps of the README, as a stranger takes them: ``make first-steps``.

The wheel is built and installed in an environment of its own, Django starts a project, the blocks under *Install*
become its files, and a client goes from its login to the first request that is verified. Then what is for tests is
deleted from the disk, and everything is answered as before.
"""

import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pyotp

from tests.docs.pages import ROOT, blocks

MOST_SECONDS = 120
PATIENCE = 20
PASSWORD = "a password"

SHIPPED = {
    "mfa/py.typed",
    "mfa/testing/__init__.pyi",
    "mfa/testing/plugin.py",
    "mfa/testing/authenticator.py",
    "mfa/testing/contracts/repositories.py",
}
"""What a wheel could lose without a test in this repository that would notice."""

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
    """Build the wheel, and look whether all is in it that has to be, and nothing else."""
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT, cwd=folder)
    [wheel] = folder.glob("drf_mfa-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        [entries] = [archive.read(name).decode() for name in names if name.endswith("entry_points.txt")]
    assert names >= SHIPPED, SHIPPED - names
    assert {name.split("/")[0] for name in names} == {"mfa", f"{wheel.name.split('-py3')[0]}.dist-info"}
    assert "[pytest11]\nmfa.testing.plugin = mfa.testing.plugin\n" in entries
    return wheel


def installed(wheel: Path, folder: Path) -> Path:
    """Install the wheel as the README says, with what is locked, and return the programs of the environment."""
    locked = re.findall(r"^([\w.-]+==[^\\\n]+)", (ROOT / "requirements" / "demo.txt").read_text(), re.MULTILINE)
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(locked))
    [extras] = set(re.findall(r'pip install "drf-mfa\[([\w,]+)\]"', (ROOT / "README.md").read_text()))
    run(sys.executable, "-m", "venv", folder / "environment", cwd=folder)
    programs = folder / "environment" / "bin"
    install = (programs / "python", "-m", "pip", "--disable-pip-version-check", "install", "-q")
    run(*install, "--constraint", constraints, f"drf-mfa[{extras}] @ {wheel.as_uri()}", cwd=folder)
    return programs


def started(programs: Path, folder: Path) -> Path:
    """Have Django start a project, and write into it what the README says."""
    site = folder / "site"
    site.mkdir()
    run(programs / "django-admin", "startproject", "project", site, cwd=folder)
    for block in blocks(ROOT / "README.md", "python"):
        name, _, text = block.text.removeprefix("# ").partition("\n")
        # Three dots stand for what Django has put there.
        text = text.replace("[..., ", "[*INSTALLED_APPS, ")
        with (site / name).open("a") as file:
            file.write(f"\n{text}")
    manage = (programs / "python", "manage.py")
    run(*manage, "migrate", "-v0", cwd=site)
    run(*manage, "check", "--fail-level", "ERROR", cwd=site)
    create = f"[User.objects.create_user(name, None, {PASSWORD!r}) for name in ('ann', 'bob')]"
    run(*manage, "shell", "-c", f"from django.contrib.auth.models import User; {create}", cwd=site)
    return site


@contextmanager
def served(programs: Path, site: Path) -> Iterator[str]:
    """Serve a project, and yield where."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*free.getsockname())
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


def main(arguments: Sequence[str]) -> int:
    """Take the steps, and say how long that took."""
    assert not arguments, "there is nothing to choose"
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        programs = installed(built(folder), folder)
        site = started(programs, folder)
        with served(programs, site) as address:
            assert (answers := walked(address, "ann")) == EXPECTED, answers
        [kit] = folder.glob("environment/lib/python*/site-packages/mfa/testing")
        shutil.rmtree(kit)
        with served(programs, site) as address:
            assert (answers := walked(address, "bob")) == EXPECTED, answers
    took = time.monotonic() - began
    print(f"the first steps of the README took {took:.0f} s")
    return int(took > MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
