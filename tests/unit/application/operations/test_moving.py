"""Moving users in from another package."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest
from dependency_injector import providers

from mfa.adapters.memory.hashes import MemoryForeignHashes
from mfa.adapters.system.vault import AesGcmVault, derive_key
from mfa.application.operations import Import, ImportedRow, ImportedUser
from mfa.application.ports.importing import (
    Failed,
    FoundRow,
    FoundUser,
    ImportedAddress,
    ImportedCode,
    ImportedCodes,
    ImportedSeed,
    ImportSource,
    KnownUser,
    LeftOut,
    SourcePlace,
    SourceUnreadable,
)
from mfa.application.verification import NotVerified, Verified
from mfa.domain.accounts import Account
from mfa.domain.errors import DeviceIsDisabled, NotUnique, Throttled, Unavailable
from mfa.domain.events import DeviceActivated
from mfa.domain.identifiers import UserId
from mfa.domain.methods.adoption import Adoption, Arrival
from mfa.domain.operations import Moved
from mfa.domain.policies import Profile
from mfa.domain.states import decode
from tests.otp import PlainOneTimePasswords
from tests.unit.application.operations.desk import SHELL, Desk
from tests.unit.application.world import ANNA, BERT, LAPTOP, MAIL, PHONE, WRONG, SecurityKey, World

SEED = b"twenty octets, more.."
OTHER_SEED = b"and twenty of another"
PASSWORDS = PlainOneTimePasswords()
KEY = f"{SecurityKey.__module__}.{SecurityKey.__qualname__}"


class ListSource(ImportSource):
    """Finds what a test says."""

    name = "list"

    def __init__(self) -> None:
        self.found: list[FoundUser] = []
        self.by_name = False

    def users(self, only: KnownUser | None) -> Iterator[FoundUser]:
        for each in self.found:
            if only is None or each.user in {only.id, only.name}:
                yield each


def seed(row: str = "totp:1", octets: bytes = SEED, *, method: str = "totp", name: str = "", **more: Any) -> FoundRow:
    return FoundRow(row=row, method=method, found=ImportedSeed(seed=octets, **more), name=name)


def codes(*found: str, row: str = "codes:1") -> FoundRow:
    return FoundRow(row=row, method="recovery", found=ImportedCodes(codes=tuple(ImportedCode(text=t) for t in found)))


def code(counter: int, octets: bytes = SEED) -> str:
    return PASSWORDS.at(octets, [counter], digits=6, algorithm="sha1")[0]


class Move:
    """An import, in few words."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.source = ListSource()
        world.container.source_maker.override(providers.Object(self.made))

    def made(self, name: str, place: SourcePlace) -> ListSource:
        assert (name, place) == (self.source.name, SourcePlace(database="old"))
        return self.source

    def all(self, **changes: Any) -> list[ImportedUser]:
        wanted = Import(source="list", place=SourcePlace(database="old"), **changes)
        return list(self.world.use_cases.operations.import_devices(wanted, SHELL))

    def annas(self, *rows: FoundRow, **changes: Any) -> list[ImportedRow]:
        """Import these rows of Anna's, and return what became of them."""
        self.source.found = [FoundUser(user=ANNA, rows=rows)]
        [told] = self.all(**changes)
        assert told.user == KnownUser(id=ANNA, name="anna")
        return list(told.rows)

    def outcomes(self, *rows: FoundRow, **changes: Any) -> list[tuple[str, str, int | None]]:
        return [(each.outcome, each.reason, each.index) for each in self.annas(*rows, **changes)]

    @property
    def account(self) -> Account:
        return self.world.repository.of(ANNA)

    @property
    def step(self) -> int:
        return int(self.world.clock.now().timestamp()) // 30


@pytest.fixture
def move(world: World) -> Move:
    return Move(world)


