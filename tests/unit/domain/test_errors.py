import pickle
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from mfa.domain import errors
from mfa.domain.errors import (
    InvalidField,
    MalformedValue,
    MfaError,
    RegistrationRequired,
    Throttled,
    Unavailable,
    VerificationRequired,
)
from mfa.domain.policies import Requirement

CODES = {
    "MfaError": "error",
    "NotAllowed": "not_allowed",
    "RotationIncomplete": "rotation_incomplete",
    "NotUnique": "not_unique",
    "AlreadySpent": "already_spent",
    "NotFound": "not_found",
    "DeviceNotFound": "not_found",
    "MethodNotFound": "not_found",
    "TrustNotFound": "not_found",
    "NotDispatchable": "not_dispatchable",
    "NoChallenge": "no_challenge",
    "Conflict": "conflict",
    "AlreadyRegistered": "already_registered",
    "AlreadyVerified": "already_verified",
    "DeviceIsDisabled": "device_disabled",
    "DeviceRequired": "device_required",
    "Refused": "refused",
    "VerificationRequired": "verification_required",
    "RegistrationRequired": "registration_required",
    "Malformed": "malformed",
    "MalformedValue": "malformed_value",
    "InvalidField": "invalid",
    "Throttled": "throttled",
    "ResendTooSoon": "resend_too_soon",
    "DeliveryFailed": "delivery_failed",
    "SealError": "seal_error",
    "UnknownKey": "unknown_key",
    "BrokenSeal": "broken_seal",
    "StaleAccount": "stale_account",
    "StoreBusy": "store_busy",
    "Unavailable": "unavailable",
}


def family(parent: type[MfaError]) -> Iterator[tuple[str, str]]:
    for child in parent.__subclasses__():
        if child.__module__ == errors.__name__:
            yield parent.__name__, child.__name__
            yield from family(child)


def drawing() -> Iterator[tuple[int, str, str | None]]:
    """Read depth, name and code of every line of the tree in the docstring."""
    for line in (errors.__doc__ or "").splitlines():
        if found := re.fullmatch(r" {4}([│├└─ ]*)(\w+)(?: +([a-z_]+)| +\(.*\))?", line):
            yield len(found[1]) // 4, found[2], found[3]


def drawn_family() -> Iterator[tuple[str, str]]:
    ancestors: list[str] = []
    for depth, name, _ in drawing():
        del ancestors[depth:]
        if ancestors:
            yield ancestors[-1], name
        ancestors.append(name)


def test_the_tree_in_the_docstring_is_the_real_one() -> None:
    assert sorted(drawn_family()) == sorted(family(MfaError))


def test_the_codes_in_the_docstring_are_the_real_ones() -> None:
    drawn = {name: code for _, name, code in drawing() if code}

    assert drawn == {name: getattr(errors, name).code for name in drawn}
    leaves = {child for _, child in family(MfaError)} - {parent for parent, _ in family(MfaError)}
    assert set(drawn) == leaves | {"Throttled"}


def test_no_code_ever_changes() -> None:
    assert {child: getattr(errors, child).code for _, child in [("", "MfaError"), *family(MfaError)]} == CODES


def test_every_error_of_the_module_is_in_the_tree() -> None:
    classes = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}

    assert classes == set(CODES)


@pytest.mark.parametrize("kind", [VerificationRequired, RegistrationRequired])
def test_a_refusal_says_how_many_verifications_are_left(
    kind: type[VerificationRequired | RegistrationRequired],
) -> None:
    made = kind(2, Requirement(verifications=3))

    assert (made.verifications_left, made.requirement) == (2, Requirement(verifications=3))


@pytest.mark.parametrize(
    ("left", "enrolled", "kind", "told"),
    [(2, True, VerificationRequired, 2), (0, True, VerificationRequired, 1), (1, False, RegistrationRequired, 1)],
)
def test_a_refusal_always_leaves_something_to_do(*, left: int, enrolled: bool, kind: type[MfaError], told: int) -> None:
    made = errors.refusal(Requirement(verifications=2), left=left, enrolled=enrolled)

    assert (type(made), made.verifications_left) == (kind, told)


def test_an_invalid_field_says_which_and_why() -> None:
    invalid = InvalidField("address", "taken")

    assert (invalid.field, invalid.problem) == ("address", "taken")


def test_a_throttled_request_learns_how_long_to_wait() -> None:
    assert Throttled(timedelta(seconds=30)).retry_after == timedelta(seconds=30)


def test_who_meets_a_store_that_does_not_answer_comes_back_in_a_second_unless_told_otherwise() -> None:
    assert Unavailable().retry_after == timedelta(seconds=1)
    assert Unavailable(timedelta(seconds=5)).retry_after == timedelta(seconds=5)


def test_an_invalid_field_may_say_it_to_a_person() -> None:
    assert InvalidField("address", "taken", "Somebody has that address.").sentence == "Somebody has that address."


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (VerificationRequired(2, Requirement(verifications=3)), (2, Requirement(verifications=3))),
        (MalformedValue("response.id"), ("response.id",)),
        (
            InvalidField("address", "taken", "Somebody has that address."),
            ("address", "taken", "Somebody has that address."),
        ),
        (Throttled(timedelta(seconds=30)), (timedelta(seconds=30),)),
        (Unavailable(timedelta(seconds=5)), (timedelta(seconds=5),)),
    ],
)
def test_an_error_says_in_a_log_what_it_is_about_and_is_the_same_in_another_process(
    made: MfaError, told: tuple[object, ...]
) -> None:
    there = pickle.loads(pickle.dumps(made))  # noqa: S301 - of our own making

    assert made.args == told
    assert (type(there), there.args, vars(there)) == (type(made), told, vars(made))
