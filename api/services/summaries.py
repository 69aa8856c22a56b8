"""Sums kept beside the facts: added up, made again, and held against a recount.

Triggers (migrations/0011_summary_rules.py, 0090_statement_sums.py) write what each fact changes as fresh
rows in the fact's own transaction. A sum is always read over fresh and added-up rows in ONE statement, so
that it equals a recount in the same snapshot at any moment; adding up moves rows from one to the other and
changes no sum.

What is read from them: services/giving_figures.py (gifts), donor_figures.py (donors and years),
plan_figures.py (monthly plans), ledger.py (balances of the books), statements.py (months at Stripe).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from django.db import connection, transaction

from api.services.replicas import session
from api.services.turns import turn_take

log = structlog.get_logger()
_TABLES = (
    "api_givingsum",
    "api_bookssum",
    "api_donoryear",
    "api_donorpattern",
    "api_plansum",
    "api_statementsum",
)
_LOCK = 0x5D35  # one that adds up, or makes again, at a time

KEY = "counted_on, fund_id, campaign_id, kind, method_kind, currency"
FIGURES = (
    "gifts",
    "given_minor",
    "cover_minor",
    "refunded_minor",
    "disputed_minor",
    "fees_minor",
)
_FIGURES = ", ".join(FIGURES)
_SUMS = ", ".join(f"sum({name}) AS {name}" for name in FIGURES)


def _more(*names: str) -> str:
    return ", ".join(f"{name} = kept.{name} + EXCLUDED.{name}" for name in names)


_GIVING = f"""
WITH fresh AS (DELETE FROM api_givingsum WHERE level = 0 RETURNING *),
part AS (SELECT 1 AS level, {KEY}, {_FIGURES} FROM fresh
         UNION ALL
         SELECT 2, date_trunc('month', counted_on)::date, fund_id, campaign_id, kind, method_kind,
                currency, {_FIGURES} FROM fresh
         UNION ALL
         SELECT 3, date_trunc('month', counted_on)::date, NULL, NULL, kind, '', currency, {_FIGURES} FROM fresh)
INSERT INTO api_givingsum AS kept (level, {KEY}, {_FIGURES})
SELECT level, {KEY}, {_SUMS} FROM part GROUP BY level, {KEY}
    ON CONFLICT (level, counted_on, currency, kind, method_kind, fund_id, campaign_id) WHERE level > 0
    DO UPDATE SET {_more(*FIGURES)}
"""  # noqa: S608
_BOOKS = f"""
WITH fresh AS (DELETE FROM api_bookssum WHERE level = 0 RETURNING *)
INSERT INTO api_bookssum AS kept (level, account, fund_id, currency, amount_minor, entries)
SELECT 1, account, fund_id, currency, sum(amount_minor), sum(entries) FROM fresh
 GROUP BY account, fund_id, currency
    ON CONFLICT (level, account, currency, fund_id) WHERE level > 0
    DO UPDATE SET {_more("amount_minor", "entries")}
"""  # noqa: S608
_PLANS = f"""
WITH fresh AS (DELETE FROM api_plansum WHERE level = 0 RETURNING *)
INSERT INTO api_plansum AS kept
       (level, counted_on, from_status, to_status, currency, plans, amount_minor)
SELECT 1, counted_on, from_status, to_status, currency, sum(plans), sum(amount_minor) FROM fresh
 GROUP BY counted_on, from_status, to_status, currency
    ON CONFLICT (counted_on, currency, from_status, to_status) WHERE level > 0
    DO UPDATE SET {_more("plans", "amount_minor")}
"""  # noqa: S608

_LINES = (
    "lines",
    "amount_minor",
    "fee_minor",
    "net_minor",
    "books_net_minor",
    "books_fees_minor",
    "books_other_minor",
)
_STATEMENT = f"""
WITH fresh AS (DELETE FROM api_statementsum WHERE level = 0 RETURNING *)
INSERT INTO api_statementsum AS kept (level, counted_on, currency, type, {", ".join(_LINES)})
SELECT 1, counted_on, currency, type, {", ".join(f"sum({name})" for name in _LINES)} FROM fresh
 GROUP BY counted_on, currency, type
    ON CONFLICT (counted_on, currency, type) WHERE level > 0 DO UPDATE SET {_more(*_LINES)}
"""  # noqa: S608

# What fresh rows change: from the rows `fresh`, which the statement in front of it gives. A donor
# who gives for the first time in a year leaves one pattern of years for another, with all years.
DONOR_CHANGES = """
came AS (SELECT donor_id, basis, year, currency, sum(gifts) AS gifts, sum(given_minor) AS given_minor
           FROM fresh GROUP BY donor_id, basis, year, currency),
