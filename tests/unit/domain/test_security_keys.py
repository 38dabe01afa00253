"""What a device and a challenge of security keys remember, and that an answer serves one purpose."""

from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, cast

import attrs
import pytest

from mfa.adapters.webauthn.fido2 import Fido2AuthenticatorCryptography
from mfa.domain.errors import MalformedValue
from mfa.domain.methods.base import Attempt, Dispatch, Enrolment, Registration
from mfa.domain.methods.security_keys import IssuedOptions, Purpose, SecurityKeys
from mfa.domain.methods.webauthn import CHALLENGE_LIFETIME, AttestationResponse, Credential, RelyingParty
from mfa.domain.moments import SKEW
from mfa.domain.states import decode, encode
from mfa.domain.verdicts import Accepted, Reason, Rejected
from mfa.testing.authenticator import SoftwareAuthenticator
from tests.unit.domain.samples import TICK, PredictableEntropy

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
ORIGIN = "https://example.com"


@pytest.fixture
def method() -> SecurityKeys:
    site = RelyingParty(
        rp_id="example.com", rp_name="Acme", origins=(ORIGIN,), cryptography=Fido2AuthenticatorCryptography()
    )
    return SecurityKeys(relying_party=site, entropy=PredictableEntropy())


@pytest.fixture
def key() -> SoftwareAuthenticator:
    return SoftwareAuthenticator(origin=ORIGIN)


def options(shown: Registration | Dispatch) -> Any:  # noqa: ANN401 - JSON
    return cast("Any", shown.shown["options"])


def enrolled(method: SecurityKeys, key: SoftwareAuthenticator) -> bytes:
    """Register a key, and return the state of its device."""
    registration = method.register(Enrolment(user_name="anna", now=NOW))
    value = key.create(options(registration))
    verdict = method.verify(Attempt(state=registration.state, sent=registration.sent, value=value, now=NOW))
    assert isinstance(verdict, Accepted)
    return verdict.state


def for_another_purpose(sent: bytes | None, purpose: Purpose) -> bytes:
    assert sent is not None
    return encode(attrs.evolve(decode(IssuedOptions, sent), purpose=purpose))


def test_whatever_is_out_says_how_long_it_is_good_for(method: SecurityKeys, key: SoftwareAuthenticator) -> None:
    registration, state = method.register(Enrolment(user_name="anna", now=NOW)), enrolled(method, key)
    dispatches = [
        method.begin_login(NOW),
        method.dispatch(state, NOW, {0: state}),
        method.dispatch(registration.state, NOW, {}),
    ]

    assert {registration.lifetime, *(each.lifetime for each in dispatches)} == {CHALLENGE_LIFETIME}


@pytest.mark.parametrize("purpose", Purpose)
def test_a_challenge_remembers_what_it_is_for(purpose: Purpose) -> None:
    awaited = IssuedOptions(challenge=b"challenge", purpose=purpose, expires_at=NOW)

    assert decode(IssuedOptions, encode(awaited)) == awaited
    assert len(awaited.digest) == 64
    assert awaited.digest != attrs.evolve(awaited, challenge=b"another").digest


@pytest.mark.parametrize("purpose", [Purpose.GET, Purpose.LOG_IN])
def test_only_options_to_create_make_a_credential(
    method: SecurityKeys, key: SoftwareAuthenticator, purpose: Purpose
) -> None:
    registration = method.register(Enrolment(user_name="anna", now=NOW))
    sent = for_another_purpose(registration.sent, purpose)
    attempt = Attempt(state=registration.state, sent=sent, value=key.create(options(registration)), now=NOW)

    assert method.verify(attempt) == Rejected(reason=Reason.CHALLENGE, step="7.1.8", state=registration.state)


@pytest.mark.parametrize("purpose", [Purpose.CREATE, Purpose.LOG_IN])
def test_only_options_to_get_verify(method: SecurityKeys, key: SoftwareAuthenticator, purpose: Purpose) -> None:
    state = enrolled(method, key)
    siblings = MappingProxyType({0: state})
    dispatch = method.dispatch(state, NOW, siblings)
    value = key.get(options(dispatch))
    attempt = Attempt(state=state, siblings=siblings, sent=dispatch.sent, value=value, now=NOW)

    other = attrs.evolve(attempt, sent=for_another_purpose(dispatch.sent, purpose))
    assert method.verify(other) == Rejected(reason=Reason.CHALLENGE, step="7.2.11", state=state)
    assert isinstance(method.verify(attempt), Accepted)


