"""The books: append-only, double entry, balanced by the database itself."""

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from api.models.donations import Donation
from api.models.fields import currency_check, status_check
from api.models.funds import Fund
from api.models.payouts import Payout
from api.money import money_text


class Account(models.TextChoices):
    """Where money stands. Debits are positive, credits negative."""

    DONATION_INCOME = "donation_income", "Donation income"
    REFUNDS = "refunds", "Refunds"
    DISPUTES = "disputes", "Disputes"
    STRIPE_FEES = "stripe_fees", "Stripe's fees"
    EXCHANGE = "exchange", "Currency exchange"
    # What we know by events stands against what Stripe's statement says: zero once both are here.
    STRIPE_CLEARING = "stripe_clearing", "Stripe clearing"
    STRIPE_BALANCE = "stripe_balance", "Balance at Stripe"
    STRIPE_RESERVE = "stripe_reserve", "Set aside by Stripe"
    PAYOUTS_IN_TRANSIT = "payouts_in_transit", "Payouts on their way"
    BANK = "bank", "Bank"


class LedgerPosting(models.Model):
    """One fact in the books. Its name is unique, so that posting twice is refused."""

    name = models.CharField(max_length=80, unique=True)
    donation = models.ForeignKey(
        Donation, on_delete=models.PROTECT, null=True, related_name="postings"
    )
    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, null=True, related_name="postings")
    posted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar = [
            # Postings only come at the end: a few kilobytes find those of a month among millions.
            BrinIndex(fields=["posted_at"], name="ledger_posting_by_time", autosummarize=True),
        ]

    def __str__(self) -> str:
        return self.name


class LedgerEntry(models.Model):
    """One side of a posting, in minor units. A posting's entries sum to zero in one currency."""

    posting = models.ForeignKey(LedgerPosting, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField(max_length=24, choices=Account)
    # None: money of the charity as a whole, such as a payout of many gifts.
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, null=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name_plural = "ledger entries"
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar = [
            status_check("ledger_account_is_known", Account, "account"),
            currency_check("ledger_currency_is_iso"),
            models.CheckConstraint(
                condition=~models.Q(amount_minor=0), name="ledger_amount_is_not_zero"
            ),
        ]
        indexes: ClassVar = [
            # A figure of the books and its rows are read from this index alone.
            models.Index(
                fields=["account", "currency", "fund", "-id"],
                include=["amount_minor"],
                name="ledger_figure",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_account_display()} {money_text(self.amount_minor, self.currency)}"


class LedgerSeal(models.Model):
    """One link of the chain over the postings: changing or removing any sealed row breaks it.

    `digest` = SHA-256 of the previous link's digest and of the posting as text (services/ledger_seals.py).
    """

    sequence = models.BigIntegerField(primary_key=True)
    posting = models.OneToOneField(LedgerPosting, on_delete=models.PROTECT, related_name="seal")
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-sequence"]

    def __str__(self) -> str:
        return f"{self.sequence}: {self.digest[:12]}"
