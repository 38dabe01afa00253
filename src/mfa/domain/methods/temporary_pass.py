"""A pass that an operator hands to somebody who has lost every device, to enrol anew with."""

from base64 import b32encode

import attrs

from mfa.domain.methods.base import Attempt, Enrolment, Entropy, Registration, Undispatched
from mfa.domain.methods.recovery import CODE_BYTES, GROUP, folded
from mfa.domain.secrets import SALT_BYTES, SaltedHash
from mfa.domain.states import decode, encode
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict

PASS = "pass"  # noqa: S105 - what the method is called


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class TemporaryPass(Undispatched):
    """One long value, for an hour or a few uses; operators alone register it. The state is its hash."""

    entropy: Entropy
    name: str = attrs.field(default=PASS, init=False)
    verbose_name: str = attrs.field(default="Temporary pass", init=False)
    guessable = False
    backup = True

    def register(self, enrolment: Enrolment) -> Registration:
        """Make a pass, in lower case and in groups of four."""
        code = b32encode(self.entropy.token(CODE_BYTES)).decode().lower()
        groups = [code[start : start + GROUP] for start in range(0, len(code), GROUP)]
        state = encode(SaltedHash.of(code, self.entropy.token(SALT_BYTES)))
        return Registration(state=state, shown={"pass": "-".join(groups)})

    def verify(self, attempt: Attempt) -> Verdict:
        """Recognise the pass; how often it serves is the device's to count."""
        if decode(SaltedHash, attempt.state).matches(folded(attempt.text)):
            return Accepted(state=attempt.state)
        return Rejected(reason=Reason.WRONG, state=attempt.state)
