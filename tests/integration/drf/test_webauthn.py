"""Security keys over HTTP, driven by an authenticator in software: what it is for, and every attack on it."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from mfa.adapters.django.signals import verification_rejected
from mfa.domain.events import VerificationRejected
from mfa.domain.verdicts import Reason
from mfa.testing.authenticator import SoftwareAuthenticator, b64decode, b64encode, cbor
from tests.integration.django.crowd import MANY, all_at_once
from tests.integration.drf.keys import Json, dispatched, enrolled, new_key, proved, registered, take_keys
from tests.integration.drf.people import Answer, Browser, Person, World
from tests.unit.adapters.webauthn.service import base64, entry

REJECTION = b'{"detail":"This value is not valid.","code":"invalid_value"}'


@pytest.fixture(autouse=True)
def _site(world: World) -> None:
    take_keys(world)


@pytest.fixture
def key() -> SoftwareAuthenticator:
    return new_key()


def rejected(answer: Answer) -> bool:
    return answer.status_code == 401 and answer.content == REJECTION


def test_a_key_is_registered_and_opens_the_gate(ann: Person, key: SoftwareAuthenticator) -> None:
    assert ann.gate().status_code == 403
    device = registered(ann, name="Blue key")
    assert (device["method"], device["dispatchable"], device["active"]) == ("webauthn", True, False)
    assert device["options"]["rp"] == {"id": "example.com", "name": "example.com"}
    assert [each["alg"] for each in device["options"]["pubKeyCredParams"]] == [-7, -8, -257]
    assert device["options"]["authenticatorSelection"]["residentKey"] == "preferred"

    answer = ann.verify(0, key.create(device["options"]))

    assert answer.status_code == 200
    assert answer.json()["verifications-left"] == 0
    assert answer.json()["device"]["active"] is True
    assert ann.gate().status_code == 200


def test_a_key_verifies_another_token(ann: Person, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    browser = ann.again()
    assert browser.gate().status_code == 403

    options = dispatched(browser, index)
    assert [each["id"] for each in options["allowCredentials"]] == [b64encode(each) for each in key.held]

    assert browser.verify(index, key.get(options)).status_code == 200
    assert browser.gate().status_code == 200
    assert browser.post(f"{index}/dispatch/").status_code == 409


def test_the_options_of_a_pending_device_can_be_had_anew(ann: Person, key: SoftwareAuthenticator) -> None:
    device = registered(ann)

    fresh = dispatched(ann, device["index"])

    assert fresh["challenge"] != device["options"]["challenge"]
    assert ann.verify(device["index"], key.create(fresh)).status_code == 200


@pytest.mark.parametrize("algorithm", [-7, -8, -257])
def test_every_algorithm_that_is_offered_is_taken(ann: Person, algorithm: int) -> None:
    key = new_key(algorithm=algorithm)

    assert proved(ann, enrolled(ann, key), key).status_code == 200


def test_a_model_that_may_not_register_is_refused_and_the_log_says_why(
    world: World, ann: Person, tmp_path: Path
) -> None:
    key = new_key(attestation="packed")
    root = base64(key.authority.certificate)
    known = entry({"status": "REVOKED", "effectiveDate": "2026-01-01"}, attestationRootCertificates=[root])
    (tmp_path / "key.json").write_text(json.dumps(known), encoding="utf-8")
    reasons: list[Reason] = []

    def note(sender: object, event: VerificationRejected, **_: object) -> None:
        reasons.append(event.reason)

    verification_rejected.connect(note)
    direct = {"WEBAUTHN_ATTESTATION": "direct", "WEBAUTHN_METADATA": str(tmp_path)}
    for models in (None, "device_bound", {"deny": [str(UUID(bytes=key.aaguid))]}):
        copied = key.behaving(backup_eligible=models == "device_bound")
        take_keys(world, **direct, WEBAUTHN_MODELS=models)
        device = registered(ann)
        assert rejected(ann.verify(device["index"], copied.create(device["options"])))
        known["statusReports"] = []
        (tmp_path / "key.json").write_text(json.dumps(known), encoding="utf-8")
    take_keys(world, **direct)

    assert reasons == [Reason.MODEL_STATUS, Reason.NOT_DEVICE_BOUND, Reason.MODEL_NOT_ADMITTED]
    device = registered(ann)
    answer = ann.verify(device["index"], key.create(device["options"]))
    assert answer.status_code == 200
    assert (answer.json()["device"]["name"], answer.json()["device"]["attested"]) == ("Blue key", True)


# Attacks on a verification


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param({"origin": "https://example.com:8443"}, id="another port"),
        pytest.param({"origin": "http://example.com"}, id="another scheme"),
        pytest.param({"origin": "https://login.example.com"}, id="a sub-domain"),
        pytest.param({"origin": "https://example.com.evil.example"}, id="a domain that begins alike"),
        pytest.param({"origin": "null"}, id="no origin"),
        pytest.param({"rp_id": "evil.example"}, id="another relying party"),
        pytest.param({"user_present": False}, id="nobody touched it"),
        pytest.param({"type": "webauthn.create"}, id="another type"),
        pytest.param({"cross_origin": True}, id="in a frame"),
        pytest.param({"cross_origin": True, "top_origin": "https://evil.example"}, id="in another site's frame"),
        pytest.param({"challenge": b"a challenge of nobody's own making"}, id="another challenge"),
        pytest.param({"user_handle": b"somebody else"}, id="the handle of another"),
        pytest.param({"backup_eligible": True, "backed_up": True}, id="eligible for backup all at once"),
        pytest.param({"backed_up": True}, id="backed up, but not eligible"),
        pytest.param({"authenticator_data": b"short"}, id="too little data"),
        pytest.param({"extensions": b"\xff\xff"}, id="broken CBOR"),
    ],
)
def test_an_assertion_that_is_not_right_is_refused(
    ann: Person, key: SoftwareAuthenticator, behaviour: dict[str, Any]
) -> None:
    index = enrolled(ann, key)
    browser = ann.again()

    assert rejected(proved(browser, index, key.behaving(**behaviour)))
    assert browser.gate().status_code == 403
    assert proved(browser, index, key).status_code == 200


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param({"origin": "https://example.com:8443"}, id="another port"),
        pytest.param({"origin": "http://example.com"}, id="another scheme"),
        pytest.param({"origin": "https://login.example.com"}, id="a sub-domain"),
        pytest.param({"rp_id": "evil.example"}, id="another relying party"),
        pytest.param({"user_present": False}, id="nobody touched it"),
        pytest.param({"type": "webauthn.get"}, id="another type"),
        pytest.param({"challenge": b"a challenge of nobody's own making"}, id="another challenge"),
        pytest.param({"backed_up": True}, id="backed up, but not eligible"),
        pytest.param({"credential_id": b""}, id="no credential id"),
        pytest.param({"credential_id": b"x" * 1024}, id="a long credential id"),
        pytest.param({"extensions": b"\xa1"}, id="broken CBOR"),
    ],
)
def test_a_credential_that_is_not_right_is_refused(ann: Person, behaviour: dict[str, Any]) -> None:
    device = registered(ann)

    assert rejected(ann.verify(device["index"], new_key(**behaviour).create(device["options"])))
    assert ann.gate().status_code == 403


def test_whoever_must_be_verified_by_the_key_is(ann: Person, world: World, key: SoftwareAuthenticator) -> None:
    take_keys(world, WEBAUTHN_USER_VERIFICATION="required")
    careless = key.behaving(user_verified=False)
    device = registered(ann)
    assert device["options"]["authenticatorSelection"]["userVerification"] == "required"
    assert rejected(ann.verify(device["index"], careless.create(device["options"])))

    index = enrolled(ann, key)
    assert dispatched(ann, index, again=True)["userVerification"] == "required"
    assert rejected(proved(ann, index, careless))
    assert proved(ann, index, key).status_code == 200


def test_an_answer_serves_once(ann: Person, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    browser = ann.again()
    value = key.get(dispatched(browser, index))

    assert browser.verify(index, value).status_code == 200
    assert rejected(browser.verify(index, value))


def test_a_refusal_uses_the_options_up(ann: Person, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    options = dispatched(ann, index, again=True)
    value = key.get(options)

    assert rejected(ann.verify(index, key.behaving(user_present=False).get(options)))
    assert rejected(ann.verify(index, value))


def test_the_answer_to_older_options_is_refused(ann: Person, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    older = dispatched(ann, index, again=True)
    dispatched(ann, index, again=True)

    assert rejected(ann.verify(index, key.get(older)))


def test_options_live_five_minutes(ann: Person, world: World, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    options = dispatched(ann, index, again=True)
    world.pass_time(timedelta(minutes=5))

    assert rejected(ann.verify(index, key.get(options)))


def test_the_challenge_of_another_token_is_refused(ann: Person, bob: Person, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    of_another = dispatched(ann, index, again=True)
    browser = ann.again()
    own = dispatched(browser, index)

    assert rejected(browser.verify(index, key.get({**own, "challenge": of_another["challenge"]})))


def test_options_to_create_do_not_serve_to_get(ann: Person, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    created = registered(ann)["options"]
    options = dispatched(ann, index, again=True)

    assert rejected(ann.verify(index, key.get({**options, "challenge": created["challenge"]})))


def test_options_to_get_do_not_serve_to_create(ann: Person, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    device = registered(ann)
    options = dispatched(ann, index, again=True)

    value = new_key().create({**device["options"], "challenge": options["challenge"]})
    assert rejected(ann.verify(device["index"], value))
    assert ann.verify(index, value).status_code == 400


def test_the_key_of_another_user_is_refused(ann: Person, bob: Person, key: SoftwareAuthenticator) -> None:
    enrolled(ann, key)
    his = new_key()
    index = enrolled(bob, his)
    options = dispatched(bob, index, again=True)
    [hers] = key.held.values()

    assert rejected(bob.verify(index, key.assertion(hers, options)))
    options = dispatched(bob, index, again=True)
    [own] = his.held.values()
    assert rejected(bob.verify(index, key.behaving(user_handle=own.user_handle).assertion(hers, options)))


def test_the_key_of_another_user_is_nothing_to_one_who_has_none(
    ann: Person, bob: Person, key: SoftwareAuthenticator
) -> None:
    index = enrolled(ann, key)
    [hers] = key.held.values()
    options = dispatched(ann, index, again=True)

    assert bob.verify(index, key.assertion(hers, options)).status_code == 404
    pending = registered(bob)
    options = {**options, "challenge": pending["options"]["challenge"]}
    assert bob.verify(pending["index"], key.assertion(hers, options)).status_code == 400
    assert bob.gate().status_code == 403


def test_a_credential_is_registered_once(ann: Person, bob: Person, key: SoftwareAuthenticator) -> None:
    enrolled(ann, key)
    [held] = key.held.values()
    double = new_key(credential_id=held.id)

    for person in (bob, ann):
        device = registered(person)
        assert rejected(person.verify(device["index"], double.create(device["options"])))
    assert [each["active"] for each in ann.get().json()] == [True, False]
    assert bob.get("status/").json()["enrolled"] is False


def test_a_signature_by_another_key_is_refused(ann: Person, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    value = key.get(dispatched(ann, index, again=True))
    signature = bytearray(b64decode(value["response"]["signature"]))
    signature[-1] ^= 1
    value["response"]["signature"] = b64encode(bytes(signature))

    assert rejected(ann.verify(index, value))


def test_a_count_that_goes_back_is_refused_and_told(ann: Person, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    assert proved(ann, index, key).status_code == 200
    told: list[VerificationRejected] = []

    def hear(event: VerificationRejected, **_: object) -> None:
        told.append(event)

    verification_rejected.connect(hear)
    try:
        assert rejected(proved(ann, index, key.behaving(sign_count=1)))
    finally:
        verification_rejected.disconnect(hear)
    assert [(event.index, event.reason) for event in told] == [(index, Reason.SIGN_COUNT)]
    assert ann.get("status/").json()["locked"] is False


# What is no response

MALFORMED: dict[str, Callable[[Json], object]] = {
    "text": json.dumps,
    "number": lambda value: 123456,
    "list": lambda value: [value],
    "null": lambda value: None,
    "oversized": lambda value: {**value, "more": "x" * 64 * 1024},
    "oversized in many parts": lambda value: {**value, "more": ["é"] * 16 * 1024},
    "nested": lambda value: {**value, "more": json.loads("[" * 40 + "]" * 40)},
}

NO_CREDENTIAL: dict[str, tuple[str, Callable[[Json], object]]] = {
    "empty": ("id", lambda value: {}),
    "wrapped": ("id", lambda value: {"publicKey": value}),
    "no id": ("id", lambda value: {**value, "id": None}),
    "an id with a line break": ("id", lambda value: {**value, "id": "AAAA\n"}),
    "an id beyond ASCII": ("id", lambda value: {**value, "id": "éé"}),
    "an id of half a character": ("id", lambda value: {**value, "id": "\ud800"}),
    "an id of objects": ("id", lambda value: {**value, "id": {}}),
    "no type": ("type", lambda value: {**value, "type": None}),
    "another kind": ("type", lambda value: {**value, "type": "password"}),
    "no response": ("response", lambda value: {**value, "response": None}),
    "a response of text": ("response", lambda value: {**value, "response": "x"}),
    "a response of nothing": ("response.clientDataJSON", lambda value: {**value, "response": {}}),
}

WRONG_ID: dict[str, object] = {"of nothing": "", "of another": "AAAA", "in another alphabet": "+/+/", "padded": "AAA="}

HINTS: dict[str, Callable[[Json], object]] = {
    "no rawId": lambda value: value.pop("rawId"),
    "another rawId": lambda value: value.update(rawId="AAAA"),
    "a rawId of objects": lambda value: value.update(rawId={}),
    "a padded id": lambda value: value.update(id=value["id"] + "=" * (-len(value["id"]) % 4)),
    "an id in the other alphabet": lambda value: value.update(id=value["id"].replace("-", "+").replace("_", "/")),
    "transports of nothing": lambda value: value["response"].update(transports=None),
    "transports in capitals": lambda value: value["response"].update(transports=["USB", None, 7]),
    "redundant members": lambda value: value["response"].update(publicKey=7, publicKeyAlgorithm=None, more=[]),
}


@pytest.mark.parametrize("change", NO_CREDENTIAL)
def test_what_is_no_credential_is_told_apart_and_uses_nothing_up(
    ann: Person, key: SoftwareAuthenticator, change: str
) -> None:
    member, broken = NO_CREDENTIAL[change]
    device = registered(ann)
    right = key.create(device["options"])
    answers = [ann.verify(device["index"], broken(right))]
    assert ann.verify(device["index"], right).status_code == 200

    value = key.get(dispatched(ann, device["index"], again=True))
    answers.append(ann.verify(device["index"], broken(value)))
    assert ann.verify(device["index"], value).status_code == 200
    for answer in answers:
        error = answer.json()["value"]
        for name in member.split("."):
            error = error[name]
        assert (answer.status_code, error) == (400, ["This is missing or malformed."])


@pytest.mark.parametrize("change", HINTS)
def test_hints_refuse_nobody(ann: Person, change: str) -> None:
    key = new_key(credential_id=b"\xfb\xff" * 8)
    device = registered(ann)
    value = key.create(device["options"])
    HINTS[change](value)
    assert ann.verify(device["index"], value).status_code == 200

    value = key.get(dispatched(ann, device["index"], again=True))
    HINTS[change](value)
    assert ann.verify(device["index"], value).status_code == 200


@pytest.mark.parametrize("change", MALFORMED)
def test_what_is_no_response_is_malformed(ann: Person, key: SoftwareAuthenticator, change: str) -> None:
    index = enrolled(ann, key)
    value = key.get(dispatched(ann, index, again=True))

    assert ann.verify(index, MALFORMED[change](value)).status_code == 400
    assert ann.verify(index, value).status_code == 200  # nothing was used up


@pytest.mark.parametrize("written", WRONG_ID)
def test_an_id_that_decodes_but_is_wrong_is_refused(ann: Person, key: SoftwareAuthenticator, written: str) -> None:
    index = enrolled(ann, key)
    value = key.get(dispatched(ann, index, again=True))
    assert rejected(ann.verify(index, {**value, "id": WRONG_ID[written]}))
    assert rejected(ann.verify(index, value))

    device = registered(ann)
    value = new_key().create(device["options"])
    assert rejected(ann.verify(device["index"], {**value, "id": WRONG_ID[written]}))
    assert rejected(ann.verify(device["index"], value))


MALFORMED_PARTS: list[object] = [None, 7, [], "!", "A"]

PARTS: dict[str, object] = {
    "empty": "",
    "padding": "AAA=",
    "left-over bits": "AB",
    "no UTF-8": b64encode(b"\xff\xfe"),
    "no JSON": b64encode(b"{"),
    "JSON of another kind": b64encode(b"[]"),
    "JSON that is deep": b64encode(b"[" * 20_000),
    "JSON with a number for a text": b64encode(b'{"type":1,"challenge":2,"origin":3}'),
    "JSON with a large number": b64encode(b'{"type":' + b"9" * 5_000 + b"}"),
    "CBOR that ends too early": b64encode(b"\xa3cfmt"),
    "CBOR that is deep": b64encode(b"\x81" * 20_000),
    "CBOR that promises much": b64encode(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),
    "CBOR without an end": b64encode(b"\xbf"),
    "CBOR of another kind": b64encode(cbor([1, 2])),
    "CBOR of other types": b64encode(cbor({"fmt": 1, "attStmt": 2, "authData": 3})),
    "CBOR with data too short": b64encode(cbor({"fmt": "none", "attStmt": {}, "authData": b"x"})),
    "CBOR with something after it": b64encode(cbor({"fmt": "none", "attStmt": {}, "authData": b""}) + b"\x00"),
}


def try_broken_parts(ann: Person, index: int, place: str, answer: Callable[[Json], Json]) -> None:
    """Send each broken part in its place: malformed or refused, and the options serve on or are used up."""
    value = answer(dispatched(ann, index, again=True))
    right = value["response"][place]
    for part in MALFORMED_PARTS:
        value["response"][place] = part
        malformed = ann.verify(index, value)
        assert malformed.status_code == 400
        assert malformed.json() == {"value": {"response": {place: ["This is missing or malformed."]}}}
    for part in PARTS.values():
        value["response"][place] = part
        assert rejected(ann.verify(index, value))
        value["response"][place] = right
        assert rejected(ann.verify(index, value))
        value = answer(dispatched(ann, index, again=True))
        right = value["response"][place]
    assert ann.verify(index, value).status_code == 200


@pytest.mark.parametrize("place", ["clientDataJSON", "attestationObject"])
def test_a_credential_with_a_broken_part_is_none(ann: Person, key: SoftwareAuthenticator, place: str) -> None:
    try_broken_parts(ann, registered(ann)["index"], place, key.create)


@pytest.mark.parametrize("place", ["clientDataJSON", "authenticatorData", "signature"])
def test_an_assertion_with_a_broken_part_is_none(ann: Person, key: SoftwareAuthenticator, place: str) -> None:
    try_broken_parts(ann, enrolled(ann, key), place, key.get)


def test_a_body_that_is_too_long_is_not_read(ann: Person, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)

    assert ann.verify(index, {"more": "x" * 80 * 1024}).status_code == 400


# What a key protects


def test_changes_need_a_fresh_proof_by_a_key(ann: Person, world: World, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    app = ann.enrol_app()
    codes = ann.post("register/recovery/").json()["codes"]
    thief = ann.again()
    thief.prove(app)
    assert thief.gate().status_code == 200

    for refused in (thief.post("register/totp/"), thief.post("register/webauthn/"), thief.delete(f"{index}/")):
        assert refused.status_code == 403
        assert refused.json()["code"] == "verification_required"
        assert refused.json()["requirement"]["methods"] == ["recovery", "webauthn"]
        assert refused.json()["requirement"]["phishing_resistant"] is False

    assert proved(thief, index, key).status_code == 200
    assert thief.delete(f"{app.index}/").status_code == 204
    world.pass_time(timedelta(minutes=11))
    assert thief.delete(f"{index}/").status_code == 403

    other = ann.again()
    assert other.verify(2, codes[0]).status_code == 200
    assert other.delete(f"{index}/").status_code == 204


def test_a_removed_key_is_nothing(ann: Person, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    other = enrolled(ann, new_key())
    options = dispatched(ann, other, again=True)
    assert ann.delete(f"{index}/").status_code == 204

    [held] = key.held.values()
    assert rejected(ann.verify(other, key.assertion(held, options)))
    assert ann.post(f"{index}/dispatch/").status_code == 404


def test_a_removed_credential_can_be_registered_again(ann: Person, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    [held] = key.held.values()
    assert ann.delete(f"{index}/").status_code == 204

    assert enrolled(ann, new_key(credential_id=held.id)) == index + 1


@pytest.mark.django_db(transaction=True)
def test_of_one_assertion_used_at_once_one_is_taken(ann: Person, world: World) -> None:
    key = new_key(sign_count=0)
    index = enrolled(ann, key)
    name = ann.key()
    value = key.get(dispatched(Browser(world, name), index))

    answers = all_at_once(lambda _: Browser(world, name).verify(index, value).status_code)

    assert sorted(answers, key=str) == [200, *[401] * (MANY - 1)]


@pytest.mark.django_db(transaction=True)
def test_of_one_credential_registered_by_many_at_once_one_is_taken(
    person: Callable[[str], Person], world: World
) -> None:
    people = [person(name) for name in ("ann", "bob", "eve", "dan")]
    values = []
    for each in people:
        device = registered(each)
        values.append(new_key(credential_id=b"the same").create(device["options"]))

    answers = all_at_once(lambda number: people[number].verify(0, values[number]).status_code, many=len(people))

    assert sorted(answers, key=str) == [200, 401, 401, 401]
