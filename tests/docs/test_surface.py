"""What the pages name is there, what is public is documented, and the changelog tells what became of it."""

import ast
import re
from pathlib import Path

import pytest

import mfa
from tests import surface
from tests.docs.pages import WRITTEN
from tests.surface import Surface


@pytest.fixture(scope="session")
def now() -> Surface:
    return surface.surface()


def test_every_name_that_is_documented_exists_and_is_typed() -> None:
    assert len(surface.public()) > 250
    assert [f"{module}.{name}" for module, name in surface.public() if not typed(surface.home(module, name)[1])] == []


def test_a_name_that_leads_nowhere_is_found() -> None:
    """Be it by its module, in whatever room, or by itself; the pages for developers and the decisions as well."""
    code = "```python\nfrom mfa.adaptors import y\nimport mfa.adaptors\n```\n"
    found = [*surface.paths(f"{code}`mfa.adaptors.x` `mfa.config.nothing` `mfa.js`")]

    assert {*found} == {"mfa.adaptors.x", "mfa.adaptors.y", "mfa.adaptors", "mfa.config.nothing"}
    assert [path for path in found if exists(path)] == []
    assert [(page.name, path) for page in WRITTEN for path in surface.paths(page.read_text()) if not exists(path)] == []


def exists(path: str) -> bool:
    try:
        surface.split(path)
    except LookupError:
        return False
    return True


def typed(statement: ast.stmt) -> bool:
    match statement:
        case ast.FunctionDef(args=taken) | ast.AsyncFunctionDef(args=taken):
            every = [each for each in (*taken.args, *taken.kwonlyargs) if each.arg not in ("self", "cls")]
            return statement.returns is not None and all(each.annotation for each in every)
        case ast.ClassDef():
            return all(map(typed, statement.body))
    return True


def test_every_name_of_a_module_that_is_public_is_documented() -> None:
    names = [(module, name) for module in surface.whole_modules() for name in surface.defined(module)]

    assert [f"{module}.{name}" for module, name in names if not surface.text_of(module, name)] == []


def test_the_list_is_that_of_the_code(now: Surface) -> None:
    assert surface.FILE.read_text() == surface.written(now), "make surface"
    assert surface.read(surface.written(now)) == now


def test_pages_lead_to_the_list_of_this_version() -> None:
    led = {name for page in WRITTEN for name in re.findall(r"\(\S*surface/([^)]+)\)", page.read_text())}

    assert led == {surface.FILE.name}


def test_the_lists_of_released_versions_are_as_they_were() -> None:
    assert surface.unsealed(surface.CHANGELOG.read_text()) == [], "make surface, or git checkout"


def test_a_list_is_written_until_its_version_is_released(tmp_path: Path) -> None:
    before, after = "## [0.3.0] - unreleased\n", "## [0.3.0] - 2027-01-31\n"
    assert surface.put("0.3.0", "[one]\n", before, tmp_path)
    assert surface.put("0.3.0", "[two]\n", before, tmp_path)
    assert surface.unsealed(before, tmp_path) == []
    assert surface.unsealed(after, tmp_path) == ["0.3.0"]

    assert surface.put("0.3.0", "[two]\n", after, tmp_path)
    assert surface.unsealed(after, tmp_path) == []
    assert not surface.put("0.3.0", "[three]\n", after, tmp_path)
    assert (tmp_path / "0.3.0.txt").read_text() == "[two]\n"
    assert surface.put("0.4.0rc1", "[three]\n", after, tmp_path)

    (tmp_path / "0.3.0.txt").write_text("[three]\n")
    assert surface.put("0.3.0", "[three]\n", after, tmp_path)
    assert surface.unsealed(after, tmp_path) == ["0.3.0"]
    (tmp_path / "0.3.0.txt").unlink()
    assert surface.unsealed(after, tmp_path) == ["0.3.0"]


def test_a_version_is_compared_with_the_release_before_it(tmp_path: Path) -> None:
    for version in ("0.9.0", "0.10.0", "0.11.0rc1"):
        (tmp_path / f"{version}.txt").touch()

    before = {version: surface.earlier(version, tmp_path) for version in ("0.9.0", "0.10.0", "0.11.0rc1", "0.11.0")}

    assert {version: file and file.stem for version, file in before.items()} == {
        "0.9.0": None,
        "0.10.0": "0.9.0",
        "0.11.0rc1": "0.10.0",
        "0.11.0": "0.10.0",
    }


def test_the_changelog_tells_what_changed(now: Surface) -> None:
    before, told = surface.earlier(), surface.section(mfa.__version__)
    # The first list is all new: then its groups are named.
    names = (
        surface.changes(surface.read(before.read_text()), now) if before else [each for each in now if "." not in each]
    )

    assert surface.untold(names, told) == []


def test_a_change_that_is_not_told_is_found() -> None:
    before = {"settings": {"KEPT": "= 1", "GONE": "= 1", "MOVED": "= 1"}, "mfa.old": {"Old": "class()", "Old.go": "()"}}
    after = {"settings": {"KEPT": "= 1", "MADE": "= 1", "MOVED": "= 2"}, "mfa.new": {"New": "class()", "New.go": "()"}}

    changed = surface.changes(before, after)

    assert changed == {
        "settings: GONE": "gone",
        "settings: MADE": "new",
        "settings: MOVED": "changed",
        "mfa.old: Old": "gone",
        "mfa.new: New": "new",
    }
    assert surface.untold(changed, "`MFA['GONE']`, `MADE`, MOVED, `mfa.old.Old`, New") == [
        "mfa.new: New",
        "settings: MOVED",
    ]
    one, other = "templates: mfa/pages/verify.html", "templates: mfa/pages/add.html"
    assert surface.untold([one, other], "`mfa/pages/add.html`") == [one]


def test_what_is_deprecated_keeps_the_rules(now: Surface) -> None:
    changelog = surface.CHANGELOG.read_text()

    assert [each for each in surface.deprecations() if surface.broken(each, now, changelog)] == []


@pytest.mark.parametrize(
    ("instead", "gone_in", "told_in", "rule"),
    [
        ("TRUST_LIFETIME", "0.11", "0.9.0", None),
        ("TRUST_LIFETIME", "0.11", "0.9.0rc1", None),
        ("TRUST_LENGTH", "0.11", "0.9.0", "what takes its place is not public"),
        ("TRUST_LIFETIME", "0.11", "0.10.0", "it goes too early"),
        ("TRUST_LIFETIME", "0.2", "0.0.1", "it should have gone"),
        ("TRUST_LIFETIME", "0.11", "Unreleased", "no version of the changelog has it under Deprecated"),
    ],
)
def test_a_deprecation_that_breaks_a_rule_is_found(
    now: Surface, instead: str, gone_in: str, told_in: str, rule: str | None
) -> None:
    code = f'warnings.warn(MfaDeprecationWarning("TRUST_AGE", instead="{instead}", gone_in="{gone_in}"), stacklevel=2)'
    changelog = f"## [0.9.1]\n\n### Added\n\n`TRUST_AGE`\n\n## [{told_in}]\n\n### Deprecated\n\n* `TRUST_AGE`\n"

    [found] = surface.warned_of(code)

    assert surface.broken(found, now, changelog) == rule
