"""E-mails as they were sent, and the charity's own words in those to come."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.errors import Invalid, MoveRefused, NotFound
from api.models import Language, Message, MessageKind, Right
from api.services.gateways.mail import MailError
from api.services.message_files import message_files
from api.services.message_log import message_again, message_may_go_again, message_read
from api.services.message_wordings import (
    WORDED_KINDS,
    Preview,
    Wording,
    preview_send,
    wording_keep,
    wording_names,
    wording_preview,
    wording_read,
)
from api.views.access import actor, staff_context, staff_page
from api.views.files import file_response
from api.views.staff.donor_forms import errors_place

# An e-mail is shown as its reader's program would: no script of it runs, nothing is fetched.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


class WordingForm(forms.Form):
    """The charity's own words around the facts of an e-mail."""

    subject = forms.CharField(
        max_length=150, required=False, help_text="Empty: the subject that Domaap writes."
    )
    opening = forms.CharField(
        max_length=2000,
        required=False,
        label="Before the facts",
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Plain words; an empty line begins a new paragraph.",
    )
    closing = forms.CharField(
        max_length=2000,
        required=False,
        label="After the facts",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def wording(self) -> Wording:
        """What was typed."""
        return Wording(**self.cleaned_data)


@require_safe
@staff_page(Right.MESSAGES_VIEW)
def message_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One e-mail: to whom, what became of it, and what it said."""
    message = _found(request, pk)
    user = actor(request)
    sees_contact = user.has_right(Right.DONORS_CONTACT)
    context = staff_context(
        request,
        message.subject,
        message=message,
        events=message.events.all(),
        files=[file.name for file in message_files(message)] if _sees_files(request) else [],
        sees_address=sees_contact or message.donor is None,
        may_send_again=message_may_go_again(message) and user.has_right(Right.GIVING_FOLLOW),
        time_zone=settings.CHARITY_TIME_ZONE,
    )
    return render(request, "staff/message.html", context)


@require_safe
@xframe_options_sameorigin
@staff_page(Right.MESSAGES_VIEW)
def message_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML as sent."""
    response = HttpResponse(_found(request, pk).html)
    response["Content-Security-Policy"] = _MAIL_POLICY
    return response


@require_safe
@staff_page(Right.MESSAGES_VIEW, Right.DONORS_CONTACT, Right.BANK_VIEW)
def message_file(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """A file that it brought: receipts name the address and the card's ending."""
    for file in message_files(_found(request, pk)):
        if file.name == name:
            return file_response(file.content, name, file.content_type)
    raise Http404


@require_POST
@staff_page(Right.MESSAGES_VIEW, Right.GIVING_FOLLOW)
def message_send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one that did not arrive once more."""
    try:
        message_again(pk=pk, actor=actor(request))
        messages.success(request, "It is on its way again.")
    except Message.DoesNotExist:
        raise Http404 from None
    except MoveRefused as error:
        messages.error(request, error.detail)
    return redirect("staff-message", pk)


@require_safe
@staff_page(Right.SETTINGS_EDIT)
def wordings_page(request: HttpRequest) -> HttpResponse:
    """Every kind of e-mail to donors, in every language."""
    kinds = [
        (
            kind,
            [(language, wording_read(kind, language) != Wording()) for language in Language],
        )
        for kind in WORDED_KINDS
    ]
    return render(
        request, "staff/wordings.html", staff_context(request, "Words of e-mails", kinds=kinds)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.SETTINGS_EDIT)
def wording_page(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """Change the words, see the e-mail with them, send it to oneself, keep them."""
    try:
        about = wording_names(kind, language)
    except NotFound as error:
        raise Http404(error.detail) from None
    typed = request.POST if request.method == "POST" else asdict(wording_read(*about))
    form = WordingForm(typed)
    form.is_valid()
    if request.method == "POST" and form.is_valid():
        try:
            if done := _wording_do(request, about, form.wording()):
                return done
        except Invalid as error:
            errors_place(form, error.fields)
    return render(request, "staff/wording.html", _wording_context(request, about, form))


def _wording_do(
    request: HttpRequest, about: tuple[MessageKind, Language], wording: Wording
) -> HttpResponse | None:
    kind, language = about
    if "keep" in request.POST:
        wording_keep(kind=kind, language=language, wording=wording, actor=actor(request))
        messages.success(request, "Kept. E-mails say it from now on.")
        return redirect("staff-wording", kind, language)
    if "try" in request.POST:
        try:
            preview_send(wording_preview(kind, language, wording), actor=actor(request))
            messages.success(request, f"Sent to {actor(request).email}. Nothing is kept yet.")
        except MailError as error:
            messages.error(request, str(error))
    return None


def _wording_context(
    request: HttpRequest, about: tuple[MessageKind, Language], form: WordingForm
) -> dict[str, Any]:
    kind, language = about
    preview: Preview | None = None
    if form.is_valid():
        try:
            preview = wording_preview(kind, language, form.wording())
        except Invalid:
            preview = None
    return staff_context(
        request,
        f"{kind.label}, in {language.label}",
        form=form,
        preview=preview,
        has_mailer=bool(settings.MAILERS),
        back=reverse("staff-wordings"),
        back_words="All e-mails to donors",
    )


def _found(request: HttpRequest, pk: int) -> Message:
    try:
        return message_read(pk, actor(request).rights)
    except NotFound as error:
        raise Http404(error.detail) from None


def _sees_files(request: HttpRequest) -> bool:
    user = actor(request)
    return user.has_right(Right.DONORS_CONTACT) and user.has_right(Right.BANK_VIEW)