before AS (SELECT donor_id, basis, kept.year, kept.currency, kept.gifts, kept.given_minor
             FROM api_donoryear AS kept
             JOIN (SELECT DISTINCT donor_id, basis FROM came) AS touched USING (donor_id, basis)
            WHERE kept.level > 0 AND kept.gifts > 0),
after AS (SELECT donor_id, basis, year, currency, sum(gifts) AS gifts, sum(given_minor) AS given_minor
            FROM (SELECT * FROM before UNION ALL SELECT * FROM came) AS part
           GROUP BY donor_id, basis, year, currency HAVING sum(gifts) > 0),
move AS (SELECT -1 AS sign, * FROM before UNION ALL SELECT 1, * FROM after),
pattern AS (SELECT sign, donor_id, basis, array_agg(DISTINCT year ORDER BY year) AS years
              FROM move GROUP BY sign, donor_id, basis),
change AS (
    SELECT basis, years, 0 AS year, '' AS currency, sum(sign) AS donors, 0 AS gifts, 0 AS given_minor
      FROM pattern GROUP BY basis, years
    UNION ALL
    SELECT basis, years, year, currency, sum(sign), sum(sign * gifts), sum(sign * given_minor)
      FROM move JOIN pattern USING (sign, donor_id, basis)
     GROUP BY basis, years, year, currency)
"""
_DONORS = f"""
WITH fresh AS (DELETE FROM api_donoryear WHERE level = 0 RETURNING *), {DONOR_CHANGES},
kept_years AS (
    INSERT INTO api_donoryear AS kept (level, donor_id, basis, year, currency, gifts, given_minor)
    SELECT 1, donor_id, basis, year, currency, gifts, given_minor FROM came
        ON CONFLICT (donor_id, basis, year, currency) WHERE level > 0
        DO UPDATE SET {_more("gifts", "given_minor")})
INSERT INTO api_donorpattern AS kept (basis, years, year, currency, donors, gifts, given_minor)
SELECT basis, years, year, currency, donors, gifts, given_minor FROM change
    ON CONFLICT (basis, years, year, currency) DO UPDATE SET {_more("donors", "gifts", "given_minor")}
"""  # noqa: S608


@transaction.atomic
def summaries_fold() -> None:
    """Add fresh rows up. Changes no sum; safe to call at any time, from anywhere, any number of times."""
    turn_take(_LOCK)
    with connection.cursor() as cursor:
        for statement in (_GIVING, _BOOKS, _PLANS, _STATEMENT, _DONORS):
            cursor.execute(statement)


def summaries_rebuild() -> None:
    """Make every sum again from the facts: after loads that went past the triggers, and when a check fails.

    Work goes on meanwhile: all is read in one snapshot, and the fresh rows of facts that came after it
    stay. Not within another transaction. Plans without a history of moves get one first.
    """
    with _alone(), transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT domaap_summaries_rebuild(), domaap_statement_sums_rebuild()")
    with connection.cursor() as cursor:
        # So many new rows at once: the planner must know them at once.
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(_TABLES)}")


@dataclass(frozen=True)
class SummaryDifference:
    """A kept sum that is not what a recount says: which one, and both figures as text."""

    what: str
    key: str
    kept: str
    recounted: str


def summaries_check(*, limit: int = 50) -> list[SummaryDifference]:
    """Each kept sum that differs from a recount of the facts, at most `limit` of each table: none, or all is well."""
    with connection.cursor() as cursor:
        found = []
        for what, statement in _checks():
            cursor.execute(f"{statement} LIMIT %s", [limit])
            found += [SummaryDifference(what, *map(str, row)) for row in cursor.fetchall()]
    return found


def summaries_prove() -> None:
    """Each night: a sum that differs from a recount is an error in the log, and is made again."""
    if differences := summaries_check(limit=5):
        log.error("summaries_differ", differences=[str(one) for one in differences])
        summaries_rebuild()


@contextmanager
def _alone() -> Iterator[None]:
    """Nobody adds up meanwhile. Taken before the transaction, so that its snapshot begins after it."""
    with session().cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        with session().cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


# What is kept and what is counted must be alike, in one statement and therefore in one snapshot.
_COMPARE = """
SELECT key::text, coalesce(kept.figures, 'nothing'), coalesce(counted.figures, 'nothing')
  FROM ({kept}) AS kept FULL JOIN ({counted}) AS counted USING (key)
 WHERE kept.figures IS DISTINCT FROM counted.figures ORDER BY key::text
