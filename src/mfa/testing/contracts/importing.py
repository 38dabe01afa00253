"""What every ImportSource, UserFinder and ForeignHashes does."""

from collections.abc import Collection

import pytest

from mfa.application.ports.importing import Failed, ForeignHashes, ImportSource, KnownUser, LeftOut, UserFinder
from mfa.domain.identifiers import UserId


class ImportSourceContract:
    """Provide ``source``, which finds rows of two users at least, ``secrets`` of them in any form, and ``one`` of them.

    Where there are rows that do not come, they are among those that are found.
    """

    def test_each_user_comes_once_and_so_does_each_row(self, source: ImportSource) -> None:
        found = list(source.users(None))

        names, rows = [each.user for each in found], [row.row for each in found for row in each.rows]
        assert len(names) == len({*names}) >= 2
        assert len(rows) == len({*rows})

    def test_to_read_changes_nothing(self, source: ImportSource) -> None:
        assert list(source.users(None)) == list(source.users(None))

    def test_one_user_may_be_asked_for(self, source: ImportSource, one: KnownUser) -> None:
        [found] = source.users(one)

        assert found in list(source.users(None))
        assert found.user in {one.id, one.name}

    def test_one_of_whom_nothing_is_known_has_no_rows(self, source: ImportSource) -> None:
        nobody = KnownUser(id=UserId("999999"), name="nobody")

        assert [row for each in source.users(nobody) for row in each.rows] == []

    def test_times_are_aware_and_reasons_are_words(self, source: ImportSource) -> None:
        rows = [row for each in source.users(None) for row in each.rows]

        assert all(at is None or at.tzinfo is not None for row in rows for at in (row.created_at, row.last_used_at))
        reasons = [row.found.reason for row in rows if isinstance(row.found, Failed | LeftOut)]
        assert all(reason and " " not in reason for reason in reasons)

    def test_no_secret_is_shown(self, source: ImportSource, secrets: Collection[str]) -> None:
        shown = repr(list(source.users(None)))

        assert [secret for secret in secrets if secret in shown] == []


class UserFinderContract:
    """Provide ``finder``, and a user who is ``known`` to it by key and name."""

    def test_users_are_found_by_their_keys(self, finder: UserFinder, known: KnownUser) -> None:
        assert finder.by_keys([known.id, "999999"]) == {known.id: known}

    @pytest.mark.parametrize("key", ["", "nobody", "1_0", " 1", "9" * 40, "a\0b"])
    def test_what_is_nobodys_key_is_found_by_nobody(self, finder: UserFinder, known: KnownUser, key: str) -> None:
        assert finder.by_keys([key]) == {}

    def test_users_are_found_by_their_names_to_the_letter(self, finder: UserFinder, known: KnownUser) -> None:
        names = [known.name, known.name.upper(), "nobody", f"{known.name} ", "", "a\0b"]

        assert finder.by_names(names) == {known.name: known}

    def test_nobody_is_asked_for(self, finder: UserFinder) -> None:
        assert finder.by_keys([]) == finder.by_names([]) == {}


class ForeignHashesContract:
    """Provide ``hashes``, and one that is ``made`` of the code ``Ab-1``."""

    def test_a_code_is_recognised_as_it_was_written(self, hashes: ForeignHashes, made: str) -> None:
        assert hashes.known(made)
        assert [each for each in ("Ab-1", "ab-1", "Ab1", "", "Ab-1 ") if hashes.matches(each, made)] == ["Ab-1"]

    @pytest.mark.parametrize("hashed", ["", "Ab-1", "$", "md4$salt$0123", "\0"])
    def test_what_nobody_knows_fits_nothing(self, hashes: ForeignHashes, hashed: str) -> None:
        assert not hashes.known(hashed)
        assert not hashes.matches("Ab-1", hashed)
