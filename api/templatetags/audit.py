"""Who did what, on the page of what it was done to."""

from typing import Any

from django import template
from django.template import Context

from api.models import Right
from api.services.audit import LINES_SHOWN, audit_read, audit_subject

register = template.Library()


@register.inclusion_tag("staff/who_did_what.html", takes_context=True)
def who_did_what(context: Context, row: Any) -> dict[str, Any]:
    """`{% who_did_what donation %}`: the newest deeds on a row, each with before and after."""
    if row is None or row.pk is None:
        return {"deeds": None}
    user: Any = context["request"].user
    deeds = audit_read(row, has_contact=user.has_right(Right.DONORS_CONTACT))
    return {
        "deeds": deeds,
        "more": audit_subject(row) if len(deeds) == LINES_SHOWN else "",
        "may_see_all": user.has_right(Right.AUDIT_VIEW),
    }
