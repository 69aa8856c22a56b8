"""What a donor gave in a period: to the day of London's clocks, with what went back, per currency."""

from datetime import date
from io import BytesIO

import pypdf
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from api.errors import Invalid
from api.models import Donation, DonationStatus, Donor, Role
from api.services.donor_statements import donor_statement, donor_statement_of, donor_statement_pdf
from api.services.funds import funds_seed
from api.services.statement_periods import period_read, periods_offered
from tests.clients import Client
from tests.giving_history import donor, paid
from tests.people import staff

pytestmark = pytest.mark.django_db
TAX_YEAR = {"year": "2025-26"}


@pytest.fixture
def ben() -> Donor:
    """Ben, and the funds."""
    funds_seed()
    return donor("Ben Okafor", "ben@example.org")


def test_a_tax_year_begins_and_ends_at_midnight_in_london(ben: Donor) -> None:
    paid(ben, "2025-04-05T22:59:59", 100)  # 5 April 23:59:59 in London: the year before
    paid(ben, "2025-04-05T23:00:00", 200)  # 6 April 00:00 in London
    paid(ben, "2026-04-05T22:59:59", 300)  # 5 April 2026 23:59:59
    paid(ben, "2026-04-05T23:00:00", 400)
    said = donor_statement_of(ben, period_read(TAX_YEAR))
    [table] = said.tables
    assert [(row.received_on, row.amount) for row in table.rows] == [
        ("6 Apr 2025", "£2.00"),
        ("5 Apr 2026", "£3.00"),
    ]
    assert (said.first_day, said.last_day) == ("6 April 2025", "5 April 2026")
    assert said.sums == ("£5.00",)


def test_what_went_back_stands_under_its_gift_and_is_taken_off(ben: Donor) -> None:
    gift = paid(ben, "2025-06-01", 2500)
    gift.refunds.create(amount_minor=1000, currency="GBP", status="succeeded")
    gift.refunds.create(amount_minor=700, currency="GBP", status="failed")
    lost = paid(ben, "2025-07-01", 900)
    Donation.objects.filter(pk=lost.pk).update(status=DonationStatus.CHARGED_BACK)
    paid(ben, "2025-08-01", 1200, currency="EUR")
    said = donor_statement_of(ben, period_read(TAX_YEAR))
    pounds, euros = said.tables
    assert [row.given_back[0][1] for row in pounds.rows] == ["-£10.00", "-£9.00"]
    assert pounds.sums == (
        ("Given", "£34.00"),
        ("Given back", "-£19.00"),
        ("Given in all", "£15.00"),
    )
    assert euros.sums == (("Given", "€12.00"),)
    assert said.sums == ("£15.00", "€12.00")
    assert (said.tax_sum, pounds.rows[0].gift_aid) == ("£0.00", "No")


def test_what_never_came_is_not_on_it_and_any_range_may_be_asked_for(ben: Donor) -> None:
    paid(ben, "2025-06-01", 2500)
    promised = paid(ben, "2025-06-02", 900)
    Donation.objects.filter(pk=promised.pk).update(status=DonationStatus.FAILED)
    assert donor_statement(ben, date(2025, 6, 1), date(2025, 6, 1)).sums == ("£25.00",)
    assert donor_statement(ben, date(2025, 6, 2), date(2025, 6, 30)).tables == ()


def test_five_years_of_monthly_gifts_break_into_pages_with_the_head_on_each(ben: Donor) -> None:
    for number in range(70):
        paid(ben, f"2025-{number % 8 + 5:02d}-{number % 27 + 1:02d}", 1000)
    with CaptureQueriesContext(connection) as asked:
        pdf = donor_statement_pdf(ben, period_read(TAX_YEAR))
    assert len(asked) <= 3
    pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages]
    assert len(pages) == 3
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of 3" in page and "Registered charity no." in page
        assert "Received" in page and "Receipt" in page
    assert "£700.00" in pages[0] and "£700.00" in pages[-1]
    assert sum(page.count("£10.00") for page in pages) == 70


def test_the_charitys_year_ends_on_the_day_of_the_settings(settings: Settings) -> None:
    settings.CHARITY_YEAR_END = (3, 31)
    own = period_read({"charity_year": "2026"})
    assert (own.begin, own.end) == (date(2025, 4, 1), date(2026, 3, 31))
    settings.CHARITY_YEAR_END = (12, 31)
    assert period_read({"charity_year": "2026"}).begin == date(2026, 1, 1)
    assert all(period_read({"period": one.code}) == one for one in periods_offered())


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "year"),
        ({"year": "2025"}, "year"),
        ({"year": "2025-27"}, "year"),
        ({"year": "0000-01"}, "year"),
        ({"charity_year": "x"}, "charity_year"),
        ({"from": "2025-02-30", "to": "2025-03-01"}, "from"),
        ({"from": "2025-02-01"}, "to"),
        ({"from": "2025-03-02", "to": "2025-03-01"}, "to"),
        ({"period": "moon:1"}, "period"),
    ],
)
def test_a_period_that_is_none_is_refused_by_the_name_of_its_field(
    asked: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        period_read(asked)
    assert list(caught.value.fields) == [field]


def test_staff_take_a_donors_statement_by_page_and_api(client: Client, ben: Donor) -> None:
    paid(ben, "2025-06-01", 2500)
    client.force_login(staff(Role.SUPPORT))
    for address in (
        f"/api/staff/donors/{ben.reference}/statement.pdf?year=2025-26",
        f"/api/staff/donors/{ben.reference}/statement.pdf?from=2025-06-01&to=2025-06-01",
        f"/admin/donors/{ben.reference}/statement.pdf?period=tax:2025-26",
    ):
        answer = client.get(address)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        assert "£25.00" in pypdf.PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    wrong = client.get(f"/api/staff/donors/{ben.reference}/statement.pdf?year=2025")
    assert wrong.status_code == 400 and "year" in wrong.json()["fields"]
    assert client.get("/api/staff/donors/NOBODY/statement.pdf?year=2025-26").status_code == 404
    assert "Open as PDF" in client.get(f"/admin/donors/{ben.reference}/").content.decode()
