from datetime import datetime

import pytest

from mfa.adapters.memory.system import MemoryKeyRotations, MemoryVault
from mfa.application.upkeep import RotateKeys
from mfa.application.verification import Verified
from mfa.domain.errors import UnknownKey
from mfa.domain.identifiers import UserId
from tests.unit.application.world import ANNA, BERTS, LAPTOP, PHONE, World

OLD, NEW = b"an old key", b"a new key"


def under(world: World, *keys: bytes) -> World:
    """The same accounts with other keys, as after a restart."""
    again = world.with_settings()
    again.container.vault.override(MemoryVault(keys))
    again.clock.time = world.clock.time
    return again


def rotation(world: World, rotations: MemoryKeyRotations) -> RotateKeys:
    transactions = world.assess_token.transactions
    return RotateKeys(
        transactions=transactions,
        vault=world.container.vault(),
        accounts=world.repository,
        rotations=rotations,
    )


@pytest.fixture
def old() -> World:
    return under(World(), OLD)


def test_afterwards_nothing_needs_the_old_key(old: World) -> None:
    app, mail = old.enrolled(PHONE), old.mailbox(PHONE)
    old.later(minutes=1)
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


def test_without_the_old_key_nothing_is_changed_nor_said_to_be_done(old: World) -> None:
    old.enrolled(PHONE)
    before, rotations = old.repository.of(ANNA), MemoryKeyRotations()

    with pytest.raises(UnknownKey):
        rotation(under(old, NEW), rotations)()

    assert old.repository.of(ANNA) == before
    assert not rotations.completed()


def test_accounts_are_gone_through_in_batches(old: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mfa.application.upkeep.BATCH", 1)
    old.enrolled(PHONE)
    old.enrolled(BERTS)
    told = list[int]()

    assert rotation(under(old, NEW, OLD), MemoryKeyRotations())(told.append) == 2
    assert told == [1, 2]
    assert old.repository.users(after=UserId("1"), limit=5) == [BERTS.user_id]


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
