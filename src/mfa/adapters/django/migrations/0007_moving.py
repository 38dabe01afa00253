"""What moves in from other packages: what is remembered of it, and devices that are guessable of themselves."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("multi_factor", "0006_operations"),
    ]

    operations = [
        migrations.AddField(
            model_name="accountrecord",
            name="moved",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="devicerecord",
            name="guessable",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
