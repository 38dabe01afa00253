"""Schemathesis finds no answer that the description does not know, whoever asks and whatever for."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pyotp
import pytest
import schemathesis
import yaml
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from tests.integration.drf.keys import new_key
from tests.integration.drf.people import METHODS, App, Browser, Person, World
from tests.integration.openapi.description import EVERYTHING, FILE
from tests.integration.openapi.test_description import OPERATIONS, operation

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

bounded = settings(
    max_examples=10,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def closed(node: object) -> object:
    """Close every object of an answer: a field that is not described is then a finding, too."""
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    copy: dict[str, Any] = {key: closed(value) for key, value in node.items()}
    if isinstance(copy.get("properties"), dict) and copy.get("type") == "object":
        copy.setdefault("additionalProperties", False)
    return copy


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from references(each)


def description() -> dict[str, Any]:
    """The description with every answer closed; bodies may hold more than is read."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text())
    components, read = loaded["components"]["schemas"], set[str]()
    for verbs in loaded["paths"].values():
        for each in verbs.values():
            each["responses"] = closed(each["responses"])
            read |= set(references(each.get("requestBody")))
    while more := {name for known in read for name in references(components[known])} - read:
        read |= more
    loaded["components"]["schemas"] = {
        name: schema if name in read else closed(schema) for name, schema in components.items()
    }
    return loaded


