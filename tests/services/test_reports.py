"""Every report on one small history, figures worked out by hand; and the same figures in every format."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from api.clock import charity_date, now
from api.models import LedgerEntry, Receipt, ReceiptFault, Right, Role
from api.services.receipt_replacements import receipt_replace
from api.services.reports.catalogue import REPORTS
from api.services.reports.engine import ReportForbidden, report_make, report_run
from api.services.reports.parameters import parameters_read
from api.services.reports.queries import rows_read
from api.services.reports.spec import PDF_ROWS, ReportResult, Row, totals_of
from api.services.summaries import summaries_fold
from tests.giving_history import HOSTILE, TODAY, history_write
from tests.people import staff

pytestmark = pytest.mark.django_db
ALL = frozenset(Right)
YEAR = {"period": "own", "from": "2026-01-01", "to": "2026-12-31"}


def run(name: str, *, rights: frozenset[Right] = ALL, **asked: str) -> ReportResult:
    """A report as of TODAY."""
    return run_short(name, asked, rights=rights, most=PDF_ROWS)


def run_short(
    name: str, asked: dict[str, str], *, most: int, rights: frozenset[Right] = ALL
) -> ReportResult:
    """The same with fewer rows of its lists in hand."""
    parameters = parameters_read(REPORTS[name], asked, today=TODAY, rights=rights)
    return report_make(REPORTS[name], replace(parameters, most=most), made_by="Dora")


def rows(result: ReportResult, table: str, *names: str) -> list[Row]:
    """Some columns of a table."""
    found = next(one for one in result.body.tables if one.name == table)
    places = [[column.name for column in found.columns].index(name) for name in names]
    return [tuple(row[place] for place in places) for row in found.rows]


@pytest.fixture(params=["fresh", "added up"])
def history(no_jobs: None, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The history, whether its sums were added up since or not."""
    made = history_write()
    if request.param == "added up":
        summaries_fold()
    return made


@pytest.fixture
def told(no_jobs: None) -> dict[str, Any]:
    """The history, where it makes no difference."""
    return history_write()


def test_donations_count_on_the_charitys_day_by_period_fund_appeal_method_and_kind(
    history: dict[str, Any],
) -> None:
    result = run("giving", period="last_month", step="month")
    money = ("currency", "gifts", "received", "given_back", "kept")
    assert rows(result, "periods", "first_on", "last_on", *money) == [
        (date(2026, 10, 1), date(2026, 10, 31), "GBP", 4, 8581, 0, 8581)
    ]
    assert rows(result, "funds", "fund", *money[:3]) == [
        ("Where it is needed most", "GBP", 3, 6081),
        ("The roof", "GBP", 1, 2500),
    ]
    assert rows(result, "campaigns", "campaign", *money[:3]) == [
        ("Winter appeal", "GBP", 2, 6581),
        ("No appeal", "GBP", 2, 2000),
    ]
    assert rows(result, "methods", "method", "gifts", "received") == [
        ("Card", 3, 7581),
        ("Bacs Direct Debit", 1, 1000),
    ]
    assert rows(result, "kinds", "kind", "gifts", "received") == [
        ("One-off", 3, 7581),
        ("Regular", 1, 1000),
    ]
    by_day = dict(rows(run("giving", period="last_month"), "periods", "first_on", "received"))
    # 30 September 23:30 UTC is October in London, 31 October 23:59 UTC is still October there.
    assert {day: sum_ for day, sum_ in by_day.items() if sum_} == {
        date(2026, 10, 1): 2500,
        date(2026, 10, 8): 1000,
        date(2026, 10, 10): 4081,
        date(2026, 10, 31): 1000,
    }
    assert len(by_day) == 31


def test_a_filter_leaves_only_its_gifts_and_currencies_are_never_added(
    history: dict[str, Any],
) -> None:
    ever = {"period": "own", "from": "2020-01-01", "to": "2026-12-31", "step": "year"}
    totals = run("giving", **ever).body.tables[0].totals
    assert [(row[2], row[3], row[4]) for row in totals] == [
        ("EUR", 1, 7000),
        ("GBP", 9, 31581),
    ]
    only = run("giving", **ever, fund="roof", currency="GBP", kind="one_off", method="card")
    assert rows(only, "funds", "fund", "gifts", "received") == [("The roof", 2, 8500)]
    assert rows(run("giving", **ever, campaign="winter"), "campaigns", "received") == [(6581,)]
    assert rows(run("giving", **ever, method="bacs_debit"), "funds", "received") == [(1000,)]


