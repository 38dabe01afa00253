"""The public surface of the package as a list: ``make surface`` writes the one of this version.

A name of Python is public where a page of the documentation names it by its module, and where its module is public as
a whole. With these stand the settings, routes, codes, fields, events, checks, commands, themes and exports.
``docs/versions.md`` says what is promised of them.
"""

import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NamedTuple

import attrs
import django
import yaml
from django.urls import URLPattern
from packaging.version import Version

import mfa
from docs.site.generated import names_of_commands, own_options
from mfa.adapters.answers import ANSWERS, REJECTED, REJECTED_CODE
from mfa.adapters.django import signals
from mfa.config import Config
from mfa.deprecation import MfaDeprecationWarning
from tests.docs.pages import PAGES, RECIPES, ROOT

SOURCE = ROOT / "src" / "mfa"
LISTS = ROOT / "docs" / "surface"
FILE = LISTS / f"{mfa.__version__}.txt"
SEALS = "SHA256SUMS"
"""The digests of the lists of released versions, as ``sha256sum --check`` reads them."""

NAMES = ROOT / "docs" / "names.md"
CHANGELOG = ROOT / "CHANGELOG.md"

INSIDE = {"conformance.md", "dependencies.md", "design.md", "development.md", "performance.md", "promises.md"}
"""Pages for whoever changes the package: what they name promises nothing."""

NO_PATHS = {"mfa.js", "mfa.d.ts", "mfa.E001", "mfa.devices", "mfa.enrolled", "mfa.registration_deadline"}
"""What looks like a path and is none: files, an id of 0.1, and what a project's own metrics are called."""

WORD = re.compile(r"(?:[\w-]+/)+[\w.-]+|[\w<>-]+")
"""What a changelog tells a name by: its last word, and of a template all of its path."""

Surface = Mapping[str, Mapping[str, str]]
"""What is public: by its group and its name, all there is to compare of it."""


def surface() -> Surface:
    """Return what is public now."""
    return {
        **python(),
        "settings": settings(),
        "routes": routes(),
        "codes": codes(),
        "fields": fields(),
        "events": events(),
        "checks": checks(),
        "commands": commands(),
        "templates": templates(),
        "CSS": properties(),
        "data-mfa": marks(),
        "mfa.js": exports(),
        "fixtures": fixtures(),
        "suites": suites(),
        "extras": extras(),
        "deprecated": {each.name: f"{each.gone_in} {each.instead}" for each in deprecations()},
    }


def written(found: Surface) -> str:
    """Write a list: under each group, each name and, after two spaces, what there is to say of it."""
    groups = (
        f"[{group}]\n" + "".join(f"{name}  {said}".rstrip() + "\n" for name, said in names.items())
        for group, names in found.items()
    )
    return "\n".join(groups)


def read(text: str) -> Surface:
    """Read what was written."""
    found: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        if line.startswith("["):
            found[line.strip("[]")] = {}
        elif line:
            name, _, said = line.partition("  ")
            found[next(reversed(found))][name] = said
    return found


# Names of Python ------------------------------------------------------------------------------------------------------


def whole_modules() -> list[str]:
    """Return the modules in which each name is public that has no underscore, as the page lists them."""
    section = NAMES.read_text().partition("\n## Whole modules\n")[2].partition("\n## ")[0]
    listed = re.findall(r"^\* `(mfa[\w.]*)`", section, re.MULTILINE)
    below = [
        each.name
        for module in listed
        if module != "mfa.testing"
        for each in iter_modules(getattr(import_module(module), "__path__", ()), f"{module}.")
    ]
    return [*listed, *below]


def named() -> Iterator[str]:
    """Yield the dotted paths into the package that pages name, in their words and in their code."""
    for page in (*PAGES, *RECIPES):
        if page.name not in INSIDE:
            yield from paths(page.read_text())


