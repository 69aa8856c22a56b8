"""Words about gifts in each language that we write in: how often, and what they are paid with."""

import re
from collections.abc import Mapping

from api.models import Donation, DonationKind, Language, PlanInterval

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
_ADJECTIVES: Mapping[str, Mapping[PlanInterval, str]] = {
    Language.ENGLISH: {
        PlanInterval.WEEK: "weekly",
        PlanInterval.MONTH: "monthly",
        PlanInterval.QUARTER: "quarterly",
        PlanInterval.YEAR: "yearly",
    },
    Language.WELSH: {
        PlanInterval.WEEK: "wythnosol",
        PlanInterval.MONTH: "fisol",
        PlanInterval.QUARTER: "chwarterol",
        PlanInterval.YEAR: "flynyddol",
    },
}
_WELSH_METHODS = {
    "Bacs Direct Debit": "Debyd Uniongyrchol Bacs",
    "SEPA Direct Debit": "Debyd Uniongyrchol SEPA",
    "Card": "Cerdyn",
}


def frequency_words(interval: str, language: str = Language.ENGLISH) -> str:
    """Within a sentence: every month, bob mis."""
    return _FREQUENCIES[language][PlanInterval(interval)]


def how_often_words(donation: Donation, language: str = Language.ENGLISH) -> str:
    """In a table: Monthly, Yearly, One-off."""
    interval = gift_interval(donation)
    if not interval:
        return "Unwaith" if language == Language.WELSH else "One-off"
    words = frequency_words if language == Language.WELSH else adjective_words
    return words(interval, language).capitalize()


def adjective_words(interval: str, language: str = Language.ENGLISH) -> str:
    """Beside the word for a gift: monthly gift, rhodd fisol."""
    return _ADJECTIVES[language][PlanInterval(interval)]


def gift_interval(donation: Donation) -> str:
    """How often the plan gives that a gift is part of; empty for a gift that was given once."""
    if donation.kind != DonationKind.MONTHLY:
        return ""
    return donation.subscription.interval if donation.subscription else PlanInterval.MONTH


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