def test_what_went_back_counts_on_the_day_it_went_and_a_closed_month_stays(
    history: dict[str, Any],
) -> None:
    today = charity_date(now()).isoformat()
    result = run("giving", period="own", **{"from": today, "to": today})
    assert rows(result, "campaigns", "campaign", "gifts", "given_back", "kept") == [
        ("Winter appeal", 0, 1081, -1081)
    ]


def test_donors_new_kept_returned_and_lost(history: dict[str, Any]) -> None:
    result = run("donors")
    names = ("year", "donors", "new", "retained", "reactivated", "lapsed", "retention")
    assert rows(result, "years", *names) == [
        ("2023", 1, 1, 0, 0, 0, None),
        ("2024", 1, 1, 0, 0, 1, 0),
        ("2025", 2, 1, 1, 0, 0, 10000),
        ("2026", 3, 2, 0, 1, 2, 0),
    ]
    money = ("new_minor", "retained_minor", "reactivated_minor", "lapsed_minor")
    assert rows(result, "money", "year", "currency", "received", *money)[-1] == (
        ("2026", "GBP", 10581, 8081, 0, 2500, 6000)
    )
    tax = rows(run("donors", year="tax"), "years", "year", "donors")
    assert tax == [("2023/24", 1), ("2024/25", 1), ("2025/26", 2), ("2026/27", 3)]


def test_lybunt_and_sybunt_are_counted_and_named(history: dict[str, Any]) -> None:
    result = run("lapsed")
    assert rows(result, "years", "year", "lybunt", "sybunt") == [
        ("2023", 0, 0),
        ("2024", 1, 0),
        ("2025", 0, 1),
        ("2026", 2, 0),
    ]
    columns = ("donor", "last_year", "currency", "gifts", "last", "ever")
    assert rows(result, "names", *columns) == [
        ("Zoë Łęcka", "2025", "EUR", 1, 7000, 7000),
        ("Ben Okafor", "2025", "GBP", 2, 6000, 11000),
    ]
    # In 2025 Chen had given two years before and not since; that he came back later changes nothing.
    assert rows(run("lapsed", of="last", who="sybunt"), "names", *columns) == [
        ("Chen Li", "2023", "GBP", 1, 10000, 10000)
    ]
    assert rows(run("lapsed", of="last"), "names", "donor") == []
    assert len(rows(run("lapsed", who="both"), "names", "donor")) == 2


@pytest.mark.parametrize("who", ["lybunt", "sybunt", "both"])
def test_the_first_of_the_lapsed_and_their_totals_are_those_of_the_whole_list(
    history: dict[str, Any], who: str
) -> None:
    for name, value in (("of", "this"), ("of", "last"), ("year", "tax"), ("currency", "GBP")):
        asked = {"who": who, name: value}
        whole = run_short("lapsed", asked, most=PDF_ROWS).body.tables[1]
        short = run_short("lapsed", asked, most=1).body.tables[1]
        assert whole.query is not None
        assert rows_read(whole.query.sql, whole.query.params) == list(whole.rows)
        assert short.rows == whole.rows[:1]
        assert short.totals == whole.totals == totals_of(whole.columns, whole.rows)
        assert short.row_count == whole.row_count == len(whole.rows)


def test_names_and_addresses_are_shown_to_who_may_see_them_only(told: dict[str, Any]) -> None:
    few = frozenset({Right.REPORTS_VIEW})
    assert [table.name for table in run("lapsed", rights=few).body.tables] == ["years"]
    named = run("lapsed", rights=few | {Right.REPORTS_DONORS}).body.tables[1]
    assert "email" not in [column.name for column in named.columns]
    assert "ben@example.org" not in str(named.rows)
    october = {"period": "own", "from": "2020-01-01", "to": "2030-01-01"}
    register = run("receipts", rights=few, **october).body.tables[0]
    assert "Amina Yusuf" not in str(register.rows) and register.row_count == 10
    top = run("top-donors", rights=ALL - {Right.DONORS_CONTACT}, **YEAR)
    assert "@" not in str(top.body.tables[0].rows)