class TestWhatComes:
    def test_a_device_is_active_at_once_and_verifies(self, move: Move, world: World) -> None:
        assert move.outcomes(seed(spent=0, name="Pixel\n9")) == [("imported", "", 0)]

        [device] = move.account.devices
        assert (device.name, device.method, device.active) == ("Pixel9", "totp", True)
        assert isinstance(world.verify(PHONE, 0, code(move.step)), Verified)
        assert world.assess(PHONE).verified

    def test_the_times_of_the_source_stay_but_none_is_of_tomorrow(self, move: Move, world: World) -> None:
        now = world.clock.now()
        past, to_come = now - timedelta(days=700), now + timedelta(days=7)
        rows = [
            attrs.evolve(seed(), created_at=past, last_used_at=past),
            attrs.evolve(seed(octets=OTHER_SEED), created_at=to_come, last_used_at=to_come),
            seed(octets=b"and one of which nothing is told"),
        ]
        move.annas(*rows)

        times = [(each.created_at, each.last_used_at, each.activated_at) for each in move.account.devices]
        assert times == [(past, past, now), (now, now, now), (now, None, now)]

    def test_more_devices_come_than_may_be_registered(self, move: Move, world: World) -> None:
        rows = [seed(row=str(number), octets=SEED + bytes([number])) for number in range(7)]

        assert {outcome for outcome, _, _ in move.outcomes(*rows)} == {"imported"}
        assert len(move.account.devices) == 7

    def test_they_come_beside_what_is_there_and_an_index_is_used_once(self, move: Move, world: World) -> None:
        app = world.enrolled(LAPTOP)
        pending = world.register(LAPTOP, "totp").device.index

        assert move.outcomes(seed()) == [("imported", "", pending + 1)]
        assert [each.index for each in move.account.devices] == [app.index, pending + 1], "what was pending goes"
        assert world.confirmed(LAPTOP) == [app.index], "and nobody else has confirmed anything"

    def test_a_pass_goes_with_it(self, move: Move, world: World, desk: Desk) -> None:
        desk.issue()

        move.annas(seed())

        assert [each.method for each in move.account.devices] == ["totp"]

    def test_failures_go_on_making_their_user_wait(self, move: Move, world: World) -> None:
        pending = world.register(LAPTOP, "totp").device.index
        for _ in range(5):
            world.verify(LAPTOP, pending, WRONG)

        move.annas(seed(spent=0))

        with pytest.raises(Throttled):
            world.verify(LAPTOP, 1, code(move.step))

    def test_those_who_may_not_log_in_come_too(self, move: Move, world: World) -> None:
        world.container.users().add(ANNA, Profile(name="anna", active=False))

        assert move.outcomes(seed()) == [("imported", "", 0)]

    def test_weak_ones_come_with_a_warning(self, move: Move, world: World) -> None:
        assert move.outcomes(seed(octets=b"short")) == [("imported", "weak_seed", 0)]

    def test_the_address_of_a_user_is_looked_up_where_the_source_has_none(self, move: Move, world: World) -> None:
        own = FoundRow(row="email:1", method="email", found=ImportedAddress())
        other = FoundRow(row="email:2", method="email", found=ImportedAddress(address="other@example.com"))

        assert move.outcomes(own, other) == [("imported", "", 0), ("imported", "", 1)]
        assert [each.destination for each in move.account.devices] == ["a***@example.com", "o***@example.com"]
        world.dispatch(PHONE, 0)
        assert world.outbox.messages[-1].destination == MAIL
        world.container.users().add(ANNA, Profile(name="anna", email="new@example.com"))
        assert move.outcomes(own, other) == [("present", "", 0), ("present", "", 1)], "it is the same device still"

    def test_the_same_seed_twice_is_one_device(self, move: Move, world: World) -> None:
        assert move.outcomes(seed(spent=3), seed(row="totp:2", spent=9)) == [("imported", "", 0), ("present", "", 0)]
        assert len(move.account.devices) == 1
        assert move.outcomes(seed(method="hotp")) == [("imported", "", 1)], "of another method it is another"


