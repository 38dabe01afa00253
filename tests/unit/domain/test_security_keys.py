"""What a device and a challenge of security keys remember, and that an answer serves one purpose."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, cast

import attrs
import pytest

from mfa.adapters.memory.metadata import MemoryMetadata
from mfa.adapters.webauthn.fido2 import Fido2AuthenticatorCryptography
from mfa.domain.errors import MalformedValue
from mfa.domain.identifiers import UserId
from mfa.domain.methods.base import Attempt, Dispatch, Enrolment, Registration
from mfa.domain.methods.metadata import AdmittedModels, AuthenticatorModel
from mfa.domain.methods.security_keys import IssuedOptions, PendingCredential, Provider, Purpose, SecurityKeys
from mfa.domain.methods.webauthn import CHALLENGE_LIFETIME, AttestationResponse, Credential, RelyingParty
from mfa.domain.moments import SKEW
from mfa.domain.states import decode, encode
from mfa.domain.verdicts import Accepted, Oddity, Reason, Rejected
from mfa.testing.authenticator import SoftwareAuthenticator
from tests.unit.domain.samples import TICK, PredictableEntropy

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
ORIGIN = "https://example.com"


@pytest.fixture
def method() -> SecurityKeys:
    site = RelyingParty(
        rp_id="example.com", rp_name="Acme", origins=(ORIGIN,), cryptography=Fido2AuthenticatorCryptography()
    )
    return SecurityKeys(relying_party=site, entropy=PredictableEntropy(), handle_key=b"key")


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


def test_a_handle_is_a_users_own_and_tells_nobody_who_that_is(method: SecurityKeys, key: SoftwareAuthenticator) -> None:
    def handle(user_id: str, keys: SecurityKeys = method, came: bytes | None = None) -> bytes:
        return keys.known(UserId(user_id), {} if came is None else {0: came}).user_handle

    assert handle("1") == handle("1")
    assert len({handle("1"), handle("2"), handle("1", attrs.evolve(method, handle_key=b"another"))}) == 3
    assert len(handle("1")) == 32
    came = attrs.evolve(decode(Credential, enrolled(method, key)), user_handle=b"from elsewhere")
    assert handle("1", came=encode(came)) == b"from elsewhere"
    assert handle("1", came=encode(attrs.evolve(came, user_handle=None))) == handle("1")


def test_a_password_manager_is_told_of_all_credentials_in_their_order(
    method: SecurityKeys, key: SoftwareAuthenticator
) -> None:
    first, second = (enrolled(method, each) for each in (key, key.behaving(held={})))

    known = method.known(UserId("1"), {7: second, 2: first})

    assert known.rp_id == "example.com"
    assert known.credential_ids == tuple(decode(Credential, each).id for each in (first, second))
    assert method.known(UserId("1"), {}).credential_ids == ()


def test_only_what_was_begun_without_a_dialog_is_made_with_nobody_there(
    method: SecurityKeys, key: SoftwareAuthenticator
) -> None:
    absent = key.behaving(user_present=False, user_verified=False)

    def made(keys: SecurityKeys = method, **fields: str) -> Accepted | Rejected:
        registration = keys.register(Enrolment(user_name="anna", fields=fields, now=NOW))
        fresh = keys.dispatch(registration.state, NOW, {})
        value = absent.create(options(fresh))
        return keys.verify(Attempt(state=registration.state, sent=fresh.sent, value=value, now=NOW))

    assert isinstance(made(mediation="conditional"), Accepted)
    for mediation in ("", "silent"):
        verdict = made(mediation=mediation)
        assert isinstance(verdict, Rejected)
        assert (verdict.reason, verdict.step) == (Reason.USER_PRESENCE, "7.1.15")
    assert [field.name for field in method.fields] == ["mediation"]


@pytest.mark.parametrize(
    "demands",
    [{"user_verification": "required"}, {"attestation": "direct"}, {"admitted": AdmittedModels(device_bound=True)}],
)
def test_nothing_is_made_without_a_dialog_that_could_not_be_registered(
    method: SecurityKeys, demands: Mapping[str, Any]
) -> None:
    strict = attrs.evolve(method, relying_party=attrs.evolve(method.relying_party, **demands))
    fields = {"mediation": "conditional"}
    registration = strict.register(Enrolment(user_name="anna", fields=fields, now=NOW))

    assert strict.fields == ()
    assert decode(PendingCredential, registration.state).conditional is False


def test_details_are_those_of_the_credential(method: SecurityKeys, key: SoftwareAuthenticator) -> None:
    nothing = {"provider": None, "attested": False, "synced": False}
    metadata = MemoryMetadata({key.aaguid: AuthenticatorModel(name="Blue key")})
    known = attrs.evolve(method, relying_party=attrs.evolve(method.relying_party, metadata=metadata))
    pending = method.register(Enrolment(user_name="anna", now=NOW)).state
    state = enrolled(method, key.behaving(backup_eligible=True, backed_up=True))

    later = encode({"keys": []})
    assert [method.details(each) for each in (None, pending, later)] == [nothing, nothing, nothing]
    assert method.details(state) == {**nothing, "synced": True}
    assert known.details(state)["provider"] == Provider(name="Blue key")
    told = attrs.evolve(known, provider_of={key.aaguid: Provider(name="Blue", icon="data:,")}.get)
    assert told.details(state)["provider"] == Provider(name="Blue", icon="data:,")
    metadata.broken = True
    assert known.details(state)["provider"] is None
    proved = encode(attrs.evolve(decode(Credential, state), attested=True))
    assert method.details(proved)["attested"] is True


@pytest.mark.parametrize("logs_in", [True, False])
def test_what_is_let_pass_and_what_has_changed_is_told(
    method: SecurityKeys, key: SoftwareAuthenticator, *, logs_in: bool
) -> None:
    method = attrs.evolve(method, relying_party=attrs.evolve(method.relying_party, sign_count="report"))
    key = key.behaving(backup_eligible=True)

    def used(state: bytes, **mood: object) -> Accepted:
        siblings = MappingProxyType({0: state})
        dispatch = method.begin_login(NOW) if logs_in else method.dispatch(state, NOW, siblings)
        value = key.behaving(**mood).get(options(dispatch))
        attempt = Attempt(state=state, siblings=siblings, sent=dispatch.sent, value=value, now=NOW)
        verdict = method.log_in(attempt) if logs_in else method.verify(attempt)
        assert isinstance(verdict, Accepted)
        return verdict

    state = enrolled(method, key)
    assert (used(state).odd, used(state).synced) == ((), None)
    synced = used(state, backed_up=True)
    assert synced.synced is True
    back = used(synced.state, sign_count=0)
    assert back.odd == (Oddity(reason=Reason.SIGN_COUNT, step="7.2.22"),)
    assert back.synced is False


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


def test_a_verification_is_by_a_credential_of_the_user(method: SecurityKeys, key: SoftwareAuthenticator) -> None:
    state, another = enrolled(method, key), key.behaving(held={})
    enrolled(method, another)
    siblings = MappingProxyType({0: state})
    dispatch = method.dispatch(state, NOW, siblings)
    value = another.get({**options(dispatch), "allowCredentials": []})

    verdict = method.verify(Attempt(state=state, siblings=siblings, sent=dispatch.sent, value=value, now=NOW))

    assert verdict == Rejected(reason=Reason.UNKNOWN_CREDENTIAL, step="7.2.5", state=state)
