"""One donor on one screen, and what staff write down about them."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.errors import DonorExists, EditConflict, Invalid, NotFound
from api.models import Donor, Right
from api.services.consents import consent_record, consents_now
from api.services.donor_giving import (
    ROWS_SHOWN,
    donor_messages,
    donor_plans,
    giving_figures,
    giving_page,
)
from api.services.donor_notes import donor_note_add
from api.services.donors import EDITABLE, donor_edit, donor_find, donor_version
from api.services.keysets import cursor_read
from api.services.statement_periods import periods_offered
from api.services.tags import tag_add, tag_remove
from api.views.access import actor, staff_context, staff_page
from api.views.staff.donor_forms import ConsentForm, DonorForm, errors_place

# Notes and answers are written by people: there are never as many.
WRITTEN_MOST = 500


@require_safe
@staff_page(Right.DONORS_VIEW)
def donor_page(request: HttpRequest, reference: str) -> HttpResponse:
    """The donor: a fixed number of queries, however much was given."""
    donor = _found(reference)
    try:
        cursor = cursor_read(request.GET.get("after", ""))
    except Invalid:
        return redirect(_address(donor))
    user = actor(request)
    sees_messages = user.has_right(Right.MESSAGES_VIEW)
    context = staff_context(
        request,
        donor.name,
        donor=donor,
        figures=giving_figures(donor),
        gifts=giving_page(donor, cursor),
        is_first_page=cursor is None,
        plans=donor_plans(donor),
        messages_sent=donor_messages(donor) if sees_messages else [],
        consents=consents_now(donor).items(),
        consent_history=donor.consents.select_related("recorded_by")[:WRITTEN_MOST],
        notes=list(donor.notes.select_related("author")[:WRITTEN_MOST]),
        rows_shown=ROWS_SHOWN,
        tags=[held.tag for held in donor.donor_tags.select_related("tag")],
        sees_contact=user.has_right(Right.DONORS_CONTACT),
        sees_messages=sees_messages,
        sees_giving=user.has_right(Right.GIVING_VIEW),
        periods=periods_offered(),
        may_edit=user.has_right(Right.DONORS_EDIT) and donor.erased_at is None,
        may_answer_privacy=user.has_right(Right.PRIVACY_ANSWER),
        time_zone=settings.CHARITY_TIME_ZONE,
    )
    return render(request, "staff/donor.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.DONORS_EDIT, Right.DONORS_CONTACT)
def donor_change(request: HttpRequest, reference: str) -> HttpResponse:
    """Correct a donor's details; what a colleague changed meanwhile is shown, nothing is lost."""
    donor = _found(reference)
    told: dict[str, Any] = {name: getattr(donor, name) for name in EDITABLE}
    told["version"] = donor_version(donor)
    if request.method != "POST":
        return _change_form(request, donor, DonorForm(initial=told))
    form = DonorForm(request.POST)
    if not form.is_valid():
        return _change_form(request, donor, form)
    try:
        donor_edit(
            reference=reference,
            changes=form.changes(),
            version=form.cleaned_data["version"],
            actor=actor(request),
        )
    except EditConflict:
        return _conflict(request, donor, form)
    except DonorExists as error:
        return _change_form(request, donor, form, other=_found(error.reference), status=409)
    except Invalid as error:
        errors_place(form, error.fields)
        return _change_form(request, donor, form)
    messages.success(request, "Saved.")
    return redirect(_address(donor))


def _conflict(request: HttpRequest, donor: Donor, form: DonorForm) -> HttpResponse:
    """What was typed stays; what is there now stands beside it, and saving again is a choice."""
    donor.refresh_from_db()
    typed = form.changes()
    differs = [
        (form.fields[name].label or name.capitalize(), getattr(donor, name), typed[name])
        for name in EDITABLE
        if getattr(donor, name) != typed[name]
    ]
    again = DonorForm(initial={**typed, "version": donor_version(donor)})
    return _change_form(request, donor, again, differs=differs, is_conflict=True, status=409)


def _change_form(
    request: HttpRequest, donor: Donor, form: DonorForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = staff_context(request, f"Change {donor.name}", donor=donor, form=form, **more)
    return render(request, "staff/donor_change.html", context, status=status)


@require_POST
@staff_page(Right.DONORS_EDIT)
def donor_note(request: HttpRequest, reference: str) -> HttpResponse:
    """Add a note."""
    donor = _found(reference)
    try:
        donor_note_add(donor=donor, text=request.POST.get("text", ""), author=actor(request))
    except Invalid as error:
        _say(request, error)
    return redirect(_address(donor) + "#notes")


@require_POST
@staff_page(Right.DONORS_EDIT)
def donor_tag(request: HttpRequest, reference: str) -> HttpResponse:
    """Add a tag, or take one away."""
    donor, asks = _found(reference), actor(request)
    try:
        if "remove" in request.POST:
            tag_remove(donor=donor, name=request.POST["remove"], actor=asks)
        else:
            tag_add(donor=donor, name=request.POST.get("name", ""), actor=asks)
    except Invalid as error:
        _say(request, error)
    return redirect(_address(donor) + "#tags")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.DONORS_EDIT)
def donor_consent(request: HttpRequest, reference: str) -> HttpResponse:
    """Write down what a donor said about one channel."""
    donor = _found(reference)
    form = ConsentForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            consent_record(donor=donor, answer=form.answer(), actor=actor(request))
        except Invalid as error:
            errors_place(form, {_CONSENT_FIELDS.get(k, k): v for k, v in error.fields.items()})
        else:
            return redirect(_address(donor) + "#consents")
    context = staff_context(request, f"What {donor.name} said", donor=donor, form=form)
    return render(request, "staff/donor_consent.html", context)


_CONSENT_FIELDS = {"at": "on"}


def _found(reference: str) -> Donor:
    try:
        return donor_find(reference)
    except NotFound as error:
        raise Http404 from error


def _address(donor: Donor) -> str:
    return reverse("staff-donor", args=[donor.reference])


def _say(request: HttpRequest, error: Invalid) -> None:
    for sentences in error.fields.values():
        for sentence in sentences:
            messages.error(request, sentence)
