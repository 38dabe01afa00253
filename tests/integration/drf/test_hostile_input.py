"""Nothing that a client sends gives a 500; an exception in a view would fail these tests as it is."""

import base64
import gzip
import json

import pytest
from rest_framework.test import APIClient

from tests.integration.drf.people import MOUNT, Answer, Person, World

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"


def parts(*dispositions: str, content: bytes = b"") -> bytes:
    """Write a form with several parts."""
    heads = (f"--x\r\nContent-Disposition: form-data; {each}\r\n\r\n".encode() for each in dispositions)
    return b"".join(head + content + b"\r\n" for head in heads) + b"--x--\r\n"


BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", JSON),
    "blank": (b"   ", JSON),
    "cut off": (b'{"value": "1', JSON),
    "array": (b"[]", JSON),
    "null": (b"null", JSON),
    "true": (b"true", JSON),
    "text": (b'"123456"', JSON),
    "number": (b"123456", JSON),
    "nested arrays": (b"[" * 30_000, JSON),
    "nested arrays, closed": (b'{"value": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", JSON),
    "nested objects": (b'{"value":' * 5_000 + b"1" + b"}" * 5_000, JSON),
    "nested, but not too deep to parse": (b'{"name": ' + b"[" * 900 + b"]" * 900 + b"}", JSON),
    "nested value": (b'{"value": ' + b"[" * 30 + b"]" * 30 + b"}", JSON),
    "lone surrogate": (b'{"value": "\\ud800", "name": "\\ud800", "address": "\\ud800@example.com"}', JSON),
    "surrogate key": (b'{"\\ud800": 1}', JSON),
    "zero character": (b'{"value": "\\u0000", "name": "\\u0000", "address": "\\u0000", "number": "\\u0000"}', JSON),
    "raw zero": (b'{"value": "\x00"}', JSON),
    "large integer": (b'{"value": ' + b"9" * 5_000 + b"}", JSON),
    "large integer below Python's limit": (b'{"value": 1' + b"0" * 4_000 + b', "name": 1' + b"0" * 4_000 + b"}", JSON),
    "large exponent": (b'{"value": 1e999, "name": 1e999, "reverify": 1e999}', JSON),
    "not a number": (b'{"value": NaN}', JSON),
    "infinity": (b'{"reverify": -Infinity}', JSON),
    "not UTF-8": (b'{"value": "\xff\xfe"}', JSON),
    "UTF-16": ('{"value": "1"}'.encode("utf-16"), JSON),
    "UTF-16, and says so": ('{"value": "1"}'.encode("utf-16"), f"{JSON}; charset=utf-16"),
    "byte order mark": (b'\xef\xbb\xbf{"value": "1"}', JSON),
    "lists": (b'{"value": [], "name": [], "address": [], "number": [], "reverify": []}', JSON),
    "objects": (b'{"value": {}, "name": {}, "address": {}, "number": {}, "reverify": {}}', JSON),
    "same key twice": (b'{"value": "1", "value": ["2"], "name": "a", "name": 3}', JSON),
    "no type": (b'{"value": "1"}', ""),
    "no such type": (b'{"value": "1"}', "no such type"),
    "half a type": (b'{"value": "1"}', "application/"),
    "type of another": (b"<value>1</value>", "application/xml"),
    "type of nothing": (b'{"value": "1"}', ";"),
    "long type": (b'{"value": "1"}', "application/json; a=" + "b" * 5_000),
    "unknown charset": (b'{"value": "1"}', f"{JSON}; charset=klingon"),
    "charset of bytes": (b'{"value": "1"}', f"{JSON}; charset=bz2_codec"),
    "charset of nothing": (b'{"value": "1"}', f"{JSON}; charset=undefined"),
    "charset of the wise": (b'{"value": "1"}', f"{JSON}; charset=rot13"),
    "escaping charset": (b'{"value": "1"}', f"{JSON}; charset=unicode_escape"),
    "form": (b"value=1&name=a&reverify=true&address=a&number=1", FORM),
    "form of nothing": (b"&&&===&;", FORM),
    "form in another charset": (b"value=%ff", f"{FORM}; charset=utf-16"),
    "form in no charset": (b"value=%ff", f"{FORM}; charset=hex"),
    "form that is not UTF-8": (b"value=\xff&name=%ff&name=%00", FORM),
    "form of a thousand fields": (b"a=1&" * 2_000, FORM),
    "form with a long value": (b"value=" + b"1" * 60_000, FORM),
    "JSON as form": (b'{"value": "1"}', FORM),
    "form as JSON": (b"value=1", JSON),
    "parts without a boundary": (b"--x\r\n", "multipart/form-data"),
    "parts with a bad boundary": (b"--x\r\n", "multipart/form-data; boundary=\xe9"),
    "parts of nothing": (b"nothing at all", PARTS),
    "parts cut off": (b'--x\r\nContent-Disposition: form-data; name="value"\r\n\r\n1', PARTS),
    "part without a name": (b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n", PARTS),
    "file as value": (
        parts(*(f'name="{name}"; filename="a"' for name in ("value", "name", "address", "number", "reverify"))),
        PARTS,
    ),
    "broken transfer encoding": (
        parts('name="value"; filename="a"\r\nContent-Transfer-Encoding: base64', content=b"!!!!!"),
        PARTS,
    ),
    "a thousand parts": (parts(*['name="a"'] * 1_100), PARTS),
    "a thousand files": (parts(*['name="a"; filename="b"'] * 1_000), PARTS),
    "parts in another charset": (parts('name="value"', content=b"\xff"), f"{PARTS}; charset=utf-16"),
    "compressed": (gzip.compress(b'{"value": "1"}'), JSON),
    "long JSON": (json.dumps({"value": "1" * 70_000}).encode(), JSON),
    "long form": (b"value=" + b"1" * 70_000, FORM),
    "long part": (parts('name="value"', content=b"1" * 70_000), PARTS),
    "more than Django takes": (b'{"value": "' + b"1" * 3_000_000 + b'"}', JSON),
}


def check(answer: Answer) -> None:
    assert answer.status_code < 500, answer.content
    assert answer.headers["Cache-Control"] == "no-store"
    if answer.content:
        told = answer.json()
        assert answer.status_code != 400 or isinstance(told, dict), told


def hand_in(person: Person, name: str, *doors: tuple[str, str]) -> None:
    body, kind = BODIES[name]
    for verb, path in doors:
        check(person.client.generic(verb.upper(), MOUNT + path, body, content_type=kind))


@pytest.mark.parametrize("name", BODIES)
def test_bodies(ann: Person, name: str) -> None:
    """Of the views that read a body, one for each set of fields."""
    ann.enrol_app()
    mail = ann.register_mail()

    hand_in(ann, name, ("post", "0/"), ("patch", "0/"), ("post", f"{mail}/dispatch/"), ("post", "register/email/"))


@pytest.mark.parametrize("name", ["nested arrays", "lists", "zero character", "no such type", "file as value"])
def test_bodies_elsewhere(ann: Person, name: str) -> None:
    ann.enrol_app()
    mail = ann.register_mail()

    hand_in(
        ann,
        name,
        ("post", f"{mail}/"),
        ("delete", "9/"),
        ("put", "0/"),
        ("post", "register/totp/"),
        ("post", "register/sms/"),
        ("post", "register/"),
        ("options", "0/"),
        ("options", "register/email/"),
    )


UNPARSED = [
    "cut off",
    "nested arrays",
    "nested arrays, closed",
    "nested objects",
    "nested, but not too deep to parse",
    "large integer",
    "not a number",
    "not UTF-8",
    "form of a thousand fields",
    "parts without a boundary",
    "broken transfer encoding",
    "a thousand parts",
    "long JSON",
    "long form",
    "long part",
    "more than Django takes",
]


def test_what_cannot_be_parsed_is_a_bad_request(ann: Person) -> None:
    ann.enrol_app()

    for name in UNPARSED:
        body, kind = BODIES[name]
        answer = ann.client.generic("POST", f"{MOUNT}0/", body, content_type=kind)

        assert answer.status_code == 400, name
        assert answer.json()["code"] == "parse_error", name
        assert ann.get("status/").json()["locked"] is False, name


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "bz2_codec", "klingon", "rot13", "undefined", "latin-1"])
def test_bodies_are_utf_8_whatever_they_claim(ann: Person, charset: str) -> None:
    ann.enrol_app()
    body = json.dumps({"name": "clé"}, ensure_ascii=False).encode()

    answer = ann.client.generic("PATCH", f"{MOUNT}0/", body, content_type=f"{JSON}; charset={charset}")

    assert answer.status_code == 200
    assert answer.json()["name"] == "clé"


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/json",
        "application/json; indent=4",
        "application/json; indent=-1",
        "application/json; indent=" + "9" * 5_000,
        "application/json; indent*=utf-8''9",
        "application/json; a*=klingon''b",
        "application/json; a*=undefined''%ff",
        "application/json; a*=bz2_codec''%ff",
        "application/xml",
        "a",
        ";",
        ",,,",
        "/",
        "application/json;;;=",
        "application/*; q=0",
        "image/*, " * 2_000,
        "\xff\xfe",
    ],
)
def test_accept_headers(ann: Person, accept: str) -> None:
    for path in ("", "status/", "0/"):
        answer = ann.get(path, headers={"Accept": accept})
        check(answer)
        assert answer.status_code in {200, 404, 406}


