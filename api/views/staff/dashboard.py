"""The first page of staff."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api.models import Right, SubscriptionStatus
from api.money import money_text
from api.services.dashboard import (
    ON_THEIR_WAY,
    SPANS,
    Compared,
    Dashboard,
    PayoutsComing,
    Purse,
    Ranked,
    dashboard_read,
)
from api.services.dashboard_charts import chart_of_hours, charts_of, moved_rows, received_rows
from api.services.dashboard_tasks import Rows, rows_address
from api.services.giving_figures import Span, month_first
from api.services.plan_figures import PlanMonth, Plans
from api.services.reports.periods import day_text
from api.views.access import actor, staff_context, staff_page


@dataclass(frozen=True)
class Figure:
    """One figure as it is shown: what it is, how much, what it is held against, and what it opens."""

    label: str
    value: str
    address: str
    lines: tuple[str, ...] = ()
    tone: str = ""


@require_safe
@staff_page()
def dashboard(request: HttpRequest) -> HttpResponse:
    """What needs a person, then the figures, then the charts."""
    user = actor(request)
    found = dashboard_read(user.has_right)
    due = [task for task in found.tasks if task.count]
    context = staff_context(
        request,
        "Dashboard",
        today=found.today,
        due=[(task, rows_address(task.rows)) for task in due],
        fine=[task.fine for task in found.tasks if not task.count and task.fine],
        purses=[_purse(purse, found) for purse in found.purses],
        has_purses=len(found.purses) > 1,
        payouts=[_payout(one) for one in found.payouts or ()],
        sees_payouts=found.payouts is not None,
        hours=chart_of_hours(found) if any(found.hours) else None,
        sees_giving=user.has_right(Right.GIVING_VIEW),
        time_zone=settings.CHARITY_TIME_ZONE,
    )
    return render(request, "staff/dashboard.html", context)


def _purse(purse: Purse, found: Dashboard) -> dict[str, Any]:
    tax_year = next(one for one in purse.received if one.name == "tax_year")
    return {
        "currency": purse.currency,
        "received": [_received(one, purse.currency) for one in purse.received],
        "average": _average(tax_year, purse.currency),
        "plans": list(_plans(purse.plans_now, found)) if purse.plans_now else [],
        "tax_year": _span_text(tax_year.now.span),
        "tops": [
            ("Funds", "fund", _tops(purse.funds, "fund", tax_year, purse.currency)),
            ("Appeals", "campaign", _tops(purse.campaigns, "campaign", tax_year, purse.currency)),
        ],
        "charts": charts_of(purse),
    }


def _received(one: Compared, currency: str) -> Figure:
    before = one.before
    days, amount = _span_text(before.span), money_text(before.given_minor, currency)
    if one.name == "today":
        held = f"{days}, the whole day: {amount}"
    else:
        held = f"{_difference(one.now.given_minor, before.given_minor, currency)} {days} ({amount})"
    return Figure(
        label=f"Received {SPANS[one.name].lower()}",
        value=money_text(one.now.given_minor, currency),
        address=rows_address(received_rows(one.now.span, currency)),
        lines=(f"{_counted(one.now.gifts, 'gift')}, {_span_text(one.now.span)}", held),
    )


def _difference(now: int, before: int, currency: str) -> str:
    """In words: £1,200.00 (12 %) more than."""
    if now == before:
        return "As much as"
    more = now - before
    share = (
        f" ({round(abs(more) * 100 / before)} %)" if before > 0 and abs(more) < 10 * before else ""
    )
    return f"{money_text(abs(more), currency)}{share} {'more' if more > 0 else 'less'} than"


def _average(one: Compared, currency: str) -> Figure:
    average, before = one.now.average_one_off_minor, one.before.average_one_off_minor
    return Figure(
        label="Average one-off gift this tax year",
        value=money_text(average, currency),
        address=rows_address(received_rows(one.now.span, currency, kind="one_off")),
        lines=(
            f"Of {_counted(one.now.one_off_gifts, 'gift')}",
            f"{_span_text(one.before.span)}: {money_text(before, currency)}",
        ),
    )


def _plans(row: PlanMonth, found: Dashboard) -> Iterator[Figure]:
    """How monthly giving stands, then what moved this month."""
    span, currency = Span(month_first(found.today), found.today), row.currency
    standing = {"status": [SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING]}
    failing = {"status": [SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID]}
    yield _plan("Active", row.active, Rows("plans", {**standing, "currency": currency}), "now")
    yield _plan("New", row.new, moved_rows(["new"], span, currency), "this month")
    yield _plan("Lost", row.lost, moved_rows(["lost"], span, currency), "this month")
    now = Rows("plans", {**failing, "currency": currency})
    yield _plan(
        "Failing", row.failing_now, now, "now", tone="care" if row.failing_now.plans else ""
    )
    recovered = moved_rows(["recovered"], span, currency)
    yield _plan("Recovered", row.recovered, recovered, "this month")


def _plan(label: str, plans: Plans, rows: Rows, when: str, tone: str = "") -> Figure:
    currency = str(rows.query["currency"])
    return Figure(
        label=f"{label} {when}",
        value=f"{plans.plans:,}",
        address=rows_address(rows),
        lines=(f"{money_text(plans.amount_minor, currency)} a month",),
        tone=tone,
    )


def _tops(
    ranked: Sequence[Ranked], name: str, one: Compared, currency: str
) -> list[tuple[str, str, str, str, int]]:
    """Name, gifts, amount, what it opens, and its share of the first, as a length."""
    most = ranked[0].given_minor if ranked else 1
    return [
        (
            row.name,
            f"{row.gifts:,}",
            money_text(row.given_minor, currency),
            rows_address(received_rows(one.now.span, currency, **{name: row.code})),
            round(row.given_minor * 100 / most),
        )
        for row in ranked
    ]


def _payout(one: PayoutsComing) -> Figure:
    return Figure(
        label="Payouts on their way",
        value=money_text(one.amount_minor, one.currency),
        address=rows_address(
            Rows("payouts", {"status": list(ON_THEIR_WAY), "currency": one.currency})
        ),
        lines=(f"{_counted(one.payouts, 'payout')}, the next on {day_text(one.next_on)}",),
    )


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _span_text(span: Span) -> str:
    """1 to 24 Nov 2026; 6 Apr to 24 Nov 2026; 24 Nov 2026."""
    begins, ends = span.begins_on, span.ends_on
    if begins == ends:
        return day_text(ends)
    if begins.year != ends.year:
        return f"{day_text(begins)} to {day_text(ends)}"
    month = "" if begins.month == ends.month else f" {begins:%b}"
    return f"{begins.day}{month} to {day_text(ends)}"
