"""Schemathesis finds no answer that the description does not know, whoever asks and whatever for."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pyotp
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from mfa.adapters.django.unit_of_work import DjangoUnitOfWork
from mfa.domain.errors import StaleAccount, Unavailable
from tests.integration.drf.keys import new_key
from tests.integration.drf.people import METHODS, App, Browser, Person, World
from tests.integration.openapi.description import EVERYTHING, kept
from tests.integration.openapi.test_description import OPERATIONS, operation, operations
from tests.integration.openapi.tried import Sent, Tried, places

UNSEEN = {
    ("multi_factor_passkey", "403"): "a session's login without the CSRF token: drf/test_passkey_logins.py",
    ("multi_factor_passkey", "429"): "throttle classes, which a project names",
    ("multi_factor_passkey", "503"): "needs an assertion that is right: drf/test_passkey_logins.py",
    ("multi_factor_passkey_options", "429"): "throttle classes, which a project names",
    ("multi_factor_passkey_options", "503"): "a provider that asks a store, of which the package has none",
}
"""What is described and not seen here, each with the reason."""

UNSENT: dict[Sent, str] = {
    (("multi_factor_activity", "query", "cursor"), False): "any text is allowed",
    (("multi_factor_status", "query", "requirement"), False): "any text is allowed",
}
"""Of which parameters nothing was sent that is allowed, or that is not, each with the reason."""

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
    loaded = kept()
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
        answer = case.call_and_validate(headers=headers, checks=checks)
    name = case.operation.definition.raw["operationId"]
    seen[name].add(str(answer.status_code))
    tried.note(name, {"path": case.path_parameters, "query": case.query, "body": case.body})
    return answer


def case_of(api: OpenApiSchema, path: str, verb: str, **more: Any) -> Case[Any]:
    """Ask for the first device, with an empty body where there may be one."""
    name = OPERATIONS[path, verb]
    given = (
        {"token": "unknown"}
        if name == "multi_factor_trust"
        else {"value": "0"}
        if name == "multi_factor_verify"
        else {}
    )
    body: dict[str, Any] = {"body": given, "media_type": "application/json"} if "requestBody" in operation(name) else {}
    index = ANYWHERE.get((path, verb), {"index": 0}) if "{index}" in path else {}
    return api[path][verb.upper()].Case(path_parameters=index, **body, **more)


seen: defaultdict[str, set[str]] = defaultdict(set)
"""Which statuses each operation has answered with in this process."""

tried = Tried()
"""What each was sent."""


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


@pytest.mark.parametrize(
    ("method", "field", "allowed", "not_allowed"),
    [
        ("email", "address", "ann@example.org", ["ann"]),
        ("sms", "number", "+31612345678", ["+3161"]),
        ("webauthn", "mediation", "conditional", "now"),
    ],
)
def test_answers_to_each_field_of_a_registration(
    call: Caller, method: str, field: str, allowed: object, not_allowed: object
) -> None:
    call("multi_factor_register", method, {field: not_allowed}, expect=400)
    call("multi_factor_register", method, {field: allowed}, expect=201)


def test_answers_to_a_wish_that_is_none(call: Caller, app: App) -> None:
    call("multi_factor_verify", 0, {"value": "0", "trust": "perhaps"}, expect=400)


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
    call("multi_factor_signals", expect=200)
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


def test_answers_on_the_way_from_a_registration(api: OpenApiSchema, ann: Person, world: World) -> None:
    followed = set[str]()

    class Way(api.as_state_machine()):  # type: ignore[misc] # made when it is asked for
        def call(self, case: Case[Any], **_: Any) -> Response:
            world.pass_time(timedelta(minutes=1))
            with connected():
                return case.call(headers=headers(ann))

        def step(self, asked: StepInput) -> StepOutput:
            done: StepOutput = super().step(asked)
            if asked.applied_parameters:
                followed.add(asked.case.operation.definition.raw["operationId"])
            return done

        def validate_response(self, response: Response, case: Case[Any], *_: Any, **__: Any) -> None:
            case.validate_response(response, checks=CHECKS[1:])

    Way.run(settings=settings(bounded, max_examples=5, stateful_step_count=8))

    assert followed >= operation("multi_factor_register")["responses"]["201"]["links"].keys()


EVERY = [pytest.param(path, verb, id=name) for (path, verb), name in OPERATIONS.items()]

ANYWHERE = {
    ("/multi-factor/register/{index}/", "post"): {"index": "totp"},
    ("/multi-factor/register/{index}/", "options"): {"index": "totp"},
    ("/multi-factor/trust/{index}/", "delete"): {"index": "0123456789abcdef"},
}
"""Parameters of paths, where it is not the index of the first device."""


@pytest.mark.parametrize(("path", "verb"), [place for place, name in OPERATIONS.items() if [*places(name)]])
def test_answers_to_what_is_allowed_nowhere(api: OpenApiSchema, ann: Person, app: App, path: str, verb: str) -> None:
    """Of every parameter and field for certain, which a generator does by chance."""
    for (_, where, field), _ in places(OPERATIONS[path, verb]):
        case: Any = case_of(api, path, verb)
        if where == "body":
            case.body = {**case.body, field: {"of": "no type"}}
        elif where == "path":
            case.path_parameters = {field: "~"}
        else:
            case.query = {field: "~"}
        assert ask(case, headers(ann)).status_code < 500


@pytest.mark.parametrize(("path", "verb"), EVERY)
def test_answers_to_a_request_in_an_unknown_form(
    api: OpenApiSchema, ann: Person, app: App, path: str, verb: str
) -> None:
    answers = {
        "406": {"headers": {"Accept": "application/x-nothing"}},
        "404": {"query": {"format": "nothing"}},
        **(
            {"415": {"headers": {"Content-Type": "application/x-nothing"}}}
            if "requestBody" in operation(OPERATIONS[path, verb])
            else {}
        ),
    }
    for status, form in answers.items():
        case = case_of(api, path, verb, **form)
        assert ask(case, headers(ann)).status_code == int(status)


class Failing:
    """Has every read of an account fail, as a database does that is away."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever is asked of it
        def fail(*_: object, **__: object) -> None:
            raise Unavailable

        return fail


