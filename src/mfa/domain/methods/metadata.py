"""What is known of models of authenticators beforehand, and which of them may register.

A model is an AAGUID. Its metadata say which certificates its attestations chain up to, and what has been reported of
it since (FIDO Metadata Service 3.1.1, sections 3.1.1 to 3.1.4).
"""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from datetime import date
from typing import Protocol

import attrs

from mfa.domain.values import ValueObject

REVOKED = "REVOKED"
KEY_COMPROMISE = "ATTESTATION_KEY_COMPROMISE"

HARMFUL = frozenset(
    {
        REVOKED,
        KEY_COMPROMISE,
        "USER_VERIFICATION_BYPASS",
        "USER_KEY_REMOTE_COMPROMISE",
        "USER_KEY_PHYSICAL_COMPROMISE",
    }
)
"""What is reported of models that are not to be believed, or that others can use; any other report is no obstacle."""

_MENDED = ("UPDATE_AVAILABLE", "FIDO_CERTIFIED")
"""How reports begin that tell of a better version: an update, or a certificate of any level."""


class MetadataUnavailable(Exception):
    """There are no metadata to be had; its text is a sentence for operators."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class StatusReport(ValueObject):
    """What was reported of a model: a word, the day from which it is so, and the certificates that it is about.

    Without a day it is so as long as it is reported.
    """

    status: str
    since: date | None = None
    certificates: frozenset[bytes] = attrs.field(default=frozenset(), repr=False)

    @property
    def mends(self) -> bool:
        """Tell whether there is a version since that day that is free of what was reported before."""
        return self.since is not None and self.status.startswith(_MENDED)

    def holds(self, today: date) -> bool:
        """Tell whether it is so already."""
        return self.since is None or self.since <= today


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class AuthenticatorModel(ValueObject):
    """What the metadata say of a model; ``roots`` are certificates in DER.

    ``synced`` are models that copy their credentials without telling of it by the flag of section 6.1.3.
    """

    name: str
    roots: tuple[bytes, ...] = attrs.field(default=(), repr=False)
    reports: tuple[StatusReport, ...] = ()
    synced: bool = False

    def harmful(self, trust_path: Collection[bytes], today: date) -> bool:
        """Tell whether an attestation of the model with these certificates is one not to believe.

        A revocation lasts. Any other harm lasts until a later day brings an update or a certification. A compromised
        attestation key harms, and for good, whatever it has attested, and the whole model where nobody says which.
        """
        held = [report for report in self.reports if report.holds(today)]
        mended = max((report.since for report in held if report.mends and report.since), default=date.min)
        for report in held:
            if report.status not in HARMFUL:
                continue
            if report.status == KEY_COMPROMISE and report.certificates:
                if not report.certificates.isdisjoint({*trust_path, *self.roots}):
                    return True
            elif report.status == REVOKED or report.since is None or report.since >= mended:
                return True
        return False


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class AdmittedModels(ValueObject):
    """Which models may register, by their AAGUIDs: these alone, or all but these; and whether a copy is one too many.

    ``device_bound`` refuses credentials that may be backed up, that is to say copied to other devices.
    """

    allowed: frozenset[bytes] | None = None
    denied: frozenset[bytes] = frozenset()
    device_bound: bool = False

    def admit(self, aaguid: bytes) -> bool:
        """Tell whether a model may register."""
        return aaguid not in self.denied and (self.allowed is None or aaguid in self.allowed)


ANY_MODEL = AdmittedModels()
"""Whoever wants to."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Edition(ValueObject):
    """Which metadata are in use: how many models they tell of, and how many entries nobody could read.

    Those of the FIDO Metadata Service have a number, and a day on which others should have come; ``signed`` are those
    that were checked by their signature. ``source`` says where they are.
    """

    source: str
    models: int
    unreadable: int = 0
    number: int | None = None
    next_update: date | None = None
    signed: bool = False

    def overdue(self, today: date) -> bool:
        """Tell whether others should have come."""
        return self.next_update is not None and self.next_update < today


class AuthenticatorMetadata(Protocol):
    """Knows models of authenticators."""

    @abstractmethod
    def model_of(self, aaguid: bytes, trust_path: Sequence[bytes]) -> AuthenticatorModel | None:
        """Find a model by its AAGUID, or by its attestation certificate where that is all zeros; None: unknown.

        The certificates are in DER. Raises ``MetadataUnavailable``.
        """

    @abstractmethod
    def edition(self) -> Edition:
        """Tell which metadata are in use; raises ``MetadataUnavailable``."""
