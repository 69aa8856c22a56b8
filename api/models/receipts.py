"""Receipts and their gapless numbers."""

from typing import ClassVar

from django.db import models

from api.models.donations import Donation
from api.models.fields import status_check


class ReceiptCounter(models.Model):
    """The last number given in a year. Its row is locked while a number is given, so none is skipped."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Receipt(models.Model):
    """The proof of one gift. `document` is what it said when issued; the PDF is made from it."""

    donation = models.OneToOneField(Donation, on_delete=models.PROTECT, related_name="receipt")
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    document = models.JSONField(null=True, blank=True)
    issued_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["year", "sequence"], name="receipt_number_is_given_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["issued_at", "id"], name="receipt_by_issued")]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """As it stands on the receipt: 2026-000001."""
        return f"{self.year}-{self.sequence:06d}"


class ReceiptFault(models.TextChoices):
    """Why a receipt was replaced."""

    NAME = "name", "The name was wrong"
    ADDRESS = "address", "The address was wrong"
    AMOUNT = "amount", "The amount or the fund was wrong"
    OTHER = "other", "Something else was wrong"


class ReplacedReceipt(models.Model):
    """A receipt that holds no more: what it said, why, and the number of the one in its place."""

    donation = models.ForeignKey(
        Donation, on_delete=models.PROTECT, related_name="replaced_receipts"
    )
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    document = models.JSONField()
    issued_at = models.DateTimeField()
    replaced_at = models.DateTimeField(auto_now_add=True)
    reason = models.CharField(max_length=8, choices=ReceiptFault)
    replaced_by = models.CharField(max_length=20)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["year", "sequence"], name="replaced_receipt_number_is_one"
            ),
            status_check("receipt_fault_is_known", ReceiptFault, "reason"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """As it stands on the receipt: 2026-000001."""
        return f"{self.year}-{self.sequence:06d}"
