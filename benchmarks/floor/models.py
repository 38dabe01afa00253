"""The one table of the floor."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models


class Device(models.Model):
    """An authenticator app or an address, with all that is known of it in one row."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=64, blank=True)
    secret = models.CharField(max_length=64, blank=True)
    address = models.EmailField(blank=True)
    active = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_step = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        app_label = "floor"

    def __str__(self) -> str:
        return self.name
