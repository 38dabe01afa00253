"""What pages of the site have from the code: where a page says ``<!-- site: name -->``, this stands."""

import pkgutil
import re
from argparse import Action
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

import yaml
from django.core.management import BaseCommand, load_command_class

import mfa.testing
from docs.site.layout import DOCS
from mfa.adapters import django
from mfa.adapters.django.management import commands
from mfa.application import ports

Description = Mapping[str, Any]


def signatures() -> str:
    """Return what each port asks for, by its docstrings."""
    return "\n".join(
        line
        for module in pkgutil.iter_modules(ports.__path__, f"{ports.__name__}.")
        for line in (f"## {module.name}\n", f"```{{eval-rst}}\n.. automodule:: {module.name}\n```\n")
    )


def names() -> str:
    """Return what stands in the modules that are public as a whole and have no page of their own."""
    modules = re.findall(r"^\* `(mfa\.(?:adapters|domain)[\w.]*)`", (DOCS / "names.md").read_text(), re.MULTILINE)
    return "\n".join(f"## {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n```\n" for module in modules)


def kit() -> str:
    """Return the doors of ``mfa.testing``, each by its docstring."""
    doors: Mapping[str, str] = vars(mfa.testing)["_HOMES"]
    lines = []
    for name, home in sorted(doors.items()):
        kind = "autoclass" if isinstance(getattr(import_module(home), name), type) else "autofunction"
        lines.append(f".. {kind}:: {home}.{name}")
    return "\n".join(["```{eval-rst}", *lines, "```"])


# Commands


def options() -> str:
    """Return every management command with its options."""
    return "\n".join(line for name in names_of_commands() for line in _command(name))


def names_of_commands() -> list[str]:
    """Return what stands behind ``manage.py``."""
    return sorted(module.name for module in pkgutil.iter_modules(commands.__path__))


def own_options(name: str) -> list[Action]:
    """Return what a command takes beside what every command of Django does."""
    common = {action.dest for action in BaseCommand().create_parser("manage.py", name)._actions}  # noqa: SLF001 - it tells no other way
    parser = load_command_class(django.__name__, name).create_parser("manage.py", name)
    return [action for action in parser._actions if action.dest not in common]  # noqa: SLF001


def _command(name: str) -> Iterator[str]:
    yield from [f"## {name}", "", load_command_class(django.__name__, name).help, ""]
    yield from _table(("option", "is"), ((_written(each), each.help or "") for each in own_options(name)))


def _written(action: Action) -> str:
    if not action.option_strings:
        return f"`{action.metavar or action.dest}`"
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    return f"`{action.option_strings[-1]}{value}`"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    lines = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    if lines:
        yield from ["| " + " | ".join(head) + " |", "|" + "---|" * len(lines[0])]
        yield from ("| " + " | ".join(row) + " |" for row in lines)
        yield ""


# The description of the routes


def operations() -> str:
    """Return every operation of docs/openapi.yaml, and what it takes and answers."""
    description: Description = yaml.safe_load((DOCS / "openapi.yaml").read_text())
    schemas = description["components"]["schemas"]
    lines = [
        line
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        for line in _operation(f"{method.upper()} {path}", operation, schemas)
    ]
    shown = {name: schema for name, schema in schemas.items() if not name.endswith(("Error", "Errors"))}
    lines += ["## Shapes", ""]
    lines += [line for name, schema in shown.items() for line in _shape(name, schema)]
    return "\n".join(lines)


def _operation(name: str, operation: Description, schemas: Mapping[str, Description]) -> Iterator[str]:
    yield from [f"## `{name}`", "", operation["description"], ""]
    yield from _table(
        ("parameter", "type", "is"),
        (
            (f"`{each['name']}`, in the {each['in']}", _type(each["schema"]), each.get("description", ""))
            for each in operation.get("parameters", ())
        ),
    )
    if body := operation.get("requestBody"):
        yield from [f"Takes {_type(body['content']['application/json']['schema'])}.", ""]
    yield from _table(("status", "answers"), _answers(operation["responses"], schemas))


def _answers(answers: Mapping[str, Description], schemas: Mapping[str, Description]) -> Iterator[tuple[str, str]]:
    for status, answer in answers.items():
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            yield status, "nothing"
        elif status.startswith("2"):
            yield status, _type(schema)
        else:
            yield status, ", ".join(f"`{code}`" for code in sorted({*_codes(schema, schemas)}))


def _codes(schema: Description, schemas: Mapping[str, Description]) -> Iterator[str]:
    """Yield the codes of errors, however deep they stand in a choice."""
    for each in schema.get("oneOf", ()) or schema.get("allOf", ()):
        yield from _codes(each, schemas)
    if "$ref" in schema:
        yield from _codes(schemas[_name(schema)], schemas)
    code = schema.get("properties", {}).get("code", {})
    for each in (code, *code.get("oneOf", ())):
        yield from each.get("enum", ())


def _shape(name: str, schema: Description) -> Iterator[str]:
    yield from [f"### {_plain(name)}", ""]
    if "description" in schema:
        yield from [schema["description"], ""]
    if "properties" not in schema:
        yield from [f"{_type(schema)}.", ""]
    required = schema.get("required", ())
    yield from _table(
        ("field", "type", "is"),
        (
            (f"`{field}`" + ("" if field in required else ", optional"), _type(of), of.get("description", ""))
            for field, of in schema.get("properties", {}).items()
        ),
    )


def _type(schema: Description) -> str:
    """Return a type in words, with a link to a shape."""
    none = " or `null`" if schema.get("nullable") else ""
    if "$ref" in schema:
        return f"[{_plain(_name(schema))}](#{_plain(_name(schema)).lower()})"
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return ", or ".join(map(_type, schema[several])) + none
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"]) + none
    if schema.get("type") == "array":
        return f"a list of {_type(schema['items'])}{none}"
    form = f" ({schema['format']})" if "format" in schema else ""
    return f"{schema.get('type', 'anything')}{form}{none}"


def _name(schema: Description) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _plain(name: str) -> str:
    return name.removeprefix("MultiFactor")


GENERATED: Mapping[str, Callable[[], str]] = {
    "kit": kit,
    "names": names,
    "operations": operations,
    "options": options,
    "signatures": signatures,
}
