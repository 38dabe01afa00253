"""Codes by text message, through a gateway that speaks the protocol of a real one."""

import pytest

from tests.integration.e2e.gateway import FROM, Trouble
from tests.integration.e2e.people import is_refused, wait
from tests.integration.e2e.served import Site


def test_the_code_of_the_message_opens_the_gate(site: Site, number: str) -> None:
    ann = site.sign_up().log_in()
    assert ann.gate() == 403
    written = f"{number[:3]} (0){number[3]} {number[4:8]}-{number[8:]}"
    device = ann.register("sms", number=written)
    assert device["destination"] == f"+31 ** ****{number[-2:]}"
    assert number not in str(device)

    assert ann.dispatch(0).status_code == 204

    [message] = site.gateway.received(number)
    code = site.gateway.code(number)
    assert message == {
        "To": number,
        "From": FROM,
        "Body": f"{code} is your verification code. It is valid for 10 minutes.",
        "ValidityPeriod": "600",
    }
    assert ann.prove(0, code) == 0
    assert ann.gate() == 200
    assert is_refused(ann.verify(0, code))


def test_the_next_one_is_sent_after_a_while(site: Site, number: str) -> None:
    ann = site.sign_up().log_in()
    ann.register("sms", number=number)
    ann.dispatch(0)

    assert 0 < wait(ann.dispatch(0)) <= 30
    assert len(site.gateway.received(number)) == 1


TROUBLES = {
    "hangs up": Trouble(),
    "never answers": Trouble(silent=True),
    "wrong credentials": Trouble.error(401, 20003),
    "no such number": Trouble.error(400, 21211),
    "too many": Trouble.error(429, 20429),
    "broken": Trouble(500, b"<html>Internal Server Error</html>"),
    "elsewhere": Trouble(307, headers={"Location": "http://127.0.0.1:9/"}),
    "somebody else": Trouble(200, b"Welcome to the hotel"),
    "not sent": Trouble(201, b'{"sid": "SM0123456789abcdef0123456789abcdef", "status": "failed"}'),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_where_no_message_goes_out_one_may_ask_again_at_once(site: Site, number: str, trouble: str) -> None:
    ann = site.sign_up().log_in()
    ann.register("sms", number=number)

    with site.gateway.in_trouble(TROUBLES[trouble]):
        answer = ann.dispatch(0)
        assert (answer.status_code, answer.json()["code"]) == (503, "delivery_failed")
        assert number not in answer.text

    assert is_refused(ann.verify(0, "123456"))  # the challenge is void
    assert ann.dispatch(0).status_code == 204
    assert ann.prove(0, site.gateway.code(number)) == 0
    assert number not in site.said
