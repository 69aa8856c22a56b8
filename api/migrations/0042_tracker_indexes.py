"""What the tracker counts by. Built beside the work: gifts go on meanwhile."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("api", "0079_choices")]

    operations = [
        RemoveIndexConcurrently(model_name="donation", name="donation_by_created"),
        AddIndexConcurrently(
            model_name="donation",
            index=models.Index(
                fields=["created_at", "id"],
                include=("status", "currency", "amount_minor", "fee_cover_minor"),
                name="donation_by_created",
            ),
        ),
        AddIndexConcurrently(
            model_name="balancetransaction",
            index=models.Index(
                condition=models.Q(("type__in", ["charge", "payment"])),
                fields=["donation"],
                include=("payout",),
                name="balance_charge_of_gift",
            ),
        ),
    ]
