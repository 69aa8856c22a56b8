"""The books as plain data, without what chance decides (ids of ours, the order of numbers), to compare runs."""

from typing import Any

from django.db.models import Count, Sum

from api.models import (
    BalanceTransaction,
    Dispute,
    Donation,
    LedgerEntry,
    LedgerPosting,
    Payout,
    Receipt,
    Refund,
    Subscription,
)


def books() -> dict[str, Any]:
    """What must be the same however events came: all keyed by Stripe's ids and public references."""
    own = {
        f"donation-{pk}-settled": f"donation-{reference}-settled"
        for pk, reference in Donation.objects.values_list("pk", "stripe_payment_intent_id")
    }
    return {
        "donations": sorted(
            Donation.objects.values_list(
                "stripe_payment_intent_id",
                "kind",
                "status",
                "amount_minor",
                "currency",
                "payment__amount_minor",
                "payment__fee_minor",
                "payment__stripe_charge_id",
            ),
            key=str,
        ),
        "postings": sorted(
            (own.get(name, name), account, fund, amount, currency)
            for name, account, fund, amount, currency in LedgerEntry.objects.values_list(
                "posting__name", "account", "fund__code", "amount_minor", "currency"
            )
        ),
        "plans": sorted(Subscription.objects.values_list("stripe_subscription_id", "status")),
        "refunds": sorted(Refund.objects.values_list("stripe_refund_id", "status", "amount_minor")),
        "disputes": sorted(Dispute.objects.values_list("stripe_dispute_id", "status")),
        "payouts": sorted(
            Payout.objects.annotate(lines=Count("balance_transactions")).values_list(
                "stripe_payout_id", "status", "amount_minor", "lines"
            )
        ),
        "statement": sorted(
            BalanceTransaction.objects.values_list(
                "stripe_balance_transaction_id",
                "net_minor",
                "donation__stripe_payment_intent_id",
                "payout__stripe_payout_id",
            ),
            key=str,
        ),
        "receipts": sorted(
            Receipt.objects.values_list("donation__stripe_payment_intent_id", flat=True)
        ),
    }


def sums(currency: str = "GBP") -> dict[str, int]:
    """The balance of each account, in minor units; those at zero are left out."""
    rows = (
        LedgerEntry.objects.filter(currency=currency)
        .values_list("account")
        .annotate(total=Sum("amount_minor"))
    )
    return {account: total for account, total in rows if total}


def books_hold() -> None:
    """Every posting and the whole ledger sum to zero; receipt numbers have no gap."""
    for currency in LedgerEntry.objects.order_by().values_list("currency", flat=True).distinct():
        assert sum(sums(currency).values()) == 0
    off = LedgerPosting.objects.annotate(total=Sum("entries__amount_minor")).exclude(total=0)
    assert not off.exists()
    for year in set(Receipt.objects.values_list("year", flat=True)):
        numbers = sorted(Receipt.objects.filter(year=year).values_list("sequence", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
