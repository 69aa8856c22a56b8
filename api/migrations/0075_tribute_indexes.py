"""The gifts in somebody's memory or honour, found among millions."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Each index is built while gifts come.
    atomic = False
    dependencies = [("api", "0074_tributes")]

    operations = [
        AddIndexConcurrently(
            model_name="donation",
            index=models.Index(
                condition=models.Q(("tribute__isnull", False)),
                fields=["created_at", "id"],
                name="donation_with_tribute",
            ),
        ),
        AddIndexConcurrently(
            model_name="donation",
            index=models.Index(
                condition=models.Q(("tribute__isnull", False)),
                fields=["tribute"],
                name="donation_of_tribute",
            ),
        ),
    ]
