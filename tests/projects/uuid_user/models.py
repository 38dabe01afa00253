import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class MemberManager(BaseUserManager["Member"]):
    def join(self, email: str, password: str) -> "Member":
        member = Member(email=email)
        member.set_password(password)
        member.save()
        return member


class Member(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)

    objects: ClassVar[Any] = MemberManager()

    USERNAME_FIELD = "email"
