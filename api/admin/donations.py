"""Gifts: the table, the whole story of one, and giving money back."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.decorators import display

from api import models
from api.admin.refunds import RefundForm, ask_stripe
from api.admin.tables import RowAdmin, amount, money, row_url, tribute_text
from api.money import money_text
from api.services.donor_words import how_often_words
from api.services.refunds import refund_left, refund_start
from api.services.timelines import timeline_read, timeline_shown

_STATUS_LABELS = {
    "Paid": "success",
    "Failed": "danger",
    "Cancelled": "danger",
    "Being confirmed": "info",
    "Waiting for the donor's bank": "warning",
    "Partly refunded": "warning",
    "Refunded": "warning",
    "Disputed": "danger",
    "Taken back by the donor's bank": "danger",
}


@admin.register(models.Donation)
class DonationAdmin(RowAdmin):
    """Gifts."""

    noun = "donations"
    renamed: ClassVar = {"kind__exact": "kind"}
    fields: ClassVar = [
        "reference",
        "donor",
        amount,
        "fee_cover",
        "how_often",
        "fund",
        "subscription",
        "status_label",
        "failure_code",
        "is_anonymous",
        "message",
        "tribute_words",
        "created_at",
        "settled_at",
        "stripe_payment_intent_id",
        "stripe_invoice_id",
    ]
    readonly_fields = fields
    change_form_outer_before_template = "staff/donation_links.html"

    @display(description="Status", ordering="status", label=_STATUS_LABELS)
    def status_label(self, row: models.Donation) -> str:
        """The status in words."""
        return row.get_status_display()

    @display(description="Of it to cover fees")
    def fee_cover(self, row: models.Donation) -> str:
        """What the donor added."""
        return money(row.fee_cover_minor, row.currency)

    @display(description="How often")
    def how_often(self, row: models.Donation) -> str:
        """As its plan gives."""
        return how_often_words(row.subscription)

    @display(description="Tribute")
    def tribute_words(self, row: models.Donation) -> str:
        """In whose memory or honour, and what the donor wrote of them."""
        return tribute_text(row.tribute)

    def get_urls(self) -> list[URLPattern]:
        """The story, and giving money back."""
        site = self.admin_site
        own = [
            path("<int:donation_id>/why/", site.admin_view(self.story), name="why"),
            path("<int:donation_id>/refund/", site.admin_view(self.refund), name="refund"),
        ]
        return [*own, *super().get_urls()]

    def story(self, request: HttpRequest, donation_id: int) -> HttpResponse:
        """All that happened to a gift, in order, and where its money is."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        user: Any = request.user
        try:
            timeline = timeline_shown(timeline_read(donation_id), user.rights)
        except models.Donation.DoesNotExist as error:
            raise Http404 from error
        donation = timeline.donation
        context = {
            "title": f"Why? {donation.donor.name}, {amount_text(donation)}",
            "donation": donation,
            "money": timeline.money,
            "sees_bank": user.has_right(models.Right.BANK_VIEW),
            "happenings": [
                (one, row_url(one.row) if _may_open(user, one.row) else "")
                for one in timeline.happenings
            ],
            "may_refund": _may_refund(request, donation),
        }
        return TemplateResponse(request, "staff/why.html", context)

    def refund(self, request: HttpRequest, donation_id: int) -> HttpResponse:
        """The form, then what will happen, then, after a second yes, the refund."""
        if not request.user.has_perm("api.add_refund"):  # type: ignore[union-attr]
            raise PermissionDenied
        donation = _paid(donation_id)
        known = donation.refunds.filter(reference=request.POST.get("reference", "")).first()
        if known:
            return redirect(row_url(known))
        form = RefundForm(request.POST or None, donation=donation)
        context = {
            "title": f"Refund {donation.donor.name}",
            "donation": donation,
            "left": money(refund_left(donation), donation.payment.currency),
            "form": form,
        }
        is_good = request.method == "POST" and form.is_valid()
        if is_good and "confirm" in request.POST:
            actor: Any = request.user
            asked = form.request(actor)
            refund = ask_stripe(
                request, lambda: refund_start(donation_id=donation.pk, request=asked)
            )
            refund = refund or models.Refund.objects.filter(reference=asked.reference).first()
            return redirect(row_url(refund) if refund else request.path)
        if is_good and "change" not in request.POST:
            for field in form.fields.values():
                field.widget = forms.HiddenInput()
            context["preview"] = form.preview()
        return TemplateResponse(request, "staff/refund.html", context)


def _may_open(user: Any, row: Any) -> bool:
    """Whether this person may see the page of a row."""
    return row is not None and user.has_perm(f"api.view_{row._meta.model_name}")


def amount_text(donation: models.Donation) -> str:
    """What the donor pays, as text."""
    return money_text(donation.total_minor, donation.currency)


def _paid(donation_id: int) -> models.Donation:
    donation = (
        models.Donation.objects.settled()
        .select_related("donor", "fund", "payment")
        .filter(pk=donation_id)
        .first()
    )
    if donation is None:
        raise Http404("Only a paid gift can be refunded.")
    return donation


def _may_refund(request: HttpRequest, donation: models.Donation) -> bool:
    has_right = request.user.has_perm("api.add_refund")  # type: ignore[union-attr]
    is_ours = donation.status in models.DONATION_PAID - models.DONATION_TAKEN_BACK
    return has_right and is_ours and refund_left(donation) > 0
