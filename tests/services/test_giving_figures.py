"""What the kept sums answer is what counting by hand gives."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.clock import charity_date
from api.models import (
    Campaign,
    Donation,
    DonationKind,
    Donor,
    Fund,
    Payment,
    Subscription,
    YearBasis,
)
from api.services.donations import donation_settle
from api.services.donor_figures import (
    DonorTotal,
    cohorts,
    donors_lapsed,
    retention_years,
    top_donors,
    year_of,
)
from api.services.funds import funds_seed
from api.services.giving_figures import (
    GivingFilter,
    Span,
    giving_by_month,
    giving_spans,
    giving_totals,
)
from api.services.payments import Settlement
from api.services.plan_figures import plans_by_month, plans_moved
from api.services.subscriptions import SubscriptionFacts, subscription_follow
from api.services.summaries import summaries_fold

pytestmark = pytest.mark.django_db
# Who gave on which days: who is new, stays, leaves and comes back, in years of both kinds.
HISTORY = {
    "amina": ["2022-03-01", "2023-04-05", "2024-04-06", "2025-05-01", "2026-02-10"],
    "ben": ["2023-12-31", "2024-01-01", "2026-11-22"],
    "chen": ["2022-07-01", "2022-07-02"],
    "dora": ["2025-08-08", "2026-08-08"],
    "efe": ["2025-04-06"],
}
PERIODS = [
    ("2022-01-01", "2026-12-31"),
    ("2023-12-31", "2024-04-06"),
    ("2025-04-06", "2026-04-05"),
    ("2026-11-01", "2026-11-22"),
    ("2026-11-22", "2026-11-22"),
    ("2024-02-01", "2024-03-31"),
]


@pytest.fixture(params=["fresh", "added up", "half and half"])
def history(no_jobs: None, request: pytest.FixtureRequest) -> None:
    """The gifts of HISTORY; their sums fresh, added up, or some of each."""
    funds_seed()
    funds = list(Fund.objects.all()[:2])
    campaign = Campaign.objects.create(code="winter", name="Winter coats")
    count = 0
    for name, days in HISTORY.items():
        donor = Donor.objects.create(
            name=name.title(), email=f"{name}@example.org", email_key=name, name_key=name
        )
        for day in days:
            count += 1
            gift = Donation.objects.create(
                kind=DonationKind.ONE_OFF,
                donor=donor,
                fund=funds[count % 2],
                campaign=campaign if count % 3 == 0 else None,
                amount_minor=1000 * count,
                currency="EUR" if name == "dora" else "GBP",
                stripe_payment_intent_id=f"pi_{count}",
            )
            moment = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
            donation_settle(
                Settlement(
                    donation_id=gift.pk,
                    amount_minor=gift.amount_minor,
                    currency=gift.currency,
                    received_at=moment,
                    why="test",
                    method_kind="card" if count % 2 else "bacs_debit",
                    is_history=True,
                )
            )
        if request.param == "half and half" and name == "chen":
            summaries_fold()
    if request.param == "added up":
        summaries_fold()


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _payments(begins: str, ends: str) -> list[Payment]:
    rows = Payment.objects.select_related("donation__donor")
    return [p for p in rows if _day(begins) <= charity_date(p.received_at) <= _day(ends)]


@pytest.mark.parametrize(("begins", "ends"), PERIODS)
def test_any_days_sum_to_what_was_received_on_them(history: None, begins: str, ends: str) -> None:
    counted: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for payment in _payments(begins, ends):
        gift = payment.donation
        key = (gift.fund_id, gift.campaign_id, gift.kind, payment.method_kind, payment.currency)
        counted[key][0] += 1
        counted[key][1] += payment.amount_minor
    found = {
        (r.fund_id, r.campaign_id, r.kind, r.method_kind, r.currency): [r.gifts, r.given_minor]
        for r in giving_totals(
            _day(begins), _day(ends), by=("fund", "campaign", "kind", "method_kind")
        )
    }
    assert found == counted


def test_months_and_days_and_filters_and_many_spans_are_of_the_same_gifts(history: None) -> None:
    begins, ends = _day("2022-03-01"), _day("2026-11-22")
    months = Counter[Any]()
    for payment in _payments("2022-03-01", "2026-11-22"):
        months[charity_date(payment.received_at).replace(day=1), payment.currency] += 1
    by_month = giving_by_month(begins, ends)
    assert {(r.begins_on, r.currency): r.gifts for r in by_month} == months
    assert [r.begins_on for r in by_month] == sorted(r.begins_on for r in by_month if r.begins_on)
    by_day = giving_totals(begins, ends, by=("day",))
    assert sum(r.gifts for r in by_day) == 13 and len(by_day) == 13
    card = giving_totals(begins, ends, where=GivingFilter(method_kind="card", currency="GBP"))
    assert [r.gifts for r in card] == [6]
    spans = {"all": Span(begins, ends), "day": Span(ends, ends), "none": Span(begins, begins)}
    with CaptureQueriesContext(connection) as asked:
        found = giving_spans({**spans, "none": Span(_day("2021-01-01"), _day("2021-02-01"))})
    assert len(asked) == 1
    assert set(found) == {"all", "day"} and found["day"][0].given_minor == 8000


@pytest.mark.parametrize("basis", YearBasis)
def test_donors_are_new_stay_come_back_and_lapse_as_their_years_say(
    history: None, basis: YearBasis
) -> None:
    years = {name: {year_of(_day(day), basis) for day in days} for name, days in HISTORY.items()}
    with CaptureQueriesContext(connection) as asked:
        found = retention_years(basis)
    assert len(asked) == 1
    assert [one.year for one in found] == list(range(2022 - (basis == "tax"), 2027))
    for one in found:
        year, gave = one.year, [known for known in years.values() if one.year in known]
        before = [known for known in years.values() if min(known) < year]
        assert one.donors == len(gave) == one.new + one.retained + one.reactivated
        assert one.new == sum(min(known) == year for known in gave)
        assert one.retained == sum(year - 1 in known for known in gave)
        assert one.lapsed == sum(year - 1 in known and year not in known for known in before)
        assert one.long_lapsed == sum(not known & {year - 1, year} for known in before)


def test_amounts_of_retention_are_apart_by_currency_and_say_what_the_lapsed_gave(
    history: None,
) -> None:
    one = next(row for row in retention_years() if row.year == 2026)
    money = {part.currency: part for part in one.money}
    assert (one.donors, one.new, one.retained, one.reactivated) == (3, 0, 2, 1)
    assert (one.lapsed, one.long_lapsed) == (1, 1)  # Efe; Chen
    assert money["GBP"].given_minor == 5000 + 8000
    assert money["GBP"].retained_minor == 5000 and money["GBP"].reactivated_minor == 8000
    assert money["GBP"].lapsed_minor == 13000
    assert money["EUR"].given_minor == money["EUR"].retained_minor == 12000
    assert one.retained_per_thousand == 666


def test_cohorts_follow_donors_from_their_first_year(history: None) -> None:
    rows = {(c.first_year, c.year, c.currency): c for c in cohorts()}
    assert rows[2022, 2022, ""].donors == 2 and rows[2022, 2023, ""].donors == 1
    assert rows[2022, 2022, "GBP"].given_minor == 1000 + 9000 + 10000
    assert rows[2023, 2026, "GBP"].donors == 1 and (2023, 2025, "") not in rows
    assert rows[2025, 2025, ""].donors == 2


def test_lists_of_donors_name_the_largest_first(history: None) -> None:
    def told(rows: list[DonorTotal]) -> list[tuple[str, int, int]]:
        return [(row.name, row.gifts, row.given_minor) for row in rows]

    assert told(donors_lapsed(2026, currency="GBP")) == [("Efe", 1, 13000)]
    assert told(donors_lapsed(2023, currency="GBP")) == [("Chen", 2, 19000)]
    assert told(top_donors(_day("2026-01-01"), _day("2026-12-31"), currency="GBP")) == [
        ("Ben", 1, 8000),
        ("Amina", 1, 5000),
    ]
    # The same by the payments themselves, where the days are no whole year.
    assert told(top_donors(_day("2026-01-01"), _day("2026-12-30"), currency="GBP", limit=1)) == [
        ("Ben", 1, 8000)
    ]
    assert told(top_donors(_day("2022-04-06"), _day("2023-04-05"), currency="GBP")) == [
        ("Chen", 2, 19000),
        ("Amina", 1, 2000),
    ]


def test_plans_begin_fail_recover_and_are_lost_in_the_months_that_stripe_says(
    history: None,
) -> None:
    def plan(name: str, amount: int, moves: list[tuple[str, str]]) -> None:
        made = Subscription.objects.create(
            donor=Donor.objects.first(),  # type: ignore[misc]
            fund=Fund.objects.first(),  # type: ignore[misc]
            amount_minor=amount,
            currency="GBP",
            collection_day=1,
        )
        for on, status in moves:
            facts = SubscriptionFacts(f"sub_{name}", status, made.reference, None)
            at = datetime.fromisoformat(f"{on}T12:00:00").replace(tzinfo=UTC)
            subscription_follow(facts, at=at, why="test")

    plan(
        "a", 1000, [("2026-08-03", "active"), ("2026-10-05", "past_due"), ("2026-10-20", "active")]
    )
    plan(
        "b", 500, [("2026-09-01", "active"), ("2026-10-02", "past_due"), ("2026-11-01", "canceled")]
    )
    plan("c", 700, [("2026-10-31", "active"), ("2026-11-02", "paused")])
    plan("d", 900, [("2026-10-01", "incomplete_expired")])
    rows = plans_by_month(_day("2026-09-15"), _day("2026-11-22"))
    assert [row.begins_on for row in rows] == [_day(f"2026-{m}-01") for m in ("09", "10", "11")]
    september, october, november = rows
    assert (september.new.plans, september.active.plans) == (1, 2)
    assert (october.new.plans, october.new.amount_minor) == (1, 700)
    assert (october.failing.plans, october.recovered.plans, october.lost.plans) == (2, 1, 0)
    assert (october.active.plans, october.failing_now.plans) == (2, 1)
    assert (november.lost.plans, november.lost.amount_minor) == (1, 500)
    assert (november.active.amount_minor, november.paused.plans) == (1000, 1)
    (span,) = plans_moved(_day("2026-10-01"), _day("2026-11-01"))
    assert (span.new.plans, span.lost.plans, span.failing.plans, span.recovered.plans) == (
        1,
        1,
        2,
        1,
    )
    assert span.active.plans == 2
