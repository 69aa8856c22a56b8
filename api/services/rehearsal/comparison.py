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
            found.append(("  share of it", _rates(results)))
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


def comparison_fates(results: Sequence[Result]) -> Chart:
    """What became of the money that failed to come at first."""
    names = [str(one["policy"]) for one in results]
    fates = {"Won back": "recovered_minor", "Still open": "open_minor", "Lost": "lost_minor"}
    became = [Series(label, [one[name] for one in results]) for label, name in fates.items()]
    title = "What became of gifts that failed"
    return chart_of_money(title, "stacked", names, became, currency=CURRENCY)


def comparison_months(results: Sequence[Result]) -> list[Chart]:
    """Month by month what was won back, and how many e-mails that took."""
    months = [f"{date.fromisoformat(one['month'] + '-01'):%b %Y}" for one in results[0]["months"]]
    won = [Series(str(one["policy"]), one["won_by_month"]) for one in results]
    mails = [Series(str(one["policy"]), [m["mails"] for m in one["months"]]) for one in results]
    return [
        chart_of_money("Won back, by month", "bars", months, won, currency=CURRENCY),
        Chart("E-mails, by month", "bars", months, mails, value_text=lambda count: f"{count:,}"),
    ]


def comparison_groups(results: Sequence[Result]) -> list[tuple[str, list[dict[str, int]]]]:
    """By what was wrong: the figures of each policy."""
    found = {group["group"] for one in results for group in one["groups"]}
    names = sorted(found, key=lambda name: (not name, name))
    nothing = {"failed": 0, "failed_minor": 0, "recovered": 0, "recovered_minor": 0}
    return [
        (
            name or "plan ended first",
            [
                next((group for group in one["groups"] if group["group"] == name), nothing)
                for one in results
            ],
        )
        for name in names
    ]


def _rates(results: Sequence[Result]) -> list[str]:
    cells = [_rate(one) for one in results]
    if len(cells) == 2:
        shares = [_tenths(one) for one in results]
        both = None not in shares
        cells.append(f"{((shares[1] or 0) - (shares[0] or 0)) / 10:+.1f} points" if both else "")
    return cells


def _rate(one: Result) -> str:
    tenths = _tenths(one)
    return "–" if tenths is None else f"{tenths / 10:.1f} %"


def _tenths(one: Result) -> int | None:
    """The share of the money at risk that was won back, in tenths of a percent; None when none was at risk."""
    at_risk = one["failed_minor"]
    return round(1000 * one["recovered_minor"] / at_risk) if at_risk else None


def _money(one: Result, name: str) -> str:
    return money_text(one[name], CURRENCY)


def _signed(figure: Figure, difference: int) -> str:
    return f"{'+' if difference > 0 else ''}{figure.words(difference)}" if difference else "same"
