"""Restricted funds: what each fund had, what came, what went back, what it cost, what it has now."""

from typing import Any

from api.models import Account, Fund, FundRestriction
from api.services.charts import Chart, Series, chart_of_money
from api.services.reports.queries import rows_read
from api.services.reports.spec import Parameters, Report, ReportBody, TableDraft
from api.services.sheets import CellKind, SheetColumn

_MONEY = CellKind.MONEY
_ORDER = ("restricted", "endowment", "designated", "unrestricted")
_A = Account
_INCOME, _BACK, _FEES, _EXCHANGE = "income", "back", "fees", "exchange"
_PARTS = {
    _A.DONATION_INCOME.value: _INCOME,
    _A.REFUNDS.value: _BACK,
    _A.DISPUTES.value: _BACK,
    _A.STRIPE_FEES.value: _FEES,
    _A.EXCHANGE.value: _EXCHANGE,
}
# Income is of the day on which the money was received, as in every other report; the rest of the day on which
# it is in the books.
_SUMS = """
SELECT e.fund_id, e.currency, e.account,
       coalesce(sum(-e.amount_minor) FILTER (WHERE {moment} < %s), 0)::bigint,
       coalesce(sum(-e.amount_minor) FILTER (WHERE {moment} >= %s), 0)::bigint
  FROM api_ledgerentry AS e
  JOIN api_ledgerposting AS o ON o.id = e.posting_id
  LEFT JOIN api_payment AS p ON p.donation_id = o.donation_id AND e.account = 'donation_income'
 WHERE e.account = ANY(%s) AND e.fund_id IS NOT NULL AND {moment} < %s AND %s IN ('', e.currency)
 GROUP BY 1, 2, 3
"""


def _make(asked: Parameters) -> ReportBody:
    found = _sums(asked)
    has_exchange = any(_EXCHANGE in parts for _, parts in found.values())
    funds = Fund.objects.in_bulk()
    rows = [
        _row(funds[fund], currency, *found[fund, currency], has_exchange)
        for fund, currency in found
    ]
    if asked.fund:
        rows = [row for row in rows if row[0] == asked.fund.name]
    rows.sort(key=lambda row: (row[2], _ORDER.index(row[-1]), row[0]))
    shown = [row[:-1] for row in rows]
    table = TableDraft("funds", "Funds", _columns(has_exchange=has_exchange), shown).finished()
    return ReportBody([table], _charts(shown))


def _sums(asked: Parameters) -> dict[tuple[int, str], tuple[int, dict[str, int]]]:
    """Per fund and currency: what it had before the period, and what moved within by part. Credits are positive."""
    rows = rows_read(
        _SUMS.format(moment="coalesce(p.received_at, o.posted_at)"),
        [
            asked.period.begins_at,
            asked.period.begins_at,
            list(_PARTS),
            asked.period.ends_at,
            asked.currency,
        ],
    )
    found: dict[tuple[int, str], tuple[int, dict[str, int]]] = {}
    for fund, currency, account, before, within in rows:
        opening, parts = found.get((fund, currency), (0, {}))
        part = _PARTS[account]
        if within or part != _EXCHANGE:
            parts[part] = parts.get(part, 0) + within
        found[fund, currency] = (opening + before, parts)
    return found


def _row(
    fund: Fund, currency: str, opening: int, parts: dict[str, int], has_exchange: bool
) -> tuple[Any, ...]:
    moved = [parts.get(part, 0) for part in (_INCOME, _BACK, _FEES)]
    exchanged = [parts.get(_EXCHANGE, 0)] if has_exchange else []
    closing = opening + sum(moved) + sum(exchanged)
    kind = FundRestriction(fund.restriction)
    return (fund.name, kind.label, currency, opening, *moved, *exchanged, closing, kind.value)


def _columns(*, has_exchange: bool) -> list[SheetColumn]:
    names = {"opening": "At the start", "income": "Income", "back": "Given back", "fees": "Fees"}
    names |= {"exchange": "Exchanged"} if has_exchange else {}
    names["closing"] = "At the end"
    return [
        SheetColumn("fund", "Fund"),
        SheetColumn("restriction", "Kind"),
        SheetColumn("currency", "Currency"),
        *(
            SheetColumn(name, label, _MONEY, "currency", is_summed=True)
            for name, label in names.items()
        ),
    ]


def _charts(rows: list[tuple[Any, ...]]) -> list[Chart]:
    charts = []
    for currency in sorted({row[2] for row in rows}):
        of_it = [row for row in rows if row[2] == currency]
        series = [
            Series("At the start", [row[3] for row in of_it]),
            Series("At the end", [row[-1] for row in of_it]),
        ]
        labels = [row[0] for row in of_it]
        charts.append(
            chart_of_money(f"Funds, {currency}", "bars", labels, series, currency=currency)
        )
    return charts


FUNDS = Report(
    name="funds",
    title="Restricted funds statement",
    question="What does each fund have, and how did it get there?",
    meaning=(
        "From the books. At the start and at the end are what was raised for a fund and not given back, less"
        " Stripe's fees. What went out of a fund has a minus.",
        "What the charity spent of a fund is not in Domaap: your accounts have it. Only gifts through Domaap count.",
        "Restricted and endowment funds may be spent on their purpose only (Charities SORP, module 2).",
    ),
    takes=("period", "fund", "currency"),
    preset="this_tax_year",
    make=_make,
    group="Money",
)
