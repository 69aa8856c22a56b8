"""What gifts may be for, and what the giving page says."""

from typing import Any

from django.conf import settings

from api.models import Fund, FundRestriction, PlanInterval
from api.services.receipts import charity_words

_SUGGESTIONS = {"once": [1000, 2500, 5000], "monthly": [500, 1000, 2500]}
_IMPACT = {
    "500": "A week of breakfasts for one child",
    "1000": "A warm meal and a lift home for four people",
    "2500": "A food parcel that lasts a family a week",
    "5000": "A winter coat and boots for two children",
}
_STARTING = (
    (
        "general",
        "Where it is needed most",
        "Food, warmth and advice, wherever the need is greatest this week.",
        FundRestriction.UNRESTRICTED,
    ),
    (
        "winter-warmth",
        "Winter Warmth appeal",
        "Heating vouchers, coats and hot meals from November to March.",
        FundRestriction.RESTRICTED,
    ),
    (
        "youth-club",
        "Mill Lane youth club",
        "Two evenings a week of football, music and homework help.",
        FundRestriction.RESTRICTED,
    ),
)


def funds_seed() -> int:
    """Make the starting funds where they are missing; returns how many were made."""
    return sum(
        Fund.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "purpose": purpose,
                "restriction": restriction,
                "position": position,
            },
        )[1]
        for position, (code, name, purpose, restriction) in enumerate(_STARTING)
    )


def intervals_offered() -> list[PlanInterval]:
    """How often donors may give, beside once: every month always, and what the charity offers."""
    return [
        one for one in PlanInterval if one == PlanInterval.MONTH or one in settings.GIFT_RHYTHMS
    ]


def giving_facts() -> dict[str, Any]:
    """All that the giving page needs. Amounts in minor units."""
    words = charity_words()
    return {
        "charity": {
            "name": words["charity_name"],
            "number": words["charity_number"],
            "status_line": words["charity_status_line"],
            "email": words["charity_email"],
            "address": words["charity_address"],
        },
        "currency": settings.GIFT_CURRENCIES[0],
        "currencies": settings.GIFT_CURRENCIES,
        "intervals": intervals_offered(),
        "minimum_minor": settings.GIFT_MINIMUM_MINOR,
        "maximum_minor": settings.GIFT_MAXIMUM_MINOR,
        "suggestions": _SUGGESTIONS,
        "impact": _IMPACT,
        "funds": list(Fund.objects.filter(is_active=True).values("code", "name", "purpose")),
        "fee": {
            "percent_basis_points": settings.FEE_PERCENT_BASIS_POINTS,
            "fixed_minor": settings.FEE_FIXED_MINOR,
        },
        "collection_days": list(range(1, 29)),
        "stripe": {
            "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
            "script_url": settings.STRIPE_SCRIPT_URL,
        },
    }