@contextmanager
def connected() -> Iterator[None]:
    """Keep the connection, in whose transaction the test lives, when a request ends; Django's own client does so."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def ask(case: Case[Any], headers: dict[str, str], checks: list[Any] = CHECKS) -> Response:
    """Ask, and hold the answer against the description."""
    with connected():
        return case.call_and_validate(headers=headers, checks=checks)


def opened(described: dict[str, Any]) -> OpenApiSchema:
    config = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
    schema = schemathesis.openapi.from_dict(described, config=config)
    schema.app = get_wsgi_application()
    return schema


@pytest.fixture(scope="module")
def api() -> OpenApiSchema:
    return opened(description())


def headers(browser: Browser) -> dict[str, str]:
    return {"Authorization": browser.client._credentials["HTTP_AUTHORIZATION"]}


def asking(who: str, ann: Person) -> dict[str, str]:
    match who:
        case "nobody":
            return {}
        case "a wrong token":
            return {"Authorization": "Token 0"}
        case "a newcomer":
            ann.register_app()
            return headers(ann)
    ann.enrol_app()
    ann.enrol_mail()
    return headers(ann.again() if who == "unverified" else ann)


STRANGERS = ["nobody", "a wrong token"]
PEOPLE = ["a newcomer", "unverified", "verified"]
ANONYMOUS = [place for place, name in OPERATIONS.items() if "passkey" in name]


def probes() -> Iterator[Any]:
    for (path, verb), name in OPERATIONS.items():
        wrong = "{index}" in path or {"requestBody", "parameters"} & set(operation(name))
        for mode in GenerationMode:
            # What strangers send is not looked at, and nothing is wrong with what has neither a parameter nor a body.
            strangers = STRANGERS if mode is GenerationMode.POSITIVE else []
            for who in STRANGERS[:1] if (path, verb) in ANONYMOUS else [*strangers, *PEOPLE]:
                if wrong or mode is GenerationMode.POSITIVE:
                    yield pytest.param(who, path, verb, mode, id=f"{who}-{name}-{mode.value}")


@pytest.mark.parametrize(("who", "path", "verb", "mode"), [*probes()])
def test_no_answer_is_unknown(  # noqa: PLR0917 - fixtures and parameters
    api: OpenApiSchema, world: World, ann: Person, who: str, path: str, verb: str, mode: GenerationMode
) -> None:
    sent = asking(who, ann)

    @bounded
    @given(case=api[path][verb.upper()].as_strategy(generation_mode=mode))
    def probe(case: Case[Any]) -> None:
        world.pass_time(timedelta(hours=1))
        ask(case, sent)

    probe()


class Caller:
    """Asks what no generator would guess, with the same checks on every answer."""

    def __init__(self, api: OpenApiSchema, browser: Browser) -> None:
        self.api = api
        self.headers = headers(browser)

    def __call__(
        self, name: str, index: object = None, body: object = None, *, expect: int, checks: list[Any] = CHECKS
    ) -> object:
        [(path, verb)] = [place for place, operation in OPERATIONS.items() if operation == name]
        given: dict[str, Any] = {} if body is None else {"body": body, "media_type": "application/json"}
        case = self.api[path][verb.upper()].Case(path_parameters={} if index is None else {"index": index}, **given)
        answer = ask(case, self.headers, checks)
        assert answer.status_code == expect, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
def call(api: OpenApiSchema, ann: Person) -> Caller:
    return Caller(api, ann)


@pytest.fixture
def app(ann: Person) -> App:
    return ann.enrol_app()


def test_answers_to_an_enrolment(call: Caller, world: World) -> None:
    call("multi_factor_methods", expect=200)
    device: Any = call("multi_factor_register", "totp", {"name": "Pixel"}, expect=201)
    call("multi_factor_fields", "sms", expect=200)
    code = pyotp.TOTP(device["secret"]).at(world.clock.time)
    call("multi_factor_verify", 0, {"value": code}, expect=200)
    call("multi_factor_verify", 0, {"value": code}, expect=401)
    for method in METHODS[1:]:
        call("multi_factor_register", method, {"number": "+31612345678"} if method == "sms" else {}, expect=201)
    call("multi_factor_overview", expect=200)
    call("multi_factor_retrieve", 0, expect=200)
    call("multi_factor_status", expect=200)
    call("multi_factor_rename", 0, {"name": "Pixel 10"}, expect=200)
    call("multi_factor_remove", 0, expect=204)


def test_answers_to_a_dispatch(call: Caller, world: World, ann: Person) -> None:
    index = ann.register_mail()
    call("multi_factor_verify", index, {"value": "0"}, expect=404)
    call("multi_factor_dispatch", index, {}, expect=204)
    call("multi_factor_dispatch", index, {}, expect=429)
    call("multi_factor_verify", index, {"value": world.code}, expect=200)
    call("multi_factor_dispatch", index, {}, expect=409)
    call("multi_factor_register", "recovery", {}, expect=201)
    call("multi_factor_dispatch", index + 1, {}, expect=404)


def test_answers_to_a_remembered_browser(api: OpenApiSchema, ann: Person, app: App, world: World) -> None:
    world.pass_time(timedelta(minutes=1))
    made: Any = Caller(api, ann)("multi_factor_verify", 0, {"value": app.code, "trust": True}, expect=200)
    call = Caller(api, ann.again())
    call("multi_factor_trusts", expect=403)
    call("multi_factor_revoke", "0", expect=403)
    call("multi_factor_trust", body={"token": "unknown"}, expect=401)
    call("multi_factor_trust", body={"token": made["trust"]["token"]}, expect=200)
    listed: Any = call("multi_factor_trusts", expect=200)
    call("multi_factor_revoke", "0", expect=404)
    call("multi_factor_revoke", listed[0]["id"], expect=204)
    call("multi_factor_trust", body={"token": made["trust"]["token"]}, expect=401)


def test_answers_to_whoever_asks_what_happened(api: OpenApiSchema, ann: Person, app: App) -> None:
    call = Caller(api, ann)
    ann.fail(app.index, 5)
    page: Any = call("multi_factor_activity", expect=200)
    assert {each["event"] for each in page["results"]} >= {"device.activated", "account.locked"}
    Caller(api, ann.again())("multi_factor_activity", expect=403)


def test_answers_to_a_passkey(call: Caller) -> None:
    key = new_key()
    device: Any = call("multi_factor_register", "webauthn", {}, expect=201)
    pending: Any = call("multi_factor_dispatch", device["index"], {}, expect=200)
    call("multi_factor_verify", device["index"], {"value": key.create(pending["options"])}, expect=200)
    options: Any = call("multi_factor_dispatch", device["index"], {"reverify": True}, expect=200)
    call("multi_factor_verify", device["index"], {"value": key.get(options["options"])}, expect=200)
    call("multi_factor_verify", device["index"], {"value": key.get(options["options"])}, expect=401)
    begun: Any = call("multi_factor_passkey_options", expect=200)
    login = {"state": begun["state"], "value": key.get(begun["options"])}
    call("multi_factor_passkey", body=login, expect=200)
    call("multi_factor_passkey", body=login, expect=401)
    call("multi_factor_passkey", body={"state": begun["state"], "value": "1"}, expect=400)


def test_answers_to_a_failing_sender(call: Caller, world: World, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(message: object) -> None:
        raise OSError

    monkeypatch.setattr(world.outbox, "send", fail)
    # A 503 is a server's error by its number, but one that the description knows.
    call("multi_factor_dispatch", ann.register_mail(), {}, expect=503, checks=CHECKS[1:])


def test_answers_to_whoever_is_locked(call: Caller, app: App, ann: Person) -> None:
    ann.fail(app.index, 5)
    call("multi_factor_verify", 0, {"value": "0"}, expect=429)
    call("multi_factor_status", expect=200)


def test_answers_to_whoever_has_a_disabled_device(call: Caller, ann: Person, world: World) -> None:
    index = ann.enrol_mail()
    world.configure(**EVERYTHING, MAX_FAILURES=3)
    world.pass_time(timedelta(minutes=1))
    call("multi_factor_dispatch", index, {"reverify": True}, expect=204)
    ann.fail(index, 3)
    call("multi_factor_verify", index, {"value": "0"}, expect=409)
    call("multi_factor_dispatch", index, {"reverify": True}, expect=409)
    call("multi_factor_retrieve", index, expect=200)


def test_answers_to_whoever_has_too_much_or_too_little(call: Caller, ann: Person, world: World) -> None:
    call("multi_factor_register", "recovery", {}, expect=409)
    call("multi_factor_register", "sms", {"number": "1"}, expect=400)
    ann.enrol_app()
    world.configure(**EVERYTHING, MAX_DEVICES_PER_METHOD=1)
    call("multi_factor_register", "totp", {}, expect=409)


def test_answers_to_a_stolen_token(api: OpenApiSchema, app: App, ann: Person) -> None:
    call = Caller(api, ann.again())
    for name, index, body in [
        ("multi_factor_register", "totp", {}),
        ("multi_factor_rename", 0, {"name": "mine"}),
        ("multi_factor_remove", 0, None),
        ("multi_factor_methods", None, None),
        ("multi_factor_fields", "totp", None),
    ]:
        call(name, index, body, expect=403)


@pytest.mark.parametrize("blinded", ["status", "field", "type", "header"])
def test_what_is_not_described_is_found(ann: Person, blinded: str) -> None:
    known = description()
    answers = known["paths"]["/multi-factor/"]["get"]["responses"]
    device = known["components"]["schemas"]["MultiFactorDevice"]
    if blinded == "status":
        del answers["200"]
    elif blinded == "field":
        del device["properties"]["confirmed"]
        device["required"].remove("confirmed")
    elif blinded == "type":
        device["properties"]["confirmed"] = {"type": "string"}
    else:
        answers["200"]["headers"]["X-Promised"] = {"schema": {"type": "string"}, "required": True}
    ann.register_app()

    with pytest.raises(FailureGroup):
        Caller(opened(known), ann)("multi_factor_overview", expect=200)
