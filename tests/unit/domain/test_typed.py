"""Which device a typed value is for that names none."""

from typing import Any

import attrs
import pytest

from mfa.domain.devices import Device
from mfa.domain.errors import InvalidField, MalformedValue
from mfa.domain.methods.base import MAX_VALUE_BYTES
from mfa.domain.typed import device_meant
from tests.unit.domain.samples import (
    EMAIL,
    HOTP,
    HOUR,
    NOW,
    RECOVERY,
    RULES,
    TOTP,
    Kind,
    account,
    active,
    failures,
    pending,
)

DIGITS = "012345"
LONG = "abcdefgh"


def meant(value: object, *devices: Device) -> int:
    return device_meant(account(*devices), value, RULES).index


APP, TOKEN, PAPER = active(3, TOTP), active(4, HOTP), active(5, RECOVERY)
MAIL = active(6, EMAIL)


@pytest.mark.parametrize("value", [DIGITS, "1", "", "short", LONG, "0123456789", "012 345", "٠١٢٣٤٥"])
@pytest.mark.parametrize("device", [APP, TOKEN])
def test_the_one_app_is_meant(device: Device, value: str) -> None:
    assert meant(value, MAIL, device) == device.index


@pytest.mark.parametrize(
    ("value", "index"),
    [
        *((LONG, 5), ("ABCD-EFGH", 5), ("abcd efg1", 5), ("0123456x", 5)),
        *((DIGITS, 3), ("0123456789", 3), ("0123-4567", 3), ("abcdefg", 3), ("a-b-c-d-e", 3), ("", 3)),
    ],
)
def test_beside_an_app_a_long_code_is_one_on_paper(value: str, index: int) -> None:
    assert meant(value, APP, PAPER) == index


@pytest.mark.parametrize("value", [DIGITS, LONG, ""])
def test_without_an_app_whatever_is_typed_is_on_paper(value: str) -> None:
    assert meant(value, MAIL, PAPER) == PAPER.index


@pytest.mark.parametrize(
    ("value", "devices"),
    [
        (DIGITS, [APP, TOKEN]),
        (DIGITS, [APP, active(8, TOTP), PAPER]),
        (LONG, [APP, TOKEN]),
        (DIGITS, [MAIL]),
        (DIGITS, []),
        (DIGITS, [pending(3, TOTP)]),
        (DIGITS, [active(3, Kind(name="gone"))]),
        (LONG, [attrs.evolve(active(3, RECOVERY), expires_at=NOW + HOUR, uses_left=1)]),
    ],
)
def test_where_none_or_several_may_be_meant_the_index_is_asked_for(value: str, devices: list[Device]) -> None:
    with pytest.raises(InvalidField) as refusal:
        meant(value, *devices)

    assert (refusal.value.field, refusal.value.problem) == ("index", "required")


def test_among_several_apps_a_long_code_is_still_on_paper() -> None:
    assert meant(LONG, APP, TOKEN, PAPER) == PAPER.index


def test_a_device_that_is_disabled_stands_back() -> None:
    disabled = active(3, TOTP, failures=failures(100))

    assert meant(DIGITS, disabled, TOKEN) == TOKEN.index
    assert meant(DIGITS, disabled, MAIL) == disabled.index


@pytest.mark.parametrize("value", [7, None, {"id": "x"}, ["1"], "1" * (MAX_VALUE_BYTES + 1)])
def test_what_nobody_types_is_malformed(value: Any) -> None:  # noqa: ANN401 - whatever JSON may be
    with pytest.raises(MalformedValue):
        meant(value, APP)
