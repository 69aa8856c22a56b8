"""Charts in templates, each with the table of its figures behind it."""

from typing import Any

from django import template
from django.utils.safestring import mark_safe

from api.services.charts import Chart, chart_svg

register = template.Library()
# Two pictures, one for each width of the place where the chart stands: text must not shrink on a phone.
_WIDE, _NARROW = (640, 260), (340, 260)


@register.inclusion_tag("staff/chart.html")
def chart(one: Chart) -> dict[str, Any]:
    """`{% chart one %}`: the picture, and its figures as a table that opens under it."""
    wide, narrow = (chart_svg(one, width=w, height=h) for w, h in (_WIDE, _NARROW))
    # chart_svg escapes every word that is not its own.
    return {"chart": one, "wide": mark_safe(wide), "narrow": mark_safe(narrow)}  # noqa: S308
