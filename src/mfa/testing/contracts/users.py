"""What every UserDirectory does."""

from mfa.application.ports.users import UserDirectory
from mfa.domain.identifiers import UserId
from mfa.domain.policies import Profile


class UserDirectoryContract:
    """Provide ``directory``, the key of an editor and auditor with that ``profile``, and that of one who is gone."""

    def test_a_user_is_known(self, directory: UserDirectory, user_id: UserId, profile: Profile) -> None:
        assert directory.profile(user_id) == profile

    def test_one_who_is_gone_has_an_empty_profile(self, directory: UserDirectory, gone_user_id: UserId) -> None:
        assert directory.profile(gone_user_id) == Profile()

    def test_the_groups_of_a_user_are_known(self, directory: UserDirectory, user_id: UserId) -> None:
        assert directory.groups(user_id) == {"auditors", "editors"}

    def test_one_who_is_gone_is_in_no_group(self, directory: UserDirectory, gone_user_id: UserId) -> None:
        assert directory.groups(gone_user_id) == frozenset()
