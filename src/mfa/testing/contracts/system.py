"""What every Clock, Entropy, Vault and KeyRotations does."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from mfa.application.ports.system import Clock, Entropy, KeyRotations, Vault
from mfa.domain.errors import BrokenSeal, SealError, UnknownKey

ONE_KEY = b"1" * 32
OTHER_KEY = b"2" * 32


class ClockContract:
    """Provide ``clock``."""

    def test_the_time_is_aware_and_in_utc(self, clock: Clock) -> None:
        assert clock.now().utcoffset() == timedelta(0)

    def test_the_time_does_not_go_back(self, clock: Clock) -> None:
        times = [clock.now() for _ in range(100)]

        assert times == sorted(times)


class EntropyContract:
    """Provide ``entropy``."""

    @pytest.mark.parametrize("size", [1, 10, 16, 20, 31, 32, 33, 64, 100])
    def test_a_token_has_as_many_bytes_as_asked_for(self, entropy: Entropy, size: int) -> None:
        token = entropy.token(size)

        assert type(token) is bytes
        assert len(token) == size

    def test_no_token_comes_twice(self, entropy: Entropy) -> None:
        assert len({entropy.token(16) for _ in range(5000)}) == 5000

    def test_every_bit_of_a_token_moves(self, entropy: Entropy) -> None:
        tokens = [int.from_bytes(entropy.token(64)) for _ in range(64)]
        ever, always = 0, (1 << 512) - 1
        for token in tokens:
            ever, always = ever | token, always & token

        assert ever == (1 << 512) - 1
        assert always == 0

    @pytest.mark.parametrize("count", [1, 6, 8, 10])
    def test_digits_are_as_many_ascii_digits_as_asked_for(self, entropy: Entropy, count: int) -> None:
        codes = [entropy.digits(count) for _ in range(200)]

        assert all(len(code) == count and code.isascii() and code.isdecimal() for code in codes)

    def test_every_digit_comes_everywhere_the_leading_zero_too(self, entropy: Entropy) -> None:
        codes = [entropy.digits(6) for _ in range(500)]

        assert [{code[place] for code in codes} for place in range(6)] == [set("0123456789")] * 6

    def test_digits_do_not_repeat_themselves(self, entropy: Entropy) -> None:
        assert len({entropy.digits(20) for _ in range(1000)}) == 1000


class VaultContract:
    """Provide ``make``, which makes a vault of keys of 32 bytes, the first of which seals."""

    @pytest.fixture
    def vault(self, make: Callable[[Sequence[bytes]], Vault]) -> Vault:
        return make([ONE_KEY])

    @pytest.mark.parametrize("plain", [b"", b"\x00", b"a seed", bytes(range(256)) * 20])
    def test_what_is_sealed_opens_in_its_context(self, vault: Vault, plain: bytes) -> None:
        sealed = vault.seal(plain, b"context")

        assert type(sealed) is bytes
        assert vault.open(sealed, b"context") == plain

    def test_what_is_sealed_cannot_be_read(self, vault: Vault) -> None:
        plain = b"a seed that is long enough not to be there by chance"
        sealed = vault.seal(plain, b"context of the seal")

        assert not any(plain[start : start + 4] in sealed for start in range(len(plain) - 3))
        assert b"context of the seal" not in sealed

    def test_the_same_seals_differently_each_time(self, vault: Vault) -> None:
        assert len({vault.seal(b"a seed", b"context") for _ in range(100)}) == 100

    @pytest.mark.parametrize("context", [b"", b"contex", b"context2", b"context\x00", b"CONTEXT"])
    def test_in_another_context_it_does_not_open(self, vault: Vault, context: bytes) -> None:
        sealed = vault.seal(b"a seed", b"context")

        with pytest.raises(BrokenSeal):
            vault.open(sealed, context)

    def test_context_and_content_do_not_run_into_each_other(self, vault: Vault) -> None:
        sealed = vault.seal(b"", b"context")

        with pytest.raises(SealError):
            vault.open(sealed + b"t", b"contex")

    def test_no_byte_can_be_changed(self, vault: Vault) -> None:
        sealed = vault.seal(b"a seed", b"context")

        for place in range(len(sealed)):
            changed = bytearray(sealed)
            changed[place] ^= 1
            with pytest.raises(SealError):
                vault.open(bytes(changed), b"context")

    def test_nothing_can_be_cut_off_or_added(self, vault: Vault) -> None:
        sealed = vault.seal(b"a seed", b"context")

        for length in range(len(sealed)):
            with pytest.raises(SealError):
                vault.open(sealed[:length], b"context")
        with pytest.raises(SealError):
            vault.open(sealed + b"\x00", b"context")

    def test_a_key_that_is_gone_is_told_from_a_broken_seal(self, make: Callable[[Sequence[bytes]], Vault]) -> None:
        sealed = make([ONE_KEY]).seal(b"a seed", b"context")

        with pytest.raises(UnknownKey):
            make([OTHER_KEY]).open(sealed, b"context")

    def test_the_first_key_seals_and_all_open(self, make: Callable[[Sequence[bytes]], Vault]) -> None:
        old = make([ONE_KEY]).seal(b"old", b"context")
        rotated = make([OTHER_KEY, ONE_KEY])
        new = rotated.seal(b"new", b"context")

        assert rotated.open(old, b"context") == b"old"
        assert make([OTHER_KEY]).open(new, b"context") == b"new"
        with pytest.raises(UnknownKey):
            make([ONE_KEY]).open(new, b"context")

    def test_the_beginning_of_a_seal_tells_its_key(self, make: Callable[[Sequence[bytes]], Vault]) -> None:
        one, other = (make([key]).seal(b"a seed", b"context") for key in (ONE_KEY, OTHER_KEY))
        vault = make([OTHER_KEY, ONE_KEY])
        beginnings = [sealed[: vault.header_bytes] for sealed in (one, other)]

        assert [vault.key_of(sealed) for sealed in (one, other)] == [vault.key_of(each) for each in beginnings]
        assert len({vault.key_of(each) for each in beginnings}) == 2
        assert [vault.current(each) for each in beginnings] == [False, True]

    def test_what_does_not_open_is_not_quoted(self, vault: Vault) -> None:
        sealed = vault.seal(b"a seed", b"context")

        with pytest.raises(SealError) as failure:
            vault.open(sealed, b"another context")

        assert "a seed" not in repr(failure.value)
        assert ONE_KEY.decode() not in f"{failure.value!r} {vault!r}"

    def test_what_is_sealed_under_the_first_key_is_current(self, make: Callable[[Sequence[bytes]], Vault]) -> None:
        old, new = make([ONE_KEY]), make([OTHER_KEY, ONE_KEY])

        assert old.current(old.seal(b"a seed", b"context"))
        assert new.current(new.seal(b"a seed", b"context"))
        assert not new.current(old.seal(b"a seed", b"context"))


class KeyRotationsContract:
    """Provide ``rotations``, none of which is complete."""

    def test_at_first_none_is_complete(self, rotations: KeyRotations) -> None:
        assert rotations.completed() is False

    def test_one_that_is_complete_stays_so_and_the_next_changes_nothing(self, rotations: KeyRotations) -> None:
        for day in (31, 1):
            rotations.complete(datetime(2026, 1, day, tzinfo=UTC))

            assert rotations.completed() is True
