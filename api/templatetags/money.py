"""Money and counts in templates."""

from django import template

from api.money import money_text

register = template.Library()


@register.filter
def money(amount_minor: int, currency: str) -> str:
    """`{{ amount_minor|money:currency }}`: £1,234.50."""
    return money_text(amount_minor, currency)


@register.filter
def counted(count: int) -> str:
    """`{{ count|counted }}`: 1,234."""
    return f"{count:,}"
