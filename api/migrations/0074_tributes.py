import django.db.models.deletion
from django.db import migrations, models

import api.clock


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0072_donor_passkeys"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tribute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("memory", "In memory of"), ("honour", "In honour of")],
                        max_length=8,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("message", models.TextField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(default=api.clock.now, editable=False)),
                (
                    "donor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tributes",
                        to="api.donor",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["memory", "honour"])),
                        name="tribute_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="tribute_has_a_name",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="subscription",
            name="tribute",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="subscriptions",
                to="api.tribute",
            ),
        ),
        migrations.AddField(
            model_name="donation",
            name="tribute",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="donations",
                to="api.tribute",
            ),
        ),
        migrations.AlterField(
            model_name="donation",
            name="kind",
            field=models.CharField(
                choices=[("one_off", "One-off"), ("monthly", "Regular")], max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="givingsum",
            name="kind",
            field=models.CharField(
                blank=True, choices=[("one_off", "One-off"), ("monthly", "Regular")], max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="subscription",
            name="interval",
            field=models.CharField(
                choices=[
                    ("week", "Weekly"),
                    ("month", "Monthly"),
                    ("quarter", "Quarterly"),
                    ("year", "Yearly"),
                ],
                default="month",
                max_length=8,
            ),
        ),
    ]
