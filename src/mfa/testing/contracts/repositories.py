"""What every AccountRepository does."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import attrs
import pytest

from mfa.application.ports.repositories import AccountRepository, HeldDevice
from mfa.domain.accounts import Account
from mfa.domain.challenges import Challenge, SpentLogin
from mfa.domain.devices import Device
from mfa.domain.errors import AlreadySpent, NotUnique, StaleAccount
from mfa.domain.identifiers import TokenId, UserId
from mfa.domain.proofs import Proofs
from mfa.domain.sends import Sends
from mfa.domain.throttling import Failures
from mfa.domain.trusts import Trust

NOW = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
EVERY_BYTE = b"\x00\x00" + bytes(range(256)) + b"\x00"


def device(index: int, *, active: bool = True) -> Device:
    return Device(
        index=index,
        method="totp",
        state=b"sealed",
        created_at=NOW,
        activated_at=NOW if active else None,
        registered_by=None if active else TokenId("d" * 64),
        expires_at=None if active else NOW + timedelta(hours=1),
    )


def trust(name: str, **changes: Any) -> Trust:
    """A remembered browser as it is made: never used, and by what it calls itself perhaps nothing."""
    made = Trust(digest=name * 64, index=0, login="digest of a password", created_at=NOW, expires_at=NOW + SECOND)
    return attrs.evolve(made, **changes)


def with_devices(account: Account, *devices: Device) -> Account:
    return attrs.evolve(account, devices=devices, next_index=len(devices))


def full(account: Account, token_id: TokenId) -> Account:
    """An account in which every field of everything holds something."""
    active = Device(
        index=0,
        method="email",
        name="Pixel 9 \N{MOBILE PHONE} caf\N{LATIN SMALL LETTER E WITH ACUTE}",
        state=EVERY_BYTE,
        destination="a***@example.com",
        created_at=NOW - timedelta(days=400),
        activated_at=NOW - timedelta(days=399, microseconds=1),
        last_used_at=NOW,
        failures=Failures(count=3, recent=2, last_at=NOW - timedelta(microseconds=999999)),
    )
    pending = Device(
        index=5,
        method="acme.methods.voice",
        state=b"",
        created_at=NOW,
        registered_by=token_id,
        expires_at=NOW + timedelta(hours=1, microseconds=7),
        failures=Failures(count=1, last_at=NOW),
    )
    temporary = Device(
        index=7,
        method="pass",
        state=b"hash",
        created_at=NOW,
        activated_at=NOW,
        expires_at=NOW + timedelta(hours=1, microseconds=9),
        uses_left=2,
    )
    return attrs.evolve(
        account,
        next_index=9,
        devices=(active, pending, temporary),
        challenges=(
            Challenge(
                index=0,
                token_id=token_id,
                sent=EVERY_BYTE,
                dispatched_at=NOW,
                confirmed_at=NOW + SECOND,
                trust="f" * 16,
                trusted_at=NOW + timedelta(microseconds=11),
                expires_at=NOW + timedelta(days=30, microseconds=13),
            ),
            Challenge(index=5, token_id=token_id, dispatched_at=NOW - SECOND),
        ),
        gone=(Failures(count=99, recent=99, last_at=NOW), Failures(count=1, recent=1, last_at=NOW)),
        sends=MappingProxyType(
            {
                "email": Sends(recent=(NOW - SECOND, NOW), last_at=NOW),
                "sms": Sends(recent=(NOW,), last_at=None, retried=True),
            }
        ),
        trusts=(
            trust("f"),
            trust(
                "0",
                index=5,
                created_at=NOW - timedelta(days=29, microseconds=1),
                expires_at=NOW + timedelta(days=1, microseconds=2),
                last_used_at=NOW - timedelta(microseconds=5),
                description="'Caf\N{LATIN SMALL LETTER E WITH ACUTE}' \N{MOBILE PHONE} \\ \"<b>\"",
            ),
        ),
        browsers=("0" * 16, "f" * 16),
        generation=account.generation + 1,
        locked_down=True,
        locked_down_at=NOW - timedelta(microseconds=3),
    )


def store(
    repository: AccountRepository, user_id: UserId, *devices: Device, token_id: TokenId | None = None, **changes: Any
) -> Account:
    """Store devices of a user, and what else changes in the account, and return it as that token reads it."""
    before = repository.of(user_id, token_id)
    return repository.save(before, attrs.evolve(with_devices(before, *devices), **changes))


def fill(repository: AccountRepository, user_id: UserId, token_id: TokenId) -> Account:
    """Store an account that is ``full``, and return it as that token reads it."""
    before = repository.of(user_id, token_id)
    return repository.save(before, full(before, token_id))


class AccountRepositoryContract:
    """Provide ``repository``, the keys of two users who exist, and a way to change their passwords."""

    @pytest.fixture
    def token_id(self) -> TokenId:
        return TokenId("1f" * 32)

    @pytest.fixture
    def other_token_id(self) -> TokenId:
        return TokenId("2e" * 32)

    def test_where_nothing_is_stored_an_account_is_empty(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId
    ) -> None:
        assert repository.of(user_id, token_id) == Account(user_id=user_id, token_id=token_id)
        assert repository.of(user_id) == Account(user_id=user_id)

    def test_reading_stores_nothing(self, repository: AccountRepository, user_id: UserId, token_id: TokenId) -> None:
        repository.of(user_id, token_id)

        assert repository.of(user_id, token_id).version == 0

    def test_what_was_saved_is_read_in_every_field(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId
    ) -> None:
        before = repository.of(user_id, token_id)

        saved = repository.save(before, full(before, token_id))

        assert saved == attrs.evolve(full(before, token_id), version=saved.version)
        assert repository.of(user_id, token_id) == saved

    @pytest.mark.parametrize("trusts", [True, False])
    def test_a_gate_reads_the_active_devices_and_what_its_token_has_confirmed(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId, *, trusts: bool
    ) -> None:
        account = fill(repository, user_id, token_id)

        read = repository.proofs(user_id, token_id, trusts=trusts)

        def asked(proofs: Proofs[Any]) -> object:
            factors = [
                (each.index, each.method, each.created_at, each.expires_at) for each in proofs.devices if each.active
            ]
            confirmed = proofs.challenge(0)
            assert confirmed is not None
            return sorted(factors), confirmed.confirmed_at, confirmed.trust, confirmed.trusted_at

        assert asked(read) == asked(account)
        assert [each.index for each in read.active] == [0]
        assert not trusts or (read.trusts, read.login) == (account.trusts, repository.of(user_id).login)

    @pytest.mark.parametrize("trusts", [True, False])
    def test_a_gate_reads_nothing_of_other_tokens_and_users(
        self,
        repository: AccountRepository,
        user_id: UserId,
        other_user_id: UserId,
        token_id: TokenId,
        *,
        trusts: bool,
    ) -> None:
        fill(repository, user_id, token_id)

        other = repository.proofs(user_id, TokenId("2e" * 32), trusts=trusts)
        nobody = repository.proofs(other_user_id, token_id, trusts=trusts)

        assert ([each.index for each in other.active], other.challenges) == ([0], ())
        assert (nobody.devices, nobody.challenges, nobody.trusts) == ((), (), ())

    def test_states_are_bytes_and_times_are_in_utc(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId
    ) -> None:
        fill(repository, user_id, token_id)

        read = repository.of(user_id, token_id)

        assert [type(each.state) for each in read.devices] == [bytes, bytes, bytes]
        assert type(read.challenges[0].sent) is bytes
        assert read.devices[0].created_at.utcoffset() == timedelta(0)
        assert read.sends["email"].recent[0].utcoffset() == timedelta(0)

    def test_every_field_can_change(self, repository: AccountRepository, user_id: UserId, token_id: TokenId) -> None:
        before = fill(repository, user_id, token_id)
        changed = Device(
            index=0,
            method="email",
            name="",
            state=b"\x00",
            created_at=NOW - timedelta(days=400),
            activated_at=NOW,
            last_used_at=None,
        )
        activated = attrs.evolve(
            before.devices[1],
            state=b"next",
            destination="+31 ** ****78",
            activated_at=NOW,
            last_used_at=NOW,
            registered_by=None,
            expires_at=None,
            failures=Failures(),
        )
        after = attrs.evolve(
            before,
            next_index=10,
            devices=(changed, activated, attrs.evolve(before.devices[2], uses_left=0, last_used_at=NOW)),
            challenges=(
                Challenge(index=0, token_id=token_id, dispatched_at=NOW + SECOND),
                Challenge(
                    index=5,
                    token_id=token_id,
                    sent=b"\x00",
                    dispatched_at=NOW,
                    confirmed_at=NOW,
                    trust="0" * 16,
                    trusted_at=NOW,
                ),
            ),
            gone=(Failures(count=2, recent=2, last_at=NOW + SECOND),),
            sends=MappingProxyType({"email": Sends(recent=(), last_at=NOW + SECOND)}),
            trusts=(trust("1"), attrs.evolve(before.trusts[1], last_used_at=NOW, description="")),
            browsers=("1" * 16,),
            locked_down=False,
            locked_down_at=NOW,
        )

        saved = repository.save(before, after)

        assert saved == attrs.evolve(after, version=saved.version)
        assert repository.of(user_id, token_id) == saved

    def test_every_change_moves_the_version_by_one(self, repository: AccountRepository, user_id: UserId) -> None:
        before = repository.of(user_id)

        first = repository.save(before, with_devices(before, device(0)))
        second = repository.save(first, with_devices(first, device(0), device(1)))

        assert (first.version, second.version) == (1, 2)

    def test_a_confirmation_alone_moves_the_version(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId
    ) -> None:
        before = store(repository, user_id, device(0), token_id=token_id)
        confirmed = Challenge(index=0, token_id=token_id, confirmed_at=NOW)

        saved = repository.save(before, attrs.evolve(before, challenges=(confirmed,)))

        assert saved.version == 2
        with pytest.raises(StaleAccount):
            repository.save(before, with_devices(before, device(0), device(1)))

    def test_what_is_out_for_one_token_moves_nothing(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId, other_token_id: TokenId
    ) -> None:
        before = store(repository, user_id, device(0), device(1), token_id=token_id)
        theirs = repository.of(user_id, other_token_id)

        for number, at in ((b"one", NOW), (b"two", NOW + SECOND)):
            sent = Challenge(index=0, token_id=token_id, sent=number, dispatched_at=at, expires_at=at + SECOND)
            before = repository.save(before, attrs.evolve(before, challenges=(sent,)))
            assert repository.of(user_id, token_id) == before

        assert before.version == 1
        other = Challenge(index=0, token_id=other_token_id, sent=b"theirs", dispatched_at=NOW)
        repository.save(theirs, attrs.evolve(theirs, challenges=(other,)))
        repository.save(theirs, attrs.evolve(theirs, next_index=7))
        assert repository.of(user_id, token_id).challenges == before.challenges

    def test_what_is_out_is_not_written_over_what_has_gone(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId
    ) -> None:
        before = fill(repository, user_id, token_id)
        repository.save(before, attrs.evolve(before, devices=(), challenges=()))

        sent = attrs.evolve(before.challenges[1], sent=b"again", dispatched_at=NOW)
        with pytest.raises(StaleAccount):
            repository.save(before, attrs.evolve(before, challenges=(before.challenges[0], sent)))

    def test_nor_over_what_was_done_with_it_since(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId
    ) -> None:
        """Or else a verification would end with the options that are asked for beside it, and be purged with them."""
        sent = Challenge(index=0, token_id=token_id, sent=b"one", dispatched_at=NOW, expires_at=NOW + SECOND)
        read = store(repository, user_id, device(0), token_id=token_id, challenges=(sent,))
        confirmed = attrs.evolve(sent, sent=None, confirmed_at=NOW, expires_at=NOW + 9 * SECOND)
        repository.save(read, attrs.evolve(read, challenges=(confirmed,)))

        again = attrs.evolve(sent, sent=b"two", dispatched_at=NOW + SECOND, expires_at=NOW + 2 * SECOND)
        with pytest.raises(StaleAccount):
            repository.save(read, attrs.evolve(read, challenges=(again,)))
        assert repository.of(user_id, token_id).challenges == (confirmed,)

    def test_nor_is_what_is_out_written_over_what_was_sent_since(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId
    ) -> None:
        """As by who answers the options before, or seals them anew; an account that has not moved does not tell."""
        one = Challenge(index=0, token_id=token_id, sent=b"one", dispatched_at=NOW, expires_at=NOW + SECOND)
        read = store(repository, user_id, device(0), device(1), token_id=token_id, challenges=(one,))
        two = attrs.evolve(one, sent=b"two", dispatched_at=NOW + SECOND, expires_at=NOW + 2 * SECOND)
        repository.save(read, attrs.evolve(read, challenges=(two,)))

        beside = Challenge(index=1, token_id=token_id, confirmed_at=NOW)
        saved = repository.save(read, attrs.evolve(read, challenges=(one, beside)))
        assert repository.of(user_id, token_id).challenges == (two, beside)

        read = attrs.evolve(saved, challenges=(one, beside))
        with pytest.raises(StaleAccount):
            repository.save(read, attrs.evolve(read, challenges=(attrs.evolve(one, sent=b"ONE"), beside)))
        assert repository.of(user_id, token_id).challenges == (two, beside)

    def test_what_a_device_confirmed_ends_for_other_tokens_when_another_takes_its_place(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId, other_token_id: TokenId
    ) -> None:
        confirm(repository, user_id, token_id, other_token_id)
        before = repository.of(user_id, token_id)

        repository.save(before, with_devices(before, attrs.evolve(device(0), created_at=NOW + SECOND), device(1)))

        assert [each.index for each in repository.of(user_id, token_id).challenges] == [0]
        assert repository.of(user_id, other_token_id).challenges == ()

    def test_with_another_generation_nothing_counts_that_any_token_has_confirmed(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId, other_token_id: TokenId
    ) -> None:
        confirm(repository, user_id, token_id, other_token_id)
        before = repository.of(user_id)

        after = repository.save(before, attrs.evolve(before, generation=before.generation + 1))

        assert repository.of(user_id) == after
        assert repository.of(user_id).devices == before.devices
        for each in (token_id, other_token_id):
            assert repository.of(user_id, each).challenges == ()

    def test_nor_is_anything_written_late_for_the_generation_before(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId
    ) -> None:
        sent = Challenge(index=0, token_id=token_id, sent=b"one", dispatched_at=NOW, expires_at=NOW + SECOND)
        read = store(repository, user_id, device(0), token_id=token_id, challenges=(sent,))
        account = repository.of(user_id)
        repository.save(account, attrs.evolve(account, generation=1))

        again = attrs.evolve(read, challenges=(attrs.evolve(sent, sent=b"two", dispatched_at=NOW + SECOND),))
        with pytest.raises(StaleAccount):
            repository.save(read, again)

    def test_a_successor_takes_everything_over(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId, other_token_id: TokenId
    ) -> None:
        before = fill(repository, user_id, token_id)

        saved = repository.save(before, before.succeeded(other_token_id, {0: b"sealed anew"}))

        assert repository.of(user_id, other_token_id) == saved
        assert [each.index for each in saved.challenges] == [0, 5]
        assert repository.of(user_id, token_id).challenges == ()

    def test_but_nothing_that_was_used_up_meanwhile(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId, other_token_id: TokenId
    ) -> None:
        before = fill(repository, user_id, token_id)
        used_up = (attrs.evolve(each, sent=None) for each in before.challenges)
        repository.save(before, attrs.evolve(before, challenges=tuple(used_up)))

        with pytest.raises(StaleAccount):
            repository.save(before, before.succeeded(other_token_id, {0: b"sealed anew"}))

    def test_what_serves_once_is_spent_with_the_change_or_not_at_all(
        self, repository: AccountRepository, user_id: UserId
    ) -> None:
        login = SpentLogin(digest="5c" * 32, expires_at=NOW + timedelta(minutes=5))
        before = repository.of(user_id)
        after = repository.save(before, with_devices(before, device(0)), spending=login)

        with pytest.raises(AlreadySpent):
            repository.save(after, with_devices(after, device(0), device(1)), spending=login)
        nobody = Account(user_id=UserId(""))
        with pytest.raises(AlreadySpent):
            repository.save(nobody, nobody, spending=login)
        repository.save(nobody, nobody, spending=attrs.evolve(login, digest="c5" * 32))

    def test_trusts_come_as_they_were_saved_and_their_times_are_in_utc(
        self, repository: AccountRepository, user_id: UserId
    ) -> None:
        trusts = tuple(trust(each) for each in "3142")

        store(repository, user_id, device(0), trusts=trusts)

        read = repository.of(user_id).trusts
        assert read == trusts
        assert {each.expires_at.utcoffset() for each in read} == {timedelta(0)}

    def test_a_trust_alone_moves_the_version(self, repository: AccountRepository, user_id: UserId) -> None:
        before = store(repository, user_id, device(0), trusts=(trust("1"),))

        saved = repository.save(before, attrs.evolve(before, trusts=()))

        assert saved.version == 2
        assert not repository.of(user_id).trusts
        with pytest.raises(StaleAccount):
            repository.save(before, attrs.evolve(before, trusts=(*before.trusts, trust("2"))))

    def test_every_token_of_the_user_reads_the_same_trusts(
        self,
        repository: AccountRepository,
        user_id: UserId,
        other_user_id: UserId,
        token_id: TokenId,
        other_token_id: TokenId,
    ) -> None:
        filled = fill(repository, user_id, token_id)

        assert repository.of(user_id, other_token_id).trusts == filled.trusts
        assert repository.of(user_id).trusts == filled.trusts
        assert not repository.of(other_user_id, token_id).trusts

    def test_the_login_changes_with_the_password_and_only_then(
        self,
        repository: AccountRepository,
        user_id: UserId,
        other_user_id: UserId,
        token_id: TokenId,
        change_password: Callable[[UserId, str], None],
    ) -> None:
        for each in (user_id, other_user_id):
            change_password(each, "first")
            fill(repository, each, token_id)
        known, theirs = repository.of(user_id, token_id).login, repository.of(other_user_id).login

        assert repository.of(user_id).login == known
        before = repository.of(user_id)
        repository.save(before, attrs.evolve(before, next_index=50))
        assert repository.of(user_id, token_id).login == known
        change_password(user_id, "second")

        assert repository.of(user_id, token_id).login != known
        assert repository.of(user_id).login == repository.of(user_id, token_id).login
        assert repository.of(other_user_id).login == theirs

    def test_the_login_is_no_part_of_the_account_and_is_not_saved(
        self,
        repository: AccountRepository,
        user_id: UserId,
        token_id: TokenId,
        change_password: Callable[[UserId, str], None],
    ) -> None:
        before = fill(repository, user_id, token_id)
        change_password(user_id, "another")

        read = repository.of(user_id, token_id)
        assert read == before
        repository.save(read, attrs.evolve(read, login="told by nobody", next_index=50))

        assert repository.of(user_id, token_id).login == read.login

    def test_of_two_writers_who_read_the_same_the_second_is_stale(
        self, repository: AccountRepository, user_id: UserId
    ) -> None:
        empty = repository.of(user_id)
        repository.save(empty, with_devices(empty, device(0)))
        with pytest.raises(StaleAccount):
            repository.save(empty, with_devices(empty, device(0), device(1)))

        before = repository.of(user_id)
        repository.save(before, attrs.evolve(before, next_index=8))
        with pytest.raises(StaleAccount):
            repository.save(before, attrs.evolve(before, next_index=9))

    def test_writers_with_different_tokens_meet_at_the_same_version(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId, other_token_id: TokenId
    ) -> None:
        one, other = repository.of(user_id, token_id), repository.of(user_id, other_token_id)
        repository.save(one, with_devices(one, device(0)))

        with pytest.raises(StaleAccount):
            repository.save(other, with_devices(other, device(0)))

    def test_a_stale_save_changes_nothing(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId
    ) -> None:
        before = fill(repository, user_id, token_id)
        stored = repository.save(before, attrs.evolve(before, next_index=20))
        after = attrs.evolve(
            before,
            next_index=30,
            devices=(attrs.evolve(before.devices[0], name="changed", failures=Failures()), device(29)),
            challenges=(Challenge(index=29, token_id=token_id, confirmed_at=NOW),),
            gone=(),
            sends=MappingProxyType({}),
        )

        with pytest.raises(StaleAccount):
            repository.save(before, after)

        assert repository.of(user_id, token_id) == stored

    def test_a_save_without_a_difference_is_harmless(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId
    ) -> None:
        before = fill(repository, user_id, token_id)

        saved = repository.save(before, before)

        assert saved == attrs.evolve(before, version=saved.version)
        assert repository.of(user_id, token_id) == saved

    def test_a_token_sees_no_challenges_but_its_own(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId, other_token_id: TokenId
    ) -> None:
        stored = fill(repository, user_id, token_id)

        assert repository.of(user_id, other_token_id) == attrs.evolve(stored, token_id=other_token_id, challenges=())
        assert repository.of(user_id) == attrs.evolve(stored, token_id=None, challenges=())

    def test_a_save_leaves_other_tokens_challenges_alone(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId, other_token_id: TokenId
    ) -> None:
        first = fill(repository, user_id, token_id)
        theirs = Challenge(index=0, token_id=other_token_id, sent=b"theirs", dispatched_at=NOW, confirmed_at=NOW)
        before = repository.of(user_id, other_token_id)
        repository.save(before, attrs.evolve(before, challenges=(theirs,)))
        before = repository.of(user_id, token_id)
        assert before.challenges == first.challenges

        repository.save(before, attrs.evolve(before, challenges=()))
        before = repository.of(user_id)
        repository.save(before, attrs.evolve(before, next_index=77))

        assert repository.of(user_id, token_id).challenges == ()
        assert repository.of(user_id, other_token_id).challenges == (theirs,)

    def test_a_removed_device_takes_every_tokens_challenges_along(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId, other_token_id: TokenId
    ) -> None:
        for each in (token_id, other_token_id):
            mine = tuple(Challenge(index=index, token_id=each, confirmed_at=NOW) for index in (0, 1))
            store(repository, user_id, device(0), device(1), token_id=each, challenges=mine)
        before = repository.of(user_id, token_id)

        removed = attrs.evolve(before, devices=(device(1),), challenges=before.challenges[1:])
        removed = repository.save(before, removed)
        # Even if the index came back, which it never does, nothing would be confirmed.
        repository.save(removed, attrs.evolve(removed, devices=(device(0), device(1))))

        for each in (token_id, other_token_id):
            assert [challenge.index for challenge in repository.of(user_id, each).challenges] == [1]

    def test_a_token_that_is_none_removes_challenges_as_well(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId
    ) -> None:
        fill(repository, user_id, token_id)
        before = repository.of(user_id)

        repository.save(before, attrs.evolve(before, devices=before.devices[1:]))

        assert [challenge.index for challenge in repository.of(user_id, token_id).challenges] == [5]

    def test_another_users_devices_are_out_of_reach(
        self, repository: AccountRepository, user_id: UserId, other_user_id: UserId, token_id: TokenId
    ) -> None:
        before, theirs = (fill(repository, each, token_id) for each in (user_id, other_user_id))
        mine = (attrs.evolve(before.devices[0], name="mine"),)

        repository.save(before, attrs.evolve(before, devices=mine, challenges=(), gone=(), sends=MappingProxyType({})))

        assert repository.of(other_user_id, token_id) == theirs

    def test_the_next_index_outlives_the_devices(self, repository: AccountRepository, user_id: UserId) -> None:
        before = store(repository, user_id, device(0), device(1))

        repository.save(before, attrs.evolve(before, devices=()))

        assert repository.of(user_id).devices == ()
        assert repository.of(user_id).next_index == 2

    def test_devices_come_in_the_order_of_their_indexes(self, repository: AccountRepository, user_id: UserId) -> None:
        before = store(repository, user_id, *map(device, range(12)))

        repository.save(before, before.replaced(attrs.evolve(device(3), name="changed last")))

        assert [each.index for each in repository.of(user_id).devices] == list(range(12))

    def test_pending_devices_keep_who_registered_them_and_until_when(
        self, repository: AccountRepository, user_id: UserId, token_id: TokenId
    ) -> None:
        pending = device(0, active=False)

        store(repository, user_id, pending)

        assert repository.of(user_id, token_id).devices == (pending,)

    def test_the_holder_of_a_unique_name_is_found(
        self, repository: AccountRepository, user_id: UserId, other_user_id: UserId
    ) -> None:
        assert repository.held("a name") is None
        save_named(repository, other_user_id, "another name")
        named = save_named(repository, user_id, "a name")
        [found] = repository.of(user_id).devices
        assert found.unique == "a name"
        assert repository.held("a name") == HeldDevice(
            user_id=user_id, index=found.index, method=found.method, state=found.state
        )
        assert repository.held("a nam") is None
        assert repository.held("") is None

        repository.save(named, attrs.evolve(named, devices=()))

        assert repository.held("a name") is None

    def test_whose_device_is_pending_holds_nothing(self, repository: AccountRepository, user_id: UserId) -> None:
        store(repository, user_id, attrs.evolve(device(0, active=False), unique="a name"))

        assert repository.held("a name") is None

    @pytest.mark.parametrize("devices", [(device(0),), ()])
    def test_a_unique_name_is_one_users_alone_whether_a_device_was_there_or_is_new(
        self, repository: AccountRepository, user_id: UserId, other_user_id: UserId, devices: tuple[Device, ...]
    ) -> None:
        save_named(repository, user_id, "a name")
        before = store(repository, other_user_id, *devices)

        with pytest.raises(NotUnique):
            repository.save(before, with_devices(before, attrs.evolve(device(0), unique="a name")))

        assert repository.of(other_user_id).devices == devices
        held = repository.held("a name")
        assert held is not None
        assert held.user_id == user_id

    @pytest.mark.parametrize("moved", [None, EVERY_BYTE])
    def test_what_has_moved_in_is_kept(
        self, repository: AccountRepository, user_id: UserId, moved: bytes | None
    ) -> None:
        stored = store(repository, user_id, attrs.evolve(device(0), guessable=True), moved=b"before")
        repository.save(stored, attrs.evolve(stored, moved=moved))

        kept = repository.of(user_id)
        assert kept.moved == moved
        assert [each.guessable for each in kept.devices] == [True]

    def test_what_is_sealed_is_counted_by_its_beginning(
        self, repository: AccountRepository, user_id: UserId, other_user_id: UserId, token_id: TokenId
    ) -> None:
        challenge = Challenge(index=0, token_id=token_id, sent=b"seam", dispatched_at=NOW, expires_at=NOW + SECOND)
        silent = Challenge(index=1, token_id=token_id, confirmed_at=NOW, expires_at=NOW + SECOND)
        devices = device(0), attrs.evolve(device(1), state=b"other")
        store(repository, user_id, *devices, token_id=token_id, challenges=(challenge, silent))
        store(repository, other_user_id, attrs.evolve(device(0), state=EVERY_BYTE), moved=b"other")

        assert repository.seals(3) == {b"sea": 2, b"oth": 2, EVERY_BYTE[:3]: 1}
        assert repository.seals(4) == {b"seal": 1, b"seam": 1, b"othe": 2, EVERY_BYTE[:4]: 1}
        assert of_each(repository, [user_id, other_user_id], 3) == {
            user_id: {b"sea", b"oth"},
            other_user_id: {b"oth", EVERY_BYTE[:3]},
        }
        assert of_each(repository, [user_id], 4) == {user_id: {b"seal", b"seam", b"othe"}}

    def test_who_has_nothing_sealed_has_no_beginnings(
        self, repository: AccountRepository, user_id: UserId, other_user_id: UserId
    ) -> None:
        store(repository, user_id, next_index=1)

        assert of_each(repository, [user_id, other_user_id], 3) == {}


def of_each(repository: AccountRepository, users: Sequence[UserId], length: int) -> dict[UserId, set[bytes]]:
    return {user_id: set(found) for user_id, found in repository.seals_of(users, length).items() if found}


def save_named(repository: AccountRepository, user_id: UserId, name: str) -> Account:
    """Store a device, and then what no other may be called, as when it is proved."""
    store(repository, user_id, device(0))
    return store(repository, user_id, attrs.evolve(device(0), unique=name))


def confirm(repository: AccountRepository, user_id: UserId, *tokens: TokenId) -> None:
    """Store two devices, of which the first has confirmed each of the tokens."""
    for token_id in tokens:
        confirmed = Challenge(index=0, token_id=token_id, confirmed_at=NOW)
        store(repository, user_id, device(0), device(1), token_id=token_id, challenges=(confirmed,))
