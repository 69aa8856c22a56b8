"""Donors by the years in which they gave: who is new, who stayed, who came back, who is missing.

A donor gave in a year when money of a gift was received in it, whatever came of that gift later. Years
are calendar years, or UK tax years named by the year in which they begin (2026: 6 April 2026 to
5 April 2027). Amounts are minor units of their currency; a donor counts once however many currencies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from api.clock import tax_year_begin
from api.models import YearBasis
from api.services.giving_figures import Span
from api.services.replicas import reading
from api.services.summaries import PATTERNS_NOW


def year_of(on: date, basis: YearBasis = YearBasis.CALENDAR) -> int:
    """The year that a day is in."""
    return tax_year_begin(on).year if basis == YearBasis.TAX else on.year


def year_span(year: int, basis: YearBasis = YearBasis.CALENDAR) -> Span:
    """The days of a year."""
    if basis == YearBasis.TAX:
        return Span(date(year, 4, 6), date(year + 1, 4, 5))
    return Span(date(year, 1, 1), date(year, 12, 31))


@dataclass(frozen=True)
class RetentionMoney:
    """What the donors of a year gave in one currency, in minor units.

    `lapsed_minor` is what those who are missing gave in the year before.
    """

    currency: str
    given_minor: int
    new_minor: int
    retained_minor: int
    reactivated_minor: int
    lapsed_minor: int


@dataclass(frozen=True)
class RetentionYear:
    """Donors of a year. donors = new + retained + reactivated.

    new: never gave before. retained: also gave the year before. reactivated: gave before, but not
    the year before. lapsed (LYBUNT): gave the year before, not this one. long_lapsed (SYBUNT): gave in
    some year, neither in the year before nor in this one.
    """

    year: int
    donors: int
    new: int
    retained: int
    reactivated: int
    lapsed: int
    long_lapsed: int
    money: Sequence[RetentionMoney] = field(default_factory=tuple)

    @property
    def retained_per_thousand(self) -> int | None:
        """Of a thousand donors of the year before, how many gave again; None without any."""
        before = self.retained + self.lapsed
        return self.retained * 1000 // before if before else None


@dataclass(frozen=True)
class Cohort:
    """Donors who gave for the first time in `first_year`: how many of them gave in `year`, and what.

    `currency` "" counts donors in any currency and has no amount; each other row is of that currency.
    """

    first_year: int
    year: int
    currency: str
    donors: int
    gifts: int
    given_minor: int


@dataclass(frozen=True)
class DonorTotal:
    """A donor and what they gave in a period, in minor units of one currency."""

    donor_id: int
    reference: str
    name: str
    gifts: int
    given_minor: int


# Each pattern of years against each year from the first to the last that anybody gave in.
_RETENTION = f"""
WITH {PATTERNS_NOW},
known AS (SELECT currency, years, part.year AS of_year, sum(donors)::bigint AS donors,
                 sum(given_minor)::bigint AS given_minor
            FROM patterns AS part WHERE basis = %s GROUP BY currency, years, part.year),
span AS (SELECT generate_series(coalesce(%s::int, min(years[1])::int),
                               coalesce(%s::int, max(years[cardinality(years)])::int))
                AS year FROM known WHERE donors > 0),
judged AS (SELECT span.year, known.*,
                  span.year = ANY(years) AS is_giving, span.year - 1 = ANY(years) AS gave_before,
                  years[1] AS first_year
             FROM span JOIN known ON years[1] <= span.year)
SELECT year, currency,
       coalesce(sum(amount) FILTER (WHERE is_giving), 0)::bigint,
       coalesce(sum(amount) FILTER (WHERE is_giving AND first_year = year), 0)::bigint,
       coalesce(sum(amount) FILTER (WHERE is_giving AND gave_before), 0)::bigint,
       coalesce(sum(amount) FILTER (WHERE is_giving AND NOT gave_before AND first_year < year), 0)::bigint,
       coalesce(sum(missed) FILTER (WHERE NOT is_giving AND gave_before), 0)::bigint,
       coalesce(sum(missed) FILTER (WHERE NOT is_giving AND NOT gave_before), 0)::bigint
  FROM (SELECT *, CASE WHEN currency = '' THEN donors WHEN of_year = year THEN given_minor END AS amount,
                  CASE WHEN currency = '' THEN donors WHEN of_year = year - 1 THEN given_minor END AS missed
          FROM judged) AS part
 GROUP BY year, currency ORDER BY year, currency
"""  # noqa: S608


def retention_years(
    basis: YearBasis = YearBasis.CALENDAR, *, begins: int | None = None, ends: int | None = None
) -> list[RetentionYear]:
    """Each year from `begins` to `ends` (by default all that anybody gave in), oldest first. One statement."""
    people: dict[int, Sequence[int]] = {}
    money: dict[int, list[RetentionMoney]] = {}
    for year, currency, *figures in _rows(_RETENTION, [basis, begins, ends]):
        if currency:
            money.setdefault(year, []).append(RetentionMoney(currency, *figures[:5]))
        else:
            people[year] = figures
    names = ("donors", "new", "retained", "reactivated", "lapsed", "long_lapsed")
    return [
        RetentionYear(
            year=year,
            money=tuple(money.get(year, ())),
            **dict(zip(names, figures, strict=True)),
        )
        for year, figures in people.items()
    ]


_COHORTS = f"""
WITH {PATTERNS_NOW}
SELECT years[1], of_year, currency, sum(donors)::bigint, sum(gifts)::bigint, sum(given_minor)::bigint
  FROM (SELECT years, unnest(years) AS of_year, currency, donors, gifts, given_minor
          FROM patterns WHERE basis = %(basis)s AND currency = ''
        UNION ALL
        SELECT years, year, currency, donors, gifts, given_minor
          FROM patterns WHERE basis = %(basis)s AND currency <> '') AS part
 GROUP BY 1, 2, 3 HAVING sum(donors) <> 0 ORDER BY 1, 2, 3
