"""Security keys through the use cases, driven by an authenticator in software."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, cast

import attrs
import pytest

from mfa.adapters.system.vault import AesGcmVault, derive_key
from mfa.application.dispatching import RequestChallenge
from mfa.application.registration import Register, Registered
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.config import Config
from mfa.containers.memory import MemoryContainer
from mfa.domain.errors import AlreadyVerified, DeviceNotFound, MalformedValue, NoChallenge, Refused
from mfa.domain.events import (
    DeviceEvent,
    DeviceSynced,
    DeviceUnsynced,
    Event,
    VerificationRejected,
    VerificationReported,
)
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.methods.metadata import AuthenticatorModel
from mfa.domain.methods.webauthn import CHALLENGE_LIFETIME
from mfa.domain.verdicts import Reason
from mfa.testing.authenticator import SoftwareAuthenticator, b64encode

ORIGIN = "https://example.com"
ANNA = UserId("anna")
LAPTOP = Token(id=TokenId("laptop"), user_id=ANNA)
PHONE = Token(id=TokenId("phone"), user_id=ANNA)
BEN = Token(id=TokenId("ben's"), user_id=UserId("ben"))


class Site:
    """The use cases of one site, as a browser meets them."""

    def __init__(self, **settings: Any) -> None:
        self.container = MemoryContainer()
        config = Config(methods=("webauthn", "totp"), webauthn_rp_id="example.com", webauthn_origins=(ORIGIN,))
        self.container.config.override(attrs.evolve(config, **settings))

    @property
    def use_cases(self) -> Any:  # noqa: ANN401 - where a login by passkey is always there
        return self.container.use_cases()

    def register(self, token: Token) -> Registered:
        registered = self.use_cases.register_device(Register(token=token, method="webauthn"))
        assert isinstance(registered, Registered)
        return registered

    def options(self, token: Token, index: int, *, again: bool = False) -> Mapping[str, Any]:
        shown = self.use_cases.dispatch_challenge(RequestChallenge(token=token, index=index, again=again))
        options = shown["options"]
        assert isinstance(options, dict)
        return options

    def verify(self, token: Token, index: int, value: object) -> Verified | NotVerified:
        answer = self.use_cases.verify_challenge(Verify(token=token, index=index, value=value))
        assert isinstance(answer, Verified | NotVerified)
        return answer

    def enrolled(self, token: Token, authenticator: SoftwareAuthenticator) -> int:
        registered = self.register(token)
        options = cast("Mapping[str, Any]", registered.shown["options"])
        assert isinstance(self.verify(token, registered.device.index, authenticator.create(options)), Verified)
        return registered.device.index


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.container.config.reset_override()


@pytest.fixture
def key() -> SoftwareAuthenticator:
    return SoftwareAuthenticator(origin=ORIGIN)


def test_a_key_is_registered_and_verifies_another_token(site: Site, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)

    verified = site.verify(PHONE, index, key.get(site.options(PHONE, index)))

    assert isinstance(verified, Verified)
    assert verified.verifications_left == 0
    assert verified.device.active


def test_options_to_create_are_kept_as_long_as_they_are_good_for(site: Site) -> None:
    site.register(LAPTOP)

    [challenge] = site.container.accounts().of(ANNA, LAPTOP.id).challenges
    assert challenge.expires_at == site.container.clock().now() + CHALLENGE_LIFETIME


def test_nothing_answers_options_that_were_never_asked_for(site: Site, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)

    with pytest.raises(NoChallenge):
        site.verify(PHONE, index, key.get(site.options(LAPTOP, index, again=True)))


def test_options_serve_once(site: Site, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    value = key.get(site.options(PHONE, index))

    assert isinstance(site.verify(PHONE, index, value), Verified)
    assert site.verify(PHONE, index, value) == NotVerified(reason=Reason.USED_UP)


def test_a_refusal_uses_the_options_up(site: Site, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    options = site.options(PHONE, index)
    right = key.get(options)

    assert site.verify(PHONE, index, key.behaving(origin="https://evil.example").get(options)) == NotVerified(
        reason=Reason.ORIGIN
    )
    assert site.verify(PHONE, index, right) == NotVerified(reason=Reason.USED_UP)


def test_what_is_no_response_at_all_leaves_the_options_alone(site: Site, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    options = site.options(PHONE, index)

    right = key.get(options)
    for wrong in ("123456", {"publicKey": right}, {**right, "type": None}, {**right, "response": {}}):
        with pytest.raises(MalformedValue):
            site.verify(PHONE, index, wrong)
    assert isinstance(site.verify(PHONE, index, right), Verified)


def test_options_live_five_minutes(site: Site, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    options = site.options(PHONE, index)
    site.container.clock().advance(timedelta(minutes=5))

    assert site.verify(PHONE, index, key.get(options)) == NotVerified(reason=Reason.EXPIRED)


def test_options_of_one_token_are_none_of_another(site: Site, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    others = key.get(site.options(LAPTOP, index, again=True))
    site.options(PHONE, index)

    assert site.verify(PHONE, index, others) == NotVerified(reason=Reason.CHALLENGE)


def test_the_credential_that_signs_is_the_device_that_is_confirmed(site: Site, key: SoftwareAuthenticator) -> None:
    first = site.enrolled(LAPTOP, key)
    other = SoftwareAuthenticator(origin=ORIGIN)
    second = site.enrolled(LAPTOP, other)

    options = site.options(PHONE, first)
    assert len(options["allowCredentials"]) == 2
    verified = site.verify(PHONE, first, other.get(options))

    assert isinstance(verified, Verified)
    assert verified.device.index == second
    confirmed = {each.index for each in site.use_cases.assess_token(PHONE).confirmations}
    assert confirmed == {second}
    assert site.verify(PHONE, first, key.get(options)) == NotVerified(reason=Reason.USED_UP)
    with pytest.raises(AlreadyVerified):
        site.options(PHONE, second)


def test_a_dispatch_on_one_device_replaces_that_on_another(site: Site, key: SoftwareAuthenticator) -> None:
    first = site.enrolled(LAPTOP, key)
    other = SoftwareAuthenticator(origin=ORIGIN)
    second = site.enrolled(LAPTOP, other)
    old = site.options(PHONE, first)
    new = site.options(PHONE, second)

    assert site.verify(PHONE, first, key.get(old)) == NotVerified(reason=Reason.CHALLENGE)
    assert site.verify(PHONE, second, key.get(new)) == NotVerified(reason=Reason.USED_UP)


def test_options_are_out_until_they_are_answered_whatever_else_was_registered(
    site: Site, key: SoftwareAuthenticator
) -> None:
    index = site.enrolled(LAPTOP, key)
    options = site.options(LAPTOP, index, again=True)
    site.container.clock().advance(timedelta(seconds=1))
    other = site.enrolled(LAPTOP, SoftwareAuthenticator(origin=ORIGIN))

    assert isinstance(site.verify(LAPTOP, other, key.get(options)), Verified)


def test_options_to_create_are_no_options_to_get(site: Site, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    pending = site.register(LAPTOP)
    options = cast("Mapping[str, Any]", pending.shown["options"])

    value = key.get({**site.options(LAPTOP, index, again=True), "challenge": options["challenge"]})
    assert site.verify(LAPTOP, index, value) == NotVerified(reason=Reason.CHALLENGE)


def test_a_pending_device_gets_fresh_options_to_create(site: Site, key: SoftwareAuthenticator) -> None:
    pending = site.register(LAPTOP)
    fresh = site.options(LAPTOP, pending.device.index)

    old = cast("Mapping[str, Any]", pending.shown["options"])
    assert fresh["challenge"] != old["challenge"]
    assert fresh["user"] == old["user"]
    with pytest.raises(DeviceNotFound):
        site.options(PHONE, pending.device.index)
    assert isinstance(site.verify(LAPTOP, pending.device.index, key.create(fresh)), Verified)


def test_the_same_credential_is_nobody_elses(site: Site, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    registered = site.register(BEN)
    options = cast("Mapping[str, Any]", registered.shown["options"])
    held = next(iter(key.held.values()))
    stolen = key.behaving(credential_id=held.id).create(options)

    assert site.verify(BEN, registered.device.index, stolen) == NotVerified(reason=Reason.NOT_UNIQUE)
    assert site.verify(BEN, registered.device.index, stolen) == NotVerified(reason=Reason.USED_UP)
    assert not site.use_cases.assess_token(BEN).enrolled
    told = [each for each in site.container.publisher().events if isinstance(each, VerificationRejected)]
    assert [(each.reason, each.step) for each in told] == [(Reason.NOT_UNIQUE, "7.1.26"), (Reason.USED_UP, "7.1.8")]


def test_a_count_that_goes_back_is_refused_and_said_so(site: Site, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    held = next(iter(key.held.values()))
    assert isinstance(site.verify(PHONE, index, key.get(site.options(PHONE, index))), Verified)
    held.sign_count = 0

    assert site.verify(PHONE, index, key.get(site.options(PHONE, index, again=True))) == NotVerified(
        reason=Reason.SIGN_COUNT
    )
    event = site.container.publisher().events[-1]
    assert isinstance(event, VerificationRejected)
    assert (event.reason, event.step) == (Reason.SIGN_COUNT, "7.2.22")


def test_what_the_settings_let_pass_is_told_and_so_is_a_key_that_is_backed_up_otherwise(
    key: SoftwareAuthenticator,
) -> None:
    site = Site(webauthn_sign_count="report", webauthn_backup_change="report")
    index = site.enrolled(LAPTOP, key)

    def told(**mood: object) -> list[Event]:
        before = len(site.container.publisher().events)
        value = key.behaving(**mood).get(site.options(PHONE, index, again=True))
        assert isinstance(site.verify(PHONE, index, value), Verified)
        return [each for each in site.container.publisher().events[before + 2 :] if isinstance(each, DeviceEvent)]

    assert told() == []
    of: dict[str, Any] = {"user_id": ANNA, "at": site.container.clock().now(), "index": index, "method": "webauthn"}
    assert told(backup_eligible=True, backed_up=True) == [
        VerificationReported(**of, reason=Reason.BACKUP_ELIGIBILITY, step="7.2.19"),
        DeviceSynced(**of),
    ]
    assert told(backup_eligible=True, backed_up=True) == []
    assert told(backup_eligible=True, sign_count=0) == [
        VerificationReported(**of, reason=Reason.SIGN_COUNT, step="7.2.22"),
        DeviceUnsynced(**of),
    ]


def test_a_password_manager_is_told_nothing_by_who_is_not_verified(site: Site, key: SoftwareAuthenticator) -> None:
    assert site.use_cases.list_passkeys(PHONE).credential_ids == ()
    index = site.enrolled(LAPTOP, key)

    assert site.use_cases.list_passkeys(LAPTOP).credential_ids == tuple(key.held)
    with pytest.raises(Refused):
        site.use_cases.list_passkeys(PHONE)
    assert isinstance(site.verify(PHONE, index, key.get(site.options(PHONE, index))), Verified)
    assert site.use_cases.list_passkeys(PHONE) == site.use_cases.list_passkeys(LAPTOP)
    site.container.config.override(attrs.evolve(site.container.config(), methods=("totp",)))
    assert site.use_cases.list_passkeys is None


def test_a_device_is_shown_although_its_key_is_missing(site: Site, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key.behaving(backup_eligible=True, backed_up=True))
    [before] = site.use_cases.list_devices(LAPTOP)
    site.container.vault.override(AesGcmVault([derive_key("another")]))

    [after] = site.use_cases.list_devices(LAPTOP)

    assert (before.details["synced"], after.details["synced"]) == (True, False)
    assert after.device == before.device


def test_all_of_a_users_credentials_share_one_handle_and_exclude_one_another(
    site: Site, key: SoftwareAuthenticator
) -> None:
    site.enrolled(LAPTOP, key)
    options, bens = (cast("Mapping[str, Any]", site.register(each).shown["options"]) for each in (LAPTOP, BEN))

    assert [each["id"] for each in options["excludeCredentials"]] == [b64encode(each) for each in key.held]
    assert options["user"]["id"] == b64encode(*{each.user_handle for each in key.held.values()})
    assert options["user"]["id"] != bens["user"]["id"]
    assert "anna" not in options["user"]["id"]


def test_a_key_without_a_name_is_called_by_its_model(key: SoftwareAuthenticator) -> None:
    site = Site()
    site.container.authenticator_metadata().models[key.aaguid] = AuthenticatorModel(name="Blue key")
    first = site.enrolled(LAPTOP, key)
    registered = site.use_cases.register_device(Register(token=LAPTOP, method="webauthn", name="mine"))
    options = registered.shown["options"]
    other = SoftwareAuthenticator(origin=ORIGIN)
    site.verify(LAPTOP, registered.device.index, other.create(options))

    names = {each.device.index: each.device.name for each in site.use_cases.list_devices(LAPTOP)}
    assert names == {first: "Blue key", registered.device.index: "mine"}
