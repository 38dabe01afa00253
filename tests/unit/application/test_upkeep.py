from collections.abc import Collection, Mapping
from datetime import datetime

import attrs
import pytest

from mfa.adapters.memory.repositories import MemoryAccountRepository
from mfa.adapters.memory.system import MemoryKeyRotations
from mfa.adapters.system.vault import AesGcmVault, derive_key
from mfa.application.operations import Operator
from mfa.application.operations.upkeep import CountSeals, RotateKeys
from mfa.application.ports.audit import AuditQuery
from mfa.application.ports.system import Vault
from mfa.application.verification import Verified
from mfa.domain.accounts import Account
from mfa.domain.errors import BrokenSeal, RotationIncomplete, UnknownKey
from mfa.domain.identifiers import TokenId, UserId
from tests.unit.application.world import ANNA, BERT, BERTS, LAPTOP, PHONE, World

OLD, NEW = derive_key("old"), derive_key("new")


def under(world: World, *keys: bytes) -> World:
    """The same accounts with other keys, as after a restart."""
    again = world.with_settings()
    again.container.vault.override(AesGcmVault(keys))
    again.clock.time = world.clock.time
    return again


def rotation(world: World, rotations: MemoryKeyRotations | None) -> RotateKeys:
    transactions = world.assess_token.transactions
    return RotateKeys(transactions=transactions, accounts=world.repository, rotations=rotations)


class Opaque(AesGcmVault):
    """Seals of which the beginning tells nothing."""

    header_bytes = 0


@pytest.fixture
def old() -> World:
    return under(World(), OLD)


def test_afterwards_nothing_needs_the_old_key(old: World) -> None:
    app, mail = old.enrolled(PHONE), old.mailbox(PHONE)
    old.later(minutes=1)
    assert isinstance(old.verify(LAPTOP, app.index, app.fresh()), Verified)  # of which no code is left to be sealed
    code = old.dispatch(LAPTOP, mail)
    old.enrolled(BERTS)
    rotations, told = MemoryKeyRotations(), list[int]()

    assert rotation(under(old, NEW, OLD), rotations)(told.append) == 2

    assert rotations.completed()
    assert told == [2]
    new = under(old, NEW)
    assert isinstance(new.verify(LAPTOP, mail, code), Verified)
    old.clock.time = new.clock.time
    assert isinstance(new.verify(PHONE, app.index, app.fresh()), Verified)


def test_a_second_run_has_nothing_to_do(old: World) -> None:
    old.enrolled(PHONE)
    rotation(under(old, NEW, OLD), MemoryKeyRotations())()
    before = old.repository.of(ANNA)

    assert rotation(under(old, NEW, OLD), MemoryKeyRotations())() == 0
    assert old.repository.of(ANNA) == before


def test_whose_seals_are_all_under_the_first_key_is_not_read(old: World, monkeypatch: pytest.MonkeyPatch) -> None:
    old.enrolled(PHONE)
    world = under(old, NEW, OLD)
    world.enrolled(BERTS)
    read, of = list[UserId](), MemoryAccountRepository.of

    def noted(self: MemoryAccountRepository, user_id: UserId, token_id: TokenId | None = None) -> Account:
        read.append(user_id)
        return of(self, user_id, token_id)

    monkeypatch.setattr(MemoryAccountRepository, "of", noted)
    rotate = rotation(world, MemoryKeyRotations())

    assert (rotate(), rotate()) == (1, 0)
    assert read == [ANNA]


def test_where_a_seal_does_not_tell_its_key_every_account_is_read(old: World) -> None:
    app = old.enrolled(PHONE)
    world = under(old, NEW, OLD)
    world.container.vault.override(Opaque([NEW, OLD]))

    assert rotation(world, MemoryKeyRotations())() == 1
    new = under(old, NEW)
    new.later(minutes=1)
    assert isinstance(new.verify(PHONE, app.index, app.fresh()), Verified)


def test_without_the_old_key_nothing_is_changed_nor_said_to_be_done(old: World) -> None:
    old.enrolled(PHONE)
    before, rotations = old.repository.of(ANNA), MemoryKeyRotations()

    with pytest.raises(UnknownKey):
        rotation(under(old, NEW), rotations)()

    assert old.repository.of(ANNA) == before
    assert not rotations.completed()


