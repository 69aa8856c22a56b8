"""What is asked of a report, read from texts: each wrong one is named with what is accepted."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from api.errors import DomaapError
from api.models import Campaign, DonationKind, Fund, Right, YearBasis
from api.services.gateways.methods import METHODS as STRIPE_METHODS
from api.services.gateways.methods import method_name
from api.services.reports.periods import OWN, PRESETS, Period, day_text, period_of, period_text
from api.services.reports.spec import Parameters, Report, Step, Who, YearChoice

LIMITS = (25, 50, 100, 250, 500, 1000)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
LABELS = {
    "period": "Period",
    "from": "First day",
    "to": "Last day",
    "step": "By",
    "year": "Years",
    "of": "List of",
    "who": "Who",
    "currency": "Currency",
    "fund": "Fund",
    "campaign": "Appeal",
    "kind": "How often",
    "method": "Paid by",
    "limit": "How many",
}
STEPS = {step.value: step.value.capitalize() for step in Step}
YEARS = {
    YearBasis.CALENDAR.value: "Calendar years",
    YearBasis.TAX.value: "Tax years (from 6 April)",
}
YEAR_CHOICES = {YearChoice.THIS.value: "This year", YearChoice.LAST.value: "Last year"}
WHOS = {
    Who.LYBUNT.value: "Gave the year before (LYBUNT)",
    Who.SYBUNT.value: "Gave earlier (SYBUNT)",
    Who.BOTH.value: "Both",
}
METHODS = {**STRIPE_METHODS, "": "Not told"}
# What `method` is called when Stripe did not tell it: an empty text asks for all.
METHOD_UNKNOWN = "unknown"

# What each parameter accepts, in words for programs.
CHOICES_TEXT = {
    "period": f"One of: {', '.join([*PRESETS, OWN])}.",
    "from": "A day such as 2026-11-22, with `period=own`.",
    "to": "A day such as 2026-11-30, with `period=own`.",
    "step": f"One of: {', '.join(STEPS)}.",
    "year": f"One of: {', '.join(YEARS)}.",
    "of": f"One of: {', '.join(YEAR_CHOICES)}.",
    "who": f"One of: {', '.join(WHOS)}.",
    "currency": "ISO 4217, such as GBP.",
    "fund": "The code of a fund.",
    "campaign": "The code of an appeal.",
    "kind": f"One of: {', '.join(DonationKind.values)}.",
    "method": "Stripe's name of a way to pay, such as card.",
    "limit": f"A number from 1 to {LIMITS[-1]}.",
}


class ReportRefused(DomaapError):
    """Something that was asked is not understood; nothing was made."""

    code = "report_refused"
    status = 400
    title = "The report can't be made like this"
    detail = "Please correct the marked choices."


def method_text(kind: str) -> str:
    """Stripe's name of a way to pay, in words."""
    return method_name(kind) if kind else METHODS[kind]


def parameters_read(
    report: Report, asked: Mapping[str, str], *, today: date, rights: frozenset[Right]
) -> Parameters:
    """The parameters of a report from texts. Raises ReportRefused naming every field that is wrong."""
    texts = {name: text.replace("\x00", "\ufffd").strip() for name, text in asked.items()}
    reader = _Reader(report, texts, today)
    found = reader.read()
    if reader.wrong:
        raise ReportRefused(**reader.wrong)
    return Parameters(today=today, rights=rights, **found)


def parameters_write(report: Report, parameters: Parameters) -> dict[str, str]:
    """The same as texts, complete and in one spelling: what an address, a run and a schedule keep."""
    period = parameters.period
    texts = {
        "period": period.preset,
        "from": period.first_on.isoformat() if period.preset == OWN else "",
        "to": period.last_on.isoformat() if period.preset == OWN else "",
        "step": parameters.step.value,
        "year": parameters.year.value,
        "of": parameters.of.value,
        "who": parameters.who.value,
        "currency": parameters.currency,
        "fund": parameters.fund.code if parameters.fund else "",
        "campaign": parameters.campaign.code if parameters.campaign else "",
        "kind": parameters.kind.value if parameters.kind else "",
        "method": parameters.method,
        "limit": str(parameters.limit),
    }
    taken = _names(report)
    return {name: text for name, text in texts.items() if name in taken and text}


