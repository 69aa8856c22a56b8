"""Payouts as a table: money on its way to the bank."""

from dataclasses import dataclass

from django.db.models import Q

from api.models import BalanceTransaction, Payout, PayoutStatus, Right
from api.services.tables import methods
from api.services.tables.filters import Days, Flag, Money, Options
from api.services.tables.searches import REFERENCE, Amounts, Found, Search, StripeIds
from api.services.tables.spec import Column, Kind, Order, Table, Tone

_S = PayoutStatus
_TONES = {
    _S.PENDING: Tone.WAITING,
    _S.IN_TRANSIT: Tone.WAITING,
    _S.PAID: Tone.GOOD,
    _S.FAILED: Tone.BAD,
    _S.CANCELLED: Tone.CARE,
}


@dataclass(frozen=True)
class GiftsWithin(Search):
    """The reference of a gift: the payouts that have a line of it."""

    right: Right | None = Right.GIVING_VIEW

    def find(self, text: str) -> Found | None:
        """By unique indexes; None when no payout has it."""
        if not REFERENCE.fullmatch(text.upper()):
            return None
        lines = BalanceTransaction.objects.filter(
            donation__reference__startswith=text.upper(), payout__isnull=False
        )
        payouts = list(lines.order_by().values_list("payout", flat=True).distinct())
        return Found(Q(pk__in=payouts)) if payouts else None


PAYOUTS = Table(
    noun="payouts",
    label="Payouts",
    one="payout",
    model=Payout,
    right=Right.BANK_VIEW,
    keys={"currency": "currency"},
    columns=[
        Column("arrives_on", "Arrives", Kind.DATE, link="/admin/api/payout/{pk}/change/"),
        Column("amount_minor", "Amount", Kind.MONEY),
        Column("currency", "Currency", Kind.CODE, is_default=False),
        Column("status", "Status", Kind.STATUS, choices=dict(_S.choices), tones=_TONES),
        Column("made_at", "Made", Kind.MOMENT),
        Column("lines_read_at", "Its lines sum to it", Kind.MOMENT, is_nullable=True),
        Column("is_automatic", "Automatic", Kind.BOOLEAN, is_default=False),
        Column("failure_code", "Why it failed", is_default=False),
        Column("stripe_payout_id", "Stripe's id", Kind.CODE, link="/admin/api/payout/{pk}/change/"),
    ],
    orders=[Order("arrives_on", "Arrives", ["arrives_on"], is_descending=True)],
    filters=[
        Options("status", "Status", choices=dict(_S.choices)),
        Days("arrives", "Arrives", path="arrives_on", is_date=True, is_ahead=True),
        Money("amount", "Amount"),
        methods.currency(),
        Flag("is_explained", "Its lines sum to it", where=lambda: Q(lines_read_at__isnull=False)),
        Flag("is_automatic", "Automatic", where=lambda: Q(is_automatic=True)),
    ],
    searches=[StripeIds(paths={"po": "stripe_payout_id"}), GiftsWithin(), Amounts()],
    search_hint="Amount, reference of a gift or Stripe's id",
    empty="Stripe has paid nothing out yet. The first payout is a week after the first gift.",
)
