"""Restricted funds: what each fund had, what came, what went back, what it cost, what it has now."""

from datetime import date, timedelta
from typing import Any

from api.models import Account, Fund, FundRestriction
from api.services.charts import Chart, Series, chart_of_money
from api.services.giving_figures import Span, giving_spans
from api.services.reports.moves import giving_filter
from api.services.reports.queries import rows_read
from api.services.reports.spec import Parameters, Report, ReportBody, TableDraft
from api.services.sheets import CellKind, SheetColumn

_MONEY = CellKind.MONEY
_ORDER = ("restricted", "endowment", "designated", "unrestricted")
_INCOME, _BACK, _FEES, _EXCHANGE = "income", "back", "fees", "exchange"
# Before a day when no gift can have been.
_BEGINNING = date(1900, 1, 1)
# The only part that the kept sums have not: gifts in one currency that Stripe paid out in another.
_EXCHANGED = """
SELECT e.fund_id, e.currency,
       coalesce(sum(-e.amount_minor) FILTER (WHERE o.posted_at < %s), 0)::bigint,
       coalesce(sum(-e.amount_minor) FILTER (WHERE o.posted_at >= %s), 0)::bigint
  FROM api_ledgerentry AS e JOIN api_ledgerposting AS o ON o.id = e.posting_id
 WHERE e.account = %s AND e.fund_id IS NOT NULL AND o.posted_at < %s
 GROUP BY 1, 2
"""
Found = dict[tuple[int, str], tuple[int, dict[str, int]]]


def _make(asked: Parameters) -> ReportBody:
    fund = asked.fund.pk if asked.fund else None
    found = {key: sums for key, sums in _sums(asked).items() if fund in (None, key[0])}
    has_exchange = any(_EXCHANGE in parts for _, parts in found.values())
    funds = Fund.objects.in_bulk()
    rows = [
        _row(funds[pk], currency, *sums, has_exchange) for (pk, currency), sums in found.items()
    ]
    rows.sort(key=lambda row: (row[2], _ORDER.index(row[-1]), row[0]))
    shown = [row[:-1] for row in rows]
    table = TableDraft("funds", "Funds", _columns(has_exchange=has_exchange), shown).finished()
    return ReportBody([table], _charts(shown))


def _sums(asked: Parameters) -> Found:
    """Per fund and currency: what it had before the period, and what moved within by part. Credits are positive."""
    found: Found = {}
    spans = {
        "before": Span(_BEGINNING, asked.period.first_on - timedelta(days=1)),
        "within": Span(asked.period.first_on, asked.period.last_on),
    }
    sums = giving_spans(spans, by=["fund"], where=giving_filter(asked))
    for one in sums.get("before", []):
        _add(found, one.fund_id, one.currency, opening=one.net_minor)
    for one in sums.get("within", []):
        back = one.refunded_minor + one.disputed_minor
        parts = {_INCOME: one.given_minor, _BACK: -back, _FEES: -one.fees_minor}
        _add(found, one.fund_id, one.currency, **parts)
    period = asked.period
    for fund, currency, before, within in rows_read(
        _EXCHANGED, [period.begins_at, period.begins_at, Account.EXCHANGE.value, period.ends_at]
    ):
        if asked.currency in ("", currency):
            _add(found, fund, currency, opening=before, exchange=within)
    return found


def _add(found: Found, fund: int | None, currency: str, *, opening: int = 0, **parts: int) -> None:
    """More of a fund. Stripe's costs of the account as a whole are of none."""
    if fund is None:
        return
    before, known = found.get((fund, currency), (0, {}))
    found[fund, currency] = (before + opening, {**known, **parts})


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
        "Income is of the day on which the money was received, fees of the day of Stripe's statement, what was given"
        " back of the day on which it came into the books.",
        "What the charity spent of a fund is not in Domaap: your accounts have it. Only gifts through Domaap count.",
        "Restricted and endowment funds may be spent on their purpose only (Charities SORP, module 2).",
    ),
    takes=("period", "fund", "currency"),
    preset="this_tax_year",
    make=_make,
    group="Money",
)
