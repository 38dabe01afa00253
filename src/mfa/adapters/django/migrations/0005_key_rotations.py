"""When everything was sealed under the keys that are configured."""

from django.db import migrations, models

import mfa.adapters.django.fields


class Migration(migrations.Migration):
    dependencies = [
        ("multi_factor", "0004_rewrite_accounts"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeyRotationRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("completed_at", mfa.adapters.django.fields.MomentField()),
            ],
            options={
                "verbose_name": "key rotation",
                "verbose_name_plural": "key rotations",
            },
        ),
    ]
