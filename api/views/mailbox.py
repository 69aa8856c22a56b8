"""The kept e-mails, in the embedded mode and at its own machine only (see donor_management/urls.py)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from api.models import Message
from api.services.client_addresses import is_at_this_machine
from api.services.donor_secrets import message_revealed
from api.services.message_files import message_files
from api.services.receipts import charity_words

NEWEST = 100
View = Callable[..., HttpResponse]


def here_only(view: View) -> View:
    """They hold donors' links and staff's: whoever comes through a tunnel finds no such page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_at_this_machine(request.META, request.get_host()):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@here_only
def mailbox_list(request: HttpRequest) -> HttpResponse:
    """The newest e-mails."""
    messages = Message.objects.order_by("-id")[:NEWEST]
    return render(request, "mailbox/list.html", {**charity_words(), "messages": messages})


@require_safe
@here_only
def mailbox_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One e-mail with its attachments."""
    found = get_object_or_404(Message.objects.select_related("donation__receipt"), pk=pk)
    message = message_revealed(found)
    attachments = [
        {"name": file.name, "url": reverse("mailbox-file", args=[pk, file.name])}
        for file in message_files(message)
    ]
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
@here_only
@xframe_options_sameorigin
def mailbox_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML as sent; no script of it may run."""
    response = HttpResponse(message_revealed(get_object_or_404(Message, pk=pk)).html)
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    return response


@require_safe
@here_only
def mailbox_file(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """An attached file."""
    message = get_object_or_404(Message.objects.select_related("donation__receipt"), pk=pk)
    for file in message_files(message):
        if file.name == name:
            return HttpResponse(file.content, content_type=file.content_type)
    raise Http404
