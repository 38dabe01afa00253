"""An index that is not the user's own is answered as one that exists nowhere, and costs the same."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.integration.drf.people import Answer, Browser, Person

Ask = Callable[[Browser, str], Answer]

NOT_FOUND = b'{"detail":"Not found.","code":"not_found"}'
NOWHERE = ["007", "-1", "+1", "1.0", "0x1", "1e0", "\u0661", "99999999999999", "abc", "9" * 5000, "%00", "dispatch"]

VERBS: dict[str, Ask] = {
    "get": lambda who, index: who.get(f"{index}/"),
    "post": lambda who, index: who.post(f"{index}/", {"value": "000000"}),
    "post nothing": lambda who, index: who.post(f"{index}/"),
    "post malformed": lambda who, index: who.post(f"{index}/", {"value": None}),
    "post number": lambda who, index: who.post(f"{index}/", {"value": 7}),
    "patch": lambda who, index: who.patch(f"{index}/", {"name": "mine"}),
    "patch malformed": lambda who, index: who.patch(f"{index}/", {"name": 7}),
    "patch too long": lambda who, index: who.patch(f"{index}/", {"name": "x" * 65}),
    "delete": lambda who, index: who.delete(f"{index}/"),
    "options": lambda who, index: who.options(f"{index}/"),
    "dispatch": lambda who, index: who.post(f"{index}/dispatch/"),
    "dispatch malformed": lambda who, index: who.post(f"{index}/dispatch/", {"reverify": "perhaps"}),
    "dispatch options": lambda who, index: who.options(f"{index}/dispatch/"),
}


@pytest.fixture
def stranger(ann: Person, bob: Person) -> Browser:
    """Ann, whose index 0 is a device of hers, and 1 and 2 are Bob's alone."""
    ann.enrol_app()
    bob.enrol_app()
    bob.enrol_app()
    bob.register_mail()
    return ann


@pytest.mark.parametrize("verb", VERBS)
def test_it_is_not_found(stranger: Browser, verb: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        foreign = VERBS[verb](stranger, "1")
    work = len(captured)

    assert (foreign.status_code, foreign.content) == (404, NOT_FOUND)
    assert foreign.headers["Cache-Control"] == "no-store"
    for index in ["2", "3", *NOWHERE]:
        with CaptureQueriesContext(connection) as captured:
            answer = VERBS[verb](stranger, index)
        assert (answer.status_code, answer.content) == (404, NOT_FOUND), index
        assert dict(answer.headers) == dict(foreign.headers)
        assert len(captured) == work


@pytest.mark.parametrize("verb", VERBS)
def test_a_pending_device_is_foreign_to_another_token(ann: Person, verb: str) -> None:
    ann.enrol_app()
    ann.register_mail()
    again = ann.again()

    answer = VERBS[verb](again, "1")

    assert (answer.status_code, answer.content) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    ("body", "kind", "status"), [(b"{", "application/json", 400), (b"<value/>", "application/xml", 415)]
)
def test_a_body_that_cannot_be_read_tells_nothing(stranger: Browser, body: bytes, kind: str, status: int) -> None:
    for index in ["0", "1", "3", "abc"]:
        url = f"/multi-factor/{index}/"
        answers = [
            stranger.client.post(url, body, content_type=kind),
            stranger.client.patch(url, body, content_type=kind),
            stranger.client.post(f"{url}dispatch/", body, content_type=kind),
        ]
        assert {answer.status_code for answer in answers} == {status}
