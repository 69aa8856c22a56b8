"""Donations: what came and what went back, by period, fund, appeal, method and how often."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from api.models import Campaign, DonationKind, Fund
from api.services.charts import Chart, Series, chart_of_money
from api.services.reports.links import payments_link
from api.services.reports.moves import (
    Sums,
    moves_sum,
    step_days,
    steps_of,
    steps_text,
)
from api.services.reports.parameters import method_text
from api.services.reports.spec import Parameters, Report, ReportBody, ReportTable, TableDraft
from api.services.sheets import CellKind, SheetColumn

Found = Mapping[tuple[Any, ...], Sums]
_MONEY = [
    SheetColumn("currency", "Currency"),
    SheetColumn("gifts", "Gifts", CellKind.INTEGER, is_summed=True),
    SheetColumn("received", "Received", CellKind.MONEY, "currency", is_summed=True),
    SheetColumn("given_back", "Given back", CellKind.MONEY, "currency", is_summed=True),
    SheetColumn("kept", "Kept", CellKind.MONEY, "currency", is_summed=True),
]


def _make(asked: Parameters) -> ReportBody:
    by_step_and_kind = moves_sum(asked, asked.step.value, "kind")
    funds, campaigns = Fund.objects.in_bulk(), Campaign.objects.in_bulk()
    tables = [
        _periods(asked, by_step_and_kind),
        _table(
            asked,
            ("funds", "By fund", "Fund"),
            moves_sum(asked, "fund"),
            lambda pk: (funds[pk].name, {"fund": funds[pk].code}),
        ),
        _table(
            asked,
            ("campaigns", "By appeal", "Appeal"),
            moves_sum(asked, "campaign"),
            lambda pk: (
                (campaigns[pk].name, {"campaign": campaigns[pk].code})
                if pk
                else ("No appeal", {"campaign": ""})
            ),
        ),
        _table(
            asked,
            ("methods", "By how it was paid", "Paid by"),
            moves_sum(asked, "method"),
            lambda name: (method_text(name), {"method": name}),
        ),
        _table(
            asked,
            ("kinds", "By how often", "How often"),
            _merged(by_step_and_kind, lambda key: key[1:]),
            lambda kind: (DonationKind(kind).label, {"kind": kind}),
        ),
    ]
    return ReportBody(tables=tables, charts=list(_charts(asked, by_step_and_kind)))


def _merged(found: Found, key_of: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Found:
    """Summed further, to fewer keys."""
    merged: dict[tuple[Any, ...], Sums] = {}
    for key, sums in found.items():
        so_far = merged.get(key_of(key), Sums())
        merged[key_of(key)] = Sums(
            so_far.gifts + sums.gifts, so_far.received + sums.received, so_far.back + sums.back
        )
    return merged


def _periods(asked: Parameters, found: Found) -> ReportTable:
    """A row for each step of the period, those without gifts too, in each currency that occurs."""
    by_step = _merged(found, lambda key: (key[0], key[2]))
    steps = steps_of(asked, (first for first, _, _ in found))
    rows = [
        (*step_days(asked, first), currency, *by_step.get((first, currency), Sums()).figures)
        for currency in _currencies(found)
        for first in steps
    ]
    step = asked.step.value
    days = [
        SheetColumn("first_on", "From", CellKind.DATE),
        SheetColumn("last_on", "To", CellKind.DATE),
    ]
    links = [payments_link(asked, row[2], days=(row[0], row[1])) if row[3] else "" for row in rows]
    return TableDraft("periods", f"By {step}", [*days, *_MONEY], rows, links).finished()


def _table(
    asked: Parameters,
    names: tuple[str, str, str],
    found: Found,
    of: Callable[[Any], tuple[str, dict[str, str]]],
) -> ReportTable:
    """A row for each key and currency, the largest first within its currency.

    `names`: of the table, its title, its first column's. `of`: a key in words, and as a filter of payments.
    """
    named = [(*of(key), currency, sums) for (key, currency), sums in found.items()]
    named.sort(key=lambda one: (one[2], -one[3].received, one[0]))
    name, title, label = names
    return TableDraft(
        name,
        title,
        [SheetColumn(name.removesuffix("s"), label), *_MONEY],
        [(text, currency, *sums.figures) for text, _, currency, sums in named],
        links=[
            payments_link(asked, currency, more=more) if sums.gifts else ""
            for _, more, currency, sums in named
        ],
    ).finished()


def _currencies(found: Found) -> list[str]:
    return sorted({key[-1] for key in found})


def _charts(asked: Parameters, found: Found) -> Iterator[Chart]:
    """One per currency: what came in each step, monthly and one-off on top of each other."""
    steps = steps_of(asked, (first for first, _, _ in found))
    for currency in _currencies(found):
        series = [
            Series(
                kind.label,
                [found.get((first, kind.value, currency), Sums()).received for first in steps],
            )
            for kind in DonationKind
        ]
        yield chart_of_money(
            f"Received by {asked.step.value}, {currency}",
            "stacked",
            steps_text(asked, steps),
            [one for one in series if any(one.values)] or series[:1],
            currency=currency,
        )


GIVING = Report(
    name="giving",
    title="Donations",
    question="What was given, when, to what, and how was it paid?",
    meaning=(
        "Received is what donors paid, fee cover included, on the day where the charity is on which Stripe had it.",
        "Given back is what was refunded or taken back by donors' banks, less what came back again, on the day on"
        " which our books have it. Kept is received less given back.",
        "Gifts that failed or were never finished are in no figure.",
    ),
    takes=("period", "step", "currency", "fund", "campaign", "kind", "method"),
    make=_make,
)
