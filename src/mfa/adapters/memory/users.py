"""Users in a dictionary."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from mfa.application.ports.users import UserDirectory
from mfa.domain.identifiers import UserId
from mfa.domain.policies import Profile


class MemoryUserDirectory(UserDirectory):
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

    def groups(self, user_id: UserId) -> frozenset[str]:
        """Return the names of a user's groups; none of one who is gone."""
        return self._groups.get(user_id, frozenset())
