"""Payouts: what Stripe sent to the bank, and what each was made of."""

from api.models import PayoutStatus, Right
from api.services.balance_transactions import CHARGES, COSTS, REFUNDS
from api.services.reports.queries import Where, local_day, rows_read
from api.services.reports.spec import Parameters, Report, ReportBody, TableDraft
from api.services.sheets import CellKind, SheetColumn

_MONEY = CellKind.MONEY
_COLUMNS = [
    SheetColumn("sent_on", "Sent", CellKind.DATE),
    SheetColumn("arrives_on", "Arrives", CellKind.DATE),
    SheetColumn("payout", "Payout"),
    SheetColumn("status", "Status"),
    SheetColumn("bank_on", "In the bank", CellKind.DATE),
    SheetColumn("currency", "Currency"),
    SheetColumn("gifts", "Gifts", CellKind.INTEGER, is_summed=True),
    SheetColumn("charged", "Gifts' amount", _MONEY, "currency", is_summed=True),
    SheetColumn("given_back", "Refunds", _MONEY, "currency", is_summed=True),
    SheetColumn("other", "Disputes and other", _MONEY, "currency", is_summed=True),
    SheetColumn("fees", "Fees", _MONEY, "currency", is_summed=True),
    SheetColumn("amount", "Paid out", _MONEY, "currency", is_summed=True),
]
_SUM = "coalesce(sum(line.amount_minor) FILTER (WHERE line.type {of}), 0)::bigint"


def _make(asked: Parameters) -> ReportBody:
    where = Where().add("o.made_at >= %s", asked.period.begins_at)
    where.add("o.made_at < %s", asked.period.ends_at)
    if asked.currency:
        where.add("o.currency = %s", asked.currency)
    kinds = [list(CHARGES), list(CHARGES), list(REFUNDS), [*CHARGES, *REFUNDS, *COSTS], list(COSTS)]
    rows = rows_read(
        f"""SELECT o.id, {local_day("o.made_at")}, o.arrives_on, o.stripe_payout_id, o.status,
                   bank.booked_on, o.currency, made.gifts, made.charged, made.back, made.other,
                   made.fees, o.amount_minor
              FROM api_payout AS o
              LEFT JOIN api_bankline AS bank ON bank.payout_id = o.id
              CROSS JOIN LATERAL (
                   SELECT count(*) FILTER (WHERE line.type = ANY(%s)) AS gifts,
                          {_SUM.format(of="= ANY(%s)")} AS charged,
                          {_SUM.format(of="= ANY(%s)")} AS back,
                          {_SUM.format(of="<> ALL(%s)")} AS other,
                          {_SUM.format(of="= ANY(%s)")} - coalesce(sum(line.fee_minor), 0)::bigint AS fees
                     FROM api_balancetransaction AS line WHERE line.payout_id = o.id) AS made
             WHERE {where.sql} ORDER BY o.made_at, o.id""",  # noqa: S608
        [*kinds, *where.params],
    )
    shown = [(*row[1:4], PayoutStatus(row[4]).label, *row[5:]) for row in rows]
    links = [f"/admin/api/payout/{row[0]}/change/" for row in rows]
    return ReportBody([TableDraft("payouts", "Payouts", _COLUMNS, shown, links).finished()])


PAYOUTS = Report(
    name="payouts",
    title="Payouts",
    question="What reached the bank, and what was each payout made of?",
    meaning=(
        "A payout stands in the day on which Stripe sent it. Gifts' amount, refunds, disputes and fees are the lines"
        " of Stripe's statement that it paid out; what left has a minus. They sum to what was paid out.",
        "A payout made by hand, or one whose lines Stripe has not told yet, shows no gifts.",
        "In the bank is the day of the line of your bank statement that was matched to it.",
    ),
    takes=("period", "currency"),
    make=_make,
    rights=frozenset({Right.REPORTS_VIEW, Right.BANK_VIEW}),
    group="Money",
)
