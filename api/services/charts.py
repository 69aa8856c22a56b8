"""Charts as SVG, made here without a script: for pages (light and dark) and for PDFs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import Literal

from api.money import currency_digits, money_short, money_text

ChartKind = Literal["bars", "lines", "stacked"]
Theme = Literal["page", "print"]

# The page's colours are custom properties of static/api/charts.css, with the light ones to fall back on.
_COLOURS = ("#0b6e63", "#d98a1f", "#4f5bd5", "#b3336a", "#64748b", "#7a9a1c")
_PAINT: dict[Theme, dict[str, str]] = {
    "page": {
        "ink": "var(--chart-ink, #1d2523)",
        "quiet": "var(--chart-quiet, #55615d)",
        "hair": "var(--chart-hair, #d9e0de)",
        "font": "inherit",
        **{f"{n}": f"var(--chart-{n}, {colour})" for n, colour in enumerate(_COLOURS)},
    },
    "print": {
        "ink": "#1d2523",
        "quiet": "#55615d",
        "hair": "#d9e0de",
        "font": "Noto Sans, sans-serif",
        **{f"{n}": colour for n, colour in enumerate(_COLOURS)},
    },
}
_KIND_WORDS = {"bars": "Bars", "lines": "Lines", "stacked": "Stacked bars"}
_TEXT, _LETTER, _LINE = (
    12,
    6.7,
    18,
)  # size of the text, width of a letter, height of a legend's line
_TICKS = 5
NAME_LETTERS = 12  # Longer labels are names; aslant, so many letters of one are shown.
SLANTED_HEIGHT = 78
# Lines differ by their dashes too, not by colour alone.
_DASHES = ("", "6 4", "2 3", "9 3 2 3")


@dataclass(frozen=True)
class Series:
    """One row of figures, one for each label of the chart; below zero is drawn downwards."""

    label: str
    values: Sequence[int]


@dataclass(frozen=True)
class Chart:
    """Figures to be drawn. `value_text` says one in full, `tick_text` on the axis (the same if not given).

    `step_least`: no tick between two figures closer than this. `links`: what each label's figures open.
    """

    title: str
    kind: ChartKind
    labels: Sequence[str]
    series: Sequence[Series]
    value_text: Callable[[int], str] = str
    tick_text: Callable[[int], str] | None = None
    step_least: int = 1
    links: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing to draw: no figure, or zeros only."""
        return not any(value for one in self.series for value in one.values)

    @property
    def rows(self) -> list[tuple[str, str, list[str]]]:
        """The table behind the chart: label, what it opens, its figures in words (a total last when stacked)."""
        links = [*self.links, *[""] * len(self.labels)]
        return [
            (label, links[n], [self.value_text(value) for value in self._figures(n)])
            for n, label in enumerate(self.labels)
        ]

    @property
    def headings(self) -> list[str]:
        """The headings of that table's columns of figures."""
        total = ["Together"] if self.has_total else []
        return [one.label for one in self.series] + total

    @property
    def has_total(self) -> bool:
        """Whether the figures of a label make sense together."""
        return self.kind == "stacked" and len(self.series) > 1

    def _figures(self, place: int) -> list[int]:
        figures = [one.values[place] for one in self.series]
        return [*figures, sum(figures)] if self.has_total else figures


def chart_of_money(
    title: str,
    kind: ChartKind,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    currency: str,
    links: Sequence[str] = (),
) -> Chart:
    """A chart of amounts in minor units of one currency."""
    return Chart(
        title=title,
        kind=kind,
        labels=labels,
        series=series,
        value_text=lambda minor: money_text(minor, currency),
        tick_text=lambda minor: money_short(minor, currency),
        step_least=10 ** currency_digits(currency),
        links=links,
    )


def chart_svg(chart: Chart, *, width: int = 640, height: int = 260, theme: Theme = "page") -> str:
    """The chart as one SVG element, to be put into a page or a PDF; sizes in pixels.

    It has role "img" with a title and a description; the figures themselves belong into a table
    beside it (`{% chart one %}` of templatetags/charts.py shows both).
    """
    plot = _plot(chart, width, height, _PAINT[theme])
    name = f"chart-{sha256(chart.title.encode()).hexdigest()[:8]}-{width}"
    inside = "".join([*_axes(plot), *_marks(plot), *_legend(plot)])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{name}-t {name}-d"'
        f' viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' font-family="{plot.paint["font"]}" font-size="{_TEXT}">'
        f'<title id="{name}-t">{escape(chart.title)}</title>'
        f'<desc id="{name}-d">{escape(_description(chart))}</desc>{inside}</svg>'
    )


