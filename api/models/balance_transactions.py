"""Stripe's own statement, line by line: every move of the balance that it holds for us."""

from typing import ClassVar

from django.db import models

from api.models.donations import Donation
from api.models.fields import currency_check
from api.models.payouts import Payout


class BalanceTransaction(models.Model):
    """One line of Stripe's statement (docs.stripe.com/api/balance_transactions/object).

    Amounts in minor units of `currency`, the account's; net = amount - fee. `source_*` is what the
    donor's side was, in the currency of the gift. It is in our books from `posted_at` on.
    """

    stripe_balance_transaction_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=40)
    source_id = models.CharField(max_length=255, blank=True, db_index=True)
    stripe_payment_intent_id = models.CharField(max_length=255, blank=True)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    source_amount_minor = models.BigIntegerField()
    source_currency = models.CharField(max_length=3)
    donation = models.ForeignKey(
        Donation, on_delete=models.PROTECT, null=True, related_name="balance_transactions"
    )
    moved_payout = models.ForeignKey(
        Payout,
        on_delete=models.PROTECT,
        null=True,
        related_name="own_balance_transactions",
        help_text="The payout that this line itself is.",
    )
    payout = models.ForeignKey(
        Payout,
        on_delete=models.PROTECT,
        null=True,
        related_name="balance_transactions",
        help_text="The payout that brought this line's money to the bank.",
    )
    available_at = models.DateTimeField()
    made_at = models.DateTimeField(db_index=True)
    posted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "line of Stripe's statement"
        verbose_name_plural = "lines of Stripe's statement"
        ordering: ClassVar[list[str]] = ["-made_at", "-id"]
        constraints: ClassVar = [
            currency_check("balance_currency_is_iso"),
            models.CheckConstraint(
                condition=models.Q(net_minor=models.F("amount_minor") - models.F("fee_minor")),
                name="balance_net_is_amount_less_fee",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"], name="balance_not_posted", condition=models.Q(posted_at=None)
            ),
            # Whether the money of a gift is in a payout, from the index alone.
            models.Index(
                fields=["donation"],
                name="balance_charge_of_gift",
                include=["payout"],
                condition=models.Q(type__in=["charge", "payment"]),
            ),
        ]

    def __str__(self) -> str:
        return self.stripe_balance_transaction_id


class StripeCursor(models.Model):
    """How far one of Stripe's lists has been read: everything made before `position` is ours."""

    name = models.CharField(max_length=40, primary_key=True)
    position = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.position:%Y-%m-%d %H:%M}"
