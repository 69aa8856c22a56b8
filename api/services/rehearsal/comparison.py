"""Policies side by side, in words and figures: what is shown of rehearsed years, on a page and in a terminal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.money import money_text
from api.services.charts import Chart, Series, chart_of_money

CURRENCY = "GBP"
type Result = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A figure of a year: its words, where it is found, and whether it is money in minor units."""

    label: str
    value: Callable[[Result], int]
    is_money: bool = True

    def words(self, value: int) -> str:
        """The figure as people read it."""
        return money_text(value, CURRENCY) if self.is_money else f"{value:,}"


def _of(label: str, name: str, *, is_money: bool = True) -> Figure:
    return Figure(label, lambda one: int(one[name]), is_money)


def _by(label: str, name: str) -> Figure:
    return Figure(label, lambda one: int(one["recovered_by"][name]))


FIGURES = (
    _of("Gifts charged", "taken", is_money=False),
    _of("Money charged", "taken_minor"),
    _of("Gifts that failed at first", "failed", is_money=False),
    _of("Money at risk", "failed_minor"),
    _of("Won back", "recovered_minor"),
    _by("  by our retries", "retry"),
    _by("  by the donor", "donor"),
    _of("Lost", "lost_minor"),
    _of("Still open", "open_minor"),
    _of("Plans stopped", "stopped", is_money=False),
    _of("E-mails", "mails", is_money=False),
)


def comparison_headings(results: Sequence[Result]) -> list[str]:
    """What stands above the columns of figures: the policies, and how far the second is from the first."""
    names = [str(one["policy"]) for one in results]
    return [*names, "Difference"] if len(names) == 2 else names


def comparison_rows(results: Sequence[Result]) -> list[tuple[str, list[str]]]:
    """The figures of each policy, below the headings."""
    found = []
    for figure in FIGURES:
        values = [figure.value(one) for one in results]
        cells = [figure.words(value) for value in values]
        if len(values) == 2:
            cells.append(_signed(figure, values[1] - values[0]))
        found.append((figure.label, cells))
        if figure.label == "Won back":
            found.append(("  of what was at risk", [_rate(one) for one in results]))
    return found


def comparison_verdict(results: Sequence[Result]) -> str:
    """Which of two policies wins back more, and at what price; of one, how much it wins back."""
    best, *others = sorted(results, key=lambda one: -int(one["recovered_minor"]))
    of_risk = f"{_rate(best)} of what was at risk"
    if not others:
        return f"{best['policy']} wins back {_money(best, 'recovered_minor')}, {of_risk}."
    other = others[0]
    more = best["recovered_minor"] - other["recovered_minor"]
    if not more:
        return f"Both win back {_money(best, 'recovered_minor')}, {of_risk}."
    mails = best["mails"] - other["mails"]
    price = f"{abs(mails):,} {'more' if mails > 0 else 'fewer'}" if mails else "as many"
    return (
        f"{best['policy']} wins back {money_text(more, CURRENCY)} more than {other['policy']}: "
        f"{of_risk} and not {_rate(other)}, with {price} e-mails."
    )


def comparison_words(results: Sequence[Result]) -> str:
    """The comparison as a table of text."""
    rows = [("", comparison_headings(results)), *comparison_rows(results)]
    rows.append(
        ("Equals the scenario's truth", ["yes" if one["is_true"] else "NO" for one in results])
    )
    first = max(len(label) for label, _ in rows)
    wide = max(len(cell) for _, cells in rows for cell in cells)
    lines = [
        "  ".join([label.ljust(first), *(cell.rjust(wide) for cell in cells)]).rstrip()
        for label, cells in rows
    ]
    return "\n".join([*lines, "", comparison_verdict(results)])


def comparison_charts(results: Sequence[Result]) -> list[Chart]:
    """What became of what failed, and month by month what was won back."""
    names = [str(one["policy"]) for one in results]
    months = [f"{date.fromisoformat(one['month'] + '-01'):%b %Y}" for one in results[0]["months"]]
    fates = {"Won back": "recovered_minor", "Still open": "open_minor", "Lost": "lost_minor"}
    became = [Series(label, [one[name] for one in results]) for label, name in fates.items()]
    won = [Series(str(one["policy"]), one["won_by_month"]) for one in results]
    mails = [Series(str(one["policy"]), [m["mails"] for m in one["months"]]) for one in results]
    return [
        chart_of_money(
            "What became of gifts that failed", "stacked", names, became, currency=CURRENCY
        ),
        chart_of_money("Won back, by month", "bars", months, won, currency=CURRENCY),
        Chart("E-mails, by month", "bars", months, mails, value_text=lambda count: f"{count:,}"),
    ]


def comparison_groups(results: Sequence[Result]) -> list[tuple[str, list[dict[str, int]]]]:
    """By what was wrong: the figures of each policy."""
    names = sorted({group["group"] for one in results for group in one["groups"]})
    nothing = {"failed": 0, "failed_minor": 0, "recovered": 0, "recovered_minor": 0}
    return [
        (
            name or "plan ended before it was looked at",
            [
                next((group for group in one["groups"] if group["group"] == name), nothing)
                for one in results
            ],
        )
        for name in names
    ]


def _rate(one: Result) -> str:
    at_risk = one["failed_minor"]
    return f"{100 * one['recovered_minor'] / at_risk:.1f} %" if at_risk else "–"


def _money(one: Result, name: str) -> str:
    return money_text(one[name], CURRENCY)


def _signed(figure: Figure, difference: int) -> str:
    return f"{'+' if difference > 0 else ''}{figure.words(difference)}" if difference else "same"
