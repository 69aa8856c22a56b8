"""What can be chosen for a report, as fields of a form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings

from api.models import Account, Campaign, DonationKind, Fund
from api.services.reports.parameters import (
    LABELS,
    LIMITS,
    METHOD_UNKNOWN,
    METHODS,
    STEPS,
    WHOS,
    YEAR_CHOICES,
    YEARS,
)
from api.services.reports.periods import OWN, PRESETS
from api.services.reports.queries import rows_read
from api.services.reports.spec import Report

Choice = tuple[str, str]
CAMPAIGNS_OFFERED = 200

# The index of the books by account and currency is walked from one currency to the next: a look for each.
_CURRENCIES = """
WITH RECURSIVE known AS (
    SELECT min(currency) AS currency FROM api_ledgerentry WHERE account = %(account)s
    UNION ALL
    SELECT (SELECT min(currency) FROM api_ledgerentry
             WHERE account = %(account)s AND currency > known.currency)
      FROM known WHERE known.currency IS NOT NULL)
SELECT currency FROM known WHERE currency IS NOT NULL
"""


@dataclass(frozen=True)
class FormField:
    """One choice: a list when it has `choices`, else a day."""

    name: str
    label: str
    value: str
    choices: Sequence[Choice] = field(default_factory=tuple)
    error: str = ""


def form_fields(
    report: Report, asked: Mapping[str, str], wrong: Mapping[str, str]
) -> list[FormField]:
    """The choices of a report with what is chosen now."""
    names = list(report.takes)
    if "period" in names:
        at = names.index("period") + 1
        names[at:at] = ["from", "to"]
    offered = _offered(names)
    return [
        FormField(
            name, LABELS[name], asked.get(name, ""), offered.get(name, ()), wrong.get(name, "")
        )
        for name in names
    ]


def currencies_known() -> list[str]:
    """The currencies in which gifts came, and those in which they are asked for."""
    found = rows_read(_CURRENCIES, {"account": Account.DONATION_INCOME.value})
    return sorted({*settings.GIFT_CURRENCIES, *(row[0] for row in found)})


def _offered(names: Sequence[str]) -> dict[str, Sequence[Choice]]:
    offered: dict[str, Sequence[Choice]] = {
        "period": [*((name, label) for name, (label, _) in PRESETS.items()), (OWN, "Own days")],
        "step": list(STEPS.items()),
        "year": list(YEARS.items()),
        "of": list(YEAR_CHOICES.items()),
        "who": list(WHOS.items()),
        "kind": [("", "All"), *((kind.value, kind.label) for kind in DonationKind)],
        "method": [
            ("", "All"),
            *((name or METHOD_UNKNOWN, text) for name, text in METHODS.items()),
        ],
        "limit": [(str(limit), f"{limit:,}") for limit in LIMITS],
    }
    if "currency" in names:
        offered["currency"] = [("", "All"), *((code, code) for code in currencies_known())]
    if "fund" in names:
        offered["fund"] = [("", "All"), *Fund.objects.values_list("code", "name")]
    if "campaign" in names:
        newest = Campaign.objects.values_list("code", "name")[:CAMPAIGNS_OFFERED]
        offered["campaign"] = [("", "All"), *newest]
    return offered
