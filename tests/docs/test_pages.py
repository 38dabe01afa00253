"""What the pages list is all that there is."""

import ast
import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import NoneType
from typing import Any, Protocol, get_args

import attrs
import pytest
from django.urls import URLPattern, URLResolver, get_resolver

import mfa.testing
from mfa import config, urls
from mfa.adapters.accessor import APP_LABEL
from mfa.adapters.answers import ANSWERS, GRACE_HEADER, REJECTED, REJECTED_CODE
from mfa.adapters.django import signals
from mfa.adapters.drf.permissions import IsTokenAuthenticated
from mfa.application import ports
from mfa.application.use_cases import UseCases
from mfa.containers.django import DjangoContainer
from mfa.domain import events
from mfa.domain.events import Event
from mfa.domain.methods.names import BUILT_IN
from mfa.domain.verdicts import Reason
from mfa.testing import contracts, plugin
from tests import surface
from tests.docs.pages import DECISIONS, PAGES, RECIPES, ROOT, WRITTEN, blocks, name, rows

LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
TEST = re.compile(r"`(?P<path>(?:tests|src/mfa/testing)/[\w/]+(?:\.py)?)(?:::(?P<test>\w+))?`")
LINKED_TEST = re.compile(r"\[`(?P<test>test_\w+)`\]\((?P<path>[^)]+\.py)\)")
CODE = re.compile(r"`([^`]+)`")


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [match["target"] for match in LINK.finditer(page.read_text())]
    inside = [target.partition("#") for target in targets if "://" not in target]
    assert [path for path, _, _ in inside if path and not (page.parent / path).exists()] == []
    for path, _, anchor in inside:
        if anchor:
            there = (page.parent / path) if path else page
            assert anchor in _anchors(there.read_text()), f"{path}#{anchor}"


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS, *RECIPES], ids=name)
def test_every_test_that_is_named_exists(page: Path) -> None:
    for match in TEST.finditer(page.read_text()):
        path = ROOT / match["path"]
        assert path.exists(), match[0]
        assert match["test"] is None or f"def {match['test']}(" in path.read_text(), match[0]
    for match in LINKED_TEST.finditer(page.read_text()):
        assert f"def {match['test']}(" in (page.parent / match["path"]).read_text(), match[0]


def test_every_claim_of_the_comparison_leads_to_its_test() -> None:
    tables = (ROOT / "README.md").read_text().partition("## Beside other packages")[2]
    claims = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", tables, re.MULTILINE)
    assert len(claims) > 10
    assert [claim for claim, shown in claims[1:] if not LINKED_TEST.fullmatch(shown)] == []


def test_every_setting_is_explained_with_its_default() -> None:
    table = rows(ROOT / "docs" / "settings.md", "Settings")
    explained = {CODE.findall(key)[0]: ast.literal_eval(CODE.findall(default)[0]) for key, default, *_ in table}
    assert sorted(explained) == sorted(field.name.upper() for field in attrs.fields(config.Config))
    written = {key: value for key, value in explained.items() if value is not None}
    assert config.read(written) == (config.Config(), ())
    assert {*explained} - {*written} == {
        field.name.upper() for field in attrs.fields(config.Config) if getattr(config.Config(), field.name) is None
    }


def test_every_method_is_explained() -> None:
    explained = [CODE.findall(name)[0] for name, *_ in rows(ROOT / "docs" / "settings.md", "Methods")]
    assert explained == [*BUILT_IN]


def test_every_signal_is_explained_with_the_fields_of_its_event() -> None:
    explained = {
        CODE.findall(signal)[0]: (CODE.findall(event)[0], set(CODE.findall(fields)))
        for signal, event, fields, *_ in rows(ROOT / "docs" / "signals.md", "Events")
    }
    common = {field.name for field in attrs.fields(Event)}
    names = {id(value): key for key, value in vars(signals).items()}
    expected = {
        names[id(signal)]: (event.__name__, {field.name for field in attrs.fields(event)} - common)
        for event, signal in signals.SIGNALS.items()
    }
    assert explained == expected


