"""Remembered browsers."""

from django.db import migrations, models

import mfa.adapters.django.fields


class Migration(migrations.Migration):
    dependencies = [
        ("multi_factor", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="accountrecord",
            name="trusts",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="challengerecord",
            name="trust",
            field=models.CharField(max_length=16, null=True),
        ),
        migrations.AddField(
            model_name="challengerecord",
            name="trusted_at",
            field=mfa.adapters.django.fields.MomentField(null=True),
        ),
    ]
