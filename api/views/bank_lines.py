"""The bank statement on the reconciliation page: upload, choose, undo."""

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from api.errors import BankFileRefused, MoveRefused
from api.models import BankLine, Payout, User
from api.services.bank_lines import bank_line_match, bank_line_release, bank_lines_import
from api.services.gateways.bank_files import BYTES_LIMIT

CHANGE = permission_required("api.change_bankline", raise_exception=True)


@admin.site.admin_view
@CHANGE
@require_POST
def bank_import(request: HttpRequest) -> HttpResponse:
    """Import an uploaded statement; a file that can't be read changes nothing and says why."""
    upload = request.FILES.get("statement")
    if upload is None:
        messages.error(request, "Choose a file first.")
        return _back(request)
    try:
        done = bank_lines_import(
            upload.read(BYTES_LIMIT + 1),
            file_name=upload.name or "statement",
            account=request.POST.get("account", "").replace("\x00", ""),
            actor=_person(request),
        )
    except BankFileRefused as error:
        messages.error(request, error.detail)
    else:
        messages.success(
            request,
            f"{done.lines} lines read, {done.new} of them new. {done.matched} payouts matched.",
        )
    return _back(request)


@admin.site.admin_view
@CHANGE
@require_POST
def bank_match(request: HttpRequest) -> HttpResponse:
    """A person says which line a payout is."""
    line = get_object_or_404(BankLine, pk=_number(request, "line"))
    payout = get_object_or_404(Payout, pk=_number(request, "payout"))
    try:
        bank_line_match(line_id=line.pk, payout_id=payout.pk, actor=_person(request))
    except MoveRefused as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, f"The payout {payout} is matched. You can undo this in its row.")
    return _back(request)


@admin.site.admin_view
@CHANGE
@require_POST
def bank_release(request: HttpRequest) -> HttpResponse:
    """Undo a match."""
    line = get_object_or_404(BankLine, pk=_number(request, "line"))
    bank_line_release(line_id=line.pk, actor=_person(request))
    messages.success(request, "The match is undone: the payout and the bank line are free again.")
    return _back(request)


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  admin_view lets nobody else through
    return request.user


def _back(request: HttpRequest) -> HttpResponse:
    month = request.POST.get("month", "")
    shown = f"?month={month}" if month.replace("-", "").isdecimal() else ""
    return redirect(f"{reverse('reconciliation')}{shown}#bank")
