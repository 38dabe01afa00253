"""What is on the demo's phone: mails and text messages as they came, and what an authenticator app keeps."""

import re
import time
from typing import Any, ClassVar

from django.db import models

from demo.code import at_counter, key_of, totp


class Message(models.Model):
    """A mail or a text message."""

    to = models.CharField(max_length=320)
    subject = models.TextField()
    text = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        app_label = "demo"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.text

    @property
    def code(self) -> str:
        """Return the code that it brings, which stands at the beginning of a line; empty for a notice."""
        found = re.search(r"^ *([0-9]{6})\b", self.text, re.MULTILINE)
        return found[1] if found else ""


class AppEntry(models.Model):
    """An account in an authenticator app: the key, and how often it was pressed where codes go by that (HOTP)."""

    name = models.CharField(max_length=64)
    secret = models.CharField(max_length=128)
    presses = models.IntegerField(null=True)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        app_label = "demo"
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        """Return what the app shows now."""
        key = key_of(self.secret)
        return totp(key, int(time.time())) if self.presses is None else at_counter(key, self.presses)
