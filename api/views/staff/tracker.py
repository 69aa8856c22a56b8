"""The payment tracker: the funnel, what is stuck, each attempt, and what staff do about it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from api.errors import Invalid, MoveRefused, NotFound, StripeUnavailable
from api.models import FollowUp, FollowUpKind, FollowUpOutcome, Right
from api.models.fields import reference_new
from api.money import money_text
from api.services.declines import decline_read
from api.services.follow_ups import (
    follow_up_link,
    follow_up_retry,
    follow_up_undo,
    follow_up_write_off,
    offers_read,
)
from api.services.keysets import cursor_read
from api.services.tracker import (
    Age,
    Figure,
    Funnel,
    Stage,
    Step,
    TrackerFilter,
    ageing_read,
    funnel_read,
)
from api.services.tracker_rows import row_read, tracker_page, tracker_row
from api.views.access import actor, staff_context, staff_page
from api.views.staff.tracker_forms import TrackerForm

_PAGE = "staff-tracker"
_ADDRESSES = {
    FollowUpKind.LINK: "link/",
    FollowUpKind.RETRY: "retry/",
    FollowUpKind.WRITE_OFF: "write-off/",
}


@require_safe
@staff_page(Right.GIVING_VIEW)
def tracker(request: HttpRequest) -> HttpResponse:
    """The funnel of a period, the age of what is stuck, and the attempts."""
    form = TrackerForm(request.GET)
    try:
        cursor = cursor_read(request.GET.get("after", ""))
    except Invalid:
        return redirect(_PAGE)
    asked = form.asked()
    page = tracker_page(asked, cursor)
    context = staff_context(
        request,
        "Payment tracker",
        form=form,
        is_filtered=form.is_filtered,
        words=form.words(),
        **(_overview(form, asked) if cursor is None else {}),
        rows=[row_read(donation) for donation in page.rows],
        next=form.link(after=page.next) if page.next else "",
        is_first_page=cursor is None,
        time_zone=settings.CHARITY_TIME_ZONE,
    )
    return render(request, "staff/tracker.html", context)


def _overview(form: TrackerForm, asked: TrackerFilter) -> dict[str, Any]:
    """What stands above the first page: the ages, and the funnel where there is a period to count."""
    told: dict[str, Any] = {
        "ages": list(Age),
        "ageing": [
            (stage, [(age, n, form.link_age(stage, age)) for age, n in by_age.items()])
            for stage, by_age in ageing_read(asked).items()
        ],
    }
    if asked.begins_at is not None:
        funnel = funnel_read(asked)
        told["steps"] = _steps(funnel, form)
        told["stages"] = [(one, funnel.stages[one].count, form.link(stage=one)) for one in Stage]
    return told


def _steps(funnel: Funnel, form: TrackerForm) -> list[dict[str, Any]]:
    return [
        {
            "label": step.label,
            "count": funnel.steps[step].count,
            "share": funnel.share(step),
            "width": funnel.share(step).removesuffix(" %") or "0",
            "amounts": _amounts(funnel.steps[step]),
            "link": form.link(step=step),
        }
        for step in Step
    ]


def _amounts(figure: Figure) -> list[str]:
    return [money_text(minor, currency) for currency, minor in figure.minor.items()]


@require_safe
@staff_page(Right.GIVING_VIEW)
def attempt(request: HttpRequest, reference: str) -> HttpResponse:
    """One attempt: where it is, why, and what can be done, each with what will happen."""
    try:
        row = tracker_row(reference)
    except NotFound as error:
        raise Http404 from error
    user = actor(request)
    may_follow = user.has_right(Right.GIVING_FOLLOW)
    shows_contact = user.has_right(Right.DONORS_CONTACT)
    offers = offers_read(row.donation, shows_contact=shows_contact) if may_follow else []
    context = staff_context(
        request,
        f"{row.donation.donor.name}, {_amount(row.donation)}",
        row=row,
        donation=row.donation,
        offers=[(offer, _ADDRESSES[offer.kind], reference_new()) for offer in offers],
        may_follow=may_follow,
        time_zone=settings.CHARITY_TIME_ZONE,
    )
    return render(request, "staff/tracker_attempt.html", context)


@require_POST
@staff_page(Right.GIVING_FOLLOW)
def link(request: HttpRequest, reference: str) -> HttpResponse:
    """Send a link to give again."""
    return _do(request, reference, _link)


@require_POST
@staff_page(Right.GIVING_FOLLOW)
def retry(request: HttpRequest, reference: str) -> HttpResponse:
    """Try a failed month again."""
    return _do(request, reference, _retry)


@require_POST
@staff_page(Right.GIVING_FOLLOW)
def write_off(request: HttpRequest, reference: str) -> HttpResponse:
    """Nobody waits for it any more, or somebody does again."""
    return _do(request, reference, _undo if "undo" in request.POST else _write_off)


def _do(
    request: HttpRequest, reference: str, deed: Callable[[HttpRequest, str], None]
) -> HttpResponse:
    try:
        deed(request, reference)
    except NotFound as error:
        raise Http404 from error
    except MoveRefused as error:
        messages.error(request, error.detail)
    except StripeUnavailable as error:
        messages.warning(request, error.detail)
    return redirect("staff-tracker-attempt", reference=reference)


def _link(request: HttpRequest, reference: str) -> None:
    follow_up_link(**_asked(request, reference))
    messages.success(request, "The link is on its way to the donor.")


def _retry(request: HttpRequest, reference: str) -> None:
    deed = follow_up_retry(**_asked(request, reference))
    messages.add_message(request, *_tried(deed))


def _tried(deed: FollowUp) -> tuple[int, str]:
    if deed.outcome == FollowUpOutcome.TAKEN:
        return messages.SUCCESS, "Stripe took it. The gift is paid when Stripe's event says so."
    if deed.outcome == FollowUpOutcome.DECLINED:
        return messages.ERROR, f"Declined again: {decline_read(deed.outcome_code).why}."
    return messages.ERROR, f"Stripe refused to try. It says: {deed.outcome_code}"


def _write_off(request: HttpRequest, reference: str) -> None:
    follow_up_write_off(**_asked(request, reference), note=request.POST.get("note", ""))
    messages.success(request, "Written off: nobody waits for it any more.")


def _undo(request: HttpRequest, reference: str) -> None:
    if follow_up_undo(donation_reference=reference, actor=actor(request)):
        messages.success(request, "It is waited for again.")
    else:
        messages.info(request, "It is not written off.")


def _asked(request: HttpRequest, reference: str) -> dict[str, Any]:
    return {
        "donation_reference": reference,
        "reference": request.POST.get("reference", "")[:20],
        "actor": actor(request),
    }


def _amount(donation: Any) -> str:
    return money_text(donation.total_minor, donation.currency)
