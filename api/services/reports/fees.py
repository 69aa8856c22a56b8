"""Fees: what Stripe kept, from its own statement, by period and by how gifts were paid."""

from collections.abc import Iterator
from typing import Any

from api.services.balance_transactions import CHARGES, COSTS
from api.services.charts import Chart, Series, chart_of_money
from api.services.reports.moves import step_days, step_first, steps_of, steps_text
from api.services.reports.parameters import method_text
from api.services.reports.queries import Where, rows_read, share
from api.services.reports.spec import Parameters, Report, ReportBody, ReportTable, TableDraft
from api.services.sheets import CellKind, SheetColumn

_MONEY, _WHOLE = CellKind.MONEY, CellKind.INTEGER
_GIFTS = [
    SheetColumn("currency", "Currency"),
    SheetColumn("gifts", "Gifts", _WHOLE, is_summed=True),
    SheetColumn("charged", "Charged", _MONEY, "currency", is_summed=True),
    SheetColumn("gift_fees", "Fees of gifts", _MONEY, "currency", is_summed=True),
]
_RATE = SheetColumn("rate", "Share of charged", CellKind.RATE)
_OTHER = [
    SheetColumn("other_fees", "Other costs", _MONEY, "currency", is_summed=True),
    SheetColumn("fees", "All Stripe kept", _MONEY, "currency", is_summed=True),
]


def _make(asked: Parameters) -> ReportBody:
    periods = _periods(asked)
    return ReportBody([periods, _methods(asked)], list(_charts(asked, periods)))


def _periods(asked: Parameters) -> ReportTable:
    where = Where().add("counted_on BETWEEN %s AND %s", asked.period.first_on, asked.period.last_on)
    if asked.currency:
        where.add("currency = %s", asked.currency)
    rows = rows_read(
        f"""SELECT date_trunc('{asked.step.value}', counted_on)::date, currency,
                   coalesce(sum(lines) FILTER (WHERE type = ANY(%s)), 0)::bigint,
                   coalesce(sum(amount_minor) FILTER (WHERE type = ANY(%s)), 0)::bigint,
                   coalesce(sum(fee_minor) FILTER (WHERE type = ANY(%s)), 0)::bigint,
                   coalesce(sum(fee_minor) FILTER (WHERE type <> ALL(%s)), 0)::bigint
                   - coalesce(sum(amount_minor) FILTER (WHERE type = ANY(%s)), 0)::bigint
              FROM api_statementsum WHERE {where.sql}
             GROUP BY 1, 2 HAVING sum(lines) > 0 ORDER BY 2, 1""",  # noqa: S608
        [*[list(CHARGES)] * 4, list(COSTS), *where.params],
    )
    columns = [SheetColumn("first_on", "From", CellKind.DATE), *_GIFTS, _RATE, *_OTHER]
    shown: list[tuple[Any, ...]] = [
        (begins, currency, gifts, charged, fees, share(fees, charged), other, fees + other)
        for first, currency, gifts, charged, fees, other in rows
        for begins in step_days(asked, first)[:1]
    ]
    return TableDraft("periods", f"By {asked.step.value}", columns, shown).finished()


def _methods(asked: Parameters) -> ReportTable:
    where = Where().add("line.made_at >= %s", asked.period.begins_at)
    where.add("line.made_at < %s", asked.period.ends_at).add("line.type = ANY(%s)", list(CHARGES))
    if asked.currency:
        where.add("line.currency = %s", asked.currency)
    rows = rows_read(
        f"""SELECT coalesce(p.method_kind, ''), line.currency, count(*), sum(line.amount_minor)::bigint,
                   sum(line.fee_minor)::bigint
              FROM api_balancetransaction AS line
              LEFT JOIN api_payment AS p ON p.donation_id = line.donation_id
             WHERE {where.sql} GROUP BY 1, 2 ORDER BY 2, 4 DESC, 1""",  # noqa: S608
        where.params,
    )
    shown: list[tuple[Any, ...]] = [
        (method_text(row[0]), *row[1:], share(row[4], row[3])) for row in rows
    ]
    columns = [SheetColumn("method", "Paid by"), *_GIFTS, _RATE]
    return TableDraft("methods", "By how it was paid", columns, shown).finished()


def _charts(asked: Parameters, table: ReportTable) -> Iterator[Chart]:
    firsts = steps_of(asked, (step_first(asked.step, row[0]) for row in table.rows))
    steps = [step_days(asked, first)[0] for first in firsts]
    for currency in sorted({row[1] for row in table.rows}):
        found = {row[0]: row for row in table.rows if row[1] == currency}
        series = [
            Series("Fees of gifts", [found[one][4] if one in found else 0 for one in steps]),
            Series("Other costs", [found[one][6] if one in found else 0 for one in steps]),
        ]
        title = f"What Stripe kept by {asked.step.value}, {currency}"
        yield chart_of_money(title, "stacked", steps_text(asked, firsts), series, currency=currency)


FEES = Report(
    name="fees",
    title="Stripe's fees",
    question="What did Stripe keep, and what share of the gifts is that?",
    meaning=(
        "From Stripe's own statement, by the day of each of its lines where the charity is. Fees of gifts are those"
        " of charges; other costs are of disputes, payouts and the account, less what Stripe gave back.",
        "In the currency of the Stripe account: a gift in another currency stands in what it was exchanged for.",
    ),
    takes=("period", "step", "currency"),
    make=_make,
    group="Money",
)