def paths(text: str) -> Iterator[str]:
    """Yield the dotted paths of a page: into a room of the package, in quotes into any, and what is imported."""
    rooms = "|".join(each.name for each in iter_modules(mfa.__path__))
    yield from re.findall(rf"\bmfa\.(?:{rooms})(?:\.\w+)*(?![\w/])", text)
    quoted = re.findall(r"""["'`](mfa(?:\.\w+)+)(?![\w/])""", text)
    yield from (each for each in quoted if not re.match(rf"mfa\.(?:{rooms})\b", each) and each not in NO_PATHS)
    for module, several, one in re.findall(r"^ *from (mfa[\w.]*) import (?:\(([^)]*)\)|(.+))$", text, re.MULTILINE):
        yield from (f"{module}.{name}" for name in re.findall(r"(\w+)(?: as \w+)?", several or one))
    yield from re.findall(r"^ *import (mfa[\w.]*)", text, re.MULTILINE)


def split(path: str) -> tuple[str, str]:
    """Return the module of a dotted path, and the name in it, which is empty for a module.

    Raises:
        LookupError: There is no such thing.

    """
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath("src", *parts[:length])
        if place.is_dir() or place.with_suffix(".py").exists():
            module = ".".join(parts[:length])
            held: Any = import_module(module)
            for each in parts[length:]:
                if not hasattr(held, each):
                    break
                held = getattr(held, each)
            else:
                return module, parts[length] if length < len(parts) else ""
    raise LookupError(path)


def defined(module: str) -> list[str]:
    """Return the names of a module that have no underscore: those that it lists, or those that it defines."""
    listed = vars(import_module(module)).get("_HOMES" if module == "mfa.testing" else "__all__")
    own = [name for name, each in definitions(module).items() if not isinstance(each, ast.ImportFrom)]
    return sorted(name for name in listed or own if not name.startswith("_"))


def public() -> list[tuple[str, str]]:
    """Return every public name with its module."""
    whole = [(module, name) for module in whole_modules() for name in defined(module)]
    return sorted({*whole, *((module, name) for module, name in map(split, named()) if name)})


def python() -> Surface:
    """Return the names of Python, by their modules."""
    found: dict[str, dict[str, str]] = {}
    for module, name in public():
        found.setdefault(module, {}).update(described(name, home(module, name)[1]))
    return found


def home(module: str, name: str) -> tuple[str, ast.stmt]:
    """Return the module in which a name is defined, wherever it is offered, and how."""
    found = definitions(module).get(name)
    if isinstance(found, ast.ImportFrom):
        [origin] = [each.name for each in found.names if name in (each.name, each.asname)]
        return home(str(found.module), origin)
    if found is None:  # it is imported when it is asked for
        value: Any = getattr(import_module(module), name)
        return home(value.__module__, value.__qualname__)
    return module, found


def text_of(module: str, name: str) -> str | None:
    """Return the docstring of a name, or, where it can have none, the text behind it, as Sphinx reads it."""
    place, statement = home(module, name)
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return ast.get_docstring(statement)
    lines = body(place)
    match lines[lines.index(statement) + 1 :]:
        case [ast.Expr(value=ast.Constant(value=str(text))), *_]:
            return text
    return None


@cache
def body(module: str) -> Sequence[ast.stmt]:
    """Return what stands in a module."""
    file = SOURCE.parent.joinpath(*module.split("."))
    return ast.parse((file / "__init__.py" if file.is_dir() else file.with_suffix(".py")).read_text()).body


@cache
def definitions(module: str) -> Mapping[str, ast.stmt]:
    """Return what a module defines or imports, by its names."""
    return {name: each for each in body(module) for name in names_of(each)}


