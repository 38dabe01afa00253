"""Members, and what they have paid."""

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class MemberManager(BaseUserManager["Member"]):
    """Makes members."""

    def join(self, email: str, password: str) -> "Member":
        """Make a member who logs in with this password."""
        member = self.model(email=self.normalize_email(email))
        member.set_password(password)
        member.save()
        return member


class Member(AbstractBaseUser):
    """Somebody with a mail address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)

    objects: ClassVar[MemberManager] = MemberManager()

    USERNAME_FIELD = "email"

    def __str__(self) -> str:
        return self.email


class Expense(models.Model):
    """What a member has paid for the team."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    amount = models.PositiveIntegerField()
    paid_out = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.amount} of {self.member}"
