"""Top donors: who gave most in a period, in each currency."""

from api.models import Right
from api.services.reports.queries import gifts_where, local_day, rows_read
from api.services.reports.spec import Parameters, Report, ReportBody, TableDraft
from api.services.sheets import CellKind, SheetColumn


def _make(asked: Parameters) -> ReportBody:
    where = gifts_where(asked)
    day = local_day("p.received_at")
    rows = rows_read(
        f"""SELECT ranked.place, donor.name, donor.reference, donor.email, ranked.currency, ranked.gifts,
                   ranked.received, ranked.first_on, ranked.last_on, donor.id
              FROM (SELECT d.donor_id, p.currency, count(*) AS gifts, sum(p.amount_minor)::bigint AS received,
                           min({day}) AS first_on, max({day}) AS last_on,
                           row_number() OVER (PARTITION BY p.currency
                                              ORDER BY sum(p.amount_minor) DESC, d.donor_id) AS place
                      FROM api_payment AS p JOIN api_donation AS d ON d.id = p.donation_id
                     WHERE {where.sql} GROUP BY d.donor_id, p.currency) AS ranked
              JOIN api_donor AS donor ON donor.id = ranked.donor_id
             WHERE ranked.place <= %s ORDER BY ranked.currency, ranked.place""",  # noqa: S608
        [*where.params, asked.limit],
    )
    columns = [
        SheetColumn("place", "Place", CellKind.INTEGER),
        SheetColumn("donor", "Donor"),
        SheetColumn("reference", "Reference"),
        *([SheetColumn("email", "E-mail")] if asked.shows_contact else []),
        SheetColumn("currency", "Currency"),
        SheetColumn("gifts", "Gifts", CellKind.INTEGER, is_summed=True),
        SheetColumn("received", "Received", CellKind.MONEY, "currency", is_summed=True),
        SheetColumn("first_on", "First gift of the period", CellKind.DATE),
        SheetColumn("last_on", "Last gift of the period", CellKind.DATE),
    ]
    contact = slice(3, 4) if asked.shows_contact else slice(3, 3)
    shown = [(*row[:3], *row[contact], *row[4:9]) for row in rows]
    links = [f"/admin/api/donor/{row[9]}/change/" for row in rows]
    return ReportBody([TableDraft("donors", "Top donors", columns, shown, links).finished()])


TOP_DONORS = Report(
    name="top-donors",
    title="Top donors",
    question="Who gave most?",
    meaning=(
        "By what was received in the period, fee cover included, whatever was given back later. Each currency has"
        " its own order.",
    ),
    takes=("period", "currency", "fund", "campaign", "kind", "limit"),
    preset="last_12_months",
    make=_make,
    rights=frozenset({Right.REPORTS_VIEW, Right.REPORTS_DONORS}),
    group="Donors",
    is_long=True,
)
