"""What stands around a page of staff."""

from django import template
from django.template import Context

from api.views.staff.frame import Frame, frame_of

register = template.Library()


@register.simple_tag(takes_context=True)
def staff_frame(context: Context) -> Frame:
    """`{% staff_frame as frame %}`: the pieces for who asks, at this address."""
    return frame_of(context["request"])