class TestWhatDoesNot:
    def test_is_told_row_by_row(self, move: Move, world: World) -> None:
        rows = [
            FoundRow(row="1", method="totp", found=Failed(reason="unreadable")),
            FoundRow(row="2", method="", found=LeftOut(reason="no_method")),
            seed(row="3", octets=b""),
            FoundRow(row="4", method="yubikey", found=ImportedSeed(seed=SEED)),
            FoundRow(row="5", method="email", found=ImportedAddress(address="nowhere")),
            FoundRow(row="6", method="totp", found=ImportedSeed(seed="text", digits="6")),  # type: ignore[arg-type]
            seed(row="7"),
        ]

        assert move.outcomes(*rows) == [
            ("failed", "unreadable", None),
            ("left_out", "no_method", None),
            ("failed", "seed", None),
            ("left_out", "method_off", None),
            ("failed", "address", None),
            ("failed", "unreadable", None),
            ("imported", "", 0),
        ]

    def test_each_row_is_told_by_what_the_source_calls_it(self, move: Move) -> None:
        [told] = move.annas(FoundRow(row="4", method="yubikey", found=object(), name="My\nkey"))

        assert told == ImportedRow(row="4", method="yubikey", name="Mykey", outcome="left_out", reason="method_off")

    def test_a_method_that_is_configured_may_take_nothing(self, world: World) -> None:
        move = Move(world)

        assert move.outcomes(FoundRow(row="1", method="key", found=object())) == [("left_out", "no_method", None)]

    def test_rows_of_nobody_are_told_apart(self, move: Move, world: World) -> None:
        move.source.found = [
            FoundUser(user="77", rows=(seed(), seed(row="totp:2"))),
            FoundUser(user=BERT, rows=(seed(row="totp:3"),)),
            FoundUser(user=ANNA, rows=()),
        ]

        nobody, bert = move.all()

        assert nobody.user is None
        assert [(each.outcome, each.reason) for each in nobody.rows] == [("left_out", "no_user")] * 2
        assert bert.user == KnownUser(id=BERT, name="bert")

    def test_users_are_looked_up_in_batches(self, move: Move, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[list[str]] = []

        def by_keys(keys: Collection[str]) -> dict[str, KnownUser]:
            asked.append([*keys])
            return {}

        monkeypatch.setattr("mfa.application.operations.moving.BATCH", 2)
        monkeypatch.setattr(world.container.user_finder(), "by_keys", by_keys)
        move.source.found = [FoundUser(user=each, rows=(seed(),)) for each in ("7", "8", "9")]

        move.all()

        assert asked == [["7", "8"], ["9"]]

    def test_of_one_user_nobody_elses_rows_are_looked_at(self, move: Move) -> None:
        move.source.found = [FoundUser(user=each, rows=(seed(),)) for each in (ANNA, BERT)]

        assert [each.user for each in move.all(only=KnownUser(id=BERT, name="bert"))] == [
            KnownUser(id=BERT, name="bert")
        ]

    def test_names_are_looked_at_where_the_source_has_them(self, move: Move, world: World) -> None:
        world.container.users().add(UserId("bert"), Profile(name="somebody"))
        move.source.found = [
            FoundUser(user=name, rows=(seed(row=name),)) for name in ("anna", str(ANNA), "bert", "nobody")
        ]

        assert {each.rows[0].reason for each in move.all(dry_run=True)} == {"no_user", ""}
        move.source.by_name = True
        assert [(each.user and each.user.id, each.rows[0].outcome, each.rows[0].reason) for each in move.all()] == [
            (ANNA, "imported", ""),
            (ANNA, "present", ""),
            (None, "failed", "ambiguous_user"),
            (None, "left_out", "no_user"),
        ]

    def test_a_key_that_is_missing_is_its_users_affair_alone(self, move: Move, world: World) -> None:
        move.annas(seed())
        [device] = move.account.devices
        world.repository.save(move.account, move.account.replaced(attrs.evolve(device, state=b"no seal")))
        move.source.found = [
            FoundUser(user=ANNA, rows=(seed(), codes("one"))),
            FoundUser(user=BERT, rows=(seed(octets=OTHER_SEED),)),
        ]

        anna, bert = move.all()

        assert {(each.outcome, each.index) for each in anna.rows} == {("failed", None)}
        assert {each.reason for each in anna.rows} <= {"broken_seal", "unknown_key"}
        assert [each.outcome for each in bert.rows] == ["imported"]

    def test_a_store_that_fails_ends_it(self, move: Move, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise Unavailable

        monkeypatch.setattr(world.repository, "save", fail)

        with pytest.raises(Unavailable):
            move.annas(seed())

    def test_a_source_that_cannot_be_read_ends_it(self, world: World) -> None:
        wanted = Import(source="nothing", place=SourcePlace())

        with pytest.raises(SourceUnreadable, match="No source is called 'nothing'"):
            list(world.use_cases.operations.import_devices(wanted, SHELL))


class TestRecoveryCodes:
    def test_sheets_become_one_set_whatever_the_order(self, move: Move, world: World) -> None:
        told = move.outcomes(codes("one", "two"), seed(spent=0), codes("two", "three", row="codes:2"))

        assert told == [("imported", "", 1), ("imported", "", 0), ("imported", "", 1)]
        assert world.events(DeviceActivated)[-1].index == 1
        assert len(world.events(DeviceActivated)) == 2
        [_, listed] = world.list_devices(PHONE)
        assert listed.remaining == 3
        assert isinstance(world.verify(PHONE, 1, "T-W-O"), Verified)

    def test_alone_they_are_left_out(self, move: Move, world: World) -> None:
        before = move.account
        assert move.outcomes(codes("one")) == [("left_out", "device_required", None)]
        assert move.account == before
        assert move.outcomes(codes("one"), seed()) == [("imported", "", 1), ("imported", "", 0)]

    def test_they_come_into_the_set_that_is_there(self, move: Move, world: World) -> None:
        world.enrolled(LAPTOP)
        index, own = world.codes(LAPTOP)

        assert move.outcomes(codes("one")) == [("imported", "", index)]
        assert move.outcomes(codes("one")) == [("present", "", index)]
        assert isinstance(world.verify(PHONE, index, own[0]), Verified)
        assert isinstance(world.verify(LAPTOP, index, "one"), Verified)

    def test_once_replaced_here_none_comes_back(self, move: Move, world: World) -> None:
        world.enrolled(LAPTOP)
        move.annas(codes("one"))
        index, _ = world.codes(LAPTOP)

        assert move.outcomes(codes("one", "two")) == [("left_out", "removed", None)]
        assert isinstance(world.verify(PHONE, index, "one"), NotVerified)

    def test_weak_ones_are_counted_and_make_their_user_wait(self, move: Move, world: World) -> None:
        move.annas(seed(spent=0), codes("12345678"))

        for _ in range(5):
            assert isinstance(world.verify(PHONE, 1, "00000000"), NotVerified)

        with pytest.raises(Throttled):
            world.verify(PHONE, 1, "12345678")
        with pytest.raises(Throttled):
            world.verify(PHONE, 0, code(move.step))

    def test_and_are_disabled_by_too_many(self, world: World) -> None:
        few = world.with_settings(max_failures=3)
        Move(few).annas(seed(spent=0), codes("12345678"))

        few.wrong(PHONE, 1, 3)

        with pytest.raises(DeviceIsDisabled):
            few.verify(PHONE, 1, "12345678")
        few.container.users().add(ANNA, Profile(name="anna", active=True))
        assert few.use_cases.operations.report_users().disabled == 1

    def test_a_guessable_set_pardons_nothing(self, move: Move, world: World) -> None:
        move.annas(seed(spent=0), seed(octets=OTHER_SEED, spent=0), codes("12345678"))
        for _ in range(4):
            world.verify(PHONE, 1, WRONG)
        world.verify(PHONE, 2, "12345678")

        world.remove(PHONE, 1)

        assert sum(each.recent for each in move.account.gone) == 4

    def test_strong_ones_are_not_counted(self, move: Move, world: World) -> None:
        move.annas(seed(spent=0), codes("abcdefgh23456"))

        for _ in range(7):
            world.verify(PHONE, 1, WRONG)

        assert isinstance(world.verify(PHONE, 1, "abcdefgh23456"), Verified)

    def test_a_set_is_guessable_once_something_guessable_has_come_to_it(self, move: Move, world: World) -> None:
        move.annas(seed(spent=0), codes("abcdefgh23456"))
        assert [each.guessable for each in move.account.devices] == [False, False]

        move.annas(codes("12345678", row="codes:2"))

        assert [each.guessable for each in move.account.devices] == [False, True]
        move.annas(codes("abcdefgh23456"))
        assert [each.guessable for each in move.account.devices] == [False, True]

    def test_slow_hashes_are_looked_at_only_while_nothing_waits(self, move: Move, world: World) -> None:
        hashes = world.container.foreign_hashes()
        hashed = ImportedCodes(codes=(ImportedCode(hashed=MemoryForeignHashes.made("AbCd"), bits=71),))
        move.annas(seed(spent=0), FoundRow(row="codes:1", method="recovery", found=hashed))
        for _ in range(5):
            world.verify(PHONE, 1, "abcd")
        asked = hashes.asked

        with pytest.raises(Throttled):
            world.verify(PHONE, 1, "AbCd")
        assert hashes.asked == asked == 5
        world.await_unlocked(PHONE)
        assert isinstance(world.verify(PHONE, 1, "AbCd"), Verified)


class TestAgain:
    def test_a_second_run_changes_nothing_and_says_so(self, move: Move, world: World) -> None:
        rows = (seed(spent=4), seed("hotp:1", method="hotp", spent=9), codes("one", "two"))
        move.annas(*rows)
        before, told = move.account, len(world.history)

        assert move.outcomes(*rows) == [("present", "", 0), ("present", "", 1), ("present", "", 2)]
        assert move.account == before
        assert len(world.history) == told

    def test_it_adds_what_is_new_and_spends_what_was_spent_since(self, move: Move, world: World) -> None:
        step = move.step
        move.annas(seed(spent=0))

        assert move.outcomes(seed(spent=step), seed("totp:2", OTHER_SEED)) == [
            ("present", "", 0),
            ("imported", "", 1),
        ]
        assert isinstance(world.verify(PHONE, 0, code(step)), NotVerified)

    def test_it_moves_nothing_back(self, move: Move, world: World) -> None:
        step = move.step
        move.annas(seed(spent=step - 5))
        world.verify(PHONE, 0, code(step))

        move.annas(seed(spent=step - 5))

        assert isinstance(world.verify(PHONE, 0, code(step)), NotVerified)

    def test_what_a_user_has_removed_never_comes_back(self, move: Move, world: World) -> None:
        rows = (seed(spent=0), seed("totp:2", OTHER_SEED, spent=0), codes("one"))
        move.annas(*rows)
        world.verify(PHONE, 1, code(move.step, OTHER_SEED))
        world.remove(PHONE, 0)

        moved = (seed("totp:99", spent=0), *rows[1:])
        assert move.outcomes(*moved) == [("left_out", "removed", None), ("present", "", 1), ("present", "", 2)]

        world.later(seconds=30)
        world.verify(PHONE, 1, code(move.step, OTHER_SEED))
        world.remove(PHONE, 1)
        assert move.account.devices == ()
        assert [reason for _, reason, _ in move.outcomes(*rows)] == ["removed", "removed", "device_required"]

    def test_nor_what_an_operator_has(self, move: Move, world: World, desk: Desk) -> None:
        move.annas(seed())
        desk.reset()

        assert move.outcomes(seed(), seed("totp:2", OTHER_SEED)) == [
            ("left_out", "removed", None),
            ("imported", "", 1),
        ]

    def test_what_came_by_another_source_is_present_and_remembered(self, move: Move, world: World) -> None:
        app = world.enrolled(LAPTOP)
        again = seed(octets=app.seed)
        assert move.outcomes(again) == [("present", "", app.index)]
        world.remove(LAPTOP, app.index)

        assert move.outcomes(again) == [("left_out", "removed", None)]

    def test_what_is_remembered_is_sealed_and_a_rotation_seals_it_anew(self, move: Move, world: World) -> None:
        move.annas(seed())
        sealed = move.account.moved
        assert sealed is not None
        assert b"totp" not in sealed
        new = derive_key("new")
        world.container.vault.override(AesGcmVault([new, derive_key("in memory")]))

        world.use_cases.rotate_keys()

        assert move.account.moved is not None
        memory = AesGcmVault([new]).open(move.account.moved, b'["mfa", "1", -1, null]')
        [moved] = decode(tuple[Moved, ...], memory)
        assert (moved.method, moved.index) == ("totp", 0)

    def test_a_dry_run_tells_the_same_and_changes_nothing(self, move: Move, world: World) -> None:
        rows = (seed(), codes("one"), seed("totp:3", b""))
        before = move.account

        dry = move.annas(*rows, dry_run=True)

        assert (move.account, world.history) == (before, [])
        assert move.annas(*rows) == dry
        assert [each.outcome for each in move.annas(*rows, dry_run=True)] == ["present", "present", "failed"]


class TestWhatIsTold:
    def test_each_device_stands_in_the_trail_by_who_did_it_and_why(self, move: Move, world: World, desk: Desk) -> None:
        move.annas(seed(), seed("totp:2", OTHER_SEED), codes("one"))

        rows = [(each.event, each.user_id, each.device_index, each.actor, each.why) for each in desk.rows]
        assert rows == [("device.activated", ANNA, index, "root", "ticket 7") for index in range(3)]
        assert [row.method for row in desk.rows] == ["totp", "totp", "recovery"]
        assert {row.at for row in desk.rows} == {world.clock.now()}

    def test_a_user_is_told_once(self, move: Move, world: World) -> None:
        notified = world.container.notifier().told
        move.annas(seed(), codes("one"))

        assert len(notified) == 1
        move.annas(seed(), codes("one"))
        assert len(notified) == 1, "and not of nothing"

    def test_or_not_at_all(self, move: Move, world: World) -> None:
        move.annas(seed(), told=False)

        assert world.container.notifier().told == []

    def test_no_seed_is_in_a_repr(self) -> None:
        assert "octets" not in repr(FoundUser(user="1", rows=(seed(name="Anna's"), codes("one-two"))))
        assert "one-two" not in repr(codes("one-two"))


class UniqueKey(SecurityKey):
    """A method whose devices have names that are their own over all users."""

    name = "unique"

    def __init__(self, config: object) -> None:
        pass

    def adopt(self, arrival: Arrival) -> Adoption:
        index = next(iter(arrival.states), None)
        return Adoption(state=b"0", identity=b"the key", unique="the key", index=index)


class TestUniqueNames:
    @pytest.fixture
    def world(self) -> World:
        return World(methods=("totp", f"{UniqueKey.__module__}.{UniqueKey.__qualname__}"))

    def test_what_is_another_users_fails(self, move: Move, world: World) -> None:
        row = FoundRow(row="key:1", method="unique", found=object())
        move.source.found = [FoundUser(user=BERT, rows=(row,)), FoundUser(user=ANNA, rows=(row, seed()))]

        bert, anna = move.all()

        assert [each.outcome for each in bert.rows] == ["imported"]
        assert [(each.outcome, each.reason) for each in anna.rows] == [("failed", "not_unique"), ("imported", "")]
        assert move.source.found[0].user == BERT
        assert [each.rows[0].outcome for each in move.all()] == ["present", "failed"]

    def test_also_where_it_became_so_at_that_moment(
        self, move: Move, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def taken(*_: object, **__: object) -> None:
            raise NotUnique

        monkeypatch.setattr(world.repository, "save", taken)

        assert move.outcomes(FoundRow(row="key:1", method="unique", found=object())) == [("failed", "not_unique", None)]
