from django.db import migrations, models

import api.clock
import api.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0070_rehearsal_started"),
    ]

    operations = [
        migrations.CreateModel(
            name="DonorPasskey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        default=api.models.fields.reference_new,
                        editable=False,
                        max_length=20,
                        unique=True,
                    ),
                ),
                ("email_key", models.CharField(db_index=True, max_length=254)),
                ("handle", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=60)),
                ("credential_id", models.CharField(max_length=1400, unique=True)),
                ("credential", models.BinaryField()),
                ("made_at", models.DateTimeField(default=api.clock.now)),
                ("used_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
    ]
