import pickle
import traceback
from collections.abc import Callable, Sequence

import pytest

from mfa.adapters.system.vault import AesGcmVault, derive_key
from mfa.application.ports.system import Vault
from mfa.domain.errors import BrokenSeal, UnknownKey
from mfa.testing.contracts.system import ONE_KEY, OTHER_KEY, VaultContract


class TestAesGcmVault(VaultContract):
    @pytest.fixture
    def make(self) -> Callable[[Sequence[bytes]], Vault]:
        return AesGcmVault


def test_a_seal_made_by_an_earlier_release_opens() -> None:
    sealed = bytes.fromhex("01e1fb9ec1bf624736000102030405060708090a0b1cd57342898e1f4f2c48cf4baea4411edd6853b99bfb")

    assert AesGcmVault([ONE_KEY]).open(sealed, b"context") == b"a seed"


@pytest.mark.parametrize("keys", [[], [b"short"], [ONE_KEY, ONE_KEY + b"1"], [ONE_KEY, ONE_KEY[:16]]])
def test_keys_that_aes_256_does_not_take_are_refused_unquoted(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes") as refusal:
        AesGcmVault(keys)

    assert not any(key.decode() in str(refusal.value) for key in keys)


def test_a_missing_key_is_told_with_the_settings_that_may_bring_it_back() -> None:
    sealed = AesGcmVault([ONE_KEY]).seal(b"a seed", b"context")

    with pytest.raises(UnknownKey, match=r'MFA\["ENCRYPTION_KEYS"\].*SECRET_KEY_FALLBACKS') as failure:
        AesGcmVault([OTHER_KEY]).open(sealed, b"context")

    assert ONE_KEY.decode() not in str(failure.value)
    assert OTHER_KEY.decode() not in str(failure.value)


def test_a_broken_seal_drags_nothing_along() -> None:
    vault = AesGcmVault([ONE_KEY])

    with pytest.raises(BrokenSeal) as failure:
        vault.open(vault.seal(b"a seed", b"context"), b"another context")

    assert str(failure.value) == ""
    assert "InvalidTag" not in "".join(traceback.format_exception(failure.value))


def test_a_seal_cannot_be_passed_off_as_one_under_another_key() -> None:
    vault = AesGcmVault([ONE_KEY, OTHER_KEY])
    one, other = (AesGcmVault([key]).seal(b"a seed", b"context") for key in (ONE_KEY, OTHER_KEY))

    with pytest.raises(BrokenSeal):
        vault.open(other[:9] + one[9:], b"context")


def test_another_layout_is_a_broken_seal() -> None:
    vault = AesGcmVault([ONE_KEY])
    sealed = vault.seal(b"a seed", b"context")

    with pytest.raises(BrokenSeal):
        vault.open(b"\x02" + sealed[1:], b"context")


def test_what_the_first_key_sealed_is_current() -> None:
    old = AesGcmVault([ONE_KEY]).seal(b"a seed", b"context")
    vault = AesGcmVault([OTHER_KEY, ONE_KEY])

    assert not vault.current(old)
    assert vault.current(vault.seal(b"a seed", b"context"))
    assert not vault.current(b"")


def test_a_vault_shows_its_keys_to_nobody() -> None:
    vault = AesGcmVault([ONE_KEY, OTHER_KEY])

    assert repr(vault) == "<AesGcmVault: 2 keys>"
    with pytest.raises(TypeError):
        pickle.dumps(vault)


def test_a_key_derived_from_a_secret_stays_the_same_for_ever() -> None:
    # HKDF-SHA256 (RFC 5869) of "a secret", no salt, info "mfa.adapters.system.vault: AES-256-GCM".
    assert derive_key("a secret").hex() == "fbfe7278dcc8384bf38e5f979519db5899ee04d9bbafe9c8ae8247f7accc5069"


def test_other_secrets_are_other_keys() -> None:
    assert derive_key("a secret") != derive_key("a secret ")


def test_a_secret_may_be_any_text() -> None:
    assert len(derive_key("clé 鍵")) == 32


@pytest.mark.parametrize("retired", [False, True])
def test_former_keys_open_until_they_are_retired(retired: bool) -> None:  # noqa: FBT001
    sealed = AesGcmVault([b"1" * 32]).seal(b"a seed", b"context")
    vault = AesGcmVault([b"2" * 32], former=[b"1" * 32], retired=lambda: retired)

    assert vault.open(vault.seal(b"another", b"context"), b"context") == b"another"
    if retired:
        with pytest.raises(UnknownKey):
            vault.open(sealed, b"context")
    else:
        assert vault.open(sealed, b"context") == b"a seed"
    assert not vault.current(sealed)
