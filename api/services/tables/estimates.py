"""How many rows there are, about: nobody waits for an exact count of millions."""

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from api.services.replicas import reading

# Counted exactly up to here; beyond it PostgreSQL's own estimate is told, as one.
COUNTED_MOST = 1_000


@dataclass(frozen=True)
class Estimate:
    """How many rows. Neither exact nor `is_more`: about so many. `is_more`: at least so many."""

    count: int
    is_exact: bool
    is_more: bool = False

    @property
    def text(self) -> str:
        """For people: 12, about 12,400, 100+."""
        if self.is_exact:
            return f"{self.count:,}"
        return f"{self.count:,}+" if self.is_more else f"about {self.count:,}"


def rows_planned(rows: QuerySet[Any]) -> int:
    """How many rows PostgreSQL expects, from its statistics; nothing is read."""
    sql, params = rows.order_by().values("pk").query.sql_with_params()
    with reading().cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        [told] = cursor.fetchone()
    plan = json.loads(told) if isinstance(told, str) else told
    return int(plan[0]["Plan"]["Plan Rows"])


def rows_estimate(rows: QuerySet[Any]) -> Estimate:
    """Exact while there are few; else an estimate, or how many there are at least."""
    planned = rows_planned(rows)
    if planned > 5 * COUNTED_MOST:
        return Estimate(rounded(planned), is_exact=False)
    count = rows.order_by()[: COUNTED_MOST + 1].count()
    if count <= COUNTED_MOST:
        return Estimate(count, is_exact=True)
    if planned > COUNTED_MOST:
        return Estimate(rounded(planned), is_exact=False)
    return Estimate(COUNTED_MOST, is_exact=False, is_more=True)


def rounded(count: int) -> int:
    """To three digits, since more would be a pretence."""
    scale = 10 ** max(len(str(count)) - 3, 0)
    return int(round(count / scale) * scale)