def names_of(statement: ast.stmt) -> list[str]:
    """Return which names a statement defines or imports."""
    match statement:
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return [statement.name]
        case ast.Assign():
            return [each.id for each in statement.targets if isinstance(each, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.ImportFrom():
            return [each.asname or each.name for each in statement.names]
    return []


def described(name: str, statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """Yield a name, and those of its members, each with its signature."""
    match statement:
        case ast.FunctionDef(decorator_list=[ast.Name(id="property")], returns=ast.expr() as held):
            yield name, f": {ast.unparse(held)}"
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            parameters = re.sub(r"^(?:self|cls)(?:, |$)", "", ast.unparse(statement.args))
            returned = f" -> {ast.unparse(statement.returns)}" if statement.returns else ""
            kind = "async " if isinstance(statement, ast.AsyncFunctionDef) else ""
            yield name, f"{kind}({parameters}){returned}"
        case ast.AnnAssign():
            default = f" = {short(statement.value)}" if statement.value else ""
            yield name, f": {ast.unparse(statement.annotation)}{default}"
        case ast.Assign():
            yield name, f"= {short(statement.value)}"
        case ast.ClassDef():
            yield name, f"class({', '.join(map(ast.unparse, statement.bases))})"
            for member in statement.body:
                for each in names_of(member):
                    if not each.startswith("_") or each in ("__call__", "__init__"):
                        yield from described(f"{name}.{each}", member)


def short(value: ast.expr) -> str:
    """Return a value as it is written, where that is a literal or a choice of types."""
    return ast.unparse(value) if isinstance(value, ast.Constant | ast.BinOp) else "..."


# What is no name of Python --------------------------------------------------------------------------------------------


def settings() -> dict[str, str]:
    """Return the keys of ``MFA`` with their defaults."""
    return {field.name.upper(): f"= {getattr(Config(), field.name)!r}" for field in attrs.fields(Config)}


def routes() -> dict[str, str]:
    """Return the names of the routes, each with its path."""
    found: dict[str, str] = {}
    for place in ("mfa.urls", "mfa.pages.urls", "mfa.adapters.drf.well_known.urls"):
        module = import_module(place)
        space = f"{module.app_name}:" if hasattr(module, "app_name") else ""
        patterns: Iterable[URLPattern] = module.urlpatterns
        for each in patterns:
            found.setdefault(f"{space}{each.name}", str(each.pattern))
    return found


def codes() -> dict[str, str]:
    """Return the codes of errors, each with the status of its answers."""
    found = {error.code: str(int(status)) for error, (status, _) in ANSWERS.items() if not error.__subclasses__()}
    return dict(sorted({**found, REJECTED_CODE: str(int(REJECTED[0]))}.items()))


def fields() -> dict[str, str]:
    """Return the fields of what routes take and answer, errors aside, each with its type."""
    description = yaml.load((ROOT / "docs" / "openapi.yaml").read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe either way
    return {
        f"{shape.removeprefix('MultiFactor')}.{name}": type_of(of) + ("" if name in schema.get("required", ()) else "?")
        for shape, schema in description["components"]["schemas"].items()
        if not shape.endswith(("Error", "Errors"))
        for name, of in schema.get("properties", {}).items()
    }


def type_of(schema: Mapping[str, Any]) -> str:
    """Return the type of a field in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2].removeprefix("MultiFactor")
    several = [each for key in ("oneOf", "anyOf", "allOf") for each in schema.get(key, ())]
    kind = " | ".join(map(type_of, several)) or schema.get("format") or schema.get("type", "anything")
    if "items" in schema:
        kind = f"[{type_of(schema['items'])}]"
    return f"{kind} | null" if schema.get("nullable") else str(kind)


def events() -> dict[str, str]:
    """Return the names of events, each with its signal and its fields."""
    names = {id(value): key for key, value in vars(signals).items()}
    return {
        event.name: f"{names[id(signal)]}({', '.join(field.name for field in attrs.fields(event))})"
        for event, signal in sorted(signals.SIGNALS.items(), key=lambda item: item[0].name)
    }


def checks() -> dict[str, str]:
    """Return the ids of the system checks."""
    page = (ROOT / "docs" / "checks.md").read_text()
    return {f"multi_factor.{each}": "" for each in re.findall(r"^### ([EW]\d{3})$", page, re.MULTILINE)}


def commands() -> dict[str, str]:
    """Return the management commands, each with its options."""
    return {
        name: " ".join(max(action.option_strings, key=len, default=action.dest) for action in own_options(name))
        for name in names_of_commands()
    }


def templates() -> dict[str, str]:
    """Return the templates that a site may replace, each with the blocks that it opens."""
    folders = [*SOURCE.glob("**/templates")]
    files = sorted((file.relative_to(folder), file) for folder in folders for file in folder.rglob("*.*"))
    return {
        name.as_posix(): " ".join(re.findall(r"{% block (\w+)", file.read_text()))
        for name, file in files
        if not name.name.startswith("_")
    }


def properties() -> dict[str, str]:
    """Return the custom properties of the pages' style."""
    style = (SOURCE / "pages" / "static" / "mfa" / "pages.css").read_text()
    return dict.fromkeys(sorted(set(re.findall(r"^\s*(--mfa-[\w-]+):", style, re.MULTILINE))), "")


def marks() -> dict[str, str]:
    """Return what elements of templates are found by, each with the elements that have it."""
    text = "".join(file.read_text() for file in sorted(SOURCE.rglob("*.html")))
    given = re.findall(r'with does="([\w-]+)"', text)
    found: dict[str, set[str]] = {}
    for element, name in re.findall(r'<(\w+)[^<]* data-mfa="([^"]+)"', text):
        for each in given if name == "{{ does }}" else [name.replace("{{ method.name }}", "<method>")]:
            found.setdefault(each, set()).add(element)
    return {name: " ".join(sorted(elements)) for name, elements in sorted(found.items())}


def exports() -> dict[str, str]:
    """Return what the module for browsers exports, each with its type."""
    text = (SOURCE / "adapters" / "django" / "static" / "mfa" / "mfa.d.ts").read_text()
    types = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
    declared = (
        r"^export (?:\w+ )*?(?:class|function|interface|type) (\w+)(.*?)(?=^(?:export|import|type|interface)\b|\Z)"
    )
    found = re.findall(declared, types, re.MULTILINE | re.DOTALL)
    return {name: " ".join(said.split()) for name, said in found}


def fixtures() -> dict[str, str]:
    """Return the fixtures of the plugin for pytest."""
    plugin = (SOURCE / "testing" / "plugin.py").read_text()
    return dict(re.findall(r"^def (mfa_\w+)\(.*\) -> (.+?):", plugin, re.MULTILINE))


def suites() -> dict[str, str]:
    """Return the suites that adapters of a port have to pass, each with what it asks of a subclass."""
    folder = SOURCE / "testing" / "contracts"
    found = {}
    for file in sorted(folder.glob("*.py")):
        for each in ast.walk(ast.parse(file.read_text())):
            if isinstance(each, ast.ClassDef) and each.name.endswith("Contract"):
                asked = [name for member in each.body for name in names_of(member) if not re.match("_|test_", name)]
                found[f"{file.stem}.{each.name}"] = " ".join(asked)
    return found


def extras() -> dict[str, str]:
    """Return the extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return dict.fromkeys(project["optional-dependencies"], "")


class Deprecation(NamedTuple):
    """What is warned of: as one writes it, what to write instead, and the first version without it."""

    name: str
    instead: str
    gone_in: str


def deprecations() -> list[Deprecation]:
    """Return what the package warns of."""
    texts = [file.read_text() for file in sorted(SOURCE.rglob("*.py"))]
    return [each for text in texts if MfaDeprecationWarning.__name__ in text for each in warned_of(text)]


def warned_of(text: str) -> Iterator[Deprecation]:
    """Yield what a text of code warns of, which it has to write out."""
    for each in ast.walk(ast.parse(text)):
        match each:
            case ast.Call(func=ast.Name(id=MfaDeprecationWarning.__name__), args=[name], keywords=keywords):
                said = {str(word.arg): ast.literal_eval(word.value) for word in keywords}
                yield Deprecation(ast.literal_eval(name), **said)


def broken(deprecation: Deprecation, found: Surface, changelog: str) -> str | None:
    """Return which rule of deprecations one breaks."""
    told = [
        Version(version)
        for version, said in re.findall(r"^## \[(\d[\w.]*)\](.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
        if not untold([deprecation.name], said.partition("\n### Deprecated\n")[2].partition("\n### ")[0])
    ]
    paths = {f"{group}.{name}" for group, names in found.items() for name in names}
    if not {deprecation.instead, f"settings.{deprecation.instead}"} & paths:
        return "what takes its place is not public"
    if not told:
        return "no version of the changelog has it under Deprecated"
    first, gone = min(told), Version(deprecation.gone_in)
    if (gone.major, gone.minor) < ((0, first.minor + 2) if first.major == 0 else (first.major + 1, 0)):
        return "it goes too early"
    if gone <= Version(mfa.__version__):
        return "it should have gone"
    return None


# Comparing ------------------------------------------------------------------------------------------------------------


def earlier(version: str = mfa.__version__, folder: Path = LISTS) -> Path | None:
    """Return the list of the version before one, or None where there is none; previews are none, since few had them."""
    lists = [(Version(file.stem), file) for file in folder.glob("*.txt")]
    before = sorted((each, file) for each, file in lists if each < Version(version) and not each.is_prerelease)
    return before[-1][1] if before else None


def changes(before: Surface, after: Surface) -> dict[str, str]:
    """Return what a changelog has to tell: the names, each with what became of it.

    Members of a class that is new, or gone, are told of with it.
    """
    found = {}
    for group in sorted({*before, *after}):
        old, new = before.get(group, {}), after.get(group, {})
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                found[f"{group}: {name}"] = "new" if name not in old else "gone" if name not in new else "changed"
    return {
        name: kind for name, kind in found.items() if kind == "changed" or found.get(name.rpartition(".")[0]) != kind
    }


def untold(names: Iterable[str], section: str) -> list[str]:
    """Return which names a section of the changelog has not in its code."""
    told = {word for code in re.findall(r"`([^`]+)`", section) for word in WORD.findall(code)}
    return [name for name in names if not {*WORD.findall(name)[-1:]} <= told]


def section(version: str) -> str:
    """Return what the changelog says of a version."""
    return CHANGELOG.read_text().partition(f"\n## [{version}]")[2].partition("\n## ")[0]


# Released lists -------------------------------------------------------------------------------------------------------


def released(changelog: str) -> list[str]:
    """Return the versions that a changelog has a date for: their lists stay as they are."""
    return re.findall(r"^## \[([^\]]+)\] - \d{4}-\d{2}-\d{2}$", changelog, re.MULTILINE)


def unsealed(changelog: str, folder: Path = LISTS) -> list[str]:
    """Return the released versions whose list is not the one of their release, by its digest."""
    return [version for version in released(changelog) if _seal(folder, version) not in _seals(folder)]


def put(version: str, text: str, changelog: str, folder: Path = LISTS) -> bool:
    """Write the list of a version, or, once that is released, its digest; say whether the list may be this one."""
    file = folder / f"{version}.txt"
    if version not in released(changelog):
        file.write_text(text)
    elif not file.exists() or file.read_text() != text:
        return False
    elif not any(line.endswith(f"  {file.name}") for line in _seals(folder)):
        (folder / SEALS).write_text("".join(f"{line}\n" for line in [*_seals(folder), _seal(folder, version)]))
    return True


def _seals(folder: Path) -> list[str]:
    file = folder / SEALS
    return file.read_text().splitlines() if file.exists() else []


def _seal(folder: Path, version: str) -> str:
    file = folder / f"{version}.txt"
    return f"{sha256(file.read_bytes()).hexdigest()}  {file.name}" if file.exists() else f"no  {file.name}"


def main(arguments: Sequence[str]) -> int:
    """Write the list of this version, and say what the changelog has not told yet."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    if not put(mfa.__version__, written(surface()), CHANGELOG.read_text()):
        print(
            f"{FILE.relative_to(ROOT)} stays as it was released. Begin the next version: mfa.__version__, "
            f"packages/js/package.json and its lock, and a section of CHANGELOG.md; then make surface."
        )
        return 1
    print(FILE.relative_to(ROOT))
    if (last := earlier()) is not None:
        left = untold(changes(read(last.read_text()), surface()), section(mfa.__version__))
        print("\n".join(f"not in CHANGELOG.md: {name}" for name in left), end="\n" if left else "")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
