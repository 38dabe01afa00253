"""Security keys and passkeys as one more method: what a device and a challenge remember between ceremonies."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from functools import partial

import attrs

from mfa.domain.identifiers import UserId
from mfa.domain.methods.adoption import Adoption, Arrival, ImportedCredential, NotAdopted
from mfa.domain.methods.base import Attempt, Dispatch, Enrolment, Entropy, Method, Registration, RegistrationField
from mfa.domain.methods.webauthn import (
    CHALLENGE_BYTES,
    CHALLENGE_LIFETIME,
    NOBODYS_KEY,
    AssertionResponse,
    AttestationResponse,
    CeremonyRefused,
    Credential,
    RelyingParty,
)
from mfa.domain.moments import expired
from mfa.domain.states import decode, encode
from mfa.domain.values import ValueObject
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict

CONDITIONAL = "conditional"
"""How a credential is created without a dialog, by a password manager that may (WebAuthn Level 3 section 5.1.3)."""

MEDIATION = RegistrationField(name="mediation", label="Mediation", choices=(CONDITIONAL,))


class Purpose(Enum):
    """What options are for; an answer to the ones is none to the others."""

    CREATE = "create"
    GET = "get"
    LOG_IN = "log_in"


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class IssuedOptions(ValueObject):
    """Options that are out: their challenge, what they are for, and until when they serve."""

    challenge: bytes = attrs.field(repr=False)
    purpose: Purpose
    expires_at: datetime

    @property
    def digest(self) -> str:
        """Return what tells the challenge from every other once it is spent."""
        return hashlib.sha256(self.challenge).hexdigest()


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class PendingCredential(ValueObject):
    """The state of a pending device: for whom a credential is to be made, by name and by the handle it will keep.

    ``conditional`` is one that may be made without anybody being there.
    """

    awaits: str
    handle: bytes = attrs.field(repr=False)
    conditional: bool = False


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Provider(ValueObject):
    """Whose authenticator made a credential, such as a password manager; the icon is a data URI."""

    name: str
    icon: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class KnownPasskeys(ValueObject):
    """What a password manager is told of a user's credentials, so that it offers no others (section 5.1.10)."""

    rp_id: str
    user_handle: bytes = attrs.field(repr=False)
    credential_ids: tuple[bytes, ...] = attrs.field(repr=False)


PasskeyProviders = Callable[[bytes], Provider | None]
"""Who tells whose authenticators have an AAGUID."""


def nobodys(_: bytes) -> Provider | None:
    """Know no provider."""
    return None