def test_cohorts_follow_the_donors_of_a_year(history: dict[str, Any]) -> None:
    years = ("first_year", "in_2023", "in_2024", "in_2025", "in_2026")
    assert rows(run("cohorts"), "donors", *years) == [
        ("2023", 1, 0, 0, 1),
        ("2024", None, 1, 1, 0),
        ("2025", None, None, 1, 0),
        ("2026", None, None, None, 2),
    ]
    assert rows(run("cohorts"), "shares", "first_year", "in_2025")[1] == ("2024", 10000)


def test_monthly_giving_moves_and_stands(history: dict[str, Any]) -> None:
    result = run("monthly", period="own", **{"from": "2026-08-01", "to": "2026-10-31"})
    names = ("new", "lost", "failing", "recovered", "active", "failing_now")
    assert rows(result, "plans", "month_on", *names) == [
        (date(2026, 8, 1), 1, 0, 0, 0, 1, 0),
        (date(2026, 9, 1), 1, 0, 0, 0, 2, 0),
        (date(2026, 10, 1), 0, 1, 2, 1, 1, 0),
    ]
    assert rows(result, "amounts", "new_minor", "lost_minor", "active_minor") == [
        (1000, 0, 1000),
        (500, 0, 1500),
        (0, 500, 1000),
    ]


def test_recovery_tells_what_became_of_payments_that_failed_at_first(told: dict[str, Any]) -> None:
    result = run("recovery", period="last_month", step="month")
    names = ("failed", "recovered", "given_up", "open", "rate", "failed_minor", "recovered_minor")
    assert rows(result, "steps", *names, "days") == [(2, 1, 1, 0, 5000, 1500, 1000, 3)]
    assert rows(result, "reasons", "reason", "gifts", "minor") == [("Insufficient funds", 1, 500)]


def test_fees_are_those_of_stripes_statement(told: dict[str, Any]) -> None:
    result = run("fees", **YEAR, step="month")
    names = ("first_on", "gifts", "charged", "gift_fees", "rate", "fees")
    assert rows(result, "periods", *names) == [
        (date(2026, 10, 1), 2, 6581, 139, 211, 139),
        (date(2026, 11, 1), 1, 1000, 20, 200, 20),
    ]
    assert rows(result, "methods", "method", "gift_fees") == [
        ("Card", 139),
        ("Bacs Direct Debit", 20),
    ]
    booked = LedgerEntry.objects.filter(account="stripe_fees").aggregate(total=Sum("amount_minor"))
    assert booked["total"] == result.body.tables[0].totals[0][-1]


def test_each_funds_statement_closes_with_what_the_books_have(history: dict[str, Any]) -> None:
    result = run("funds", period="own", **{"from": "2026-04-06", "to": "2100-12-31"})
    names = ("fund", "restriction", "currency", "opening", "income", "back", "fees", "closing")
    assert rows(result, "funds", *names) == [
        ("Where it is needed most", "Unrestricted", "EUR", 7000, 0, 0, 0, 7000),
        ("The roof", "Restricted", "GBP", 6000, 2500, 0, -58, 8442),
        (
            "Where it is needed most",
            "Unrestricted",
            "GBP",
            15000,
            8081,
            -1081,
            -101,
            21899,
        ),
    ]
    accounts = ("donation_income", "refunds", "disputes", "stripe_fees", "exchange")
    books = LedgerEntry.objects.filter(account__in=accounts, fund__isnull=False)
    sums = books.values_list("fund__name", "currency").annotate(total=Sum("amount_minor"))
    assert {(row[0], row[2]): row[7] for row in rows(result, "funds", *names)} == {
        (fund, currency): -total for fund, currency, total in sums
    }


def test_payouts_are_empty_in_words_where_there_are_none(told: dict[str, Any]) -> None:
    assert rows(run("payouts"), "payouts", "payout") == []


def test_top_donors_have_a_place_in_each_currency(history: dict[str, Any]) -> None:
    names = ("place", "donor", "currency", "gifts", "received")
    assert rows(run("top-donors", **YEAR), "donors", *names) == [
        (1, HOSTILE, "GBP", 2, 5081),
        (2, "Amina Yusuf", "GBP", 3, 3000),
        (3, "Chen Li", "GBP", 1, 2500),
    ]
    assert rows(run("top-donors", **YEAR, fund="roof"), "donors", *names) == [
        (1, "Chen Li", "GBP", 1, 2500)
    ]
    ever = {"period": "own", "from": "2020-01-01", "to": "2026-12-31", "limit": "1"}
    assert rows(run("top-donors", **ever), "donors", *names) == [
        (1, "Zoë Łęcka", "EUR", 1, 7000),
        (1, "Chen Li", "GBP", 2, 12500),
    ]