def parameters_words(report: Report, parameters: Parameters) -> list[tuple[str, str]]:
    """What the figures are filtered to, for people."""
    period, words = parameters.period, []
    if "period" in report.takes:
        name = PRESETS[period.preset][0] + ": " if period.preset != OWN else ""
        words.append((LABELS["period"], f"{name}{period_text(period)}"))
    choices = {
        "step": STEPS[parameters.step],
        "year": YEARS[parameters.year],
        "of": YEAR_CHOICES[parameters.of],
        "who": WHOS[parameters.who],
        "currency": parameters.currency or "All, never added together",
        "fund": parameters.fund.name if parameters.fund else "All",
        "campaign": parameters.campaign.name if parameters.campaign else "All",
        "kind": parameters.kind.label if parameters.kind else "All",
        "method": _method_words(parameters.method),
        "limit": f"At most {parameters.limit:,} of each currency",
    }
    return words + [(LABELS[name], choices[name]) for name in report.takes if name in choices]


def _method_words(method: str) -> str:
    return method_text("" if method == METHOD_UNKNOWN else method) if method else "All"


def _names(report: Report) -> set[str]:
    return {*report.takes, *(("from", "to") if "period" in report.takes else ())}


def step_fitting(period: Period) -> Step:
    """How a period is cut up when nobody says: into as many parts as a page shows well."""
    days = (period.last_on - period.first_on).days
    return Step.DAY if days <= 45 else Step.MONTH if days <= 1100 else Step.YEAR


class _Reader:
    """Reads one field after another; what is wrong is gathered, so that all is told at once."""

    def __init__(self, report: Report, asked: Mapping[str, str], today: date) -> None:
        self.report, self.asked, self.today = report, asked, today
        self.wrong: dict[str, str] = {}

    def read(self) -> dict[str, Any]:
        """All fields that the report takes; others keep their defaults."""
        for name in self.asked.keys() - _names(self.report):
            takes = ", ".join(sorted(_names(self.report)))
            self.wrong[name] = f"This report has no such choice. It takes: {takes}."
        found: dict[str, Any] = {"period": self._period()}
        readers = {
            "step": lambda text: self._choice("step", text, Step),
            "year": lambda text: self._choice("year", text, YearBasis),
            "of": lambda text: self._choice("of", text, YearChoice),
            "who": lambda text: self._choice("who", text, Who),
            "currency": self._currency,
            "fund": self._fund,
            "campaign": self._campaign,
            "kind": lambda text: self._choice("kind", text, DonationKind),
            "method": self._method,
            "limit": self._limit,
        }
        found["step"] = step_fitting(found["period"])
        for name in self.report.takes:
            text = self.asked.get(name, "")
            if text and name in readers:
                found[name] = readers[name](text)
        return found

    def _period(self) -> Period:
        preset = self.asked.get("period", "")
        has_days = bool(self.asked.get("from") or self.asked.get("to"))
        if preset == OWN or (not preset and has_days):
            return self._own()
        if preset and preset not in PRESETS:
            known = ", ".join([*PRESETS, OWN])
            self.wrong["period"] = f"Choose one of: {known}."
        return period_of(preset if preset in PRESETS else self.report.preset, self.today)

    def _own(self) -> Period:
        first, last = self._day("from"), self._day("to")
        if first and last and last < first:
            self.wrong["to"] = f"The last day is before the first, {day_text(first)}."
        return Period(OWN, first or self.today, last or self.today)

    def _day(self, name: str) -> date | None:
        try:
            day = date.fromisoformat(self.asked.get(name, ""))
        except ValueError:
            self.wrong[name] = "A day such as 2026-11-22 is needed for a period of your own."
            return None
        if not FIRST_DAY <= day <= LAST_DAY:
            self.wrong[name] = (
                f"A day from {day_text(FIRST_DAY)} to {day_text(LAST_DAY)} is accepted."
            )
            return None
        return day

    def _choice(self, name: str, text: str, choices: Any) -> Any:
        try:
            return choices(text)
        except ValueError:
            self.wrong[name] = f"Choose one of: {', '.join(one.value for one in choices)}."
            return None

    def _currency(self, text: str) -> str:
        if len(text) != 3 or not (text.isascii() and text.isalpha()):
            self.wrong["currency"] = "Three letters such as GBP are accepted."
        return text.upper()

    def _fund(self, text: str) -> Fund | None:
        found = Fund.objects.filter(code=text).first()
        if found is None:
            self.wrong["fund"] = "There is no fund with this code."
        return found

    def _campaign(self, text: str) -> Campaign | None:
        found = Campaign.objects.filter(code=text).first()
        if found is None:
            self.wrong["campaign"] = "There is no appeal with this code."
        return found

    def _method(self, text: str) -> str:
        if not text.replace("_", "").isalnum() or len(text) > 40:
            self.wrong["method"] = "A way to pay such as card or bacs_debit is accepted."
        return text

    def _limit(self, text: str) -> int:
        limit = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
        if not 1 <= limit <= LIMITS[-1]:
            self.wrong["limit"] = f"A number from 1 to {LIMITS[-1]:,} is accepted."
            return LIMITS[2]
        return limit
