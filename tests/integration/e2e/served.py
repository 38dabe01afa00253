"""A project that is served as in production, in processes of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import requests

from tests.integration.e2e.gateway import Gateway
from tests.integration.e2e.people import Person
from tests.integration.e2e.post import PostOffice

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60  # seconds
WORKERS = 2


class Site:
    """A project behind gunicorn, on a free port, with a database of its own."""

    def __init__(
        self,
        folder: Path,
        post: PostOffice,
        gateway: Gateway,
        *,
        provider: str,
        settings: str = "settings",
        sms_issuer: str = "",
        mfa: Mapping[str, object] | None = None,
    ) -> None:
        self.post = post
        self.gateway = gateway
        self.provider = provider
        self.named_by_mail = settings == "uuid_user_settings"
        self.log = folder / "site.log"
        name = f"drf_mfa_e2e_{uuid4().hex}"
        sqlite = os.environ.get("MFA_TEST_DATABASE", "sqlite") == "sqlite"
        # The server inherits the socket, so nobody else can take the port, and nobody has to wait for it.
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listening, self.log.open("wb") as log:
            self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            self.process = subprocess.Popen(  # noqa: S603 - our own
                [
                    *(sys.executable, "-W", "error::DeprecationWarning", "-m", "gunicorn"),
                    *("--config", "tests/projects/e2e/gunicorn_conf.py", "tests.projects.e2e.wsgi"),
                ],
                cwd=ROOT,
                env={
                    **os.environ,
                    **gateway.environment,
                    "DJANGO_SETTINGS_MODULE": f"tests.projects.e2e.{settings}",
                    "E2E_DATABASE": str(folder / f"{name}.sqlite3") if sqlite else name,
                    "E2E_MAIL_PORT": str(post.port),
                    "E2E_MFA": json.dumps({} if mfa is None else mfa),
                    "E2E_SMS_ISSUER": sms_issuer,
                    "E2E_SOCKET": str(listening.fileno()),
                    "E2E_TOKEN_PROVIDER": provider,
                    "E2E_WORKERS": str(WORKERS),
                },
                pass_fds=[listening.fileno()],
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def wait_until_ready(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                requests.get(f"{self.url}/protected/", timeout=PATIENCE)
            except requests.ConnectionError:
                assert self.process.poll() is None, self.said
                assert time.monotonic() < until, self.said
                time.sleep(0.05)
            else:
                return

    def ask_to_end(self) -> None:
        """Have it end, and its database with it."""
        self.process.terminate()

    def end(self) -> int:
        """Wait for its end, and return how it went."""
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()

    def sign_up(self, *, username: str = "", email: str = "") -> Person:
        unique = uuid4().hex
        email = email or f"{unique}@example.com"
        username = email if self.named_by_mail else username or unique
        person = Person(url=self.url, username=username, email=email, password=uuid4().hex)
        answer = requests.post(
            f"{self.url}/users/",
            json={"username": person.username, "email": person.email, "password": person.password},
            timeout=PATIENCE,
        )
        assert answer.status_code == 201, self.said
        return person
