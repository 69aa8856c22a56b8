"""What an event is about, in one column that the worker fills."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("api", "0016_reports")]

    operations = [
        migrations.AddField(
            model_name="webhookevent",
            name="about",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=255),
                blank=True,
                editable=False,
                null=True,
                size=None,
            ),
        ),
    ]
