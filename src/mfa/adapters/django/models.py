"""The rows: written and read only by the repositories beside them.

They are without behaviour, but for what Django's admin calls those that go with a user who is deleted.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mfa.adapters.django.conf import USER_MODEL
from mfa.adapters.django.fields import MomentField

LONGEST_TOKEN_ID = 160
"""The 512 bits of knox's digests in hexadecimal, with room for the provider's name in front."""


class AccountRecord(models.Model):
    """One user's account; its version is what every change has to have seen."""

    # Users get no attribute by it; only queries find it, to read an account along with a token (see decision 0014).
    user = models.OneToOneField(
        USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
        related_query_name="multi_factor_account",
        editable=False,
    )
    version = models.BigIntegerField()
    next_index = models.PositiveIntegerField()
    gone = models.JSONField(default=list)
    sends = models.JSONField(default=dict)
    trusts = models.JSONField(default=list)
    browsers = models.JSONField(default=list)
    generation = models.PositiveIntegerField(default=0)
    locked_down = models.BooleanField(default=False)
    locked_down_at = MomentField(null=True)
    # What has come from other packages, sealed as devices are, so that no import brings back what is gone.
    moved = models.BinaryField(null=True)
    # When the first of what the account remembers is over, so that a purge finds it by the index.
    purge_at = MomentField(null=True, db_index=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        permissions: ClassVar = [
            ("unlock_account", "Can unlock an account"),
            ("reset_account", "Can reset an account"),
            ("pass_account", "Can give a temporary pass"),
            ("lockdown_account", "Can lock an account down"),
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class DeviceRecord(models.Model):
    """One device; ``method`` has no choices and ``state`` is sealed, so that a new method needs no migration."""

    # The unique constraint below begins with the account, so another index would only cost writes.
    account = models.ForeignKey(AccountRecord, on_delete=models.CASCADE, related_name="devices", db_index=False)
    index = models.PositiveIntegerField()
    method = models.CharField(max_length=64)
    name = models.CharField(max_length=64, blank=True)
    state = models.BinaryField()
    # What no other device of any user may be called, such as the digest of a credential id (see decision 0013).
    unique = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - most devices have none
    destination = models.CharField(max_length=320, null=True)  # noqa: DJ001 - nowhere is not the same as an empty text
    created_at = MomentField()
    activated_at = MomentField(null=True)
    last_used_at = MomentField(null=True)
    registered_by = models.CharField(max_length=LONGEST_TOKEN_ID, null=True)  # noqa: DJ001 - nobody any more
    expires_at = MomentField(null=True, db_index=True)
    uses_left = models.PositiveIntegerField(null=True)
    # The default is the database's, so that processes of the version before can still write.
    guessable = models.BooleanField(default=False, db_default=False)
    failures = models.PositiveIntegerField()
    recent_failures = models.PositiveIntegerField()
    last_failure_at = MomentField(null=True)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "index"], name="multi_factor_one_device_per_index")
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.method} {self.name}".rstrip()


class ChallengeRecord(models.Model):
    """The relation of one device and one token, found by what the domain calls them rather than by row ids.

    So a change needs no look-up first. The relation to the device is for joins alone (see decision 0008).
    """

    account = models.ForeignKey(AccountRecord, on_delete=models.CASCADE, related_name="+", db_index=False)
    index = models.PositiveIntegerField()
    device = models.ForeignObject(
        DeviceRecord,
        on_delete=models.DO_NOTHING,
        from_fields=["account", "index"],
        to_fields=["account", "index"],
        related_name="challenges",
        serialize=False,  # it has no column, and ``loaddata`` could not read what ``dumpdata`` wrote of it
    )
    token = models.CharField(max_length=LONGEST_TOKEN_ID)
    sent = models.BinaryField(null=True)
    dispatched_at = MomentField(null=True)
    confirmed_at = MomentField(null=True)
    trust = models.CharField(max_length=16, null=True)  # noqa: DJ001 - none is not the same as an empty name
    trusted_at = MomentField(null=True)
    # Null where nobody knows when the token ends; what has expired is found by the index and dropped.
    expires_at = MomentField(null=True, db_index=True)

    class Meta:
        verbose_name = _("challenge")
        verbose_name_plural = _("challenges")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "index", "token"], name="multi_factor_one_challenge_per_device_and_token"
            )
        ]

    def __str__(self) -> str:
        return f"device {self.index}"


class SpentLoginRecord(models.Model):
    """Options of a passkey login that were answered; that there can be but one row is what makes them serve once."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = MomentField(db_index=True)

    class Meta:
        verbose_name = _("spent login")
        verbose_name_plural = _("spent logins")


class KeyRotationRecord(models.Model):
    """When everything was sealed under the keys that are configured; from the first row on no derived key opens."""

    completed_at = MomentField()

    class Meta:
        verbose_name = _("key rotation")
        verbose_name_plural = _("key rotations")


class AuditRecord(models.Model):
    """One event of the audit trail, never changed; it outlives its user, of whom it has nothing but the key."""

    event = models.CharField(max_length=64)
    user_id = models.CharField(max_length=64, null=True)  # noqa: DJ001 - nobody is not the same as an empty key
    device_index = models.PositiveIntegerField(null=True)
    method = models.CharField(max_length=64, blank=True)
    at = MomentField(db_index=True)
    actor = models.CharField(max_length=150)
    why = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=255, blank=True)
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = _("audit trail entry")
        verbose_name_plural = _("audit trail")
        indexes: ClassVar = [models.Index(fields=["user_id", "id"], name="multi_factor_audit_of_user")]
        default_permissions = ("view",)
