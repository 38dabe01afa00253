"""Codes by mail, through a real mail server into a mailbox that the test reads."""

import pytest

from tests.integration.e2e.people import Browser, another, is_refused, wait
from tests.integration.e2e.post import text
from tests.integration.e2e.served import Site


def test_the_code_of_the_mail_opens_the_gate(site: Site) -> None:
    person = site.sign_up()
    ann = person.log_in()
    assert ann.gate() == 403
    device = ann.register("email", name="Work mail")
    assert device["destination"] == f"{person.email[0]}***@example.com"
    assert person.email not in str(device)
    assert site.post.letters(person.email) == []

    assert ann.dispatch(0).status_code == 204

    [letter] = site.post.letters(person.email)
    for kind in ("plain", "html"):
        assert letter.code in text(letter.message, kind)
        assert "10 minutes" in text(letter.message, kind)
    assert ann.gate() == 403
    assert ann.prove(0, letter.code) == 0
    assert ann.gate() == 200


def test_a_code_is_used_once_and_by_its_own_token(site: Site) -> None:
    person = site.sign_up()
    ann = person.log_in()
    ann.register("email")
    assert ann.verify(0, "123456").json()["code"] == "no_challenge"
    ann.dispatch(0)
    code = site.post.code(person.email)
    ann.prove(0, code)

    assert is_refused(ann.verify(0, code))
    assert ann.gate() == 200
    again = person.log_in()
    answer = again.verify(0, code)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_challenge")
    assert again.gate() == 403


def test_the_next_one_is_sent_after_a_while(site: Site) -> None:
    person = site.sign_up()
    ann = person.log_in()
    ann.register("email")
    ann.dispatch(0)

    assert 0 < wait(ann.dispatch(0)) <= 30
    ann.register("email")
    assert 0 < wait(ann.dispatch(1)) <= 30
    assert 0 < wait(_registered(person.log_in()).dispatch(2)) <= 30
    assert len(site.post.letters(person.email)) == 1


def _registered(browser: Browser) -> Browser:
    browser.register("email")
    return browser


def test_a_code_is_void_after_five_wrong_values(site: Site) -> None:
    person = site.sign_up()
    ann = person.log_in()
    ann.register("email")
    ann.dispatch(0)
    code = site.post.code(person.email)

    assert all(is_refused(ann.verify(0, another(code))) for _ in range(5))

    assert 0 < wait(ann.verify(0, code)) <= 30
    assert ann.gate() == 403


@pytest.mark.parametrize("trouble", ["out of order", "450 not now", "550 no such user"])
def test_where_no_mail_goes_out_one_may_ask_again_at_once(site: Site, trouble: str) -> None:
    person = site.sign_up()
    ann = person.log_in()
    ann.register("email")

    with site.post.out_of_order() if trouble == "out of order" else site.post.refusing(trouble):
        answer = ann.dispatch(0)
        assert (answer.status_code, answer.json()["code"]) == (503, "delivery_failed")
        assert person.email not in answer.text

    assert site.post.letters(person.email) == []
    assert is_refused(ann.verify(0, "123456"))  # the challenge is void
    assert ann.dispatch(0).status_code == 204
    assert ann.prove(0, site.post.code(person.email)) == 0


def test_a_confirmed_device_is_not_sent_another_unasked(site: Site) -> None:
    person = site.sign_up()
    ann = person.log_in()
    ann.register("email")
    ann.dispatch(0)
    ann.prove(0, site.post.code(person.email))

    assert ann.dispatch(0).json()["code"] == "already_verified"
    assert 0 < wait(ann.mfa("post", "0/dispatch/", {"reverify": True})) <= 30