def test_every_event_has_a_signal_that_is_explained() -> None:
    leaves = [
        event
        for _, event in inspect.getmembers(events, inspect.isclass)
        if issubclass(event, Event) and not event.__subclasses__()
    ]
    explained = {CODE.findall(event)[0] for _, event, *_ in rows(ROOT / "docs" / "signals.md", "Events")}
    assert explained == {event.__name__ for event in leaves}


def test_the_label_of_the_app_is_told() -> None:
    assert f"`migrate {APP_LABEL}`" in (ROOT / "docs" / "start-api.md").read_text()


def test_what_misses_its_target_is_told_in_words() -> None:
    lines = (ROOT / "docs" / "performance.md").read_text().splitlines()
    words = "\n".join(line for line in lines if not line.startswith("|"))
    missed = [re.findall(r"\| (\d[\d.]*)", line)[0] for line in lines if "**not met**" in line]
    assert missed
    assert [figure for figure in missed if not re.search(rf"\b{re.escape(figure)}\b", words)] == []


def test_what_the_module_exports_is_told() -> None:
    module = (ROOT / "src/mfa/adapters/django/static/mfa/mfa.js").read_text()
    exported = re.findall(r"^export (?:async )?(?:class|const|function) (\w+)", module, re.MULTILINE)
    told = [
        each for _, cell in rows(ROOT / "docs" / "passkeys.md", "What the module has") for each in CODE.findall(cell)
    ]
    assert sorted(told) == sorted(exported)


def test_every_mark_of_an_element_is_told() -> None:
    table = rows(ROOT / "docs" / "pages.md", "Names to rely on")
    assert {name for names, _ in table for name in CODE.findall(names)} == {*surface.marks()}


def test_every_suite_for_a_port_is_told() -> None:
    told = {
        CODE.findall(suite)[0]: CODE.findall(port)[0]
        for port, suite in rows(ROOT / "docs" / "testing.md", "Suites for adapters")
    }
    found = {
        f"{module.name}.{name}": name.removesuffix("Contract")
        for module in pkgutil.iter_modules(contracts.__path__)
        for name in vars(import_module(f"{contracts.__name__}.{module.name}"))
        if name.endswith("Contract")
    }
    assert told == found


def test_every_door_of_the_kit_is_told_and_every_fixture() -> None:
    page = ROOT / "docs" / "testing.md"
    doors = {re.split(r"\W", CODE.findall(name)[0])[0] for name, _ in rows(page, "What there is")}
    fixtures = set(re.findall(r"^def (mfa_\w+)", Path(plugin.__file__).read_text(), re.MULTILINE))
    assert doors == {*vars(mfa.testing)["_HOMES"]}
    assert fixtures == {CODE.findall(name)[0] for name, _ in rows(page, "Fixtures")}


def test_every_router_and_viewset_that_can_be_subclassed_is_told() -> None:
    table = rows(ROOT / "docs" / "routes.md", "Change the routes")
    told = {CODE.findall(cell)[0] for row in table for cell in row[:2]}
    mounted = {f"{kind.__module__}.{kind.__qualname__}" for kind in vars(urls).values() if isinstance(kind, type)}
    assert told == mounted


def test_the_headers_to_expose_are_those_of_the_answers() -> None:
    [block] = [each for each in blocks(ROOT / "docs" / "routes.md", "python") if "CORS_EXPOSE_HEADERS" in each.text]
    told = ast.literal_eval(block.text.partition(" = ")[2])
    source = (ROOT / "src" / "mfa" / "adapters" / "answers.py").read_text()
    assert set(told) == {GRACE_HEADER, *re.findall(r'"(Retry-After|WWW-Authenticate)"', source)}


def test_every_use_case_is_told_with_what_it_takes_and_returns() -> None:
    told = {
        CODE.findall(name)[0]: ([*CODE.findall(taken)], {*CODE.findall(returned)})
        for name, taken, returned in rows(ROOT / "docs" / "scripts.md", "From a script")
    }
    assert told == {field: called(kind) for field, kind in every_use_case()}


