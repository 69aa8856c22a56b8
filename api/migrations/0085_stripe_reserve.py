"""An account for what Stripe sets aside."""

from django.db import migrations, models

ACCOUNTS = [
    ("donation_income", "Donation income"),
    ("refunds", "Refunds"),
    ("disputes", "Disputes"),
    ("stripe_fees", "Stripe's fees"),
    ("exchange", "Currency exchange"),
    ("stripe_clearing", "Stripe clearing"),
    ("stripe_balance", "Balance at Stripe"),
    ("stripe_reserve", "Set aside by Stripe"),
    ("payouts_in_transit", "Payouts on their way"),
    ("bank", "Bank"),
]
KNOWN = models.CheckConstraint(
    condition=models.Q(("account__in", [value for value, _ in ACCOUNTS])),
    name="ledger_account_is_known",
)


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0081_events_of_customers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="bookssum",
            name="account",
            field=models.CharField(choices=ACCOUNTS, max_length=24),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="account",
            field=models.CharField(choices=ACCOUNTS, max_length=24),
        ),
        migrations.RemoveConstraint(model_name="ledgerentry", name="ledger_account_is_known"),
        migrations.AddConstraint(model_name="ledgerentry", constraint=KNOWN),
    ]
