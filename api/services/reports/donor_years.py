"""In which years each donor gave: what retention, lapsed donors and cohorts are counted from."""

from dataclasses import dataclass

from api.services.reports.periods import year_begin
from api.services.reports.queries import local_day, rows_read
from api.services.reports.spec import Parameters, YearKind

# Subtracting what 6 April is past 1 January turns tax years into calendar years (gov.uk: the tax year
# begins on 6 April); a year has the number of the calendar year in which it begins.
_YEARS = {
    YearKind.CALENDAR: "extract(year FROM {day})::int",
    YearKind.TAX: "extract(year FROM {day} - interval '3 months 5 days')::int",
}


def year_sql(kind: YearKind, day: str) -> str:
    """The number of the year that a day is in."""
    return _YEARS[kind].format(day=day)


def year_text(kind: YearKind, year: int) -> str:
    """2026, or 2026/27 for a tax year."""
    return str(year) if kind == YearKind.CALENDAR else f"{year}/{(year + 1) % 100:02d}"


def year_now(asked: Parameters) -> int:
    """The number of the year that is not over yet."""
    return year_begin(asked.today, is_tax=asked.year == YearKind.TAX).year


def donor_years_sql(kind: YearKind) -> str:
    """Donor, year: once for each year in which money of theirs was received."""
    year = year_sql(kind, local_day("p.received_at"))
    return f"""SELECT DISTINCT d.donor_id, {year} AS year
                 FROM api_payment AS p JOIN api_donation AS d ON d.id = p.donation_id"""  # noqa: S608


@dataclass(frozen=True)
class YearCount:
    """Donors of a year: all, and of these the new, the kept and the returned; and those who did not give."""

    year: int
    donors: int
    new: int
    retained: int
    reactivated: int
    lapsed: int  # gave in the year before, not in this one
    gone: int  # gave before that, in neither

    @property
    def before(self) -> int:
        """Donors of the year before."""
        return self.retained + self.lapsed


def year_counts(asked: Parameters) -> list[YearCount]:
    """One for each year from the first gift to this year, years without gifts too."""
    rows = rows_read(
        f"""SELECT year, count(*), count(*) FILTER (WHERE before IS NULL),
                   count(*) FILTER (WHERE before = year - 1)
              FROM (SELECT year, lag(year) OVER (PARTITION BY donor_id ORDER BY year) AS before
                      FROM ({donor_years_sql(asked.year)}) AS years) AS marked
             WHERE year <= %s GROUP BY year ORDER BY year""",  # noqa: S608
        [year_now(asked)],
    )
    found = {year: (donors, new, retained) for year, donors, new, retained in rows}
    counts: list[YearCount] = []
    known = before = 0
    for year in range(min(found), year_now(asked) + 1) if found else ():
        donors, new, retained = found.get(year, (0, 0, 0))
        back = donors - new - retained
        lapsed = before - retained
        gone = known - before - back
        counts.append(YearCount(year, donors, new, retained, back, lapsed, gone))
        known, before = known + new, donors
    return counts