def test_a_format_that_does_not_exist_has_a_code(ann: Person) -> None:
    answer = ann.client.get(f"{MOUNT}?format=xml")

    assert answer.status_code == 404
    assert answer.json() == {"detail": "Not found.", "code": "not_found"}


def test_what_is_not_acceptable_has_a_code(ann: Person) -> None:
    answer = ann.get(headers={"Accept": "application/xml"})

    assert answer.status_code == 406
    assert answer.json()["code"] == "not_acceptable"


@pytest.mark.parametrize("query", ["format=xml", "format=%ff", "format=%00", "a=1&" * 2_000, "%" * 100, "\xff"])
def test_queries(ann: Person, query: str) -> None:
    check(ann.client.get(MOUNT, QUERY_STRING=query))


def test_queries_are_utf_8_whatever_the_body_claims(ann: Person) -> None:
    kind = f"{JSON}; charset=utf-16"

    answer = ann.client.generic("GET", MOUNT, b"", content_type=kind, QUERY_STRING="format=json&a=%ff")

    assert answer.status_code == 200


ZERO = {
    "key": {"HTTP_AUTHORIZATION": "Token a\0"},
    "name": {"HTTP_AUTHORIZATION": "Basic " + base64.b64encode(b"a\0:password").decode()},
    "session": {"HTTP_COOKIE": r'sessionid="\000aaaaaaaa"'},
}