def ticks_round(low: int, high: int, *, step_least: int = 1, most: int = _TICKS) -> list[int]:
    """Round figures from at or below `low` to at or above `high`, zero among them: 0, 20, 40, 60."""
    low, high = min(low, 0), max(high, 0)
    wanted = max(-(-(high - low) // most), step_least, 1)
    size = 10 ** (len(str(wanted)) - 1)
    step = next(times * size for times in (1, 2, 5, 10) if times * size >= wanted)
    first, last = low // step, -(-high // step)
    return [step * n for n in range(first, max(last, first + 1) + 1)]


@dataclass(frozen=True)
class _Plot:
    """Where things stand: the frame of the figures within the picture."""

    chart: Chart
    paint: Mapping[str, str]
    ticks: Sequence[int]
    left: float
    right: float
    top: float
    bottom: float

    @property
    def slot(self) -> float:
        """The width that a label has."""
        return (self.right - self.left) / max(len(self.chart.labels), 1)

    def x(self, place: float) -> float:
        """The middle of a label's slot."""
        return self.left + self.slot * (place + 0.5)

    def y(self, value: int) -> float:
        """How far down a figure stands."""
        share = (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0])
        return self.bottom - share * (self.bottom - self.top)


def _plot(chart: Chart, width: int, height: int, paint: Mapping[str, str]) -> _Plot:
    ticks = ticks_round(*_extent(chart), step_least=chart.step_least)
    widest = max(len(_tick(chart, tick)) for tick in ticks) * _LETTER
    lines = 1 + max((line for line, _, _ in _legend_places(chart, width)), default=-1)
    return _Plot(
        chart=chart,
        paint=paint,
        ticks=ticks,
        left=widest + 12,
        right=width - 4,
        top=10 + lines * _LINE,
        bottom=height - (SLANTED_HEIGHT if _are_slanted(chart, width - 16 - widest) else 26),
    )


def _are_slanted(chart: Chart, width: float) -> bool:
    """Names, unlike days and years, don't follow from their neighbours: all are shown, aslant where they must."""
    longest = max((len(label) for label in chart.labels), default=0)
    return longest > NAME_LETTERS and longest * _LETTER + 20 > width / len(chart.labels)


def _extent(chart: Chart) -> tuple[int, int]:
    """The lowest and the highest that must be in the frame."""
    if chart.kind != "stacked":
        values = [value for one in chart.series for value in one.values]
        return min(values, default=0), max(values, default=0)
    places = range(len(chart.labels))
    down = [sum(min(one.values[n], 0) for one in chart.series) for n in places]
    up = [sum(max(one.values[n], 0) for one in chart.series) for n in places]
    return min(down, default=0), max(up, default=0)


def _tick(chart: Chart, value: int) -> str:
    return (chart.tick_text or chart.value_text)(value)


def _axes(plot: _Plot) -> Iterator[str]:
    for tick in plot.ticks:
        y, colour = plot.y(tick), plot.paint["quiet" if tick == 0 else "hair"]
        yield f'<path d="M{plot.left:.1f} {y:.1f}H{plot.right:.1f}" stroke="{colour}"/>'
        yield _text(plot, plot.left - 8, y + 4, _tick(plot.chart, tick), "end")
    if _are_slanted(plot.chart, plot.right - plot.left):
        yield from _slanted(plot)
        return
    for place in _labels_shown(plot):
        label = plot.chart.labels[place]
        half = len(label) * _LETTER / 2
        x = min(max(plot.x(place), half), plot.right + 4 - half)  # not cut at the picture's edge
        yield _text(plot, x, plot.bottom + 18, label, "middle")


def _slanted(plot: _Plot) -> Iterator[str]:
    """Every label, ending below its figures."""
    for place, label in enumerate(plot.chart.labels):
        cut = label if len(label) <= NAME_LETTERS + 1 else f"{label[:NAME_LETTERS]}…"
        x, y = plot.x(place) + 4, plot.bottom + 14
        written = _text(plot, x, y, cut, "end")
        yield f'<g transform="rotate(-45 {x:.1f} {y:.1f})">{written}</g>'


def _labels_shown(plot: _Plot) -> Iterator[int]:
    """As many labels as have room, evenly, the newest among them."""
    labels = plot.chart.labels
    wide = max((len(label) for label in labels), default=1) * _LETTER
    # The newest is moved to the left where it would be cut at the edge.
    room = wide + max(20, (wide - plot.slot) / 2 + 12)
    every = max(1, -int(-room // plot.slot))
    return (n for n in range(len(labels)) if (len(labels) - 1 - n) % every == 0)


def _marks(plot: _Plot) -> Iterator[str]:
    if plot.chart.is_empty:
        middle = (plot.left + plot.right) / 2
        yield _text(plot, middle, (plot.top + plot.bottom) / 2, "Nothing in this period", "middle")
    elif plot.chart.kind == "lines":
        yield from _lines(plot)
    elif plot.chart.kind == "stacked":
        yield from _stacks(plot)
    else:
        yield from _bars(plot)


def _bars(plot: _Plot) -> Iterator[str]:
    """Series side by side within each label."""
    wide = min(plot.slot * 0.72, 64)
    each = wide / len(plot.chart.series)
    for number, one in enumerate(plot.chart.series):
        for place, value in enumerate(one.values):
            left = plot.x(place) - wide / 2 + each * number
            yield _bar(plot, (left, each * 0.94), (0, value), (number, place))


def _stacks(plot: _Plot) -> Iterator[str]:
    """Series on top of each other; those below zero hang from it."""
    wide = min(plot.slot * 0.72, 48)
    for place in range(len(plot.chart.labels)):
        up = down = 0
        for number, one in enumerate(plot.chart.series):
            value, left = one.values[place], plot.x(place) - wide / 2
            start = up if value >= 0 else down
            yield _bar(plot, (left, wide), (start, start + value), (number, place))
            up, down = (up + value, down) if value >= 0 else (up, down + value)


def _bar(
    plot: _Plot, across: tuple[float, float], span: tuple[int, int], which: tuple[int, int]
) -> str:
    """One bar. `across`: from where and how wide. `which`: of which series, at which label."""
    if span[0] == span[1]:
        return ""
    top, bottom = plot.y(max(span)), plot.y(min(span))
    return (
        f'<rect x="{across[0]:.1f}" y="{top:.1f}" width="{across[1]:.1f}"'
        f' height="{max(bottom - top, 0.8):.1f}" fill="{_colour(plot, which[0])}">'
        f"<title>{_said(plot.chart, *which)}</title></rect>"
    )


def _lines(plot: _Plot) -> Iterator[str]:
    for number, one in enumerate(plot.chart.series):
        points = [(plot.x(n), plot.y(value)) for n, value in enumerate(one.values)]
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        colour, dashes = _colour(plot, number), _DASHES[number % len(_DASHES)]
        yield (
            f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2.25"'
            f' stroke-linejoin="round" stroke-dasharray="{dashes or "none"}"/>'
        )
        for place, (x, y) in enumerate(points):
            yield (
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}">'
                f"<title>{_said(plot.chart, number, place)}</title></circle>"
            )


def _legend(plot: _Plot) -> Iterator[str]:
    for number, (line, x, label) in enumerate(_legend_places(plot.chart, int(plot.right) + 4)):
        y = 4 + line * _LINE
        colour = _colour(plot, number)
        yield f'<rect x="{x:.1f}" y="{y}" width="11" height="11" rx="2" fill="{colour}"/>'
        yield _text(plot, x + 16, y + 10, label, "start", "ink")


def _legend_places(chart: Chart, width: int) -> list[tuple[int, float, str]]:
    """Line, left edge and words of each series; one series needs no legend, the title names it."""
    if len(chart.series) < 2:
        return []
    places, line, x = [], 0, 2.0
    for one in chart.series:
        wide = 16 + len(one.label) * _LETTER + 16
        if x + wide > width and x > 2:
            line, x = line + 1, 2.0
        places.append((line, x, one.label))
        x += wide
    return places


def _text(plot: _Plot, x: float, y: float, words: str, anchor: str, paint: str = "quiet") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{plot.paint[paint]}">'
        f"{escape(words)}</text>"
    )


def _colour(plot: _Plot, number: int) -> str:
    return plot.paint[str(number % len(_COLOURS))]


def _said(chart: Chart, number: int, place: int) -> str:
    """One figure in words, as the pointer asks for it."""
    one = chart.series[number]
    return escape(f"{chart.labels[place]}, {one.label}: {chart.value_text(one.values[place])}")


def _description(chart: Chart) -> str:
    if chart.is_empty:
        return "Nothing in this period."
    names = ", ".join(one.label for one in chart.series)
    sums = [sum(one.values[n] for one in chart.series) for n in range(len(chart.labels))]
    highest = max(range(len(sums)), key=lambda n: sums[n])
    return (
        f"{_KIND_WORDS[chart.kind]}: {names}. From {chart.labels[0]} to {chart.labels[-1]};"
        f" highest in {chart.labels[highest]}. The figures are in the table beside it."
    )