def test_accounts_are_gone_through_in_batches(old: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mfa.application.operations.upkeep.BATCH_OF_ACCOUNTS", 1)
    old.enrolled(PHONE)
    old.enrolled(BERTS)
    told = list[int]()

    assert rotation(under(old, NEW, OLD), MemoryKeyRotations())(told.append) == 2
    assert told == [1, 2]
    assert old.repository.users(after=UserId("1"), limit=5) == [BERTS.user_id]


def break_seal(world: World) -> None:
    """Change a row of Anna's, as somebody might who can write to the database."""
    before = world.repository.of(ANNA)
    broken = attrs.evolve(before.devices[0], state=before.devices[0].state[:-1] + b"?")
    world.repository.save(before, before.replaced(broken))


def test_what_does_not_open_keeps_nobody_else_from_being_sealed_anew(old: World) -> None:
    old.enrolled(PHONE)
    app = old.enrolled(BERTS)
    break_seal(old)
    before, rotations = old.repository.of(ANNA), MemoryKeyRotations()

    with pytest.raises(BrokenSeal):
        rotation(under(old, NEW, OLD), rotations)()

    assert old.repository.of(ANNA) == before
    assert not rotations.completed()
    new = under(old, NEW)
    assert isinstance(new.verify(BERTS, app.index, app.fresh()), Verified)


class Beside(MemoryAccountRepository):
    """Stands for a process with the old settings, which goes on sealing under the old key."""

    def seals(self, length: int) -> Mapping[bytes, int]:
        old = AesGcmVault([OLD]).seal(b"", b"")[:length]
        return {**super().seals(length), old: 1}


def test_while_somebody_seals_under_an_older_key_it_is_not_done(old: World) -> None:
    world = under(old, NEW, OLD)
    rotations, told = MemoryKeyRotations(), list[int]()
    world.repository.save(before := world.repository.of(ANNA), attrs.evolve(before, next_index=1))
    rotate = RotateKeys(
        transactions=world.assess_token.transactions, accounts=_like(Beside(), world.repository), rotations=rotations
    )

    with pytest.raises(RotationIncomplete):
        rotate(told.append)

    assert not rotations.completed()
    assert told == [1, 1, 1]


class Late(Beside):
    """Stands for such a process that soon ends, over a store that tells nothing of who has nothing sealed."""

    counted = 0

    def seals(self, length: int) -> Mapping[bytes, int]:
        self.counted += 1
        return super().seals(length) if self.counted == 1 else MemoryAccountRepository.seals(self, length)

    def seals_of(self, users: Collection[UserId], length: int) -> Mapping[UserId, Collection[bytes]]:
        assert length == AesGcmVault.header_bytes
        return {user_id: found for user_id, found in super().seals_of(users, length).items() if found}


def test_all_passes_are_counted(old: World) -> None:
    old.enrolled(PHONE)
    world = under(old, NEW, OLD)
    world.repository.save(before := world.repository.of(BERT), attrs.evolve(before, next_index=1))
    rotate = attrs.evolve(rotation(world, MemoryKeyRotations()), accounts=_like(Late(), world.repository))

    assert rotate() == 1


def _like(made: Beside, repository: MemoryAccountRepository) -> Beside:
    vars(made).update(vars(repository))
    return made


def test_who_rotated_and_how_much_stands_in_the_trail(old: World) -> None:
    old.enrolled(PHONE)
    world = under(old, NEW, OLD)

    rotation(world, MemoryKeyRotations())(operator=Operator(name="jane", why="the old key leaked"))
    rotation(world, MemoryKeyRotations())()

    rows = world.container.audit().read(AuditQuery(events=("upkeep.rotate",), oldest_first=True))
    assert [(row.actor, row.why, row.reason, row.user_id, row.at) for row in rows] == [
        ("jane", "the old key leaked", "1", None, world.clock.now()),
        ("system", "", "0", None, world.clock.now()),
    ]


def test_derived_keys_go_on_opening_where_there_are_no_others(old: World) -> None:
    """Otherwise a rotation after a change of the secret would shut everybody out as soon as keys are given."""
    old.enrolled(PHONE)

    assert rotation(under(old, NEW, OLD), None)() == 1
    assert old.use_cases.rotate_keys.rotations is None
    assert old.with_settings(encryption_keys=(NEW,)).use_cases.rotate_keys.rotations is not None


def test_what_is_sealed_is_counted_by_key(old: World) -> None:
    old.enrolled(PHONE)
    under(old, NEW, OLD).enrolled(BERTS)
    world = under(old, NEW, OLD)

    counted = CountSeals(accounts=world.repository, vault=world.container.vault())()

    assert {(each.values, each.first) for each in counted} == {(1, True), (1, False)}
    assert len({each.key for each in counted}) == 2
    assert [each.key for each in counted] == sorted(each.key for each in counted)


def test_where_a_seal_does_not_tell_its_key_nothing_is_counted(old: World) -> None:
    old.enrolled(PHONE)

    assert CountSeals(accounts=old.repository, vault=Opaque([NEW]))() == ()
    assert Vault.key_of(Opaque([NEW]), b"a seal") == ""
    assert Vault.key_of(AesGcmVault([NEW]), b"a seal").startswith(b"a seal".hex())


def test_it_begins_with_the_first_account_and_is_completed_when_it_ends(
    old: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotations, asked, ended = MemoryKeyRotations(), list[UserId | None](), list[datetime]()

    def users(after: UserId | None, limit: int) -> list[UserId]:
        asked.append(after)
        return []

    monkeypatch.setattr(old.repository, "users", users)
    monkeypatch.setattr(rotations, "complete", ended.append)
    assert rotation(old, rotations)() == 0
    assert asked == [None]
    assert ended == [old.clock.now()]
