"""Where two verifications are demanded, they are of two devices."""

from collections.abc import Callable

import pytest

from tests.integration.e2e.oath import Oathtool
from tests.integration.e2e.people import Browser
from tests.integration.e2e.served import Site


@pytest.fixture(params=["authtoken", "knox"])
def site(request: pytest.FixtureRequest, open_site: Callable[[str], Site]) -> Site:
    return open_site(f"two of {request.param}")


def left(browser: Browser) -> int:
    number: int = browser.status()["verifications-left"]
    return number


def refusal(browser: Browser, verb: str, path: str) -> tuple[int, str, int]:
    answer = browser.ask(verb, path)
    body = answer.json()
    return answer.status_code, body.get("code", ""), body.get("verifications-left", 0)


def test_it_takes_two_devices_of_different_methods(site: Site, authenticator: Oathtool) -> None:
    person = site.sign_up()
    ann = person.log_in()
    assert refusal(ann, "get", "protected/") == (403, "registration_required", 2)
    secret = ann.register("totp")["secret"]
    assert ann.prove(0, authenticator.totp(secret)) == 1
    assert refusal(ann, "get", "protected/") == (403, "verification_required", 1)

    # Who has one of two may register the second.
    ann.register("email")
    assert refusal(ann, "get", "protected/") == (403, "verification_required", 1)
    assert ann.dispatch(1).status_code == 204
    assert refusal(ann, "get", "protected/") == (403, "verification_required", 1)
    assert ann.prove(1, site.post.code(person.email)) == 0
    assert ann.gate() == 200


def test_a_new_token_has_to_confirm_both(site: Site, authenticator: Oathtool, number: str) -> None:
    person = site.sign_up()
    ann = person.log_in()
    secret = ann.register("hotp")["secret"]
    ann.prove(0, authenticator.hotp(secret, 0))
    ann.register("totp")
    app = ann.register("totp")["secret"]  # device 2, in the place of 1
    assert ann.prove(2, authenticator.totp(app)) == 0

    again = person.log_in()
    assert refusal(again, "get", "protected/") == (403, "verification_required", 2)
    assert refusal(again, "post", "multi-factor/register/sms/") == (403, "verification_required", 2)
    assert again.prove(2, authenticator.totp(app, ahead=1)) == 1
    assert refusal(again, "get", "protected/") == (403, "verification_required", 1)
    # Of two devices, one is not yet all that there are.
    assert refusal(again, "post", "multi-factor/register/sms/") == (403, "verification_required", 1)
    assert refusal(again, "delete", "multi-factor/0/") == (403, "verification_required", 1)
    assert again.prove(0, authenticator.hotp(secret, 1)) == 0
    assert again.gate() == 200
    assert again.register("sms", number=number)["index"] == 3


def test_one_device_never_counts_twice(site: Site, authenticator: Oathtool) -> None:
    ann = site.sign_up().log_in()
    secret = ann.register("hotp")["secret"]

    for counter in range(3):
        assert ann.prove(0, authenticator.hotp(secret, counter)) == 1
        assert left(ann) == 1
        assert ann.gate() == 403
    assert [each["index"] for each in ann.status()["verifications"]] == [0]


def test_recovery_codes_are_no_second_device_to_begin_with(site: Site, authenticator: Oathtool) -> None:
    ann = site.sign_up().log_in()
    ann.prove(0, authenticator.totp(ann.register("totp")["secret"]))

    assert refusal(ann, "post", "multi-factor/register/recovery/") == (403, "verification_required", 1)


def test_a_removed_device_takes_its_verification_with_it(site: Site, authenticator: Oathtool) -> None:
    ann = site.sign_up().log_in()
    ann.prove(0, authenticator.totp(ann.register("totp")["secret"]))
    ann.prove(1, authenticator.hotp(ann.register("hotp")["secret"], 0))
    assert ann.gate() == 200

    assert ann.mfa("delete", "0/").status_code == 204

    assert refusal(ann, "get", "protected/") == (403, "verification_required", 1)
    assert ann.prove(2, authenticator.totp(ann.register("totp")["secret"])) == 0
    assert ann.gate() == 200
