"""SQL of reports: what was given and what went back, by the charity's days; one snapshot for all of a report."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction

from api.services.replicas import reading
from api.services.reports.spec import (
    Parameters,
    ReportTable,
    Row,
    currency_place,
)
from api.services.sheets import SheetColumn, SheetQuery

TIME_ZONE = settings.CHARITY_TIME_ZONE


@contextmanager
def snapshot() -> Iterator[None]:
    """All queries within see the same moment, so that the tables of a report agree while gifts come in."""
    is_outermost = not reading().in_atomic_block
    with transaction.atomic(using=reading().alias):
        if is_outermost:
            with reading().cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def rows_read(sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> list[Row]:
    """All rows of a query."""
    with reading().cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[Row] = cursor.fetchall()
    return rows


def table_of_query(
    name: str,
    title: str,
    columns: Sequence[SheetColumn],
    query: SheetQuery,
    *,
    most: int,
    note: str = "",
    link: Callable[[Row], str] | None = None,
    opens: str = "",
) -> ReportTable:
    """A list that may be long: its `most` first rows, its totals counted by the database, and the query itself.

    `link`: what a row opens, from its column `opens`.
    """
    found = _listed(columns, query, most)
    totals = [row[2:] for row in found if row[0] and any(column.is_summed for column in columns)]
    rows = [row[2:] for row in found if not row[0]]
    return ReportTable(
        name=name,
        title=title,
        columns=columns,
        rows=rows,
        totals=totals,
        row_count=sum(row[1] for row in found if row[0]),
        query=query,
        note=note,
        links=[link(row) for row in rows] if link else (),
        opens=opens,
    )


def _listed(columns: Sequence[SheetColumn], query: SheetQuery, most: int) -> list[Row]:
    """The totals per currency (true, how many rows, sums), then the first rows (false, 0, cells): one statement,
    so that the list is worked out once.
    """
    place = currency_place(columns)
    money = columns[place].name if place is not None else ""
    cells = ", ".join(
        f'sum("{column.name}")::bigint'
        if column.is_summed
        else f'"{money}"'
        if column.name == money
        else "NULL"
        for column in columns
    )
    group = f'GROUP BY "{money}"' if money else ""
    return rows_read(
        f"""WITH listed AS MATERIALIZED ({query.sql})
            (SELECT true, count(*), {cells} FROM listed {group} ORDER BY {f'"{money}"' if money else "1"})
            UNION ALL (SELECT false, 0, * FROM listed LIMIT {most})""",  # noqa: S608
        query.params,
    )


def local_day(moment: str) -> str:
    """The charity's day of a moment."""
    return f"({moment} AT TIME ZONE '{TIME_ZONE}')::date"


def share(part: int, whole: int) -> int | None:
    """Part of a whole in hundredths of a percent, rounded half up; None of nothing."""
    return (part * 20_000 + whole) // (2 * whole) if whole else None


class Where:
    """Conditions of a query with their values, in order."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.params: list[Any] = []

    def add(self, condition: str, *values: Any) -> "Where":
        """One more condition."""
        self.parts.append(condition)
        self.params += values
        return self

    @property
    def sql(self) -> str:
        """All of them."""
        return " AND ".join(self.parts) or "true"


def gifts_where(asked: Parameters, *, moment: str = "p.received_at") -> Where:
    """Conditions on `api_payment p` and `api_donation d`: the period and every filter that was chosen."""
    where = Where().add(f"{moment} >= %s", asked.period.begins_at)
    where.add(f"{moment} < %s", asked.period.ends_at)
    return gifts_filter(where, asked)


def gifts_filter(where: Where, asked: Parameters) -> Where:
    """The filters alone, whatever the time."""
    if asked.currency:
        where.add("p.currency = %s", asked.currency)
    if asked.fund:
        where.add("d.fund_id = %s", asked.fund.pk)
    if asked.campaign:
        where.add("d.campaign_id = %s", asked.campaign.pk)
    if asked.kind:
        where.add("d.kind = %s", asked.kind.value)
    if asked.method:
        where.add("p.method_kind = %s", "" if asked.method == "unknown" else asked.method)
    return where