def every_use_case() -> Iterator[tuple[str, type]]:
    for field in attrs.fields(UseCases):
        kinds = [kind for kind in get_args(field.type) or (field.type,) if kind is not NoneType]
        if isinstance(kinds[0], type) and "__call__" in vars(kinds[0]):
            yield field.name, kinds[0]


def called(kind: Any) -> tuple[list[str], set[str]]:  # noqa: ANN401 - a use case
    signature = inspect.signature(kind.__call__)
    taken = [each.annotation for each in signature.parameters.values() if each.kind is each.POSITIONAL_OR_KEYWORD][1:]
    returned = str(signature).rpartition(" -> ")[2]
    parts = re.sub(r"(?:\w+\.)+(\w+)", r"\1", returned).split(" | ")
    return [f"{each.__module__}.{each.__qualname__}" for each in taken], {*parts} - {"None"}


def test_every_port_has_its_provider() -> None:
    table = rows(ROOT / "docs" / "adapters.md", "Adapters, one deployment at a time")
    for port, _, provided, *_ in table:
        module, _, named = CODE.findall(port)[0].rpartition(".")
        assert hasattr(import_module(module), named), port
        assert all(hasattr(DjangoContainer, each) for each in CODE.findall(provided)), provided


def test_what_every_port_asks_for_is_told_by_its_signatures() -> None:
    told = {
        CODE.findall(port)[0]: {each.replace("\\|", "|") for each in CODE.findall(signatures)}
        for port, signatures in rows(ROOT / "docs" / "adapters.md", "What each port asks for")
    }
    assert told == {port.__name__: set(asked_for(port)) for port in every_port()}


def every_port() -> Iterator[type]:
    for module in pkgutil.iter_modules(ports.__path__, f"{ports.__name__}."):
        for _, each in inspect.getmembers(import_module(module.name), inspect.isclass):
            if Protocol in each.__bases__ and inspect.isabstract(each):
                yield each


def asked_for(port: Any) -> Iterator[str]:  # noqa: ANN401 - a Protocol
    for asked in port.__abstractmethods__:
        member: Any = inspect.getattr_static(port, asked)
        if isinstance(member, property):
            getter: Any = member.fget
            text = str(inspect.signature(getter)).replace("(self) -> ", ": ")
        else:
            signature = inspect.signature(member)
            text = str(signature.replace(parameters=list(signature.parameters.values())[1:]))
        plain = re.sub(r"(?:\w+\.)+(\w+)", r"\1", text).replace("~", "")
        yield asked + re.sub(r"Optional\[(\w+)\]", r"\1 | None", plain)


def test_every_reason_of_a_rejection_is_explained() -> None:
    table = rows(ROOT / "docs" / "signals.md", "Why a value was rejected")
    explained = [reason for row in table for reason in CODE.findall(row[0])]
    assert sorted(explained) == sorted(reason.value for reason in Reason)


def routes(patterns: list[URLPattern | URLResolver]) -> set[str]:
    return {pattern.name or "" for pattern in patterns if isinstance(pattern, URLPattern)}


def test_every_route_is_in_the_tables() -> None:
    [mounted] = [
        pattern
        for pattern in get_resolver().url_patterns
        if isinstance(pattern, URLResolver) and str(pattern.pattern) == "multi-factor/"
    ]
    named = {CODE.findall(cell)[0] for row in rows(ROOT / "docs" / "routes.md", "Routes") for cell in row[1:2]}
    assert named == routes(mounted.url_patterns)


def test_every_code_of_an_error_is_in_the_table_with_its_status() -> None:
    table = rows(ROOT / "docs" / "routes.md", "Errors")
    explained = {(int(row[0]), code) for row in table for code in CODE.findall(row[1])}
    leaves = {(int(status), error.code) for error, (status, _) in ANSWERS.items() if not error.__subclasses__()}
    # A malformed value and a field that does not hold what it should are told as DRF tells of fields.
    told_by_field = {(400, "malformed_value"), (400, "invalid")}
    own = {(int(REJECTED[0]), REJECTED_CODE), (403, IsTokenAuthenticated.code)}
    assert (leaves | own) - told_by_field <= explained
