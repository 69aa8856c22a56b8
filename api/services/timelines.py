"""All that happened to one gift, in order, and where its money is now."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Model, QuerySet

from api.models import (
    Account,
    AuditLine,
    BalanceTransaction,
    Dispute,
    Donation,
    FollowUpOutcome,
    LedgerPosting,
    PayoutStatus,
    Refund,
    Right,
    WebhookEvent,
)
from api.money import money_text
from api.services.audit import audit_words
from api.services.declines import decline_read

# Shown as before and after where "Who did what" is.
_ON_OBJECT_PAGES = frozenset({"before", "after"})
# Which right each kind of happening asks for, beside seeing gifts.
_NEEDED = {
    "Event": Right.EVENTS_VIEW,
    "Books": Right.BOOKS_VIEW,
    "Stripe's statement": Right.BANK_VIEW,
    "Payout": Right.BANK_VIEW,
    "Dispute": Right.BANK_VIEW,
    "E-mail": Right.MESSAGES_VIEW,
    "Audit": Right.AUDIT_VIEW,
}
# Their lines name cards' endings and Stripe's ids.
_BANK = frozenset({"Payment", "Status"})


@dataclass(frozen=True)
class Happening:
    """One thing that happened: when, of which kind, what, the lines below it, and the row that says so."""

    at: datetime
    kind: str
    what: str
    lines: tuple[str, ...] = ()
    row: Model | None = None
    is_trouble: bool = False


@dataclass(frozen=True)
class Arrival:
    """What a payout brought of this gift, minor units; no payout: still at Stripe."""

    amount: str
    payout_id: int | None
    status: str
    on: date | None
    is_in_bank: bool


@dataclass(frozen=True)
class MoneySummary:
    """Where a gift's money is, as text. Net is empty until Stripe's statement tells it."""

    given: str
    fee: str
    refunded: str
    disputed: str
    net: str
    unexplained: str
    arrivals: tuple[Arrival, ...]


@dataclass(frozen=True)
class Timeline:
    """A gift with its whole story. Read by a fixed number of queries."""

    donation: Donation
    money: MoneySummary
    happenings: tuple[Happening, ...]


def timeline_read(donation_id: int) -> Timeline:
    """The story of a donation. Raises Donation.DoesNotExist."""
    donation = Donation.objects.select_related(
        "donor", "fund", "subscription", "payment", "receipt"
    ).get(pk=donation_id)
    refunds = list(donation.refunds.select_related("asked_by", "approved_by"))
    disputes = list(donation.disputes.all())
    postings = list(donation.postings.select_related("seal").prefetch_related("entries"))
    lines = list(donation.balance_transactions.select_related("payout").order_by("made_at", "id"))
    events = list(_events(donation, refunds, disputes, lines))
    audit = AuditLine.objects.filter(subject=f"donation:{donation.reference}")
    happenings = [
        *_of_events(events),
        *_of_donation(donation),
        *_of_refunds(refunds),
        *_of_disputes(disputes),
        *_of_postings(postings),
        *_of_lines(lines),
        *_of_messages(donation),
        *_of_follow_ups(donation),
        *_of_audit(audit.select_related("actor")),
    ]
    return Timeline(
        donation=donation,
        money=_money(donation, postings, lines),
        happenings=tuple(sorted(happenings, key=lambda one: one.at)),
    )


def timeline_shown(timeline: Timeline, rights: frozenset[Right]) -> Timeline:
    """The story as someone with these rights may read it: what was paid and done, not Stripe's or the bank's."""
    happenings = (
        one for one in timeline.happenings if _NEEDED.get(one.kind, Right.GIVING_VIEW) in rights
    )
    money = timeline.money
    if Right.DONORS_CONTACT not in rights:  # What a mail server says names the address.
        happenings = (
            replace(one, lines=one.lines[:1]) if one.kind == "E-mail" else one for one in happenings
        )
    if Right.BANK_VIEW not in rights:
        happenings = (replace(one, lines=()) if one.kind in _BANK else one for one in happenings)
        money = replace(money, fee="", net="", unexplained="", arrivals=())
    return replace(timeline, money=money, happenings=tuple(happenings))


def _events(
    donation: Donation,
    refunds: list[Refund],
    disputes: list[Dispute],
    lines: list[BalanceTransaction],
) -> QuerySet[WebhookEvent]:
    """Events that name the gift, its refunds and disputes, or the payout of its money."""
    payment = getattr(donation, "payment", None)
    names = {
        donation.stripe_payment_intent_id,
        donation.stripe_invoice_id,
        payment and payment.stripe_charge_id,
        *(refund.stripe_refund_id for refund in refunds),
        *(dispute.stripe_dispute_id for dispute in disputes),
        *(line.payout.stripe_payout_id for line in lines if line.payout),
    }
    return (
        WebhookEvent.objects.naming(name for name in names if name).defer("payload").order_by("id")
    )


def _of_events(events: Iterable[WebhookEvent]) -> Iterable[Happening]:
    for event in events:
        attempts = f"{event.attempts} attempt{'' if event.attempts == 1 else 's'}"
        said = (
            event.stripe_event_id,
            f"{event.get_status_display()}, {attempts}; made by Stripe {_clock(event.stripe_created_at)}",
            event.note,
            event.error,
        )
        yield Happening(
            at=event.received_at,
            kind="Event",
            what=event.type,
            lines=tuple(line for line in said if line),
            row=event,
            is_trouble=bool(event.error),
        )


def _of_donation(donation: Donation) -> Iterable[Happening]:
    for move in donation.moves.all():
        what = f"{move.get_from_status_display()} → {move.get_to_status_display()}"
        yield Happening(move.at, "Status", what, (f"because: {move.why}",))
    payment = getattr(donation, "payment", None)
    if payment:
        yield Happening(
            at=payment.received_at,
            kind="Payment",
            what=f"{money_text(payment.amount_minor, payment.currency)} taken",
            lines=tuple(
                line for line in (payment.method, payment.stripe_payment_intent_id) if line
            ),
            row=payment,
        )
    receipt = getattr(donation, "receipt", None)
    if receipt:
        yield Happening(receipt.issued_at, "Receipt", f"Number {receipt.number}", row=receipt)


def _of_refunds(refunds: Iterable[Refund]) -> Iterable[Happening]:
    for refund in refunds:
        people = f"asked by {refund.asked_by}, approved by {refund.approved_by}"
        said = (
            refund.get_status_display(),
            people if refund.asked_by else "made at Stripe",
            refund.note,
            refund.failure_reason,
        )
        yield Happening(
            at=refund.created_at,
            kind="Refund",
            what=money_text(refund.amount_minor, refund.currency),
            lines=tuple(line for line in said if line),
            row=refund,
        )


def _of_disputes(disputes: Iterable[Dispute]) -> Iterable[Happening]:
    for dispute in disputes:
        due = dispute.evidence_due_at
        said = (
            dispute.get_status_display(),
            dispute.reason.replace("_", " "),
            f"answer by {_clock(due)}" if due else "",
        )
        yield Happening(
            at=dispute.opened_at,
            kind="Dispute",
            what=money_text(dispute.amount_minor, dispute.currency),
            lines=tuple(line for line in said if line),
            row=dispute,
            is_trouble=True,
        )


def _of_postings(postings: Iterable[LedgerPosting]) -> Iterable[Happening]:
    for posting in postings:
        entries = tuple(
            f"{entry.get_account_display()} {money_text(entry.amount_minor, entry.currency)}"
            for entry in posting.entries.all()
        )
        yield Happening(posting.posted_at, "Books", posting.name, entries, posting)


def _of_lines(lines: Iterable[BalanceTransaction]) -> Iterable[Happening]:
    for line in lines:
        yield Happening(
            at=line.made_at,
            kind="Stripe's statement",
            what=f"{line.type.replace('_', ' ')} {money_text(line.amount_minor, line.currency)}",
            lines=(
                f"fee {money_text(line.fee_minor, line.currency)}, "
                f"net {money_text(line.net_minor, line.currency)}",
                line.stripe_balance_transaction_id,
            ),
            row=line,
        )
    for payout in {line.payout_id: line.payout for line in lines if line.payout}.values():
        yield Happening(
            at=payout.made_at,
            kind="Payout",
            what=f"{money_text(payout.amount_minor, payout.currency)} with this gift in it",
            lines=(payout.get_status_display(), f"at the bank on {payout.arrives_on:%-d %b %Y}"),
            row=payout,
        )


def _of_messages(donation: Donation) -> Iterable[Happening]:
    for message in donation.messages.all():
        yield Happening(
            at=message.created_at,
            kind="E-mail",
            what=message.subject,
            lines=tuple(line for line in (message.get_state_display(), message.error) if line),
            row=message,
            is_trouble=bool(message.error),
        )


def _of_follow_ups(donation: Donation) -> Iterable[Happening]:
    for deed in donation.follow_ups.select_related("by", "undone_by"):
        reason = decline_read(deed.outcome_code).why
        is_declined = deed.outcome == FollowUpOutcome.DECLINED
        said = (
            f"by {deed.by}",
            deed.note,
            deed.get_outcome_display(),
            reason if is_declined else "",
        )
        yield Happening(
            at=deed.at,
            kind="Follow-up",
            what=deed.get_kind_display(),
            lines=tuple(line for line in said if line),
            is_trouble=is_declined,
        )
        if deed.undone_at:
            yield Happening(deed.undone_at, "Follow-up", "Waiting again", (f"by {deed.undone_by}",))


def _of_audit(audit: Iterable[AuditLine]) -> Iterable[Happening]:
    for line in audit:
        told = {name: value for name, value in line.detail.items() if name not in _ON_OBJECT_PAGES}
        detail = ", ".join(audit_words(told))
        said = (f"by {line.actor}" if line.actor else "by the system", detail)
        yield Happening(line.at, "Audit", line.action, tuple(part for part in said if part), line)


def _money(
    donation: Donation, postings: Iterable[LedgerPosting], lines: list[BalanceTransaction]
) -> MoneySummary:
    sums: dict[tuple[str, str], int] = {}
    for posting in postings:
        for entry in posting.entries.all():
            key = (entry.account, entry.currency)
            sums[key] = sums.get(key, 0) + entry.amount_minor

    def told(account: Account, sign: int = 1) -> str:
        found = {currency: total for (name, currency), total in sums.items() if name == account}
        return " + ".join(
            money_text(sign * found[name], name) for name in sorted(found) if found[name]
        )

    nothing = money_text(0, donation.currency)
    return MoneySummary(
        given=told(Account.DONATION_INCOME, -1) or nothing,
        fee=told(Account.STRIPE_FEES) or (nothing if lines else ""),
        refunded=told(Account.REFUNDS) or nothing,
        disputed=told(Account.DISPUTES) or nothing,
        net=told(Account.STRIPE_BALANCE) or (nothing if lines else ""),
        unexplained=told(Account.STRIPE_CLEARING),
        arrivals=tuple(_arrivals(lines)),
    )


def _arrivals(lines: Iterable[BalanceTransaction]) -> Iterable[Arrival]:
    """The gift's net by the payout that brought it."""
    together: dict[tuple[int | None, str], list[BalanceTransaction]] = {}
    for line in lines:
        together.setdefault((line.payout_id, line.currency), []).append(line)
    for (_, currency), part in together.items():
        payout = part[0].payout
        yield Arrival(
            amount=money_text(sum(line.net_minor for line in part), currency),
            payout_id=payout.pk if payout else None,
            status=payout.get_status_display() if payout else "Still at Stripe",
            on=payout.arrives_on if payout else None,
            is_in_bank=payout is not None and payout.status == PayoutStatus.PAID,
        )


def _clock(moment: datetime) -> str:
    return f"{moment:%-d %b %Y, %H:%M} UTC"
