"""Accounts, devices and challenges."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import mfa.adapters.django.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountRecord",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        related_query_name="multi_factor_account",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("version", models.BigIntegerField()),
                ("next_index", models.PositiveIntegerField()),
                ("carried", models.JSONField(default=dict)),
                ("sends", models.JSONField(default=dict)),
                ("spent", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "account",
                "verbose_name_plural": "accounts",
            },
        ),
        migrations.CreateModel(
            name="DeviceRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("index", models.PositiveIntegerField()),
                ("method", models.CharField(max_length=64)),
                ("name", models.CharField(blank=True, max_length=64)),
                ("state", models.BinaryField()),
                ("unique", models.CharField(max_length=64, null=True, unique=True)),
                ("destination", models.CharField(max_length=320, null=True)),
                ("created_at", mfa.adapters.django.fields.MomentField()),
                ("activated_at", mfa.adapters.django.fields.MomentField(null=True)),
                ("last_used_at", mfa.adapters.django.fields.MomentField(null=True)),
                ("registered_by", models.CharField(max_length=160, null=True)),
                ("expires_at", mfa.adapters.django.fields.MomentField(db_index=True, null=True)),
                ("failures", models.PositiveIntegerField()),
                ("last_failure_at", mfa.adapters.django.fields.MomentField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="devices",
                        to="multi_factor.accountrecord",
                    ),
                ),
            ],
            options={
                "verbose_name": "device",
                "verbose_name_plural": "devices",
            },
        ),
        migrations.CreateModel(
            name="ChallengeRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("index", models.PositiveIntegerField()),
                ("token", models.CharField(max_length=160)),
                ("sent", models.BinaryField(null=True)),
                ("dispatched_at", mfa.adapters.django.fields.MomentField(null=True)),
                ("confirmed_at", mfa.adapters.django.fields.MomentField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="multi_factor.accountrecord",
                    ),
                ),
                (
                    "device",
                    models.ForeignObject(
                        from_fields=["account", "index"],
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="challenges",
                        serialize=False,
                        to="multi_factor.devicerecord",
                        to_fields=["account", "index"],
                    ),
                ),
            ],
            options={
                "verbose_name": "challenge",
                "verbose_name_plural": "challenges",
            },
        ),
        migrations.AddConstraint(
            model_name="devicerecord",
            constraint=models.UniqueConstraint(fields=("account", "index"), name="multi_factor_one_device_per_index"),
        ),
        migrations.AddConstraint(
            model_name="challengerecord",
            constraint=models.UniqueConstraint(
                fields=("account", "index", "token"), name="multi_factor_one_challenge_per_device_and_token"
            ),
        ),
    ]
