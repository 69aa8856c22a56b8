"""Money given back: the table, the form, and asking Stripe again."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST
from unfold.decorators import display

from api import models
from api.admin.tables import RowAdmin, amount, gift, row_url
from api.errors import MoveRefused, StripeRefused, StripeUnavailable
from api.models.fields import REFERENCE_LENGTH, reference_new
from api.money import currency_digits, money_parse, money_text
from api.services.refunds import (
    RefundRequest,
    refund_check,
    refund_left,
    refund_send,
    refund_withdraw,
)


class RefundForm(forms.Form):
    """How much goes back, why, and who agreed. Its reference makes a second click the same refund."""

    amount = forms.CharField(max_length=30, label="Amount")
    reason = forms.ChoiceField(choices=models.RefundReason)
    note = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What a colleague should know in a year.",
    )
    approved_by = forms.ModelChoiceField(
        models.User.objects.filter(is_staff=True, is_active=True).order_by("email"),
        empty_label="Choose who agreed",
    )
    reference = forms.CharField(
        min_length=REFERENCE_LENGTH, max_length=REFERENCE_LENGTH, widget=forms.HiddenInput
    )

    def __init__(self, data: Any, *, donation: models.Donation) -> None:
        self.donation, self.currency = donation, donation.payment.currency
        left = money_text(refund_left(donation), self.currency)
        super().__init__(data, initial={"reference": reference_new(), "amount": left})
        self.fields["amount"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean_amount(self) -> int:
        """Minor units, no more than what is left."""
        try:
            amount_minor = money_parse(self.cleaned_data["amount"], self.currency)
            refund_check(self.donation, amount_minor)
        except ValueError as error:
            example = money_text(10 * 10 ** currency_digits(self.currency), self.currency)
            raise forms.ValidationError(f"Write an amount such as {example}.") from error
        except MoveRefused as error:
            raise forms.ValidationError(error.detail) from error
        return amount_minor

    def preview(self) -> str:
        """What will happen, in one sentence."""
        asked = self.cleaned_data["amount"]
        whole = money_text(self.donation.payment.amount_minor, self.currency)
        where = self.donation.payment.method or "way of paying"
        return (
            f"{money_text(asked, self.currency)} of {whole} goes back to "
            f"{self.donation.donor.name}'s {where}."
        )

    @property
    def amount_words(self) -> str:
        """What goes back, with its currency."""
        return money_text(self.cleaned_data["amount"], self.currency)

    @property
    def reason_words(self) -> str:
        """The reason as staff read it."""
        return str(models.RefundReason(self.cleaned_data["reason"]).label)

    def request(self, asked_by: models.User) -> RefundRequest:
        """What is asked of the service."""
        return RefundRequest(
            amount_minor=self.cleaned_data["amount"],
            reason=models.RefundReason(self.cleaned_data["reason"]),
            note=self.cleaned_data["note"],
            asked_by=asked_by,
            approved_by=self.cleaned_data["approved_by"],
            reference=self.cleaned_data["reference"],
        )


def ask_stripe(request: HttpRequest, ask: Callable[[], models.Refund]) -> models.Refund | None:
    """Carry out a refund and say what came of it; None when Stripe did not take it."""
    try:
        refund = ask()
    except StripeUnavailable:
        messages.warning(
            request,
            "Stripe is not answering. The refund is written down and nothing is lost: "
            "ask Stripe again in a minute. It can't be made twice.",
        )
    except StripeRefused as error:
        messages.error(request, f"Stripe refused. It says: {error.reason}")
    except MoveRefused as error:
        messages.error(request, error.detail)
    else:
        shown = money_text(refund.amount_minor, refund.currency)
        messages.success(request, f"{shown}: {refund.get_status_display().lower()}.")
        return refund
    return None


@admin.register(models.Refund)
class RefundAdmin(RowAdmin):
    """Refunds."""

    noun = "refunds"
    renamed: ClassVar = {"reason": "reason"}
    fields: ClassVar = [
        gift,
        amount,
        "status_label",
        "why",
        "note",
        "asked_by",
        "approved_by",
        "failure_reason",
        "created_at",
        "stripe_refund_id",
        "reference",
    ]
    readonly_fields = fields
    change_form_outer_before_template = "staff/refund_again.html"
    change_form_outer_after_template = "staff/who_did_what_of_row.html"

    @display(
        description="Status",
        ordering="status",
        label={
            "Given back": "success",
            "On its way": "info",
            "Asked for": "warning",
            "Waiting for the donor": "warning",
            "Failed: the money came back to us": "danger",
            "Cancelled": "danger",
        },
    )
    def status_label(self, row: models.Refund) -> str:
        """The status in words."""
        return row.get_status_display()

    @display(description="Reason", ordering="reason")
    def why(self, row: models.Refund) -> str:
        """In words."""
        words = dict(models.RefundReason.choices)
        return str(words.get(row.reason, row.reason or "Made at Stripe"))

    def get_urls(self) -> list[URLPattern]:
        """What can be done with a refund that Stripe has not taken."""
        wrap = self.admin_site.admin_view
        own = [
            path("<int:refund_id>/again/", wrap(require_POST(self.again)), name="refund-again"),
            path(
                "<int:refund_id>/withdraw/",
                wrap(require_POST(self.withdraw)),
                name="refund-withdraw",
            ),
        ]
        return [*own, *super().get_urls()]

    def again(self, request: HttpRequest, refund_id: int) -> HttpResponse:
        """Ask Stripe again for a refund that is written down."""
        refund = self._waiting(request, refund_id)
        if refund.status == models.RefundStatus.ASKED:
            ask_stripe(request, lambda: refund_send(refund))
        return redirect(row_url(refund))

    def withdraw(self, request: HttpRequest, refund_id: int) -> HttpResponse:
        """Give up a refund that Stripe did not take."""
        refund = self._waiting(request, refund_id)
        actor: Any = request.user
        try:
            refund_withdraw(refund.pk, actor=actor)
        except MoveRefused as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, "Withdrawn: the donor gets no money back by this refund.")
        return redirect(row_url(refund))

    def _waiting(self, request: HttpRequest, refund_id: int) -> models.Refund:
        if not request.user.has_perm("api.add_refund"):  # type: ignore[union-attr]
            raise PermissionDenied
        refunds = models.Refund.objects.select_related("donation__payment")
        return get_object_or_404(refunds, pk=refund_id)
