"""Devices that are there without a request, and values that are right."""

import copy
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.contrib.auth.models import User
from django.core import mail
from rest_framework.test import APIClient

from mfa.adapters import accessor
from mfa.adapters.django.models import ChallengeRecord
from mfa.adapters.django.signals import device_activated
from mfa.adapters.memory.system import FrozenClock
from mfa.application.ports.delivery import Message
from mfa.domain.errors import AlreadyRegistered
from mfa.domain.events import DeviceActivated
from mfa.domain.methods.base import Methods
from mfa.domain.methods.security_keys import SecurityKeys
from mfa.testing import Enrolled, SoftwareAuthenticator, enrol, override, verified_client
from mfa.testing.authenticator import Authority
from tests.integration.testing.conftest import Configure

MOUNT = "/multi-factor/"
PERIOD = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def site(configure: Configure) -> Configure:
    return configure


@pytest.fixture
def client(ann: User) -> APIClient:
    """A client that is logged in, and no more."""
    made, key = APIClient(), APIClient().post("/login/", {"username": "ann", "password": "a password"}).json()["token"]
    made.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return made


def prove(client: APIClient, enrolled: Enrolled, value: object = None) -> int:
    """Verify the next value as a client does, and return the status of the answer."""
    if value is None and enrolled.device.method in {"email", "sms"}:
        assert client.post(f"{MOUNT}{enrolled.index}/dispatch/", {"reverify": True}).status_code == 204
    if value is None and enrolled.device.method == "webauthn":
        options = client.post(f"{MOUNT}{enrolled.index}/dispatch/", {"reverify": True}).json()["options"]
        value = enrolled.code(options)
    body = {"value": enrolled.code() if value is None else value}
    return client.post(f"{MOUNT}{enrolled.index}/", body, format="json").status_code


@pytest.mark.parametrize("method", ["totp", "hotp", "email", "sms", "recovery", "webauthn"])
def test_a_device_is_active_and_its_code_is_the_next_right_value(
    client: APIClient, ann: User, method: str, mfa_clock: FrozenClock
) -> None:
    enrolled = enrol(ann, method)

    assert enrolled.device.active
    assert enrolled.device.method == method
    listed = client.get(f"{MOUNT}{enrolled.index}/").json()
    assert (listed["active"], listed["confirmed"], listed["method"]) == (True, False, method)
    standing = client.get(f"{MOUNT}status/").json()
    assert (standing["verified"], standing["verifications"], standing["locked"]) == (False, [], False)
    assert prove(client, enrolled) == 200
    assert client.get("/protected/").status_code == 200
    mfa_clock.advance(PERIOD)
    assert prove(client, enrolled) == 200


@pytest.mark.parametrize("method", ["totp", "hotp", "recovery"])
def test_at_least_two_values_of_the_present_period_are_good(
    client: APIClient, ann: User, method: str, mfa_clock: FrozenClock
) -> None:
    enrolled = enrol(ann, method)
    first = enrolled.code()

    assert enrolled.code() == first, "to ask spends nothing"
    assert prove(client, enrolled, first) == 200
    assert prove(client, enrolled, first) == 401
    assert enrolled.code() != first
    assert prove(client, enrolled) == 200


def test_where_all_values_of_a_period_are_spent_that_is_said(
    client: APIClient, ann: User, mfa_clock: FrozenClock, configure: Configure
) -> None:
    configure(TOTP_TOLERANCE=0)
    enrolled = enrol(ann)
    assert prove(client, enrolled) == 200

    with pytest.raises(LookupError, match="advance the clock"):
        enrolled.code()

    mfa_clock.advance(PERIOD)
    assert prove(client, enrolled) == 200


def test_an_enrolment_leaves_no_row_of_a_token_no_wait_and_no_mail(client: APIClient, ann: User) -> None:
    pending = client.post(f"{MOUNT}register/totp/").json()["index"]
    for _ in range(5):
        client.post(f"{MOUNT}{pending}/", {"value": "000000"})
    assert client.get(f"{MOUNT}status/").json()["locked"]
    told: list[int] = []

    def hear(event: DeviceActivated, **_: object) -> None:
        told.append(event.index)

    device_activated.connect(hear)
    try:
        enrolled = enrol(ann)
    finally:
        device_activated.disconnect(hear)

    assert not client.get(f"{MOUNT}status/").json()["locked"]
    assert not ChallengeRecord.objects.filter(confirmed_at__isnull=False).exists()
    assert told == [enrolled.index]
    assert mail.outbox == []
    assert prove(client, enrolled) == 200


