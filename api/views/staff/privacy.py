"""Donors who ask for their data, or to be forgotten; and what the law keeps of them."""

import json

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.errors import NotFound
from api.models import Erasure, RetainedRecord, Right
from api.services.audit import audit_record
from api.services.donors import donor_find
from api.services.erasure_documents import (
    WHY_KEPT,
    erasure_certificate_pdf,
    retained_receipt_pdf,
    retained_receipts,
)
from api.services.erasures import (
    erasure_ask,
    erasure_find,
    erasure_live_plans,
    erasure_retained_until,
)
from api.services.subject_access import donor_data_for, donor_data_pdf
from api.views.access import actor, staff_context, staff_page
from api.views.files import file_response

SHOWN = 100


@require_safe
@staff_page(Right.PRIVACY_ANSWER)
def privacy_page(request: HttpRequest) -> HttpResponse:
    """Erasures, the newest first."""
    erasures = Erasure.objects.select_related("donor", "asked_by", "retained")[:SHOWN]
    context = staff_context(
        request,
        "Privacy",
        erasures=erasures,
        sees_retained=actor(request).has_right(Right.RETAINED_VIEW),
    )
    return render(request, "staff/privacy.html", context)


@require_POST
@staff_page(Right.PRIVACY_ANSWER, Right.DONORS_CONTACT, Right.BANK_VIEW, Right.MESSAGES_VIEW)
def donor_data_take(request: HttpRequest, reference: str, form: str) -> HttpResponse:
    """All that is kept about a donor, as a file to hand over."""
    try:
        donor = donor_find(reference)
    except NotFound as error:
        raise Http404(error.detail) from None
    data = donor_data_for(donor, actor=actor(request))
    if form == "json":
        content, kind = json.dumps(data, indent=2, ensure_ascii=False).encode(), "application/json"
    else:
        content, kind = donor_data_pdf(data), "application/pdf"
    return file_response(content, f"data-{donor.reference}.{form}", kind, is_download=True)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.PRIVACY_ANSWER, Right.DONORS_CONTACT)
def donor_erase(request: HttpRequest, reference: str) -> HttpResponse:
    """Say exactly what will happen; then, with the reference typed, have it done."""
    try:
        donor = donor_find(reference)
    except NotFound as missing:
        raise Http404(missing.detail) from None
    error = ""
    if request.method == "POST":
        if request.POST.get("reference", "").strip().upper() == donor.reference:
            erasure_ask(
                donor=donor,
                actor=actor(request),
                wants_silence=request.POST.get("silence") == "yes",
            )
            messages.success(request, "It is being done. The certificate will be here in a moment.")
            return redirect("staff-privacy")
        error = f"Type {donor.reference} to show that you mean this donor."
    context = staff_context(
        request,
        f"Forget {donor.name}?",
        donor=donor,
        plans=erasure_live_plans(donor),
        kept_until=erasure_retained_until(donor),
        why_kept=WHY_KEPT,
        error=error,
        is_asked=Erasure.objects.filter(donor=donor).exists(),
    )
    return render(request, "staff/donor_erase.html", context)


@require_safe
@staff_page(Right.PRIVACY_ANSWER)
def erasure_certificate(request: HttpRequest, reference: str) -> HttpResponse:
    """The certificate as PDF."""
    try:
        content = erasure_certificate_pdf(erasure_find(reference))
    except NotFound as error:
        raise Http404(error.detail) from None
    return file_response(content, f"erasure-{reference}.pdf")


@require_safe
@staff_page(Right.RETAINED_VIEW)
def retained_page(request: HttpRequest, reference: str) -> HttpResponse:
    """What the law keeps of one donor; that it was looked at is on record."""
    record = _record(reference)
    audit_record(
        action="donor.retained_seen",
        subject=f"donor:{record.erasure.donor.reference}",
        actor=actor(request),
    )
    context = staff_context(
        request, "Kept for the accounts", record=record, receipts=retained_receipts(record)
    )
    return render(request, "staff/retained.html", context)


@require_safe
@staff_page(Right.RETAINED_VIEW)
def retained_receipt(request: HttpRequest, reference: str, number: str) -> HttpResponse:
    """A receipt as it was issued."""
    try:
        content = retained_receipt_pdf(_record(reference), number)
    except NotFound as error:
        raise Http404(error.detail) from None
    return file_response(content, f"receipt-{number}.pdf")


def _record(reference: str) -> RetainedRecord:
    found = (
        RetainedRecord.objects.select_related("erasure__donor")
        .filter(erasure__reference=reference)
        .first()
    )
    if found is None:
        raise Http404("Nothing is kept of this donor.")
    return found
