"""Top donors: who gave most in a period, in each currency."""

from typing import Any

from api.models import Donor, Right
from api.services.donor_figures import DonorTotal, top_donors
from api.services.reports.forms import currencies_known
from api.services.reports.links import donor_link
from api.services.reports.queries import gifts_where, rows_read
from api.services.reports.spec import Parameters, Report, ReportBody, TableDraft
from api.services.sheets import CellKind, SheetColumn

_RANKED = """
SELECT donor.id, donor.reference, donor.name, ranked.gifts, ranked.received
  FROM (SELECT d.donor_id, count(*) AS gifts, sum(p.amount_minor)::bigint AS received
          FROM api_payment AS p JOIN api_donation AS d ON d.id = p.donation_id
         WHERE {where} AND p.currency = %s
         GROUP BY d.donor_id ORDER BY received DESC, d.donor_id LIMIT %s) AS ranked
  JOIN api_donor AS donor ON donor.id = ranked.donor_id
 ORDER BY ranked.received DESC, donor.id
"""


def _make(asked: Parameters) -> ReportBody:
    currencies = [asked.currency] if asked.currency else currencies_known()
    found = [
        (place, currency, one)
        for currency in currencies
        for place, one in enumerate(_ranked(asked, currency), 1)
    ]
    emails = _emails(asked, [one.donor_id for _, _, one in found])
    rows: list[tuple[Any, ...]] = [
        (
            place,
            one.name,
            one.reference,
            *emails.get(one.donor_id, ()),
            currency,
            one.gifts,
            one.given_minor,
        )
        for place, currency, one in found
    ]
    links = [donor_link(one.reference) for _, _, one in found]
    table = TableDraft("donors", "Top donors", _columns(asked), rows, links, opens="donor")
    return ReportBody([table.finished()])


def _ranked(asked: Parameters, currency: str) -> list[DonorTotal]:
    """From the kept sums where nothing is filtered, else from the gifts themselves."""
    if not (asked.fund or asked.campaign or asked.kind):
        period = asked.period
        return top_donors(period.first_on, period.last_on, currency=currency, limit=asked.limit)
    where = gifts_where(asked)
    sql = _RANKED.format(where=where.sql)
    return [DonorTotal(*row) for row in rows_read(sql, [*where.params, currency, asked.limit])]


def _emails(asked: Parameters, ids: list[int]) -> dict[int, tuple[str]]:
    if not asked.shows_contact:
        return {}
    return {
        pk: (email,) for pk, email in Donor.objects.filter(pk__in=ids).values_list("pk", "email")
    }


def _columns(asked: Parameters) -> list[SheetColumn]:
    return [
        SheetColumn("place", "Place", CellKind.INTEGER),
        SheetColumn("donor", "Donor"),
        SheetColumn("reference", "Reference"),
        *([SheetColumn("email", "E-mail")] if asked.shows_contact else []),
        SheetColumn("currency", "Currency"),
        SheetColumn("gifts", "Gifts", CellKind.INTEGER, is_summed=True),
        SheetColumn("received", "Received", CellKind.MONEY, "currency", is_summed=True),
    ]


TOP_DONORS = Report(
    name="top-donors",
    title="Top donors",
    question="Who gave most?",
    meaning=(
        "By what was received in the period, fee cover included, whatever was given back later. Each currency has"
        " its own order.",
    ),
    takes=("period", "currency", "fund", "campaign", "kind", "limit"),
    preset="this_tax_year",
    make=_make,
    rights=frozenset({Right.REPORTS_VIEW, Right.REPORTS_DONORS}),
    group="Donors",
    is_long=True,
)
