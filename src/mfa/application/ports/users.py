"""What is known of users outside this package."""

from abc import abstractmethod
from typing import Protocol

from mfa.domain.identifiers import UserId
from mfa.domain.policies import Profile


class UserDirectory(Protocol):
    """Looks users up."""

    @abstractmethod
    def profile(self, user_id: UserId) -> Profile:
        """Return what is known of a user; an empty profile for one who is gone.

        Raises ``StoreBusy`` and ``Unavailable``.
        """

    @abstractmethod
    def groups(self, user_id: UserId) -> frozenset[str]:
        """Return the names of a user's groups; none of one who is gone.

        They are apart from the profile, because they cost a look-up of their own. Raises as ``profile`` does.
        """
