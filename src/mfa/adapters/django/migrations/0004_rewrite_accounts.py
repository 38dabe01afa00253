"""Brings what the first version kept into its new places, and drops the old ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import migrations
from django.db.models import ExpressionWrapper, F
from django.db.models.functions import Coalesce

from mfa.adapters.django import conf
from mfa.adapters.django.fields import MomentField

DISPATCHED_LIFETIME = timedelta(days=1)
"""Longer than any code lives: what was sent and never confirmed is worth nothing by then."""

BATCH = 500


def rewrite(apps: Any, schema_editor: Any) -> None:
    database = schema_editor.connection.alias
    rewrite_accounts(apps, database)
    model = apps.get_model("multi_factor", "DeviceRecord")
    model.objects.using(database).filter(failures__gt=0).update(recent_failures=F("failures"))
    end_challenges(apps, database)


def rewrite_accounts(apps: Any, database: str) -> None:
    accounts = apps.get_model("multi_factor", "AccountRecord").objects.using(database)
    logins = apps.get_model("multi_factor", "SpentLoginRecord").objects.using(database)
    changed, spent = [], []
    for account in accounts.only("carried", "sends", "spent", "gone").iterator(chunk_size=BATCH):
        if account.carried or account.sends or account.spent:
            account.gone = [
                {"count": count, "recent": count, "last_at": last_at} for count, last_at in account.carried.values()
            ]
            account.sends = {
                method: {"recent": recent, "last_at": last_at, "retried": False}
                for method, (recent, last_at) in account.sends.items()
            }
            spent += [
                logins.model(digest=digest, expires_at=datetime.fromisoformat(end).astimezone(UTC))
                for digest, end in account.spent.items()
            ]
            changed.append(account)
        if len(changed) >= BATCH:
            accounts.bulk_update(changed, ["gone", "sends"])
            logins.bulk_create(spent, ignore_conflicts=True)
            changed, spent = [], []
    accounts.bulk_update(changed, ["gone", "sends"])
    logins.bulk_create(spent, ignore_conflicts=True)


def end_challenges(apps: Any, database: str) -> None:
    challenges = apps.get_model("multi_factor", "ChallengeRecord").objects.using(database)
    lifetime = conf.read_config()[0].verification_lifetime
    if lifetime is not None:
        verified = Coalesce("confirmed_at", "trusted_at")
        challenges.exclude(confirmed_at=None, trusted_at=None).update(
            expires_at=ExpressionWrapper(verified + lifetime, output_field=MomentField())
        )
    sent = ExpressionWrapper(F("dispatched_at") + DISPATCHED_LIFETIME, output_field=MomentField())
    challenges.filter(confirmed_at=None, trusted_at=None, dispatched_at__isnull=False).update(expires_at=sent)


class Migration(migrations.Migration):
    dependencies = [
        ("multi_factor", "0003_waits_and_ends"),
    ]

    operations = [
        migrations.RunPython(rewrite, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(model_name="accountrecord", name="carried"),
        migrations.RemoveField(model_name="accountrecord", name="spent"),
    ]
