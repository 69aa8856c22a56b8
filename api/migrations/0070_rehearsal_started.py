"""When a rehearsal was begun, so that its page says how long is left."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0064_replaced_receipts"),
    ]

    operations = [
        migrations.AddField(
            model_name="rehearsal",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
