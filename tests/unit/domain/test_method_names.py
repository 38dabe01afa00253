"""Which names no method has, and when that can be told."""

import pytest

from mfa.domain.methods.base import Methods
from mfa.domain.methods.names import BUILT_IN, METHOD_NAMES, MethodNames
from tests.unit.domain.samples import Kind


def test_the_built_in_ones_are_known_from_the_beginning() -> None:
    assert METHOD_NAMES.unknown(BUILT_IN) == []
    assert METHOD_NAMES.unknown(["webauthn", "totpp", "otp"]) == ["otp", "totpp"]


def test_so_are_those_of_all_methods_that_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHOD_NAMES, "_known", {*METHOD_NAMES})

    assert METHOD_NAMES.unknown(["gathered"]) == ["gathered"]

    Methods((Kind(name="gathered"),))

    assert METHOD_NAMES.unknown(["gathered"]) == []
    assert "gathered" in METHOD_NAMES


def test_others_have_the_methods_made() -> None:
    names, made = MethodNames(["totp"]), []

    def load() -> bool:
        made.append("acme")
        names.add(["acme"])
        return True

    names.load_by(load)

    assert names.unknown(["totp"]) == []
    assert made == []
    assert names.unknown(["acme", "totp"]) == []
    assert names.unknown(["acme", "amce"]) == ["amce"]
    assert [*names] == ["acme", "totp"]


def test_until_they_can_be_made_every_name_may_be_one() -> None:
    names = MethodNames()
    names.load_by(lambda: False)

    assert names.unknown(["acme"]) == []


def test_where_nobody_makes_any_those_that_are_known_are_all() -> None:
    assert MethodNames(["totp"]).unknown(["totp", "otp"]) == ["otp"]