def test_recovery_codes_come_with_a_device_that_they_stand_in_for(ann: User) -> None:
    codes = enrol(ann, "recovery")
    assert [each.index for each in (enrol(ann), codes)] == [2, 1]

    again = enrol(ann, "recovery")

    assert again.index == codes.index
    assert again.code() == again.shown["codes"][0]
    with pytest.raises(LookupError):
        codes.code()


def test_as_many_devices_as_are_allowed_and_no_more(ann: User, configure: Configure) -> None:
    configure(MAX_DEVICES_PER_METHOD=2)
    enrol(ann, "webauthn")
    enrol(ann, "webauthn")

    with pytest.raises(AlreadyRegistered):
        enrol(ann, "webauthn")


def test_of_several_keys_each_proves_itself_under_attestation_too(
    client: APIClient, ann: User, configure: Configure, tmp_path: Path
) -> None:
    (tmp_path / "root.pem").write_bytes(Authority.root().certificate.public_bytes(Encoding.PEM))
    configure(WEBAUTHN_ATTESTATION="direct", WEBAUTHN_TRUST_ROOTS=str(tmp_path))
    one, other = enrol(ann, "webauthn", name="Blue"), enrol(ann, "webauthn")

    assert prove(client, other) == 200
    assert client.get(f"{MOUNT}status/").json()["verifications"][0]["index"] == other.index
    assert prove(client, one) == 200
    assert client.get(f"{MOUNT}{one.index}/").json()["name"] == "Blue"
    with pytest.raises(TypeError, match="options"):
        one.code()


def test_what_is_filled_in_is_registered(client: APIClient, ann: User, mfa_outbox: list[Message]) -> None:
    mailed, called = (
        enrol(ann, "email", address="work@example.com", name="Work"),
        enrol(ann, "sms", number="+31612345678"),
    )

    for each in (mailed, called):
        assert client.post(f"{MOUNT}{each.index}/dispatch/").status_code == 204
    assert [message.destination for message in mfa_outbox] == ["work@example.com", "+31612345678"]
    assert mailed.code() == mfa_outbox[0].code
    assert mail.outbox == [], "nothing is delivered"


def test_a_code_has_to_be_dispatched_first(ann: User) -> None:
    with pytest.raises(LookupError, match="dispatch/"):
        enrol(ann, "email").code()


def test_settings_may_change_afterwards(client: APIClient, ann: User, configure: Configure) -> None:
    enrolled = enrol(ann, "email")

    configure(EMAIL_CODE_DIGITS=8)

    assert prove(client, enrolled) == 200
    assert len(enrolled.code()) == 8


def test_what_cannot_be_enrolled_is_told(ann: User, configure: Configure) -> None:
    with pytest.raises(LookupError, match="no 'voice'; it has totp, email"):
        enrol(ann, "voice")
    with pytest.raises(ValueError, match="saved"):
        enrol(User(username="nobody"))


def test_a_site_that_takes_no_key_at_all_is_told(ann: User, configure: Configure) -> None:
    method = accessor.use_cases().methods.named("webauthn")
    assert isinstance(method, SecurityKeys)
    nowhere = attrs.evolve(method, relying_party=attrs.evolve(method.relying_party, origins=()))

    with override(methods=Methods((nowhere,))), pytest.raises(LookupError, match=r"no key of .*: origin, at step 7\.1"):
        enrol(ann, "webauthn")


def test_a_method_of_the_projects_own_knows_its_values(ann: User, configure: Configure) -> None:
    configure(METHODS=["tests.projects.acme.ExampleMethod"])

    enrolled = enrol(ann, "example", start="7")

    assert enrolled.device.active
    with pytest.raises(TypeError, match=r"Enrolled\.shown"):
        enrolled.code()


def test_a_key_may_be_copied_as_django_copies_what_a_class_of_tests_has(client: APIClient, ann: User) -> None:
    enrolled = copy.deepcopy(enrol(ann, "webauthn"))

    assert prove(client, enrolled) == 200


def test_the_security_key_registers_over_http(ann: User, mfa_authenticator: SoftwareAuthenticator) -> None:
    client = verified_client(ann)
    made = client.post(f"{MOUNT}register/webauthn/").json()

    value = mfa_authenticator.create(made["options"])

    assert client.post(f"{MOUNT}{made['index']}/", {"value": value}, format="json").status_code == 200
