"""The kept e-mails, on the embedded mode's loopback only (see donor_management/urls.py)."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from api.models import Message
from api.services.receipts import charity_words, receipt_pdf_make

NEWEST = 100


@require_safe
def mailbox_list(request: HttpRequest) -> HttpResponse:
    """The newest e-mails."""
    messages = Message.objects.order_by("-id")[:NEWEST]
    return render(request, "mailbox/list.html", {**charity_words(), "messages": messages})


@require_safe
def mailbox_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One e-mail with its attachments."""
    message = get_object_or_404(Message.objects.select_related("donation__receipt"), pk=pk)
    attachments = []
    if message.donation:
        name = f"receipt-{message.donation.receipt.number}.pdf"
        attachments = [{"name": name, "url": reverse("mailbox-receipt", args=[pk])}]
    return render(
        request,
        "mailbox/detail.html",
        {
            **charity_words(),
            "message": message,
            "html_url": reverse("mailbox-html", args=[pk]),
            "attachments": attachments,
        },
    )


@require_safe
@xframe_options_sameorigin
def mailbox_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML as sent; no script of it may run."""
    response = HttpResponse(get_object_or_404(Message, pk=pk).html)
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    return response


@require_safe
def mailbox_receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """The attached receipt."""
    message = get_object_or_404(Message.objects.select_related("donation__receipt"), pk=pk)
    if message.donation is None:
        raise Http404
    return HttpResponse(receipt_pdf_make(message.donation.receipt), content_type="application/pdf")
