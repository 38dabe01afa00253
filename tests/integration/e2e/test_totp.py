"""Codes of an authenticator app, computed by oathtool."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

from tests.integration.e2e.oath import Oathtool
from tests.integration.e2e.people import Browser, is_refused, wait
from tests.integration.e2e.served import Site


def test_a_code_opens_the_gate(site: Site, authenticator: Oathtool) -> None:
    ann = site.sign_up().log_in()
    assert ann.gate() == 403
    device = ann.register("totp", name="Phone")
    assert (device["index"], device["name"], device["active"]) == (0, "Phone", False)
    assert len(device["secret"]) == 32  # 160 bits, for SHA-1
    url = urlsplit(device["authenticator_url"])
    assert (url.scheme, url.netloc) == ("otpauth", "totp")
    assert parse_qs(url.query)["secret"] == [device["secret"]]
    assert parse_qs(url.query)["algorithm"] == ["SHA1"]
    assert device["qr_code"].startswith("data:image/")
    assert ann.gate() == 403

    assert ann.prove(0, authenticator.totp(device["secret"])) == 0

    assert ann.gate() == 200
    assert ann.status()["verified"]
    shown = ann.mfa("get", "0/").json()
    assert shown["active"]
    assert shown["confirmed"]
    assert device["secret"] not in str(shown)


def test_a_wrong_one_does_not(site: Site, authenticator: Oathtool) -> None:
    ann = site.sign_up().log_in()
    secret = ann.register("totp")["secret"]

    assert is_refused(ann.verify(0, authenticator.wrong(secret)))
    assert ann.gate() == 403
    assert ann.prove(0, authenticator.totp(secret)) == 0


def test_a_replayed_one_works_for_nobody(site: Site, authenticator: Oathtool) -> None:
    person = site.sign_up()
    ann = person.log_in()
    secret = ann.register("totp")["secret"]
    code = authenticator.totp(secret)
    ann.prove(0, code)

    assert is_refused(ann.verify(0, code))
    assert ann.gate() == 200
    again = person.log_in()
    assert is_refused(again.verify(0, code))
    assert again.gate() == 403
    again.prove(0, authenticator.totp(secret, ahead=1))
    assert again.gate() == 200


def test_of_many_at_once_one_succeeds(site: Site, authenticator: Oathtool) -> None:
    ann = site.sign_up().log_in()
    secret = ann.register("totp")["secret"]
    code = authenticator.totp(secret)

    with ThreadPoolExecutor(6) as crowd:
        statuses = list(crowd.map(lambda _: ann.verify(0, code).status_code, range(6)))

    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 401, 429}


def test_a_pending_device_is_there_for_its_own_token_alone(site: Site, authenticator: Oathtool) -> None:
    person = site.sign_up()
    thief = person.log_in()
    code = authenticator.totp(thief.register("totp")["secret"])
    owner = person.log_in()

    answers = [owner.mfa("get", "0/"), owner.verify(0, code), owner.mfa("delete", "0/"), owner.mfa("get", "7/")]

    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[-1].text)}
    assert owner.mfa("get").json() == []

    # Nor has the thief anything of it, once the owner has enrolled.
    secret = owner.register("totp")["secret"]
    owner.prove(1, authenticator.totp(secret))
    if site.provider == "knox":
        assert thief.verify(0, code).status_code == 404
    assert [device["index"] for device in owner.mfa("get").json()] == [1]


def test_a_stranger_has_other_indexes(site: Site, authenticator: Oathtool) -> None:
    ann, bob = site.sign_up().log_in(), site.sign_up().log_in()
    ann.register("totp")
    code = authenticator.totp(ann.register("totp")["secret"])  # in the place of the first

    answer = bob.verify(1, code)

    assert (answer.status_code, answer.text) == (404, bob.mfa("get", "7/").text)
    assert ann.prove(1, code) == 0


def test_the_sixth_guess_is_not_looked_at(site: Site, authenticator: Oathtool) -> None:
    person = site.sign_up()
    ann = person.log_in()
    secret = ann.register("totp")["secret"]
    ann.prove(0, authenticator.totp(secret))
    wrong = authenticator.wrong(secret)

    assert all(is_refused(ann.verify(0, wrong)) for _ in range(5))

    _demand_locked(ann, authenticator.totp(secret, ahead=1))
    _demand_locked(person.log_in(), authenticator.totp(secret, ahead=1))  # a new token buys no guesses


def _demand_locked(browser: Browser, right: str) -> None:
    assert 0 < wait(browser.verify(0, right)) <= 30
    assert browser.status()["locked"]
    assert 0 < browser.status()["retry_after"] <= 30


def test_guesses_at_once_are_no_more_than_one_after_another(site: Site, authenticator: Oathtool) -> None:
    ann = site.sign_up().log_in()
    wrong = authenticator.wrong(ann.register("totp")["secret"])

    with ThreadPoolExecutor(8) as crowd:
        statuses = list(crowd.map(lambda _: ann.verify(0, wrong).status_code, range(16)))

    assert statuses.count(401) <= 5
    assert statuses.count(401) + statuses.count(429) == 16
