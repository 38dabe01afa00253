"""Security keys and passkeys as one more method: what a device and a challenge remember between ceremonies."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from functools import partial
from types import MappingProxyType

import attrs

from mfa.domain.methods.adoption import Adoption, Arrival, ImportedCredential, NotAdopted
from mfa.domain.methods.base import Attempt, Dispatch, Enrolment, Entropy, Method, Registration
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
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict

USER_HANDLE_BYTES = 32
"""Random and personal to nobody (WebAuthn Level 3 section 14.6.1); at most 64 (section 5.4.3)."""


class Purpose(Enum):
    """What options are for; an answer to the ones is none to the others."""

    CREATE = "create"
    GET = "get"
    LOG_IN = "log_in"


@attrs.frozen(kw_only=True)
class IssuedOptions:
    """Options that are out: their challenge, what they are for, and until when they serve."""

    challenge: bytes = attrs.field(repr=False)
    purpose: Purpose
    expires_at: datetime

    @property
    def digest(self) -> str:
        """Return what tells the challenge from every other once it is spent."""
        return hashlib.sha256(self.challenge).hexdigest()


@attrs.frozen(kw_only=True)
class PendingCredential:
    """The state of a pending device: for whom a credential is to be made, by name and by the handle it will keep."""

    awaits: str
    handle: bytes = attrs.field(repr=False)


def unique_name(credential: bytes) -> str:
    """Return the name under which a credential id is unique over all users: its digest, for ids may be long."""
    return hashlib.sha256(credential).hexdigest()


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SecurityKeys(Method):
    """Public key credentials: options go to the browser, and what it makes of them is the value.

    A challenge is used up by whatever answers it, a refusal too, and is common to all of a user's credentials: the
    one that signs is the one that is confirmed. ``models`` say what authenticators are called, by AAGUID; that is the
    authenticator's own word, and nothing hangs on it.
    """

    relying_party: RelyingParty
    entropy: Entropy
    models: Mapping[bytes, str] = attrs.field(default=MappingProxyType({}), repr=False)
    name: str = "webauthn"
    verbose_name: str = "Security key or passkey"
    guessable = False
    phishing_resistant = True
    dispatchable = True
    collective = True

    def register(self, enrolment: Enrolment) -> Registration:
        """Make creation options, with the handle that the user's other credentials have."""
        handles = [decode(Credential, sibling).user_handle for sibling in enrolment.siblings.values()]
        known = next((each for each in handles if each is not None), None)
        handle = self.entropy.token(USER_HANDLE_BYTES) if known is None else known
        pending = PendingCredential(awaits=enrolment.user_name, handle=handle)
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
        response = AssertionResponse.read(attempt.value)
        try:
            credential = self._strict.authenticate(
                response,
                challenge=_challenge(attempt, Purpose.LOG_IN),
                credentials=[decode(Credential, attempt.state)],
                user_handle=None,
            )
        except CeremonyRefused as refusal:
            if refusal.reason not in {Reason.SIGNATURE, Reason.SIGN_COUNT}:
                self.relying_party.cryptography.signed(NOBODYS_KEY, response.message, response.signature)
            return Rejected(reason=refusal.reason, step=refusal.step, state=attempt.state)
        return Accepted(state=encode(credential))

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
        register = self.relying_party.register
        credential = register(response, challenge=challenge, user_handle=pending.handle, now=attempt.now)
        return Accepted(
            state=encode(credential),
            unique=unique_name(credential.id),
            unique_step="7.1.26",
            description=self.models.get(credential.aaguid, ""),
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
        return Accepted(state=encode(credential), index=index)

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