@pytest.mark.parametrize("purpose", [Purpose.CREATE, Purpose.GET])
def test_only_options_for_a_login_log_in(method: SecurityKeys, key: SoftwareAuthenticator, purpose: Purpose) -> None:
    state = enrolled(method, key)
    dispatch = method.begin_login(NOW)
    attempt = Attempt(state=state, sent=dispatch.sent, value=key.get(options(dispatch)), now=NOW)

    other = attrs.evolve(attempt, sent=for_another_purpose(dispatch.sent, purpose))
    assert method.log_in(other) == Rejected(reason=Reason.CHALLENGE, step="7.2.11", state=state)
    assert method.log_in(attrs.evolve(attempt, sent=None)) == Rejected(
        reason=Reason.USED_UP, step="7.2.11", state=state
    )
    for now in (NOW + CHALLENGE_LIFETIME, NOW - SKEW - TICK):
        assert method.log_in(attrs.evolve(attempt, now=now)) == Rejected(
            reason=Reason.EXPIRED, step="7.2.11", state=state
        )
    assert isinstance(method.log_in(attempt), Accepted)


def test_a_login_wants_its_user_verified_whatever_a_verification_wants(
    method: SecurityKeys, key: SoftwareAuthenticator
) -> None:
    state = enrolled(method, key)
    careless = key.behaving(user_verified=False)
    dispatch = method.begin_login(NOW)
    assert options(dispatch)["userVerification"] == "required"
    attempt = Attempt(state=state, sent=dispatch.sent, value=careless.get(options(dispatch)), now=NOW)
    assert method.log_in(attempt) == Rejected(reason=Reason.USER_VERIFICATION, step="7.2.17", state=state)

    siblings = MappingProxyType({0: state})
    dispatch = method.dispatch(state, NOW, siblings)
    assert options(dispatch)["userVerification"] == "preferred"
    value = careless.get(options(dispatch))
    attempt = Attempt(state=state, siblings=siblings, sent=dispatch.sent, value=value, now=NOW)
    assert isinstance(method.verify(attempt), Accepted)


@pytest.mark.parametrize("out", [True, False])
@pytest.mark.parametrize("change", ["type", "id", "response"])
def test_what_is_no_response_is_malformed_whatever_is_out(
    method: SecurityKeys, key: SoftwareAuthenticator, change: str, *, out: bool
) -> None:
    registration = method.register(Enrolment(user_name="anna", now=NOW))
    value = {**key.create(options(registration)), change: None}
    attempt = Attempt(state=registration.state, sent=registration.sent if out else None, value=value, now=NOW)

    with pytest.raises(MalformedValue) as caught:
        method.verify(attempt)
    assert caught.value.member == change


def test_options_that_end_later_than_they_could_have_ended(method: SecurityKeys, key: SoftwareAuthenticator) -> None:
    registration = method.register(Enrolment(user_name="anna", now=NOW))
    value = key.create(options(registration))
    attempt = Attempt(state=registration.state, sent=registration.sent, value=value, now=NOW - SKEW)

    assert isinstance(method.verify(attempt), Accepted)
    early = attrs.evolve(attempt, now=NOW - SKEW - TICK)
    assert method.verify(early) == Rejected(reason=Reason.EXPIRED, step="7.1.8", state=registration.state)


def test_options_to_create_name_the_user_however_often_they_are_made(method: SecurityKeys) -> None:
    registration = method.register(Enrolment(user_name="anna", now=NOW))

    for shown in (registration, method.dispatch(registration.state, NOW, {})):
        user = options(shown)["user"]
        assert (user["name"], user["displayName"]) == ("anna", "anna")


def test_a_credential_is_judged_by_the_time_of_the_attempt(
    method: SecurityKeys, key: SoftwareAuthenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    register, times = RelyingParty.register, list[datetime]()

    def record(self: RelyingParty, value: AttestationResponse, *, now: datetime, **more: Any) -> Credential:
        times.append(now)
        return register(self, value, now=now, **more)

    monkeypatch.setattr(RelyingParty, "register", record)

    enrolled(method, key)

    assert times == [NOW]


def test_a_key_of_no_known_model_is_described_by_nothing(method: SecurityKeys, key: SoftwareAuthenticator) -> None:
    registration = method.register(Enrolment(user_name="anna", now=NOW))
    value = key.create(options(registration))

    verdict = method.verify(Attempt(state=registration.state, sent=registration.sent, value=value, now=NOW))

    assert isinstance(verdict, Accepted)
    assert verdict.description == ""


@pytest.mark.parametrize(("named", "reason"), [(None, None), (b"somebody else", Reason.USER_HANDLE)])
def test_a_verification_need_not_name_the_user_but_names_no_other(
    method: SecurityKeys, key: SoftwareAuthenticator, named: bytes | None, reason: Reason | None
) -> None:
    state = enrolled(method, key)
    siblings = MappingProxyType({0: state})
    dispatch = method.dispatch(state, NOW, siblings)
    value = key.behaving(user_handle=named).get(options(dispatch))

    verdict = method.verify(Attempt(state=state, siblings=siblings, sent=dispatch.sent, value=value, now=NOW))

    assert (verdict.reason if isinstance(verdict, Rejected) else None) == reason
