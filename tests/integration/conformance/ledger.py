"""What the FIDO2 server conformance tests ask of a server, by the names that they have, and what comes of it here.

The names of groups and items, and what each asks, are those of the FIDO Alliance's public list; the words are ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, Protocol

import attrs

from mfa.domain.verdicts import Reason
from tests.integration.conformance.site import ACCEPTED, Run

Verdict = Literal["passed", "refused", "accepted", "left out"]

RESPONSE = "Server-ServerAuthenticatorAttestationResponse-Resp-"
"""With which the groups about registrations begin."""

NOTHING: Mapping[str, object] = MappingProxyType({})
DIRECT = {"WEBAUTHN_ATTESTATION": "direct"}
REQUIRED, DISCOURAGED = ({"WEBAUTHN_USER_VERIFICATION": each} for each in ("required", "discouraged"))


def malformed(member: str) -> str:
    """A refusal for what is no credential as JSON, which names the member at fault."""
    return f"400, `{member}`"


def refused(step: str, reason: Reason) -> str:
    """A refusal of a credential, by a step of WebAuthn Level 3 and for one reason."""
    return f"401, {step} `{reason.value}`"


@attrs.frozen
class Item:
    """One item: ``name`` begins with P where it is to be accepted and with F where it is to be refused.

    ``outcome`` is what a run has to come to, so an item does not pass by being refused for something else. What is not
    as the list has it, or is not run, says why, and nothing else does. ``later`` items are not in the list, but in the
    tool since.
    """

    name: str
    asks: str
    run: Run | None
    outcome: str = ACCEPTED
    why: str = ""
    under: Mapping[str, object] = attrs.field(default=NOTHING, kw_only=True)
    later: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        assert (self.verdict == "passed") != bool(self.why), self.name

    @property
    def verdict(self) -> Verdict:
        if self.run is None:
            return "left out"
        accepted = self.outcome == ACCEPTED
        if accepted == self.name.startswith("P"):
            return "passed"
        return "accepted" if accepted else "refused"


@attrs.frozen(kw_only=True, eq=False)
class Group:
    name: str
    about: str
    items: Sequence[Item]
    under: Mapping[str, object] = NOTHING


class Ceremony(Protocol):
    """A run of a ceremony that is right but for what is changed."""

    def __call__(self, **changes: Any) -> Run: ...


Row = tuple[str, str, Mapping[str, Any]] | tuple[str, str, Mapping[str, Any], str]
"""What is asked, what has to come of it, what is changed, and perhaps why."""


def failures(ceremony: Ceremony, *rows: Row) -> Iterable[Item]:
    """Number what is to be refused: F-1, F-2 and so on."""
    for number, (asks, outcome, changes, *why) in enumerate(rows, 1):
        yield Item(f"F-{number}", asks, ceremony(**changes), outcome, *why)
