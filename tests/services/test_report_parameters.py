"""What may be asked of a report: named periods, and choices that are refused by their names."""

from datetime import date

import pytest

from api.services.reports.catalogue import REPORTS
from api.services.reports.parameters import ReportRefused, parameters_read
from api.services.reports.spec import Step
from tests.giving_history import TODAY
from tests.services.test_reports import ALL

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("last_month", date(2026, 10, 1), date(2026, 10, 31)),
        ("this_month", date(2026, 11, 1), date(2026, 11, 30)),
        ("last_week", date(2026, 11, 16), date(2026, 11, 22)),
        ("this_quarter", date(2026, 10, 1), date(2026, 12, 31)),
        ("last_quarter", date(2026, 7, 1), date(2026, 9, 30)),
        ("this_tax_year", date(2026, 4, 6), date(2027, 4, 5)),
        ("last_tax_year", date(2025, 4, 6), date(2026, 4, 5)),
        ("this_year", date(2026, 1, 1), date(2026, 12, 31)),
        ("last_year", date(2025, 1, 1), date(2025, 12, 31)),
        ("last_12_months", date(2025, 11, 1), date(2026, 10, 31)),
    ],
)
def test_named_periods(preset: str, first: date, last: date) -> None:
    asked = parameters_read(REPORTS["giving"], {"period": preset}, today=TODAY, rights=ALL)
    assert (asked.period.first_on, asked.period.last_on) == (first, last)


def test_the_tax_year_turns_on_6_april() -> None:
    for day, first in ((date(2026, 4, 5), 2025), (date(2026, 4, 6), 2026)):
        asked = parameters_read(
            REPORTS["giving"], {"period": "this_tax_year"}, today=day, rights=ALL
        )
        assert asked.period.first_on == date(first, 4, 6)
        assert asked.step == Step.MONTH


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"period": "yesterday"}, "period"),
        ({"from": "2026-13-01", "to": "2026-12-01"}, "from"),
        ({"from": "2026-02-02", "to": "2026-02-01"}, "to"),
        ({"period": "own"}, "from"),
        ({"from": "1066-01-01", "to": "2026-02-01"}, "from"),
        ({"step": "hour"}, "step"),
        ({"currency": "POUNDS"}, "currency"),
        ({"fund": "moon"}, "fund"),
        ({"campaign": "moon"}, "campaign"),
        ({"kind": "weekly"}, "kind"),
        ({"method": "a'; DROP TABLE api_donor; --"}, "method"),
        ({"fond": "roof"}, "fond"),
    ],
)
def test_a_wrong_choice_is_refused_by_its_name_and_what_is_accepted(
    asked: dict[str, str], field: str
) -> None:
    with pytest.raises(ReportRefused) as refused:
        parameters_read(REPORTS["giving"], asked, today=TODAY, rights=ALL)
    assert field in refused.value.fields