"""


def _grouped(key: str, figures: tuple[str, ...], source: str) -> str:
    """Figures per key as one text; a key whose figures are all zero is as if it were not there."""
    sums = ", ".join(f"'{name}', sum({name})::bigint" for name in figures)
    some = " OR ".join(f"sum({name}) <> 0" for name in figures)
    return (
        f"SELECT jsonb_build_array({key}) AS key, jsonb_build_object({sums})::text AS figures"  # noqa: S608
        f" FROM {source} GROUP BY {key} HAVING {some}"
    )


_YEARS = """(
SELECT gift.donor_id, basis, domaap_year(basis, domaap_day(payment.received_at)) AS year,
       payment.currency, 1 AS gifts, payment.amount_minor AS given_minor
  FROM api_payment AS payment JOIN api_donation AS gift ON gift.id = payment.donation_id,
       (VALUES ('calendar'), ('tax')) AS known (basis)) AS counted"""
_PATTERNS = f"""(
WITH given AS (SELECT donor_id, basis, year, currency, sum(gifts) AS gifts, sum(given_minor) AS given_minor
                 FROM {_YEARS} GROUP BY donor_id, basis, year, currency),
pattern AS (SELECT donor_id, basis, array_agg(DISTINCT year ORDER BY year) AS years
              FROM given GROUP BY donor_id, basis)
SELECT basis, years, 0 AS year, '' AS currency, 1 AS donors, 0 AS gifts, 0 AS given_minor FROM pattern
UNION ALL
SELECT basis, years, year, currency, 1, gifts, given_minor
  FROM given JOIN pattern USING (donor_id, basis)) AS counted"""  # noqa: S608
PATTERNS_NOW = f"""
fresh AS (SELECT * FROM api_donoryear WHERE level = 0), {DONOR_CHANGES},
patterns AS (SELECT basis, years, year, currency, donors, gifts, given_minor FROM api_donorpattern
             UNION ALL SELECT * FROM change)
"""  # noqa: S608


def _checks() -> Iterator[tuple[str, str]]:
    """What is compared with what, table by table."""
    by_month = KEY.replace("counted_on", "date_trunc('month', counted_on)::date")
    by_kind = "date_trunc('month', counted_on)::date, kind, currency"
    patterns = f"(WITH {PATTERNS_NOW} SELECT * FROM patterns) AS kept"  # noqa: S608
    plan = "counted_on, from_status, to_status, currency"
    moves = (
        "(SELECT domaap_day(at) AS counted_on, from_status, to_status, currency, 1 AS plans,"
        " amount_minor FROM api_subscriptionmove) AS counted"
    )
    standing = (
        "(SELECT to_status AS status, plans FROM api_plansum"
        " UNION ALL SELECT from_status, -plans FROM api_plansum) AS kept WHERE status <> 'incomplete'"
    )
    plans = (
        "(SELECT status, 1 AS plans FROM api_subscription) AS counted WHERE status <> 'incomplete'"
    )
    books, years = "account, fund_id, currency", "donor_id, basis, year, currency"
    line = "counted_on, currency, type"
    for what, figures, (key, kept), (counted_key, counted) in (
        ("giving by day", FIGURES, (KEY, _of("givingsum", 1)), (KEY, "domaap_giving")),
        ("giving by month", FIGURES, (by_month, _of("givingsum", 2)), (by_month, "domaap_giving")),
        ("giving by kind", FIGURES, (by_kind, _of("givingsum", 3)), (by_kind, "domaap_giving")),
        (
            "the books",
            ("amount_minor", "entries"),
            (books, _of("bookssum", 1)),
            (books, "(SELECT *, 1 AS entries FROM api_ledgerentry) AS counted"),
        ),
        (
            "donors by year",
            ("gifts", "given_minor"),
            (years, _of("donoryear", 1)),
            (years, _YEARS),
        ),
        (
            "patterns of years",
            ("donors", "gifts", "given_minor"),
            ("basis, years, year, currency", patterns),
            ("basis, years, year, currency", _PATTERNS),
        ),
        ("plans by day", ("plans", "amount_minor"), (plan, _of("plansum", 1)), (plan, moves)),
        ("Stripe's statement", _LINES, (line, _of("statementsum", 1)), (line, "domaap_statement")),
        ("plans by status", ("plans",), ("status", standing), ("status", plans)),
    ):
        yield (
            what,
            _COMPARE.format(
                kept=_grouped(key, figures, kept), counted=_grouped(counted_key, figures, counted)
            ),
        )


def _of(table: str, level: int) -> str:
    """A kept table with what is fresh in it."""
    return f"(SELECT * FROM api_{table} WHERE level IN (0, {level})) AS kept"  # noqa: S608
