"""The register of receipts: every number, in order, and the proof that none is missing."""

from api.models import DonationStatus
from api.services.reports.queries import Where, gifts_filter, rows_read, table_of_query
from api.services.reports.spec import Parameters, Report, ReportBody, ReportTable, TableDraft
from api.services.sheets import CellKind, SheetColumn, SheetQuery

_WHOLE = CellKind.INTEGER
# Those that hold, and those that were replaced: a number that was once given stays in the register.
_GIVEN = """(SELECT year, sequence, issued_at, donation_id, '' AS replaced_by FROM api_receipt
             UNION ALL
             SELECT year, sequence, issued_at, donation_id, replaced_by FROM api_replacedreceipt)"""


def _make(asked: Parameters) -> ReportBody:
    series = _series()
    missing = sum(row[-1] for row in series.rows)
    notes = [
        "No number is missing: each year's numbers run from 1 to the last one given."
        if not missing
        else f"{missing:,} numbers are missing. The database was changed by hand: tell your engineer."
    ]
    return ReportBody([_register(asked), series], notes=notes)


def _series() -> ReportTable:
    """Every year's numbers, whatever the period: a gap anywhere would be seen."""
    rows = rows_read(
        f"""SELECT counter.year::text, r.first, r.last, coalesce(r.receipts, 0), counter.last,
                  greatest(counter.last, coalesce(r.last, 0)) - coalesce(r.receipts, 0)
             FROM api_receiptcounter AS counter
             LEFT JOIN (SELECT year, min(sequence) AS first, max(sequence) AS last, count(*) AS receipts
                          FROM {_GIVEN} AS given GROUP BY year) AS r ON r.year = counter.year
            ORDER BY counter.year"""  # noqa: S608
    )
    columns = [
        SheetColumn("year", "Year"),
        SheetColumn("first", "First number", _WHOLE),
        SheetColumn("last", "Last number", _WHOLE),
        SheetColumn("receipts", "Receipts", _WHOLE, is_summed=True),
        SheetColumn("given", "Numbers given", _WHOLE, is_summed=True),
        SheetColumn("missing", "Missing", _WHOLE, is_summed=True),
    ]
    return TableDraft("numbers", "Numbers by year", columns, rows).finished()


def _register(asked: Parameters) -> ReportTable:
    where = Where().add("r.issued_at >= %s", asked.period.begins_at)
    gifts_filter(where.add("r.issued_at < %s", asked.period.ends_at), asked)
    donor = 'donor.name AS "donor", ' if asked.names_donors else ""
    statuses = " ".join(f"WHEN '{one.value}' THEN '{_text(one)}'" for one in DonationStatus)
    sql = f"""
    SELECT r.year || '-' || lpad(r.sequence::text, greatest(6, length(r.sequence::text)), '0')
           AS "number", r.issued_at AS "issued_at",
           {donor}d.reference AS "reference",
           CASE WHEN r.replaced_by <> '' THEN 'Replaced by ' || r.replaced_by
                ELSE CASE d.status {statuses} END END AS "status",
           p.currency AS "currency", CASE r.replaced_by WHEN '' THEN p.amount_minor END AS "amount"
      FROM {_GIVEN} AS r JOIN api_donation AS d ON d.id = r.donation_id
      JOIN api_payment AS p ON p.donation_id = d.id JOIN api_donor AS donor ON donor.id = d.donor_id
     WHERE {where.sql} ORDER BY r.year, r.sequence"""  # noqa: S608
    columns = [
        SheetColumn("number", "Receipt"),
        SheetColumn("issued_at", "Issued", CellKind.MOMENT),
        *([SheetColumn("donor", "Donor")] if asked.names_donors else []),
        SheetColumn("reference", "Gift"),
        SheetColumn("status", "What became of it"),
        SheetColumn("currency", "Currency"),
        SheetColumn("amount", "Amount", CellKind.MONEY, "currency", is_summed=True),
    ]
    return table_of_query(
        "register", "Register", columns, SheetQuery(sql, where.params), most=asked.most
    )


def _text(status: DonationStatus) -> str:
    return status.label.replace("'", "''")


RECEIPTS = Report(
    name="receipts",
    title="Receipts register",
    question="Which receipts were issued, and is any number missing?",
    meaning=(
        "Every receipt by the day on which it was issued where the charity is. A number is given once, in the"
        " transaction that records the money, so that none is skipped.",
        "A receipt stays in the register when its gift is given back later; what the gift is now stands beside it."
        " One that was replaced stays too, with the number of the one in its place, which alone has the amount.",
        "Gifts that another system took, brought in from Stripe's history, have no receipt of ours.",
    ),
    takes=("period", "currency", "fund", "kind"),
    make=_make,
    group="Money",
    is_long=True,
)