"""  # noqa: S608


def cohorts(basis: YearBasis = YearBasis.CALENDAR) -> list[Cohort]:
    """Donors by the year of their first gift, and what they gave in each year since. One statement."""
    return [Cohort(*row) for row in _rows(_COHORTS, {"basis": basis})]


# Those without news come straight from the index, largest first; those with fresh rows are few and
# are added up.
_OF_YEAR = """
WITH fresh AS MATERIALIZED (SELECT DISTINCT donor_id FROM api_donoryear WHERE level = 0),
untouched AS (
    SELECT donor_id, gifts, given_minor FROM api_donoryear AS kept
     WHERE level = 1 AND basis = %(basis)s AND year = %(year)s AND currency = %(currency)s AND gifts > 0
       AND NOT EXISTS (SELECT FROM fresh WHERE fresh.donor_id = kept.donor_id) {untouched}
     ORDER BY given_minor DESC, donor_id LIMIT %(limit)s),
touched AS (
    SELECT donor_id,
           sum(gifts) FILTER (WHERE year = %(year)s AND currency = %(currency)s) AS gifts,
           sum(given_minor) FILTER (WHERE year = %(year)s AND currency = %(currency)s) AS given_minor
      FROM (SELECT kept.* FROM api_donoryear AS kept JOIN fresh USING (donor_id) WHERE level > 0
            UNION ALL SELECT * FROM api_donoryear WHERE level = 0) AS both_levels
     WHERE basis = %(basis)s
     GROUP BY donor_id
    HAVING sum(gifts) FILTER (WHERE year = %(year)s AND currency = %(currency)s) > 0 {touched}
     ORDER BY 3 DESC, donor_id LIMIT %(limit)s)
SELECT donor.id, donor.reference, donor.name, part.gifts::bigint, part.given_minor::bigint
  FROM (SELECT * FROM untouched UNION ALL SELECT * FROM touched) AS part
  JOIN api_donor AS donor ON donor.id = part.donor_id
 ORDER BY part.given_minor DESC, donor.id LIMIT %(limit)s
"""
_TOP = _OF_YEAR.format(untouched="", touched="")
_LAPSED = _OF_YEAR.format(
    untouched="""AND NOT EXISTS (
        SELECT FROM api_donoryear AS later
         WHERE later.donor_id = kept.donor_id AND later.basis = %(basis)s AND later.year = %(next)s
           AND later.level = 1 AND later.gifts > 0)""",
    touched="AND coalesce(sum(gifts) FILTER (WHERE year = %(next)s), 0) = 0",
)
_TOP_OF_DAYS = """
SELECT donor.id, donor.reference, donor.name, part.gifts, part.given_minor
  FROM (SELECT gift.donor_id, count(*) AS gifts, sum(payment.amount_minor)::bigint AS given_minor
          FROM api_payment AS payment JOIN api_donation AS gift ON gift.id = payment.donation_id
         WHERE payment.received_at >= %(begins)s AND payment.received_at < %(ends)s
           AND payment.currency = %(currency)s
         GROUP BY gift.donor_id ORDER BY 3 DESC, 1 LIMIT %(limit)s) AS part
  JOIN api_donor AS donor ON donor.id = part.donor_id
 ORDER BY part.given_minor DESC, donor.id
"""


def top_donors(
    begins_on: date, ends_on: date, *, currency: str, limit: int = 100
) -> list[DonorTotal]:
    """Who gave most in these days (both included), largest first.

    A whole calendar or tax year is read from the kept sums; other days from the payments themselves.
    """
    for basis in YearBasis:
        year = year_of(begins_on, basis)
        if year_span(year, basis) == Span(begins_on, ends_on):
            asked = {"basis": basis, "year": year, "currency": currency, "limit": limit}
            return [DonorTotal(*row) for row in _rows(_TOP, asked)]
    zone = ZoneInfo(settings.CHARITY_TIME_ZONE)
    begins = datetime.combine(begins_on, time(), zone)
    ends = datetime.combine(date.fromordinal(ends_on.toordinal() + 1), time(), zone)
    asked = {"begins": begins, "ends": ends, "currency": currency, "limit": limit}
    return [DonorTotal(*row) for row in _rows(_TOP_OF_DAYS, asked)]


def donors_lapsed(
    year: int,
    *,
    currency: str,
    basis: YearBasis = YearBasis.CALENDAR,
    limit: int | None = 100,
) -> list[DonorTotal]:
    """LYBUNT: who gave in the year before `year` and not in it, with what they gave then, largest first.

    `limit` None: all of them.
    """
    asked = {
        "basis": basis,
        "year": year - 1,
        "next": year,
        "currency": currency,
        "limit": limit,
    }
    return [DonorTotal(*row) for row in _rows(_LAPSED, asked)]


def _rows(statement: str, params: Any) -> list[tuple[Any, ...]]:
    with reading().cursor() as cursor:
        cursor.execute(statement, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