@pytest.mark.parametrize("where", ZERO)
@pytest.mark.parametrize("path", ["", "0/"])
@pytest.mark.urls("tests.integration.drf.mounts")
@pytest.mark.django_db
def test_credentials_with_a_zero_character_are_nobodys(where: str, path: str) -> None:
    """PostgreSQL refuses the question, whoever asks it."""
    answer = APIClient().get(f"/any/{path}", **ZERO[where])  # type: ignore[arg-type] # of the environment

    assert answer.status_code == 403  # as sessions come first, and have no challenge
    assert answer.json()["code"] in {"authentication_failed", "not_authenticated"}


VERBS = ["PUT", "TRACE", "CONNECT", "PROPFIND", "HEAD", "OPTIONS", "GET", "x", "\xe9"]


@pytest.mark.parametrize("path", ["", "status/", "0/", "0/dispatch/", "register/", "register/totp/", "register/x/"])
def test_verbs(ann: Person, path: str) -> None:
    for method in VERBS:
        answer = ann.client.generic(method, MOUNT + path, b"")

        check(answer)
        if method not in {"HEAD", "OPTIONS", "GET"}:
            assert answer.status_code == 405, method
            assert answer.json()["code"] == "method_not_allowed", method


@pytest.mark.parametrize("length", ["", "x", "-1", "9" * 5_000, "0"])
def test_lengths(ann: Person, length: str) -> None:
    check(ann.client.post(f"{MOUNT}0/", {"value": "1"}, CONTENT_LENGTH=length))


def test_an_unsupported_type_has_a_code(ann: Person) -> None:
    answer = ann.client.generic("POST", f"{MOUNT}0/", b"<a/>", content_type="application/xml")

    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


def test_many_failures_by_many_shapes_still_lock(ann: Person, world: World) -> None:
    app = ann.enrol_app()
    for value in ["", "1" * 4_096, "\ud800", "\u0661" * 6, "१२३४५६"]:
        assert ann.verify(app.index, value).status_code == 401

    assert ann.verify(app.index, app.code).status_code == 429
