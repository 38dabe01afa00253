"""Codes of a counter-based token, computed by oathtool."""

from tests.integration.e2e.oath import Oathtool
from tests.integration.e2e.people import is_refused, wait
from tests.integration.e2e.served import Site


def test_every_code_opens_the_gate_once(site: Site, authenticator: Oathtool) -> None:
    person = site.sign_up()
    ann = person.log_in()
    assert ann.gate() == 403
    device = ann.register("hotp", name="Key ring")
    assert device["authenticator_url"].startswith("otpauth://hotp/")

    assert ann.prove(0, authenticator.hotp(device["secret"], 0)) == 0

    assert ann.gate() == 200
    again = person.log_in()
    assert again.gate() == 403
    assert is_refused(again.verify(0, authenticator.hotp(device["secret"], 0)))
    again.prove(0, authenticator.hotp(device["secret"], 1))
    assert again.gate() == 200


def test_the_counter_looks_ahead_and_never_back(site: Site, authenticator: Oathtool) -> None:
    ann = site.sign_up().log_in()
    secret = ann.register("hotp")["secret"]

    assert is_refused(ann.verify(0, authenticator.hotp(secret, 4)))  # beyond 0 and the tolerance, which is 3
    ann.prove(0, authenticator.hotp(secret, 3))
    for spent in (0, 2, 3):
        assert is_refused(ann.verify(0, authenticator.hotp(secret, spent)))
    ann.prove(0, authenticator.hotp(secret, 7))
    assert is_refused(ann.verify(0, authenticator.hotp(secret, 4)))
    ann.prove(0, authenticator.hotp(secret, 8))


def test_the_sixth_guess_is_not_looked_at(site: Site, authenticator: Oathtool) -> None:
    ann = site.sign_up().log_in()
    secret = ann.register("hotp")["secret"]
    wrong = authenticator.wrong(secret)

    assert all(is_refused(ann.verify(0, wrong)) for _ in range(5))

    assert 0 < wait(ann.verify(0, authenticator.hotp(secret, 0))) <= 30
    assert ann.gate() == 403
