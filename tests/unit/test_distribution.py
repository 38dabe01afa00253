"""What an index of packages would get: all of the package and nothing beside it, and a page that can be read there."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest

import mfa
from hatch_build import alone
from tests.docs.pages import ROOT

NEVER = (
    "*.pyc",
    "*.sqlite3*",
    "*.env",
    "*.log",
    "*.pem",
    "*.key",
    ".coverage*",
    "node_modules",
    ".venv",
    ".git",
    "*.orig",
)
ROOTS = "src/mfa/adapters/webauthn/fido_roots.pem"  # certificates, which are public
TOP = {
    *("CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "PKG-INFO", "README.md"),
    *("SECURITY.md", "compose.yaml", "hatch_build.py", "pyproject.toml"),
}
TREES = {
    *(".github", "benchmarks", "demo", "docs", "examples", "models", "packages", "requirements", "src", "tests"),
    "typing_tests",
}
MEGABYTE = 1024**2
ADDRESS = "https://example.org/owner/name"


class Built(NamedTuple):
    wheel: Path
    sdist: Path

    def in_wheel(self) -> set[str]:
        with zipfile.ZipFile(self.wheel) as archive:
            return set(archive.namelist())

    def in_sdist(self) -> set[str]:
        with tarfile.open(self.sdist) as archive:
            return {each.name.partition("/")[2] for each in archive if each.isfile()}

    def entry_points(self) -> str:
        with zipfile.ZipFile(self.wheel) as archive:
            return archive.read(f"drf_mfa-{mfa.__version__}.dist-info/entry_points.txt").decode()

    def metadata(self) -> Message:
        with zipfile.ZipFile(self.wheel) as archive:
            return message_from_bytes(archive.read(f"drf_mfa-{mfa.__version__}.dist-info/METADATA"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    environment = {**os.environ, "MFA_SOURCE": ADDRESS}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert ended.returncode == 0, ended.stderr
    [wheel], [sdist] = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Built(wheel, sdist)


@pytest.fixture(scope="session")
def tracked() -> set[str]:
    """What git tracks, which is what a clone has, whatever lies about in this tree."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("there is no git, or it does not track this tree, so nothing says what belongs to it")
    ended = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 - which made the tree
    return {*filter(None, ended.stdout.split("\0"))}


def test_the_wheel_is_the_package_and_nothing_else(built: Built, tracked: set[str]) -> None:
    files = {name.removeprefix("src/") for name in tracked if name.startswith("src/mfa/")}
    information = {name for name in built.in_wheel() if ".dist-info/" in name}

    assert built.in_wheel() - information == files
    assert {PurePosixPath(name).name for name in information} == {
        "METADATA",
        "WHEEL",
        "RECORD",
        "LICENSE",
        "entry_points.txt",
    }
    catalogues = {f"{name.removesuffix('.po')}.mo" for name in files if name.endswith(".po")}
    assert catalogues
    assert catalogues <= files


def test_the_sdist_has_what_it_takes_to_test_it(built: Built, tracked: set[str]) -> None:
    names = built.in_sdist()
    outside = {name for name in tracked if name.partition("/")[0] not in TOP | TREES}

    assert names - {"PKG-INFO"} == tracked - outside | {".gitignore"}
    assert {name.partition("/")[0] for name in outside} == {".ci", ".editorconfig", ".gitignore"}
    assert {"tests/docs/test_pages.py", "packages/js/README.md", f"docs/surface/{mfa.__version__}.txt"} <= names


def test_what_is_private_or_left_behind_is_in_neither(built: Built) -> None:
    parts = {(part, name) for name in built.in_wheel() | built.in_sdist() for part in PurePosixPath(name).parts}

    found = {name for part, name in parts for kind in NEVER if fnmatch(part, kind)}

    assert found == {ROOTS, ROOTS.removeprefix("src/")}


def test_neither_is_large(built: Built) -> None:
    assert built.wheel.stat().st_size < MEGABYTE
    assert built.sdist.stat().st_size < 5 * MEGABYTE


def test_the_metadata_is_whole(built: Built) -> None:
    told = built.metadata()

    assert (told["Name"], told["Version"], told["License-Expression"]) == ("drf-mfa", mfa.__version__, "MIT")
    assert (told["Requires-Python"], told["Description-Content-Type"]) == (">=3.11", "text/markdown")
    assert told.get_all("Project-URL") == [
        f"Source, {ADDRESS}",
        f"Documentation, {ADDRESS}/blob/HEAD/docs/README.md",
        f"Changelog, {ADDRESS}/blob/HEAD/CHANGELOG.md",
    ]
    assert built.entry_points() == "[pytest11]\nmfa.testing.plugin = mfa.testing.plugin\n"
    text = str(told.get_payload())
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    assert text.lstrip().startswith("# drf-mfa\n")
    assert len(targets) > 20
    assert [target for target in targets if not target.startswith(("https://", "#"))] == []


def test_links_lead_to_the_source_or_stay_words() -> None:
    text = "![Seen](docs/a.png) [it](docs/b.md#c), [`there`](https://example.com/), [here](#d)\n```\n[x](y)\n```\n"

    assert alone(text, ADDRESS) == (
        f"![Seen]({ADDRESS}/raw/HEAD/docs/a.png) [it]({ADDRESS}/blob/HEAD/docs/b.md#c), "
        "[`there`](https://example.com/), [here](#d)\n```\n[x](y)\n```\n"
    )
    assert alone(text, "") == "Seen it, [`there`](https://example.com/), [here](#d)\n```\n[x](y)\n```\n"
