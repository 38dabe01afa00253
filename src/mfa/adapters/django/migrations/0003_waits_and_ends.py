"""How long failures make their user wait, when challenges end, and which logins by passkey are spent."""

from django.db import migrations, models

import mfa.adapters.django.fields


class Migration(migrations.Migration):
    dependencies = [
        ("multi_factor", "0002_trusts"),
    ]

    operations = [
        migrations.AddField(
            model_name="accountrecord",
            name="gone",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="devicerecord",
            name="recent_failures",
            field=models.PositiveIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="challengerecord",
            name="expires_at",
            field=mfa.adapters.django.fields.MomentField(db_index=True, null=True),
        ),
        migrations.CreateModel(
            name="SpentLoginRecord",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("expires_at", mfa.adapters.django.fields.MomentField(db_index=True)),
            ],
            options={
                "verbose_name": "spent login",
                "verbose_name_plural": "spent logins",
            },
        ),
    ]
