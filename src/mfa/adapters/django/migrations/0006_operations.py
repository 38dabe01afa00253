"""What operators need: lockdowns, passes, and the audit trail."""

from datetime import UTC, datetime
from typing import Any

from django.db import migrations, models

import mfa.adapters.django.fields

BATCH = 500


def note_ends(apps: Any, schema_editor: Any) -> None:
    """Note when the first of the remembered browsers is over, as every change of them does from now on."""
    accounts = apps.get_model("multi_factor", "AccountRecord").objects.using(schema_editor.connection.alias)
    changed = []
    for account in accounts.only("trusts").iterator(chunk_size=BATCH):
        if account.trusts:
            account.purge_at = min(
                datetime.fromisoformat(each["expires_at"]).astimezone(UTC) for each in account.trusts
            )
            changed.append(account)
        if len(changed) >= BATCH:
            accounts.bulk_update(changed, ["purge_at"])
            changed = []
    accounts.bulk_update(changed, ["purge_at"])


class Migration(migrations.Migration):
    dependencies = [
        ("multi_factor", "0005_key_rotations"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="accountrecord",
            options={
                "permissions": [
                    ("unlock_account", "Can unlock an account"),
                    ("reset_account", "Can reset an account"),
                    ("pass_account", "Can give a temporary pass"),
                    ("lockdown_account", "Can lock an account down"),
                ],
                "verbose_name": "account",
                "verbose_name_plural": "accounts",
            },
        ),
        migrations.AddField(
            model_name="accountrecord",
            name="browsers",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="accountrecord",
            name="generation",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="accountrecord",
            name="locked_down",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="accountrecord",
            name="locked_down_at",
            field=mfa.adapters.django.fields.MomentField(null=True),
        ),
        migrations.AddField(
            model_name="accountrecord",
            name="purge_at",
            field=mfa.adapters.django.fields.MomentField(db_index=True, null=True),
        ),
        migrations.RunPython(note_ends, migrations.RunPython.noop, elidable=True),
        migrations.AddField(
            model_name="devicerecord",
            name="uses_left",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.CreateModel(
            name="AuditRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=64)),
                ("user_id", models.CharField(max_length=64, null=True)),
                ("device_index", models.PositiveIntegerField(null=True)),
                ("method", models.CharField(blank=True, max_length=64)),
                ("at", mfa.adapters.django.fields.MomentField(db_index=True)),
                ("actor", models.CharField(max_length=150)),
                ("why", models.CharField(blank=True, max_length=500)),
                ("reason", models.CharField(blank=True, max_length=255)),
                ("address", models.GenericIPAddressField(null=True)),
                ("user_agent", models.CharField(blank=True, max_length=255)),
            ],
            options={
                "verbose_name": "audit trail entry",
                "verbose_name_plural": "audit trail",
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["user_id", "id"], name="multi_factor_audit_of_user")],
            },
        ),
    ]
