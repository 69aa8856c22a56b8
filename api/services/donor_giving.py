"""What one donor gave: the figures, and the gifts page by page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from api.clock import charity_date, day_begin, now, tax_year_begin
from api.models import (
    DONATION_PAID,
    REFUND_TAKEN,
    DisputeStatus,
    Donation,
    Donor,
    Message,
    Subscription,
)
from api.services.keysets import Cursor, Keyset, keyset_page

GIFTS_SHOWN = 15
ROWS_SHOWN = 20
_FIGURES = """
WITH gift AS (
    SELECT d.id, p.currency, p.received_at, p.amount_minor
    FROM api_donation d JOIN api_payment p ON p.donation_id = d.id
    WHERE d.donor_id = %(donor)s AND d.status = ANY(%(paid)s)
), back AS (
    SELECT donation_id, amount_minor FROM api_refund
    WHERE status = ANY(%(taken)s) AND donation_id IN (SELECT id FROM gift)
    UNION ALL
    SELECT donation_id, amount_minor FROM api_dispute
    WHERE status = %(lost)s AND donation_id IN (SELECT id FROM gift)
), kept AS (
    SELECT gift.currency, gift.received_at, gift.amount_minor - coalesce(sums.minor, 0) AS minor
    FROM gift LEFT JOIN (
        SELECT donation_id, sum(amount_minor) AS minor FROM back GROUP BY donation_id
    ) sums ON sums.donation_id = gift.id
)
SELECT currency, count(*), sum(minor),
    coalesce(sum(minor) FILTER (WHERE received_at >= %(this_year)s), 0),
    coalesce(sum(minor) FILTER (WHERE received_at >= %(last_year)s AND received_at < %(this_year)s), 0),
    round(avg(minor)), max(minor), min(received_at), max(received_at)
FROM kept WHERE minor > 0 GROUP BY currency ORDER BY count(*) DESC, currency
"""


@dataclass(frozen=True)
class GivingFigures:
    """What a donor gave in one currency, minor units, less what went back; gifts wholly given back don't count."""

    currency: str
    count: int
    lifetime_minor: int
    this_year_minor: int
    last_year_minor: int
    average_minor: int
    biggest_minor: int
    first_on: date
    last_on: date


def giving_figures(donor: Donor) -> list[GivingFigures]:
    """The figures of each currency, the one with the most gifts first. One query.

    Years are UK tax years where the charity is; the average is rounded to a whole minor unit.
    """
    begins = tax_year_begin(charity_date(now()))
    asked: dict[str, Any] = {
        "donor": donor.pk,
        "paid": [str(status) for status in DONATION_PAID],
        "taken": [str(status) for status in REFUND_TAKEN],
        "lost": str(DisputeStatus.LOST),
        "this_year": day_begin(begins),
        "last_year": day_begin(begins.replace(year=begins.year - 1)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, asked)
        return [_figures(row) for row in cursor.fetchall()]


def _figures(row: tuple[str, int, int, int, int, int, int, datetime, datetime]) -> GivingFigures:
    currency, count, lifetime, this_year, last_year, average, biggest, first, last = row
    return GivingFigures(
        currency=currency,
        count=count,
        lifetime_minor=int(lifetime),
        this_year_minor=int(this_year),
        last_year_minor=int(last_year),
        average_minor=int(average),
        biggest_minor=int(biggest),
        first_on=charity_date(first),
        last_on=charity_date(last),
    )


def giving_page(donor: Donor, cursor: Cursor | None) -> Keyset[Donation]:
    """The donor's gifts, newest first, from a cursor on. One query."""
    gifts = Donation.objects.filter(donor=donor).select_related(
        "fund", "campaign", "receipt", "payment", "tribute", "subscription"
    )
    return keyset_page(gifts, cursor, size=GIFTS_SHOWN)


def donor_plans(donor: Donor) -> list[Subscription]:
    """The donor's monthly plans, newest first."""
    return list(donor.subscriptions.select_related("fund", "tribute")[:ROWS_SHOWN])


def donor_messages(donor: Donor) -> Iterable[Message]:
    """The newest e-mails to the donor."""
    written = Message.objects.filter(donor=donor).select_related("donation")
    return list(written.defer("text", "html").order_by("-id")[:ROWS_SHOWN])
