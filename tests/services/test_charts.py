"""Charts: round ticks, every figure in words, and SVG that nothing can break out of."""

from xml.etree import ElementTree

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from api.money import money_short
from api.services.charts import Chart, ChartKind, Series, chart_of_money, chart_svg, ticks_round

SVG = "{http://www.w3.org/2000/svg}"
MONTHS = ["Sep 2026", "Oct 2026", "Nov 2026"]


def _read(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314


def _chart(kind: ChartKind = "stacked", *rows: tuple[str, list[int]]) -> Chart:
    series = [Series(label, values) for label, values in rows]
    return chart_of_money("Received", kind, MONTHS, series, currency="GBP")


@pytest.mark.parametrize(
    ("low", "high", "least", "ticks"),
    [
        (0, 95, 1, [0, 20, 40, 60, 80, 100]),
        (0, 3, 1, [0, 1, 2, 3]),
        (-9, 33, 1, [-10, 0, 10, 20, 30, 40]),
        (0, 40, 100, [0, 100]),
        (0, 0, 1, [0, 1]),
        (0, 3_520_000, 100, [0, 1_000_000, 2_000_000, 3_000_000, 4_000_000]),
    ],
)
def test_ticks_are_round_and_hold_zero_and_all_figures(
    low: int, high: int, least: int, ticks: list[int]
) -> None:
    assert ticks_round(low, high, step_least=least) == ticks


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_any_figures_fit_between_few_ticks(one: int, other: int) -> None:
    low, high = min(one, other), max(one, other)
    ticks = ticks_round(low, high)
    assert ticks[0] <= min(low, 0) and ticks[-1] >= max(high, 0) and 0 in ticks
    assert 2 <= len(ticks) <= 8


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (0, "GBP", "£0"),
        (95_000, "GBP", "£950"),
        (1_200_000, "GBP", "£12k"),
        (125_000_000, "GBP", "£1.25m"),
        (-50_000, "GBP", "-£500"),
        (20_000, "JPY", "¥20k"),
        (1_250, "KWD", "KWD 1.25"),
    ],
)
def test_the_axis_says_amounts_shortly_and_exactly(minor: int, currency: str, words: str) -> None:
    assert money_short(minor, currency) == words


@pytest.mark.parametrize("kind", ["bars", "lines", "stacked"])
def test_a_chart_says_every_figure_in_words_and_names_itself(kind: ChartKind) -> None:
    chart = _chart(kind, ("Monthly", [100_000, 120_000, 90_050]), ("One-off", [5_000, 7_500, 100]))
    drawn = _read(chart_svg(chart))
    assert drawn.get("role") == "img"
    named = (drawn.get("aria-labelledby") or "").split()
    assert [one.get("id") for one in (drawn[0], drawn[1])] == named
    assert drawn[0].text == "Received" and "highest in Oct 2026" in (drawn[1].text or "")
    figures = {title.text for title in drawn.iter(f"{SVG}title")} - {"Received"}
    assert "Nov 2026, Monthly: £900.50" in figures and len(figures) == 6


def test_stacked_bars_are_as_high_as_their_figures_and_stand_on_each_other() -> None:
    chart = _chart(
        "stacked", ("New", [300, 100, 0]), ("Lost", [-100, -100, 0]), ("Back", [100, 0, 0])
    )
    bars = [
        (float(bar.get("y", 0)), float(bar.get("height", 0)))
        for bar in _read(chart_svg(chart)).iter(f"{SVG}rect")
        if bar.get("rx") is None
    ]
    (new_y, new_high), (lost_y, lost_high), (back_y, back_high) = bars[:3]
    assert new_high == pytest.approx(3 * back_high, abs=0.3)
    assert lost_high == pytest.approx(back_high, abs=0.2)
    assert back_y + back_high == pytest.approx(new_y, abs=0.2)  # on top of the first
    assert lost_y == pytest.approx(new_y + new_high, abs=0.2)  # below zero
    assert len(bars) == 5  # a zero is no bar


def test_a_chart_without_figures_says_so() -> None:
    drawn = chart_svg(_chart("lines", ("Monthly", [0, 0, 0])))
    assert "Nothing in this period" in drawn and "circle" not in drawn


def test_nothing_in_a_name_becomes_markup_and_print_needs_no_style_sheet() -> None:
    chart = Chart("A <b>title</b>", "bars", ["<i>", "&"], [Series("</svg>", [1, 2])])
    drawn = chart_svg(chart, theme="print")
    assert {child.tag for child in _read(drawn).iter()} <= {
        f"{SVG}{tag}" for tag in ("svg", "title", "desc", "path", "text", "rect")
    }
    assert "var(" not in drawn and "var(--chart-0" in chart_svg(chart)


def test_the_page_shows_the_chart_with_its_table_behind_it() -> None:
    chart = _chart("stacked", ("Monthly", [1000, 2000, 3000]), ("One-off", [500, 0, 250]))
    page = Template("{% load charts %}{% chart one %}").render(Context({"one": chart}))
    assert page.count("<svg") == 2 and "<details>" in page and "<script" not in page
    for words in ("£10.00", "£32.50", "Together", '<th scope="row">Nov 2026</th>'):
        assert words in page