def unique_name(credential: bytes) -> str:
    """Return the name under which a credential id is unique over all users: its digest, for ids may be long."""
    return hashlib.sha256(credential).hexdigest()


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class SecurityKeys(Method):
    """Public key credentials: options go to the browser, and what it makes of them is the value.

    A challenge is used up by whatever answers it, a refusal too, and is common to all of a user's credentials: the
    one that signs is the one that is confirmed. ``provider_of`` says whose authenticators are, by AAGUID; without an
    attestation that is the authenticator's own word, and nothing hangs on it. ``handle_key`` makes a user's handle: the
    same for all credentials, those that are gone included, and personal to nobody who has not the key (section
    14.6.1).
    """

    relying_party: RelyingParty
    entropy: Entropy
    handle_key: bytes = attrs.field(repr=False)
    provider_of: PasskeyProviders = nobodys
    fields: tuple[RegistrationField, ...] = attrs.field(init=False)
    name: str = "webauthn"
    verbose_name: str = "Security key or passkey"
    guessable = False
    phishing_resistant = True
    dispatchable = True
    collective = True
    detailed = True

    @fields.default
    def _fields(self) -> tuple[RegistrationField, ...]:
        """Let none be made without a dialog that would be refused, and stay in a password manager all the same.

        Nobody is verified without one, as a rule, and what a password manager makes is neither attested nor bound.
        """
        site = self.relying_party
        bound = site.attestation == "direct" or site.admitted.device_bound
        return () if bound or site.user_verification == "required" else (MEDIATION,)

    def register(self, enrolment: Enrolment) -> Registration:
        """Make creation options, with the handle that the user's other credentials have."""
        offered = [choice for field in self.fields for choice in field.choices]
        pending = PendingCredential(
            awaits=enrolment.user_name,
            handle=self.known(enrolment.user_id, enrolment.siblings).user_handle,
            conditional=enrolment.fields.get(MEDIATION.name) in offered,
        )
        dispatch = self._creation(pending, enrolment.now, enrolment.siblings)
        return Registration(state=encode(pending), sent=dispatch.sent, lifetime=dispatch.lifetime, shown=dispatch.shown)

    def dispatch(self, state: bytes, now: datetime, siblings: Mapping[int, bytes]) -> Dispatch:
        """Make options: to create the credential of a pending device, else to use any that the user has."""
        pending = _pending(state)
        if pending is not None:
            return self._creation(pending, now, siblings)
        credentials = [decode(Credential, sibling) for sibling in siblings.values()]
        return self._offer(Purpose.GET, now, partial(self.relying_party.request_options, credentials=credentials))

    def verify(self, attempt: Attempt) -> Verdict:
        """Judge what a browser made of the options that are out.

        What is no response at all raises ``MalformedValue``, before and whatever is out.
        """
        pending = _pending(attempt.state)
        try:
            return self._used(attempt) if pending is None else self._created(attempt, pending)
        except CeremonyRefused as refusal:
            return Rejected(reason=refusal.reason, step=refusal.step, state=attempt.state)

    def known(self, user_id: UserId, siblings: Mapping[int, bytes]) -> KnownPasskeys:
        """Return what a password manager is told of the user's credentials, in the order of their devices."""
        credentials = [decode(Credential, siblings[index]) for index in sorted(siblings)]
        handles = (each.user_handle for each in credentials)
        own = hmac.digest(self.handle_key, user_id.encode(), "sha256")
        return KnownPasskeys(
            rp_id=self.relying_party.rp_id,
            user_handle=next((each for each in handles if each is not None), own),
            credential_ids=tuple(each.id for each in credentials),
        )

    def details(self, state: bytes | None) -> Mapping[str, object]:
        """Return whose authenticator made a credential, whether that proved its make, and whether it is backed up."""
        try:
            credential = None if state is None else decode(Credential, state)
        except TypeError:  # a pending device has none yet, and what a later version stores may be none known here
            credential = None
        if credential is None:
            return {"provider": None, "attested": False, "synced": False}
        return {
            "provider": self._provider(credential.aaguid),
            "attested": credential.attested,
            "synced": credential.backed_up,
        }

    def _provider(self, aaguid: bytes) -> Provider | None:
        provider = self.provider_of(aaguid)
        if provider is None and (name := self.relying_party.name_of_model(aaguid)):
            return Provider(name=name)
        return provider

    def adopt(self, arrival: Arrival) -> Adoption:
        """Take a credential of this site; of one that the user has already the count only rises."""
        found = arrival.found
        if not isinstance(found, ImportedCredential):
            raise NotAdopted("unreadable")
        credential, index = self.relying_party.adopted(found), None
        for position, state in arrival.states.items():
            known = decode(Credential, state)
            if known.id == credential.id:
                count = max(known.sign_count, credential.sign_count)
                credential, index = attrs.evolve(known, sign_count=count), position
        name = unique_name(credential.id)
        return Adoption(state=encode(credential), identity=bytes.fromhex(name), index=index, unique=name)

    # Logging in: nobody is known yet, so the options name no credential and the response has to name the user

    def begin_login(self, now: datetime) -> Dispatch:
        """Make options that any discoverable credential of this site may answer."""
        return self._offer(Purpose.LOG_IN, now, self._strict.request_options)

    def log_in(self, attempt: Attempt) -> Verdict:
        """Judge what a browser made of such options by the credential of one device, which has verified its user.

        One signature is checked whatever is wrong, as by ``refuse_unknown``: the time does not tell which credentials
        there are.
        """
        response, known = AssertionResponse.read(attempt.value), decode(Credential, attempt.state)
        try:
            credential = self._strict.authenticate(
                response,
                challenge=_challenge(attempt, Purpose.LOG_IN),
                credentials=[known],
                user_handle=None,
            )
        except CeremonyRefused as refusal:
            if refusal.reason not in {Reason.SIGNATURE, Reason.SIGN_COUNT}:
                self.relying_party.cryptography.signed(NOBODYS_KEY, response.message, response.signature)
            return Rejected(reason=refusal.reason, step=refusal.step, state=attempt.state)
        return self._accepted(response, known, credential)

    def refuse_unknown(self, attempt: Attempt) -> Rejected:
        """Refuse what a browser made of such options with a credential that nobody has, with no less work."""
        response = AssertionResponse.read(attempt.value)
        decoy = Credential(
            id=response.id,
            public_key=NOBODYS_KEY,
            sign_count=0,
            backup_eligible=False,
            backed_up=False,
            aaguid=bytes(16),
            user_handle=response.user_handle or b"",
        )
        self.log_in(attrs.evolve(attempt, state=encode(decoy)))
        return Rejected(reason=Reason.UNKNOWN_CREDENTIAL, step="7.2.5", state=b"")

    @property
    def _strict(self) -> RelyingParty:
        """Return the site as it is for whoever shows nothing but a credential: it has to have verified its user."""
        return attrs.evolve(self.relying_party, user_verification="required")

    def _created(self, attempt: Attempt, pending: PendingCredential) -> Verdict:
        response = AttestationResponse.read(attempt.value)
        challenge = _challenge(attempt, Purpose.CREATE)
        credential = self.relying_party.register(
            response,
            challenge=challenge,
            user_handle=pending.handle,
            now=attempt.now,
            conditional=pending.conditional,
        )
        return Accepted(
            state=encode(credential),
            unique=unique_name(credential.id),
            unique_step="7.1.26",
            description=self.relying_party.name_of_model(credential.aaguid),
        )

    def _used(self, attempt: Attempt) -> Verdict:
        response = AssertionResponse.read(attempt.value)
        credentials = {index: decode(Credential, state) for index, state in attempt.siblings.items()}
        # All are the user's, though those that came from elsewhere may know him by another handle, or by none.
        handles = (each.user_handle for each in credentials.values() if each.id == response.id)
        credential = self.relying_party.authenticate(
            response,
            challenge=_challenge(attempt, Purpose.GET),
            credentials=tuple(credentials.values()),
            user_handle=next(handles, None) or b"",
        )
        index = next(index for index, each in credentials.items() if each.id == credential.id)
        return attrs.evolve(self._accepted(response, credentials[index], credential), index=index)

    def _accepted(self, response: AssertionResponse, known: Credential, credential: Credential) -> Accepted:
        changed = credential.backed_up != known.backed_up
        return Accepted(
            state=encode(credential),
            odd=self.relying_party.oddities(response, known),
            synced=credential.backed_up if changed else None,
        )

    def _creation(self, pending: PendingCredential, now: datetime, siblings: Mapping[int, bytes]) -> Dispatch:
        options = partial(
            self.relying_party.creation_options,
            user_handle=pending.handle,
            user_name=pending.awaits,
            exclude=[decode(Credential, sibling) for sibling in siblings.values()],
        )
        return self._offer(Purpose.CREATE, now, options)

    def _offer(self, purpose: Purpose, now: datetime, options: Callable[[bytes], Mapping[str, object]]) -> Dispatch:
        challenge = self.entropy.token(CHALLENGE_BYTES)
        issued = IssuedOptions(challenge=challenge, purpose=purpose, expires_at=now + CHALLENGE_LIFETIME)
        return Dispatch(sent=encode(issued), lifetime=CHALLENGE_LIFETIME, shown={"options": options(challenge)})


def _pending(state: bytes) -> PendingCredential | None:
    """Return what a pending device expects; None where a credential has taken its place."""
    try:
        return decode(PendingCredential, state)
    except TypeError:
        return None


def _challenge(attempt: Attempt, purpose: Purpose) -> bytes:
    """Return the challenge that is out for a purpose; raises ``CeremonyRefused`` where no answer to it is in time."""
    step = "7.1.8" if purpose is Purpose.CREATE else "7.2.11"
    if attempt.sent is None:
        raise CeremonyRefused(step, Reason.USED_UP)
    issued = decode(IssuedOptions, attempt.sent)
    if expired(issued.expires_at, lifetime=CHALLENGE_LIFETIME, now=attempt.now):
        raise CeremonyRefused(step, Reason.EXPIRED)
    if issued.purpose is not purpose:
        raise CeremonyRefused(step, Reason.CHALLENGE)
    return issued.challenge
