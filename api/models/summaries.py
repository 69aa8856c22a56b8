"""Sums that are kept beside the facts, so that nobody counts millions of rows to look at a page.

Triggers write what a fact changes as a fresh row, in the fact's own transaction; the worker adds fresh
rows up (services/summaries.py). What is asked for is always the sum over both, so that it is exact at
any moment. Every row can be made again from the facts.
"""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from api.models.campaigns import Campaign
from api.models.donations import DonationKind
from api.models.donors import Donor
from api.models.funds import Fund
from api.models.ledger import Account
from api.models.subscriptions import SubscriptionStatus


class SummaryLevel(models.IntegerChoices):
    """How far a row is added up."""

    FRESH = 0, "As it came"
    KEPT = 1, "Added up"
    MONTH = 2, "Added up by month"
    KIND = 3, "Added up by month and kind alone"


class YearBasis(models.TextChoices):
    """What a year of giving is."""

    CALENDAR = "calendar", "Calendar year"
    TAX = "tax", "Tax year (6 April to 5 April, named by the year in which it begins)"


def _beside(model: type[models.Model]) -> Any:
    """What a sum is of. Not checked by the database: the facts that it sums up are."""
    return models.ForeignKey(
        model,
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )


def _once(name: str, *fields: str) -> models.UniqueConstraint:
    """One added-up row of a kind; fresh ones may be many."""
    return models.UniqueConstraint(
        fields=fields, name=name, condition=models.Q(level__gt=0), nulls_distinct=False
    )


class GivingSum(models.Model):
    """Gifts of a day where the charity is (KEPT), or of a month by its first day (MONTH, KIND).

    A gift counts on the day its money was received, a fee on the day of Stripe's statement, what was
    refunded or disputed on the day it came into our books. Amounts in minor units. Fees of no gift
    have no kind.
    """

    level = models.PositiveSmallIntegerField(choices=SummaryLevel)
    counted_on = models.DateField()
    fund = _beside(Fund)
    campaign = _beside(Campaign)
    kind = models.CharField(max_length=8, choices=DonationKind, blank=True)
    method_kind = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3)
    gifts = models.BigIntegerField()
    given_minor = models.BigIntegerField()
    cover_minor = models.BigIntegerField()
    refunded_minor = models.BigIntegerField()
    disputed_minor = models.BigIntegerField()
    fees_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            _once(
                "giving_is_summed_once",
                "level",
                "counted_on",
                "currency",
                "kind",
                "method_kind",
                "fund",
                "campaign",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["counted_on"], name="giving_fresh", condition=models.Q(level=0))
        ]

    def __str__(self) -> str:
        return f"{self.counted_on} {self.given_minor} {self.currency}"


class BooksSum(models.Model):
    """The balance of an account of the books per fund and currency; debits positive, in minor units."""

    level = models.PositiveSmallIntegerField(choices=SummaryLevel)
    account = models.CharField(max_length=24, choices=Account)
    fund = _beside(Fund)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    entries = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            _once("books_are_summed_once", "level", "account", "currency", "fund")
        ]
        indexes: ClassVar = [
            models.Index(fields=["account"], name="books_fresh", condition=models.Q(level=0))
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_minor} {self.currency}"


class DonorYear(models.Model):
    """What a donor gave in a year. A gift counts in the year its money was received, whatever came after."""

    level = models.PositiveSmallIntegerField(choices=SummaryLevel)
    donor = _beside(Donor)
    basis = models.CharField(max_length=8, choices=YearBasis)
    year = models.PositiveSmallIntegerField()
    currency = models.CharField(max_length=3)
    gifts = models.BigIntegerField()
    given_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            _once("donor_year_is_summed_once", "donor", "basis", "year", "currency")
        ]
        indexes: ClassVar = [
            models.Index(fields=["donor"], name="donor_year_fresh", condition=models.Q(level=0)),
            # The largest givers of a year, and who gave in one year and not in another.
            models.Index(
                fields=["basis", "year", "currency", "-given_minor"],
                include=["donor", "gifts"],
                name="donor_year_top",
                condition=models.Q(level=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.donor_id} {self.year} {self.given_minor} {self.currency}"


class DonorPattern(models.Model):
    """Donors who gave in exactly these years: retention and cohorts are read from these few rows.

    `year` 0 and no currency: how many such donors there are. Else: of them, how many gave in that
    currency in that year (all of them gave in that year in some currency), and what, in minor units.
    """

    basis = models.CharField(max_length=8, choices=YearBasis)
    years = ArrayField(models.PositiveSmallIntegerField())
    year = models.PositiveSmallIntegerField()
    currency = models.CharField(max_length=3, blank=True)
    donors = models.BigIntegerField()
    gifts = models.BigIntegerField()
    given_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["basis", "years", "year", "currency"], name="donor_pattern_is_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.years}: {self.donors}"


class PlanSum(models.Model):
    """Monthly plans that went from one status to another on a day where the charity is.

    `amount_minor`: what they give each month, fee cover included.
    """

    level = models.PositiveSmallIntegerField(choices=SummaryLevel)
    counted_on = models.DateField()
    from_status = models.CharField(max_length=12, choices=SubscriptionStatus)
    to_status = models.CharField(max_length=12, choices=SubscriptionStatus)
    currency = models.CharField(max_length=3)
    plans = models.BigIntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            _once("plans_are_summed_once", "counted_on", "currency", "from_status", "to_status")
        ]
        indexes: ClassVar = [
            models.Index(fields=["counted_on"], name="plans_fresh", condition=models.Q(level=0))
        ]

    def __str__(self) -> str:
        return f"{self.counted_on} {self.from_status} -> {self.to_status}: {self.plans}"


class StatementSum(models.Model):
    """Lines of Stripe's statement of a day where the charity is, and what the books have of them.

    Minor units, with their sign. `books_other_minor` is what stands against balance and fees, turned
    round: a gift is positive on both sides.
    """

    level = models.PositiveSmallIntegerField(choices=SummaryLevel)
    counted_on = models.DateField()
    currency = models.CharField(max_length=3)
    type = models.CharField(max_length=40)
    lines = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    books_net_minor = models.BigIntegerField()
    books_fees_minor = models.BigIntegerField()
    books_other_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            _once("statement_is_summed_once", "counted_on", "currency", "type")
        ]
        indexes: ClassVar = [
            models.Index(fields=["counted_on"], name="statement_fresh", condition=models.Q(level=0))
        ]

    def __str__(self) -> str:
        return f"{self.counted_on} {self.type}: {self.net_minor} {self.currency}"
