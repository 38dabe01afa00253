"""Users in a dictionary."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from mfa.application.ports.importing import KnownUser, UserFinder
from mfa.application.ports.users import UserDirectory
from mfa.domain.identifiers import UserId
from mfa.domain.policies import Profile


class MemoryUserDirectory(UserDirectory, UserFinder):
    """Knows the users that it was told of."""

    def __init__(self, profiles: Mapping[UserId, Profile] = MappingProxyType({})) -> None:
        self._profiles = dict(profiles)
        self._groups: dict[UserId, frozenset[str]] = {}

    def add(self, user_id: UserId, profile: Profile, groups: Iterable[str] = ()) -> None:
        """Learn of a user, or learn anew."""
        self._profiles[user_id] = profile
        self._groups[user_id] = frozenset(groups)

    def all(self) -> Sequence[UserId]:
        """Return the users who may log in, by their keys."""
        return sorted(user_id for user_id, profile in self._profiles.items() if profile.active)

    def profile(self, user_id: UserId) -> Profile:
        """Return what is known of a user; an empty profile for one who is gone."""
        return self._profiles.get(user_id, Profile())

    def by_keys(self, keys: Collection[str]) -> Mapping[str, KnownUser]:
        """Return who has these primary keys."""
        return {key: self._known(UserId(key)) for key in keys if UserId(key) in self._profiles}

    def by_names(self, names: Collection[str]) -> Mapping[str, KnownUser]:
        """Return who has these names."""
        users = {profile.name: self._known(user_id) for user_id, profile in self._profiles.items()}
        return {name: users[name] for name in names if name in users}

    def _known(self, user_id: UserId) -> KnownUser:
        return KnownUser(id=user_id, name=self._profiles[user_id].name)

    def groups(self, user_id: UserId) -> frozenset[str]:
        """Return the names of a user's groups; none of one who is gone."""
        return self._groups.get(user_id, frozenset())
