"""Which models of authenticators are believed, and which may register: section 7.1 of WebAuthn, steps 18, 23 and 24."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import attrs
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from mfa.adapters.memory.metadata import MemoryMetadata
from mfa.adapters.webauthn.fido2 import Fido2AuthenticatorCryptography
from mfa.domain.methods.metadata import HARMFUL, AdmittedModels, AuthenticatorModel, Edition, StatusReport
from mfa.domain.methods.webauthn import AttestationObject, RelyingParty
from mfa.domain.verdicts import Reason
from mfa.testing.authenticator import AAGUID, Authority, SoftwareAuthenticator
from tests.unit.domain.samples import NOW
from tests.unit.domain.test_webauthn import SITE, refused, registered

TODAY, DAY = NOW.date(), timedelta(days=1)
AUTHORITY = Authority.root()
ROOT = AUTHORITY.certificate.public_bytes(Encoding.DER)
BLUE = AuthenticatorModel(name="Blue key", roots=(ROOT,))
OTHER = bytes(range(16))
KEY = SoftwareAuthenticator(attestation="packed", authority=AUTHORITY)
COPYING = KEY.behaving(backup_eligible=True)
LEAF = AUTHORITY.issue(AUTHORITY.key.public_key()).public_bytes(Encoding.DER)


def site(model: AuthenticatorModel | None = BLUE, **changes: Any) -> RelyingParty:
    knowing: dict[str, Any] = {"metadata": MemoryMetadata({} if model is None else {AAGUID: model})}
    return attrs.evolve(SITE, **{"attestation": "direct", **knowing, **changes})


def reported(*reports: tuple[str, int | None]) -> AuthenticatorModel:
    """Make a model of statuses, each so many days from today, or without a day."""
    made = [StatusReport(status=status, since=None if days is None else TODAY + days * DAY) for status, days in reports]
    return attrs.evolve(BLUE, reports=tuple(made))


# What has been reported


@pytest.mark.parametrize("status", sorted(HARMFUL))
def test_a_model_is_not_believed_from_the_day_of_a_bad_report(status: str) -> None:
    assert reported((status, 0)).harmful((), TODAY)
    assert reported((status, None)).harmful((), TODAY)
    assert not reported((status, 1)).harmful((), TODAY)


def test_any_other_report_is_no_obstacle() -> None:
    others = ("NOT_FIDO_CERTIFIED", "FIDO_CERTIFIED_L1plus", "UPDATE_AVAILABLE", "RETIRED", "A_WORD_OF_TOMORROW")

    assert not reported(*((status, -1) for status in others)).harmful((), TODAY)


@pytest.mark.parametrize("mending", ["UPDATE_AVAILABLE", "FIDO_CERTIFIED", "FIDO_CERTIFIED_L2"])
@pytest.mark.parametrize(
    ("harmed", "mended", "harmful"),
    [(-2, -1, False), (-1, -2, True), (-1, -1, True), (-1, 1, True), (None, -1, True), (-2, None, True)],
)
def test_days_and_not_the_order_say_whether_a_later_version_is_better(
    mending: str, harmed: int | None, mended: int | None, *, harmful: bool
) -> None:
    reports = [("USER_VERIFICATION_BYPASS", harmed), (mending, mended)]

    assert reported(*reports).harmful((), TODAY) is harmful
    assert reported(*reversed(reports)).harmful((), TODAY) is harmful


def test_nothing_mends_a_revocation_nor_does_every_word_mend() -> None:
    assert reported(("REVOKED", -2), ("FIDO_CERTIFIED", -1)).harmful((), TODAY)
    assert reported(("USER_KEY_REMOTE_COMPROMISE", -2), ("NOT_FIDO_CERTIFIED", -1)).harmful((), TODAY)


@pytest.mark.parametrize(("path", "harmful"), [([b"leaf", b"stolen"], True), ([b"leaf"], False)])
def test_a_compromised_attestation_key_harms_what_it_has_attested(path: Sequence[bytes], *, harmful: bool) -> None:
    since = TODAY - 2 * DAY
    stolen = StatusReport(status="ATTESTATION_KEY_COMPROMISE", since=since, certificates=frozenset({b"stolen"}))
    better = StatusReport(status="UPDATE_AVAILABLE", since=since + DAY)

    assert attrs.evolve(BLUE, reports=(stolen, better)).harmful(path, TODAY) is harmful
    assert attrs.evolve(BLUE, reports=(stolen,), roots=(b"stolen",)).harmful(path, TODAY)


def test_metadata_are_good_until_the_end_of_their_day() -> None:
    edition = Edition(source="file", models=1, number=7, next_update=date(2026, 1, 31))

    assert not edition.overdue(date(2026, 1, 31))
    assert edition.overdue(date(2026, 2, 1))
    assert not Edition(source="folder", models=1).overdue(date(2026, 1, 31))


# What is registered


def test_7_1_24_roots_are_those_of_the_model_and_of_the_site() -> None:
    assert registered(KEY, site()).attested
    registered(KEY, site(None, cryptography=Fido2AuthenticatorCryptography([AUTHORITY.certificate])))
    strange = site(
        attrs.evolve(BLUE, roots=(b"no certificate", Authority.root().certificate.public_bytes(Encoding.DER)))
    )
    for at in (site(None), site(attrs.evolve(BLUE, roots=())), strange):
        with refused("7.1.24", Reason.UNTRUSTED):
            registered(KEY, at)


def test_7_1_24_one_model_does_not_vouch_for_another() -> None:
    with refused("7.1.24", Reason.UNTRUSTED):
        registered(KEY.behaving(aaguid=OTHER), site())


def test_7_1_24_a_model_of_which_bad_is_known_is_refused_whoever_trusts_its_root() -> None:
    bad = reported(("REVOKED", -1))

    for cryptography in (SITE.cryptography, Fido2AuthenticatorCryptography([AUTHORITY.certificate])):
        with refused("7.1.24", Reason.MODEL_STATUS):
            registered(KEY, site(bad, cryptography=cryptography))


def test_7_1_23_without_metadata_nobody_is_believed() -> None:
    metadata = MemoryMetadata({AAGUID: BLUE})
    metadata.broken = True

    with refused("7.1.23", Reason.UNTRUSTED):
        registered(KEY, site(metadata=metadata))
    registered(KEY, site(metadata=metadata, attestation="none"))


@pytest.mark.parametrize(
    ("admitted", "admits"),
    [
        (AdmittedModels(allowed=frozenset({AAGUID, OTHER})), True),
        (AdmittedModels(allowed=frozenset({OTHER})), False),
        (AdmittedModels(denied=frozenset({AAGUID})), False),
        (AdmittedModels(denied=frozenset({OTHER})), True),
    ],
)
@pytest.mark.parametrize("attestation", ["direct", "none"])
def test_7_1_24_models_are_admitted_by_name(admitted: AdmittedModels, attestation: str, *, admits: bool) -> None:
    at = site(admitted=admitted, attestation=attestation)

    if admits:
        registered(KEY, at)
    else:
        with refused("7.1.24", Reason.MODEL_NOT_ADMITTED):
            registered(KEY, at)


class Believing(Fido2AuthenticatorCryptography):
    """Believes every statement, as if it were made by a key that the authority has attested."""

    def trust_path(self, attestation: AttestationObject, client_data_hash: bytes) -> tuple[bytes, ...]:
        return (LEAF,)


class Asked(MemoryMetadata):
    """Remembers by which certificates a model was looked for."""

    def __init__(self) -> None:
        super().__init__({AAGUID: BLUE})
        self.paths: list[tuple[bytes, ...]] = []

    def model_of(self, aaguid: bytes, trust_path: Sequence[bytes]) -> AuthenticatorModel | None:
        self.paths.append(tuple(trust_path))
        return super().model_of(aaguid, trust_path)


def test_7_1_23_a_model_is_found_and_judged_by_the_certificates_of_the_attestation() -> None:
    metadata, proved = Asked(), KEY.behaving(statement=("packed", {}))
    at = site(metadata=metadata, cryptography=Believing([AUTHORITY.certificate]))

    registered(proved, at)
    registered(KEY, attrs.evolve(at, attestation="none", admitted=AdmittedModels(device_bound=True)))
    assert at.name_of_model(AAGUID) == "Blue key"
    assert metadata.paths == [(LEAF,), (), ()]

    stolen = StatusReport(status="ATTESTATION_KEY_COMPROMISE", since=TODAY, certificates=frozenset({LEAF}))
    metadata.models[AAGUID] = attrs.evolve(BLUE, reports=(stolen,))
    with refused("7.1.24", Reason.MODEL_STATUS):
        registered(proved, at)


def test_8_6_what_u2f_says_of_its_model_is_signed_by_nobody() -> None:
    at = site(admitted=AdmittedModels(allowed=frozenset({AAGUID})), cryptography=Believing([AUTHORITY.certificate]))

    registered(KEY.behaving(statement=("packed", {})), at)
    with refused("7.1.24", Reason.MODEL_NOT_ADMITTED):
        registered(KEY.behaving(statement=("fido-u2f", {})), at)


@pytest.mark.parametrize("attestation", ["direct", "none"])
def test_7_1_18_a_credential_that_may_be_copied_is_refused_where_only_one_is_wanted(attestation: str) -> None:
    bound: dict[str, Any] = {"admitted": AdmittedModels(device_bound=True), "attestation": attestation}

    registered(KEY, site(**bound))
    registered(COPYING, site(attestation=attestation))
    with refused("7.1.18", Reason.NOT_DEVICE_BOUND):
        registered(COPYING, site(**bound))
    with refused("7.1.18", Reason.NOT_DEVICE_BOUND):
        registered(KEY, site(attrs.evolve(BLUE, synced=True), **bound))
    registered(KEY, site(attrs.evolve(BLUE, synced=True), attestation=attestation))
