"""The books: append-only, double entry, balanced by the database itself."""

from typing import ClassVar

from django.db import models

from api.models.donations import Donation
from api.models.fields import currency_check, status_check
from api.models.funds import Fund


class Account(models.TextChoices):
    """Where money stands. Debits are positive, credits negative."""

    STRIPE_CLEARING = "stripe_clearing", "With Stripe"
    DONATION_INCOME = "donation_income", "Donation income"


class LedgerPosting(models.Model):
    """One fact in the books. Its name is unique, so that posting twice is refused."""

    name = models.CharField(max_length=80, unique=True)
    donation = models.ForeignKey(Donation, on_delete=models.PROTECT, related_name="postings")
    posted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return self.name


class LedgerEntry(models.Model):
    """One side of a posting, in minor units. A posting's entries sum to zero in one currency."""

    posting = models.ForeignKey(LedgerPosting, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField(max_length=24, choices=Account)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar = [
            status_check("ledger_account_is_known", Account, "account"),
            currency_check("ledger_currency_is_iso"),
            models.CheckConstraint(
                condition=~models.Q(amount_minor=0), name="ledger_amount_is_not_zero"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_minor}"
