"""What GitHub runs and shows: pinned, bounded, and of one mind with the project; the rest is zizmor's."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.architecture.project import CONFIG, ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted({*(GITHUB / "ISSUE_TEMPLATE").glob("*.yml")} - {GITHUB / "ISSUE_TEMPLATE" / "config.yml"})
USE = re.compile(r"^ *-? *uses: (?P<action>.+)$", re.MULTILINE)
PINNED = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)[\w/.-]*@(?P<hash>[0-9a-f]{40}) # (?P<version>v\d+\.\d+\.\d+)")
IMAGE = re.compile(r"[\w/.-]+:[\w.-]+@sha256:[0-9a-f]{64}")
MAKE = re.compile(r"(?<![\w-])make ([\w./-]+)")
TARGET = re.compile(r"^([\w./% -]+):", re.MULTILINE)


def read(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    return yaml.safe_load(path.read_text())


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        for name, job in read(path)["jobs"].items():
            yield f"{path.name}: {name}", job


def versions(kind: str) -> set[str]:
    """The versions among the classifiers of the package, such as those of Django."""
    found = (re.fullmatch(rf"{kind} :: (\d+\.\d+)", each) for each in CONFIG["project"]["classifiers"])
    return {match[1] for match in found if match}


def locked(lock: str) -> str:
    """The version of Django in a lock, without its last number."""
    [found] = re.findall(r"^django==(\d+\.\d+)", (ROOT / "requirements" / lock).read_text(), re.MULTILINE)
    return str(found)


def test_every_action_is_pinned_to_one_commit_that_says_its_version() -> None:
    uses = [match["action"] for path in WORKFLOWS for match in USE.finditer(path.read_text())]
    assert [each for each in uses if not PINNED.fullmatch(each)] == []
    pins = {(match["name"], match["hash"], match["version"]) for match in map(PINNED.match, uses) if match}
    assert len(pins) == len({name for name, _, _ in pins})


def test_every_server_is_pinned_and_listens_to_this_machine_alone() -> None:
    services = read(ROOT / "compose.yaml")["services"]
    assert [name for name, each in services.items() if not IMAGE.fullmatch(each["image"])] == []
    assert [port for each in services.values() for port in each["ports"] if not port.startswith("127.0.0.1:")] == []


def test_every_job_ends() -> None:
    assert [name for name, job in jobs() if "timeout-minutes" not in job] == []


def test_what_is_asked_of_make_is_there() -> None:
    targets = {name for names in TARGET.findall((ROOT / "Makefile").read_text()) for name in names.split()}
    asked = {target for _, job in jobs() for step in job["steps"] for target in MAKE.findall(step.get("run", ""))}
    assert asked
    assert asked - targets == set()


def test_every_version_that_the_package_names_is_tried() -> None:
    tried = read(GITHUB / "workflows" / "test.yml")["jobs"]
    [oldest] = re.findall(r"\d+\.\d+", CONFIG["project"]["requires-python"])
    [setup] = [step for step in tried["everything"]["steps"] if "setup-python" in step.get("uses", "")]
    matrix = tried["matrix"]["strategy"]["matrix"]
    assert setup["with"]["python-version"].split()[-1] == oldest
    assert versions("Programming Language :: Python") <= {oldest, *matrix["python"]}
    assert all(locked(f"django-{each}.txt") == each for each in matrix["django"] if each)
    assert {each or locked("dev-newest.txt") for each in matrix["django"]} == versions("Framework :: Django")
    assert locked("dev.txt") in versions("Framework :: Django")


def test_every_lock_of_npm_is_kept_up_to_date() -> None:
    watched = {
        folder: each["cooldown"]["default-days"]
        for each in read(GITHUB / "dependabot.yml")["updates"]
        for folder in each.get("directories", [])
        if each["package-ecosystem"] == "npm"
    }
    locks = {
        f"/{lock.parent.relative_to(ROOT).as_posix()}"
        for folder in ("examples", "packages", "tests", "typing_tests")
        for lock in (ROOT / folder).rglob("package-lock.json")
        if "node_modules" not in lock.parts
    }
    assert watched == dict.fromkeys(locks, 7)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_a_form_asks_for_something_and_points_to_the_private_way(form: Path) -> None:
    fields = read(form)["body"]
    assert {each["type"] for each in fields} <= {"markdown", "input", "textarea", "dropdown", "checkboxes"}
    asked = [each["id"] for each in fields if each["type"] != "markdown"]
    assert len({*asked}) == len(asked) > 0
    assert any("Report a vulnerability" in each["attributes"].get("value", "") for each in fields)
