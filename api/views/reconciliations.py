"""What the finance officer sees: does everything agree, month by month, and the statements to print."""

from datetime import date, timedelta

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from api.clock import charity_date, now
from api.models import Payout, Reconciliation, ReconciliationStage, User
from api.services import bank_lines, statements
from api.services.reconciliation_runs import reconciliation_start, reconciliation_under_way
from api.services.statement_documents import month_pdf_make, payout_csv, payout_pdf_make
from api.services.statements import month_figures, months_known, payout_figures
from api.views.files import file_response

DIFFERENCES_SHOWN = 200
VIEW = permission_required("api.view_reconciliation", raise_exception=True)
CHANGE = permission_required("api.add_reconciliation", raise_exception=True)


@admin.site.admin_view
@VIEW
@require_safe
def reconciliation(request: HttpRequest) -> HttpResponse:
    """The page, of one month."""
    today = charity_date(now())
    first = _month(request.GET.get("month") or f"{today:%Y-%m}")
    figures = month_figures(first)
    months = months_known(today)
    context = {
        **_panel(),
        "title": "Reconciliation",
        "figures": figures,
        "currencies": [_table(month) for month in figures.currencies],
        "month": f"{first:%Y-%m}",
        "months": [(f"{month:%Y-%m}", f"{month:%B %Y}") for month in months],
        "newer": next((f"{m:%Y-%m}" for m in reversed(months) if m > first), ""),
        "older": next((f"{m:%Y-%m}" for m in months if m < first), ""),
        **_bank(),
    }
    return render(request, "finance/reconciliation.html", context)


@admin.site.admin_view
@VIEW
@require_safe
def reconciliation_progress(request: HttpRequest) -> HttpResponse:
    """The panel alone: asked for again and again while a comparison runs."""
    panel = _panel()
    response = render(request, "finance/panel.html", panel)
    response["X-Under-Way"] = "yes" if panel["under_way"] else "no"
    return response


@admin.site.admin_view
@CHANGE
@require_POST
def reconciliation_compare(request: HttpRequest) -> HttpResponse:
    """Ask the worker to compare a month."""
    first = _month(request.POST.get("month", ""))
    figures = month_figures(first)
    assert isinstance(request.user, User)  # noqa: S101  admin_view lets nobody else through
    reconciliation_start(begins_at=figures.begins_at, ends_at=figures.ends_at, actor=request.user)
    return redirect(f"{reverse('reconciliation')}?month={first:%Y-%m}")


@admin.site.admin_view
@VIEW
@require_safe
def month_pdf(request: HttpRequest, month: str) -> HttpResponse:
    """The month on one page."""
    figures = month_figures(_month(month))
    return file_response(month_pdf_make(figures), f"stripe-{month}.pdf")


@admin.site.admin_view
@VIEW
@require_safe
def payout_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """A payout on one page."""
    payout = get_object_or_404(Payout.objects.select_related("bank_line"), pk=pk)
    return file_response(payout_pdf_make(payout_figures(payout)), f"{payout.stripe_payout_id}.pdf")


@admin.site.admin_view
@VIEW
@require_safe
def payout_lines(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Every line of a payout as CSV."""
    payout = get_object_or_404(Payout, pk=pk)
    response = StreamingHttpResponse(payout_csv(payout), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{payout.stripe_payout_id}.csv"'
    return response


def _month(text: str) -> date:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        month = date.min
    if not 1900 <= month.year <= 9000:
        raise Http404(f"{text} is not a month such as 2026-11")
    return month


def _panel() -> dict[str, object]:
    """The newest comparison: how far it is, or what came of it."""
    last = Reconciliation.objects.select_related("started_by").first()
    differences = (
        list(last.differences.select_related("donation", "payout")[:DIFFERENCES_SHOWN])
        if last
        else []
    )
    stages = [stage for stage in ReconciliationStage if stage not in ("finished", "failed")]
    reached = stages.index(ReconciliationStage(last.stage)) if last and last.stage in stages else -1
    return {
        "time_zone": settings.CHARITY_TIME_ZONE,
        "last": last,
        "last_day": charity_date(last.ends_at - timedelta(seconds=1)) if last else None,
        "under_way": reconciliation_under_way() is not None,
        "differences": differences,
        "stages": [
            (stage.label, "done" if at < reached else "now" if at == reached else "later")
            for at, stage in enumerate(stages)
        ],
    }


def _table(month: statements.CurrencyMonth) -> dict[str, object]:
    """A month of one currency as rows: name, kind of row, what Stripe says, what the books say."""
    rows = [("Balance at Stripe at the start", "sum", month.opening)]
    rows += [
        (label, "part", month.rows[name])
        for name, label in statements.ROWS.items()
        if name != statements.OTHER or month.rows[name] != statements.Pair()
    ]
    rows += [
        ("Net: the balance changed by", "sum", month.net),
        ("Balance at Stripe at the end", "sum", month.closing),
    ]
    return {"currency": month.currency, "rows": rows, "is_equal": month.is_equal, "month": month}


def _bank() -> dict[str, object]:
    """The bank's side: what waits for a person, both ways."""
    ends_on = bank_lines.bank_statement_ends_on()
    waiting = [
        (payout, bank_lines.candidates(payout), ends_on is None or payout.arrives_on > ends_on)
        for payout in bank_lines.payouts_unmatched().order_by("-arrives_on")[:100]
    ]
    offered = {line.pk for _, lines, _ in waiting for line in lines}
    return {
        "bank_ends_on": ends_on,
        "payouts_unmatched": waiting,
        "lines_unmatched": [
            line for line in bank_lines.bank_lines_of_stripe_unmatched() if line.pk not in offered
        ],
    }
