"""One receipt for staff: what it says, whether it holds, its chain; and one that was wrong is replaced."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from api.errors import MoveRefused, NotFound
from api.models import ReceiptFault, Right
from api.services.receipt_checks import receipt_check
from api.services.receipt_marks import VOID, AnyReceipt, receipt_proof, receipt_standing
from api.services.receipt_replacements import receipt_chain, receipt_find, receipt_replace
from api.services.receipts import receipt_pdf_make
from api.views.access import actor, staff_context, staff_page
from api.views.files import file_response


@staff_page(Right.GIVING_VIEW)
@require_safe
def receipt_page(request: HttpRequest, number: str) -> HttpResponse:
    """The receipt, those before and after it, and what may be done."""
    receipt = _found(number)
    user = actor(request)
    proof = receipt_proof(receipt)
    context = staff_context(
        request,
        f"Receipt {receipt.number}",
        receipt=receipt,
        check=receipt_check(proof.code),
        proof=proof,
        chain=[(one, receipt_standing(one) not in VOID) for one in receipt_chain(receipt)],
        faults=ReceiptFault.choices,
        sees_donor=user.has_right(Right.DONORS_VIEW),
        sees_pdf=user.has_right(Right.DONORS_CONTACT),
        may_replace=user.has_right(Right.BOOKS_RECONCILE),
        time_zone=settings.CHARITY_TIME_ZONE,
    )
    return render(request, "staff/receipt.html", context)


@staff_page(Right.GIVING_VIEW, Right.DONORS_CONTACT)
@require_safe
def receipt_file(request: HttpRequest, number: str) -> HttpResponse:
    """Its PDF as it is now, void or not: it bears the donor's address."""
    receipt = _found(number)
    has_ending = actor(request).has_right(Right.BANK_VIEW)
    content = receipt_pdf_make(receipt, is_copy=True, has_ending=has_ending)
    return file_response(content, f"receipt-{receipt.number}.pdf")


@staff_page(Right.GIVING_VIEW, Right.BOOKS_RECONCILE)
@require_POST
def receipt_replace_act(request: HttpRequest, number: str) -> HttpResponse:
    """Void it and issue the next number, with what is known of the gift today."""
    reason = request.POST.get("reason", "")
    if reason not in ReceiptFault.values:
        messages.error(request, "Say what was wrong with the receipt.")
        return redirect("staff-receipt", number)
    try:
        made = receipt_replace(
            number=number,
            reason=ReceiptFault(reason),
            actor=actor(request),
            is_sent="send" in request.POST,
        )
    except NotFound as error:
        raise Http404 from error
    except MoveRefused as error:
        messages.error(request, error.detail)
        return redirect("staff-receipt", number)
    said = f"Receipt {number} is void. {made.number} stands in its place"
    on_its_way = "send" in request.POST and made.donation.donor.email
    messages.success(request, f"{said}{', and is on its way to the donor' if on_its_way else ''}.")
    return redirect("staff-receipt", made.number)


def _found(number: str) -> AnyReceipt:
    try:
        return receipt_find(number)
    except NotFound as error:
        raise Http404 from error
