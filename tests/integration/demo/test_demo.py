import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import pytest
import requests

from demo.walk import walk
from tests.integration.demo.running import PATIENCE, ROOT, Demo, running_demo
from tests.services import free_port

pytestmark = pytest.mark.skipif(
    os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="the demo has a database of its own"
)

PROCESSES = Path("/proc/self/status")


def commands(text: str) -> list[str]:
    return [line.removeprefix("    ") for line in text.splitlines() if line.startswith("    ")]


def asked(output: str) -> int:
    """The status at the end of what curl wrote."""
    return int(output.rsplit(maxsplit=1)[-1])


@pytest.mark.usefixtures("oathtool")
def test_the_printed_walk_goes_from_403_to_200(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        lines = commands(demo.printed)
        results = demo.type(lines)
    walked = list(zip(lines, results, strict=True))
    assert [(line, output) for line, (status, output) in walked if status] == []
    assert [asked(output) for line, (_, output) in walked if "protected" in line] == [403, 200]
    statuses = [asked(output) for line, (_, output) in walked if "http_code" in line]
    assert statuses == [403, 200, 200, 200, 200, 401, 204, 200, 200]


def test_a_second_run_begins_afresh_or_keeps_the_devices_where_it_is_told_to(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        # Recovery codes would not do: the first device is proved with the demo's own program.
        lines = [
            line.replace("oathtool --totp -b", f"{sys.executable} -m demo.code") for line in commands(demo.printed)
        ]
        assert [status for status, _ in demo.type(lines)] == [0] * len(lines)
        assert demo.end(signal.SIGTERM) == 0
        assert "Traceback" not in demo.printed
    with running_demo(tmp_path, KEEP="1") as demo:
        assert "An earlier run has left devices" in demo.printed
        assert "without KEEP=1" in demo.printed
        listed = demo.type(commands(demo.printed)[:5])[-1][1]
    assert re.search(r'"method":"totp".*"method":"email".* 200$', listed.strip()), listed
    with running_demo(tmp_path) as demo:
        assert "An earlier run" not in demo.printed
        assert "KEEP=1 keeps" in demo.printed
        login, gate = demo.type([*commands(demo.printed)[:3], commands(demo.printed)[3]])[-2:]
    assert (login[0], asked(gate[1])) == (0, 403)
    assert "registration_required" in gate[1]


def test_every_port_has_a_database_of_its_own_which_make_clean_removes() -> None:
    """Otherwise a second demo would remove that of the first."""
    script = "import os, demo.settings; print(demo.settings.DATABASES['default']['NAME'])"
    environment = {**os.environ, "DEMO_DATABASE": "", "PORT": "8123"}
    told = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == str(ROOT / "demo" / "db-8123.sqlite3")
    clean = subprocess.run(["make", "-n", "clean"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 - wherever it is
    assert "demo/*.sqlite3*" in clean.stdout.split()


def test_a_signal_ends_it_cleanly(tmp_path: Path) -> None:
    """Here that of Ctrl-C; the first run above ends by the other one."""
    with running_demo(tmp_path) as demo:
        assert requests.get(f"http://127.0.0.1:{demo.port}/", timeout=PATIENCE).status_code == HTTPStatus.OK
        assert demo.end(signal.SIGINT) == 0
        assert "Traceback" not in demo.printed


@pytest.mark.skipif(not PROCESSES.exists(), reason="only Linux tells which signals a process catches")
@pytest.mark.parametrize(("delay", "ending"), [(0.1, signal.SIGINT), (0.3, signal.SIGTERM), (0.6, signal.SIGINT)])
def test_a_signal_while_it_starts_ends_it_cleanly_too(tmp_path: Path, delay: float, ending: signal.Signals) -> None:
    demo = Demo(tmp_path)
    until = time.monotonic() + PATIENCE
    while not _catches(demo, signal.SIGTERM):
        assert time.monotonic() < until
        time.sleep(0.01)
    time.sleep(delay)
    assert demo.end(ending) == 0
    assert "Traceback" not in demo.printed


def _catches(demo: Demo, number: signal.Signals) -> bool:
    caught = re.search(r"SigCgt:\s*([0-9a-f]+)", Path(f"/proc/{demo.process.pid}/status").read_text())
    assert caught is not None
    return bool(int(caught[1], 16) & (1 << (number - 1)))


def test_a_port_in_use_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        demo = Demo(tmp_path, PORT=str(port))
        assert demo.process.wait(PATIENCE) == 1
    assert demo.printed == f"Port {port} is in use; choose another one, such as: make demo PORT={port + 1}\n"
    assert not (tmp_path / "demo.sqlite3").exists()


@pytest.mark.parametrize("port", ["no", "0", "65536", "-1", "1e3", "٣"])
def test_a_port_that_is_none_is_told_in_one_sentence(tmp_path: Path, port: str) -> None:
    demo = Demo(tmp_path, PORT=port)
    assert demo.process.wait(PATIENCE) == 1
    assert demo.printed == f"PORT has to be a number from 1 to 65535, such as 8001, and not {port!r}.\n"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


def test_the_front_page_is_the_walk_for_whoever_is_no_browser(shared: Demo) -> None:
    answer = requests.get(f"http://127.0.0.1:{shared.port}/", timeout=PATIENCE)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert walk(shared.port) in answer.text


def test_a_crowd_is_answered_at_once(shared: Demo) -> None:
    url = f"http://127.0.0.1:{shared.port}"
    token = requests.post(f"{url}/login/", {"username": "demo", "password": "demo"}, timeout=PATIENCE).json()
    headers = {"Authorization": f"Token {token['token']}"}

    def register(_: int) -> int:
        return requests.post(f"{url}/multi-factor/register/totp/", headers=headers, timeout=PATIENCE).status_code

    with ThreadPoolExecutor(24) as crowd:
        statuses = set(crowd.map(register, range(48)))
    assert statuses <= {HTTPStatus.CREATED, HTTPStatus.TOO_MANY_REQUESTS}
    assert HTTPStatus.CREATED in statuses
    assert "Traceback" not in shared.printed


def test_the_phone_says_codes_to_programs(shared: Demo) -> None:
    url = f"http://127.0.0.1:{shared.port}/phone/code/"
    assert requests.get(url, timeout=PATIENCE).status_code == HTTPStatus.NOT_FOUND  # nothing came yet
    shown = requests.get(url, {"app": "App of anna"}, timeout=PATIENCE)
    assert re.fullmatch("[0-9]{6}\n", shown.text)


def test_the_settings_pass_the_system_checks_without_a_warning() -> None:
    command = [sys.executable, "-W", "error", "-m", "django", "check", "--fail-level", "WARNING"]
    checked = subprocess.run(  # noqa: S603 - our own program
        command,
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "demo.settings", "PORT": str(free_port())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


def code(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "demo.code", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_code_is_that_of_oathtool(oathtool: str) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

    def expected() -> str:
        command = [oathtool, "--totp", "-b", secret]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own words

    before, shown, after = expected(), code(secret), expected()
    assert shown.returncode == 0
    assert shown.stdout in {before, after}


@pytest.mark.parametrize(
    "written",
    [
        "JBSWY3DPEHPK3PXP",
        "jbswy3dpehpk3pxp",
        "jbsw y3dp\u00a0EHPK 3pxp\n",
        "JBSW-Y3DP-EHPK-3PXP\u200b",
        "JBSWY3DPEHPK3PXPJA",  # 11 bytes: without the padding that they have in RFC 4648
        "JBSWY3DPEHPK3PXPJA======",
    ],
)
def test_a_secret_is_taken_as_people_write_it(written: str) -> None:
    shown = code(written)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert re.fullmatch("[0-9]{6}\n", shown.stdout)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "usage"),
        ([""], "usage"),
        ([" = "], "usage"),
        (["not a secret!"], "'!'"),
        (["JBSW189"], "'1' and '8' and '9'"),
        (["JBSWé"], "'\\xe9'"),
        (["JBSWY3"], "6 characters"),
    ],
)
def test_what_is_wrong_with_a_secret_is_told_in_one_line(arguments: list[str], told: str) -> None:
    shown = code(*arguments)
    assert shown.returncode == 2
    assert shown.stdout == ""
    assert told in shown.stderr
    assert len(shown.stderr.splitlines()) == 1
