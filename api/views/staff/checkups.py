"""What is wrong with the product, why it matters, and what mends it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from api.models import Right
from api.services.checkups import checkup_last, checkup_run
from api.services.doctor import State
from api.views.access import actor, staff_context, staff_page

# In the order in which they are read: what needs a person first.
GROUPS = (
    (State.PROBLEM, "Does not work", "bad", "!"),
    (State.WARNING, "May stop working", "warn", "!"),
    (State.SKIPPED, "Not looked at", "quiet", "–"),
    (State.OK, "Sound", "good", "✓"),
)


@require_safe
@staff_page(Right.AUDIT_VIEW)
def doctor(request: HttpRequest) -> HttpResponse:
    """What was found the last time; looking again is a button, so that reading costs nothing."""
    last = checkup_last()
    found = last.findings if last else []
    groups = [
        {
            "title": title,
            "look": look,
            "mark": mark,
            "findings": [one for one in found if one["state"] == str(state)],
        }
        for state, title, look, mark in GROUPS
    ]
    words = {
        "last": last,
        "is_sound": all(one["state"] in (State.OK, State.SKIPPED) for one in found),
        "groups": [group for group in groups if group["findings"]],
    }
    return render(request, "staff/doctor.html", staff_context(request, "Doctor", **words))


@require_POST
@staff_page(Right.AUDIT_VIEW)
def doctor_look(request: HttpRequest) -> HttpResponse:
    """Look at everything now."""
    found = checkup_run(asked_by=actor(request))
    messages.success(request, f"Looked at {len(found.findings)} things.")
    return redirect("doctor")
