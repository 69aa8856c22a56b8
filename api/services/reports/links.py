"""Where the rows behind a figure are: the tables of staff, filtered to exactly what was counted."""

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from api.models import Right
from api.services.reports.parameters import METHOD_UNKNOWN
from api.services.reports.spec import Parameters


def payments_link(
    asked: Parameters,
    currency: str,
    *,
    days: tuple[date, date] | None = None,
    more: Mapping[str, str] | None = None,
) -> str:
    """The payments behind a figure of gifts; nothing for who may not see payments, or where no filter says it.

    `more`: fund and campaign by their codes, kind, method: what the row is of, beside what was asked.
    """
    if Right.BANK_VIEW not in asked.rights:
        return ""
    first, last = days or (asked.period.first_on, asked.period.last_on)
    filters = {
        "fund": asked.fund.code if asked.fund else None,
        "campaign": asked.campaign.code if asked.campaign else None,
        "kind": asked.kind.value if asked.kind else None,
        "method": asked.method or None,
    } | dict(more or {})
    if "" in filters.values() or filters["method"] == METHOD_UNKNOWN:
        return ""
    told = {name: value for name, value in filters.items() if value}
    span = {"received_from": first.isoformat(), "received_to": last.isoformat()}
    return f"/admin/payments/?{urlencode({**span, 'currency': currency, **told})}"


def donor_link(reference: str) -> str:
    """A donor's page."""
    return f"/admin/donors/{reference}/"
