"""The orders and filters of the tables of staff. Built beside the work: gifts go on meanwhile."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("api", "0012_tables")]

    operations = [
        AddIndexConcurrently(
            model_name="donation",
            index=models.Index(
                fields=["created_at", "id"],
                include=("status", "currency", "amount_minor", "fee_cover_minor"),
                name="donation_by_created",
            ),
        ),
        AddIndexConcurrently(
            model_name="donation",
            index=models.Index(fields=["donor", "created_at", "id"], name="donation_of_donor"),
        ),
        AddIndexConcurrently(
            model_name="donation",
            index=models.Index(fields=["fund", "created_at", "id"], name="donation_of_fund"),
        ),
        AddIndexConcurrently(
            model_name="donation",
            index=models.Index(
                condition=models.Q(("campaign__isnull", False)),
                fields=["campaign", "created_at", "id"],
                name="donation_of_campaign",
            ),
        ),
        AddIndexConcurrently(
            model_name="donation",
            index=models.Index(
                condition=models.Q(("status", "succeeded"), _negated=True),
                fields=["status", "created_at", "id"],
                name="donation_not_just_paid",
            ),
        ),
        AddIndexConcurrently(
            model_name="donation",
            index=models.Index(
                condition=models.Q(("message", ""), _negated=True),
                fields=["created_at", "id"],
                name="donation_with_message",
            ),
        ),
        AddIndexConcurrently(
            model_name="donation",
            index=models.Index(
                django.db.models.expressions.CombinedExpression(
                    models.F("amount_minor"), "+", models.F("fee_cover_minor")
                ),
                models.F("id"),
                name="donation_by_total",
            ),
        ),
        AddIndexConcurrently(
            model_name="donor",
            index=models.Index(fields=["created_at", "id"], name="donor_by_created"),
        ),
        AddIndexConcurrently(
            model_name="donor",
            index=models.Index(fields=["name_key", "id"], name="donor_by_name"),
        ),
        AddIndexConcurrently(
            model_name="donor",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper(
                        django.db.models.functions.text.Replace("postcode", models.Value(" "))
                    ),
                    name="text_pattern_ops",
                ),
                name="donor_by_postcode",
            ),
        ),
        AddIndexConcurrently(
            model_name="donor",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["name_search"], name="donor_name_search", opclasses=["gin_trgm_ops"]
            ),
        ),
        AddIndexConcurrently(
            model_name="donor",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["email_key"], name="donor_email_search", opclasses=["gin_trgm_ops"]
            ),
        ),
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(fields=["received_at", "id"], name="payment_by_received"),
        ),
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(
                fields=["method_kind", "received_at", "id"], name="payment_of_method"
            ),
        ),
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(fields=["amount_minor", "id"], name="payment_by_amount"),
        ),
        AddIndexConcurrently(
            model_name="payout",
            index=models.Index(fields=["arrives_on", "id"], name="payout_by_arrival"),
        ),
        AddIndexConcurrently(
            model_name="receipt",
            index=models.Index(fields=["issued_at", "id"], name="receipt_by_issued"),
        ),
        AddIndexConcurrently(
            model_name="refund",
            index=models.Index(fields=["created_at", "id"], name="refund_by_created"),
        ),
        AddIndexConcurrently(
            model_name="subscription",
            index=models.Index(fields=["created_at", "id"], name="subscription_by_created"),
        ),
        AddIndexConcurrently(
            model_name="subscription",
            index=models.Index(
                fields=["status", "created_at", "id"], name="subscription_of_status"
            ),
        ),
        AddIndexConcurrently(
            model_name="subscription",
            index=models.Index(
                django.db.models.expressions.CombinedExpression(
                    models.F("amount_minor"), "+", models.F("fee_cover_minor")
                ),
                models.F("id"),
                name="subscription_by_total",
            ),
        ),
        AddIndexConcurrently(
            model_name="webhookevent",
            index=models.Index(fields=["received_at", "id"], name="webhook_by_received"),
        ),
        AddIndexConcurrently(
            model_name="webhookevent",
            index=models.Index(
                fields=["type"], name="webhook_of_type", opclasses=["varchar_pattern_ops"]
            ),
        ),
        migrations.AlterField(
            model_name="donation",
            name="campaign",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="donations",
                to="api.campaign",
            ),
        ),
        migrations.AlterField(
            model_name="donation",
            name="donor",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="donations",
                to="api.donor",
            ),
        ),
        migrations.AlterField(
            model_name="donation",
            name="fund",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="donations",
                to="api.fund",
            ),
        ),
    ]
