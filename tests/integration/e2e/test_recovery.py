"""The printed codes, as a person types them."""

from tests.integration.e2e.oath import Oathtool
from tests.integration.e2e.people import Browser, is_refused, wait
from tests.integration.e2e.served import Site


def enrolled(browser: Browser, authenticator: Oathtool) -> str:
    """Enrol an app as device 0, and return its secret."""
    secret: str = browser.register("totp")["secret"]
    browser.prove(0, authenticator.totp(secret))
    return secret


def test_a_printed_code_opens_the_gate_once(site: Site, authenticator: Oathtool) -> None:
    person = site.sign_up()
    ann = person.log_in()
    enrolled(ann, authenticator)
    device = ann.register("recovery")
    codes: list[str] = device["codes"]
    assert device["active"]
    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) == 16 for code in codes)
    assert codes[0] not in ann.mfa("get").text

    for code, typed in (
        (codes[0], codes[0]),
        (codes[1], codes[1].upper().replace("-", "")),
        (codes[2], codes[2].replace("-", " ").title()),
    ):
        browser = person.log_in()
        assert browser.gate() == 403
        assert browser.prove(1, typed) == 0
        assert browser.gate() == 200
        assert is_refused(browser.verify(1, code))
        assert is_refused(person.log_in().verify(1, typed))


def test_new_codes_replace_the_old_ones(site: Site, authenticator: Oathtool) -> None:
    ann = site.sign_up().log_in()
    enrolled(ann, authenticator)
    old = ann.register("recovery")["codes"]
    new = ann.register("recovery")["codes"]

    assert is_refused(ann.verify(1, old[0]))
    ann.prove(1, new[0])


def test_they_need_another_device_first(site: Site) -> None:
    answer = site.sign_up().log_in().mfa("post", "register/recovery/")

    assert (answer.status_code, answer.json()["code"]) == (409, "device_required")


def test_a_locked_user_has_a_way_back_in(site: Site, authenticator: Oathtool) -> None:
    person = site.sign_up()
    ann = person.log_in()
    secret = enrolled(ann, authenticator)
    codes = ann.register("recovery")["codes"]
    browser = person.log_in()
    wrong = authenticator.wrong(secret)
    assert all(is_refused(browser.verify(0, wrong)) for _ in range(5))
    wait(browser.verify(0, authenticator.totp(secret, ahead=1)))

    assert all(is_refused(browser.verify(1, "aaaa-aaaa-aaaa-aaaa")) for _ in range(7))
    browser.prove(1, codes[0])

    assert browser.gate() == 200
    assert browser.mfa("delete", "0/").status_code == 204
    assert browser.mfa("get").json() == []  # the last device takes the codes with it