@pytest.mark.parametrize(("path", "verb"), EVERY)
def test_answers_while_the_store_fails(  # noqa: PLR0917 - fixtures and parameters
    api: OpenApiSchema, ann: Person, app: App, world: World, path: str, verb: str
) -> None:
    for name in ("unit_of_work", "audit", "holders"):
        getattr(world.container, name).override(Failing())
    # A 503 is a server's error by its number, but one that the description knows.
    answer = ask(case_of(api, path, verb), headers(ann), CHECKS[1:])
    assert answer.status_code == 503 or (path, verb) in ANONYMOUS


@pytest.mark.parametrize(("path", "verb"), [place for place in OPERATIONS if place not in ANONYMOUS])
def test_answers_to_credentials_that_are_no_token(  # noqa: PLR0917 - fixtures and parameters
    api: OpenApiSchema, ann: Person, world: World, monkeypatch: pytest.MonkeyPatch, path: str, verb: str
) -> None:
    monkeypatch.setattr(type(world.container.token_provider()), "token_of", lambda *_: None)
    assert ask(case_of(api, path, verb), headers(ann)).status_code == 403


def test_answers_to_whoever_has_to_keep_a_device(call: Caller, app: App, world: World, ann: Person) -> None:
    world.configure(**EVERYTHING, VERIFICATION_POLICY="mfa.domain.policies.Staff")
    ann.user.is_staff = True
    ann.user.save()
    call("multi_factor_remove", app.index, expect=409)


CHANGES = [
    pytest.param(*place, id=name)
    for place, name in OPERATIONS.items()
    if place not in ANONYMOUS and "429" in operation(name)["responses"]
]


@pytest.mark.parametrize(("path", "verb"), CHANGES)
def test_answers_to_too_many_at_once(  # noqa: PLR0917 - fixtures and parameters
    api: OpenApiSchema, ann: Person, world: World, monkeypatch: pytest.MonkeyPatch, path: str, verb: str
) -> None:
    def stale(*_: object, **__: object) -> None:
        raise StaleAccount

    app = ann.enrol_app()
    world.pass_time(timedelta(minutes=1))
    made: Any = Caller(api, ann)("multi_factor_verify", 0, {"value": app.code, "trust": True}, expect=200)
    name, case = OPERATIONS[path, verb], case_of(api, path, verb)
    if name == "multi_factor_trust":
        case.body = {"token": made["trust"]["token"]}
    if name == "multi_factor_rename":
        case.body = {"name": "Pixel"}
    if name == "multi_factor_revoke":
        listed: Any = Caller(api, ann)("multi_factor_trusts", expect=200)
        case.path_parameters = {"index": listed[0]["id"]}
    if name == "multi_factor_dispatch":
        case.path_parameters = {"index": ann.register_mail()}
    monkeypatch.setattr(DjangoUnitOfWork, "commit", stale)
    assert ask(case, headers(ann)).status_code == 429


@pytest.fixture(scope="module", autouse=True)
def whole(request: pytest.FixtureRequest) -> Iterator[None]:
    """When all tests of this file have run, each status of each operation was seen, or it is told why not."""
    yield
    ran = {getattr(item, "originalname", "") for item in request.session.items if item.path == request.path}
    if {name for name in vars(request.module) if name.startswith("test_")} <= ran:
        described = {(each["operationId"], status) for each in operations() for status in each["responses"]}
        unseen = {(name, status) for name, status in described if status not in seen[name]}
        missing = tried.missing(OPERATIONS.values())
        sys.stdout.write(table(described, unseen, missing))
        assert unseen == UNSEEN.keys()
        assert missing == UNSENT.keys()


def table(described: set[tuple[str, str]], unseen: set[tuple[str, str]], missing: set[Sent]) -> str:
    """Tell of each operation how many statuses are described and were seen, and of how many fields what was sent."""
    lines = [
        f"\n{'operation':<30}{'described':>10}{'seen':>6}{'fields':>8}{'allowed':>9}{'not':>5}  not seen, not sent"
    ]
    for name in OPERATIONS.values():
        known, missed = ({status for each, status in some if each == name} for some in (described, unseen))
        fields = sum(1 for _ in places(name))
        unsent = {(place, allowed) for place, allowed in missing if place[0] == name}
        right, wrong = (fields - sum(each == allowed for _, each in unsent) for allowed in (True, False))
        left = [*sorted(missed), *sorted({place[2] for place, _ in unsent})]
        lines.append(
            f"{name:<30}{len(known):>10}{len(known - missed):>6}{fields:>8}{right:>9}{wrong:>5}  {' '.join(left)}"
        )
    return "\n".join(lines) + "\n"
