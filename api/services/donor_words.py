"""Words about gifts in each language that we write in: how often, and what they are paid with."""

import re
from collections.abc import Mapping

from api.models import Language, PlanInterval, Subscription, Tribute, TributeKind

_FREQUENCIES: Mapping[str, Mapping[PlanInterval, str]] = {
    Language.ENGLISH: {
        PlanInterval.WEEK: "every week",
        PlanInterval.MONTH: "every month",
        PlanInterval.QUARTER: "every three months",
        PlanInterval.YEAR: "every year",
    },
    Language.WELSH: {
        PlanInterval.WEEK: "bob wythnos",
        PlanInterval.MONTH: "bob mis",
        PlanInterval.QUARTER: "bob tri mis",
        PlanInterval.YEAR: "bob blwyddyn",
    },
}
_TRIBUTES = {TributeKind.MEMORY: "Er cof am", TributeKind.HONOUR: "Er anrhydedd i"}
_ENDING = re.compile(r" (ending|yn gorffen gyda) \w{4}\b")
_WELSH_METHODS = {
    "Bacs Direct Debit": "Debyd Uniongyrchol Bacs",
    "SEPA Direct Debit": "Debyd Uniongyrchol SEPA",
    "Card": "Cerdyn",
}


def frequency_words(interval: str, language: str = Language.ENGLISH) -> str:
    """Within a sentence: every month, bob mis."""
    return _FREQUENCIES[language][PlanInterval(interval)]


def how_often_words(plan: Subscription | None, language: str = Language.ENGLISH) -> str:
    """In a table: Quarterly, Bob tri mis; One-off without a plan."""
    if plan is None:
        return "Unwaith" if language == Language.WELSH else "One-off"
    if language == Language.WELSH:
        return frequency_words(plan.interval, language).capitalize()
    return PlanInterval(plan.interval).label


def tribute_said(
    tribute: Tribute | None, language: str = Language.ENGLISH
) -> tuple[str, str] | None:
    """What a gift says of somebody, and of whom: ("In memory of", "Ruth Okafor")."""
    return (tribute_words(tribute.kind, language), tribute.name) if tribute else None


def tribute_words(kind: str, language: str = Language.ENGLISH) -> str:
    """Before a name: In memory of, Er cof am."""
    found = TributeKind(kind)
    return _TRIBUTES[found] if language == Language.WELSH else found.label


def gifts_words(count: int, language: str = Language.ENGLISH) -> str:
    """1 gift, 12 gifts, 12 rhodd: Welsh counts in the singular."""
    if language == Language.WELSH:
        return f"{count:,} rhodd"
    return f"{count:,} gift{'' if count == 1 else 's'}"


def method_words(method: str, language: str = Language.ENGLISH) -> str:
    """What Stripe told us in English, "Visa card ending 4242", in a donor's language."""
    if language != Language.WELSH:
        return method
    found = re.fullmatch(r"(.*?)(?: ending (\w+))?", method)
    name, ending = (found[1], found[2]) if found else (method, None)
    if name.endswith(" card"):
        name = f"Cerdyn {name.removesuffix(' card')}"
    name = _WELSH_METHODS.get(name, name)
    return f"{name} yn gorffen gyda {ending}" if ending else name


def method_without_ending(method: str) -> str:
    """The same in either language without the last digits."""
    return _ENDING.sub("", method)


def endings_masked(text: str) -> str:
    """A text with dots for the last digits of cards and accounts."""
    return _ENDING.sub(r" \1 ••••", text)
