"""The charity's bank statement, as it was imported."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.fields import currency_check
from api.models.payouts import Payout


class BankLine(models.Model):
    """One line of the bank statement. Amount in minor units: in is positive, out negative.

    `number` counts lines of one day that are otherwise the same, so that a file imported twice, or
    one that overlaps another, adds nothing.
    """

    account = models.CharField(max_length=64)
    booked_on = models.DateField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=200)
    number = models.PositiveIntegerField(default=1)
    description = models.CharField(max_length=300, blank=True)
    file_name = models.CharField(max_length=200)
    imported_at = models.DateTimeField(auto_now_add=True)
    # One to one, held by the database: a line is never the money of two payouts.
    payout = models.OneToOneField(
        Payout, on_delete=models.PROTECT, null=True, blank=True, related_name="bank_line"
    )
    # None: matched by the rule in services/bank_lines.py.
    matched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    matched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-booked_on", "-id"]
        constraints: ClassVar = [
            currency_check("bank_line_currency_is_iso"),
            models.UniqueConstraint(
                fields=["account", "booked_on", "amount_minor", "currency", "reference", "number"],
                name="bank_line_is_imported_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["currency", "amount_minor", "booked_on"],
                name="bank_line_free",
                condition=models.Q(payout=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount_minor} {self.currency}"