def test_the_register_of_receipts_is_gapless_and_says_when_it_is_not(told: dict[str, Any]) -> None:
    ever = {"period": "own", "from": "2020-01-01", "to": "2035-12-31"}
    result = run("receipts", **ever)
    numbers = [row[0] for row in rows(result, "register", "number")]
    assert numbers == [
        "2023-000001", "2024-000001", "2025-000001", "2025-000002",
        *(f"2026-{number:06d}" for number in range(1, 7)),
    ]  # fmt: skip
    assert rows(result, "numbers", "year", "last", "receipts", "missing")[-1] == ("2026", 6, 6, 0)
    assert result.body.notes[0].startswith("No number is missing")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM api_receipt WHERE year = 2026 AND sequence IN (2, 6)")
    broken = run("receipts", **ever)
    assert rows(broken, "numbers", "year", "missing")[-1] == ("2026", 2)
    assert broken.body.notes[0].startswith("2 numbers are missing")


def test_a_receipt_that_was_replaced_keeps_its_number_and_is_not_missing(
    told: dict[str, Any],
) -> None:
    ever = {"period": "own", "from": "2020-01-01", "to": "2035-12-31"}
    before = run("receipts", **ever).body.tables[0].totals
    wrong = Receipt.objects.get(year=2026, sequence=2)
    new = receipt_replace(number=wrong.number, reason=ReceiptFault.NAME, actor=staff(Role.FINANCE))
    result = run("receipts", **ever)
    assert result.body.notes[0].startswith("No number is missing")
    year = rows(result, "numbers", "year", "first", "last", "receipts", "given", "missing")[-1]
    assert year == ("2026", 1, new.sequence, new.sequence, new.sequence, 0)
    register = {row[0]: row[1:] for row in rows(result, "register", "number", "status", "amount")}
    assert register["2026-000002"] == (f"Replaced by {new.number}", None)
    assert register[new.number][1] == new.donation.payment.amount_minor
    assert result.body.tables[0].totals == before


def test_a_step_that_is_cut_by_the_period_begins_with_the_period(told: dict[str, Any]) -> None:
    cut = {"period": "own", "from": "2026-10-01", "to": "2026-11-20", "step": "quarter"}
    late = cut | {"from": "2026-10-05"}
    for name, table in (("giving", "periods"), ("fees", "periods"), ("recovery", "steps")):
        for asked in (cut, late):
            result = run(name, **asked)
            assert rows(result, table, "first_on") == [(date.fromisoformat(asked["from"]),)]
            assert not result.body.charts[0].is_empty


def test_days_that_are_to_come_are_in_no_table_and_on_no_axis(told: dict[str, Any]) -> None:
    result = run("giving", period="own", **{"from": "2026-11-20", "to": "2027-01-02"}, step="day")
    assert result.body.charts[0].labels[-1] == "24 Nov 2026"
    assert rows(result, "periods", "first_on")[-1] == (TODAY,)
    months = rows(run("monthly", period="this_tax_year"), "plans", "month_on")
    assert months[-1] == (date(2026, 11, 1),)


def test_a_report_is_run_by_who_has_its_rights_only(no_jobs: None) -> None:
    for role, name, may in (
        (Role.SUPPORT, "giving", False),
        (Role.FUNDRAISER, "payouts", False),
        (Role.FUNDRAISER, "top-donors", True),
        (Role.AUDITOR, "payouts", True),
    ):
        if may:
            assert report_run(REPORTS[name], {}, user=staff(role)).made_by
        else:
            with pytest.raises(ReportForbidden):
                report_run(REPORTS[name], {}, user=staff(role))


@pytest.mark.parametrize("name", list(REPORTS))
def test_a_reports_queries_do_not_grow_with_its_rows(told: dict[str, Any], name: str) -> None:
    def count(days: int) -> int:
        first = (TODAY - timedelta(days=days)).isoformat()
        asked = {"period": "own", "from": first, "to": TODAY.isoformat()}
        with CaptureQueriesContext(
            connection,
        ) as queries:
            run(name, **(asked if "period" in REPORTS[name].takes else {}))
        return len(queries)

    assert count(30) == count(900) <= 12
