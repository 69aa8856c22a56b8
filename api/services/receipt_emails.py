"""The e-mail that brings a receipt: once for each gift, copies that staff ask for, and the next after a wrong one."""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db import transaction

from api.clock import charity_date
from api.models import (
    SUBSCRIPTION_LIVE,
    AuditLine,
    Donation,
    DonationKind,
    Message,
    MessageKind,
    Receipt,
    User,
)
from api.services import jobs
from api.services.audit import audit_record, audit_record_all
from api.services.donor_words import frequency_words, how_often_words, tribute_said
from api.services.message_files import message_files
from api.services.messages import message_send, message_write
from api.services.payments import payment_describe
from api.services.receipts import receipt_document
from api.services.subscriptions import stop_token

_WITH = ("donor", "fund", "subscription", "payment", "receipt", "tribute")


def receipt_email_send(donation_id: int) -> None:
    """Write and send the receipt e-mail of a donation. Safe to call again: one e-mail per donation."""
    donation = Donation.objects.select_related(*_WITH).get(pk=donation_id)
    _send(donation, MessageKind.RECEIPT, f"{MessageKind.RECEIPT}:{donation.reference}")


def receipt_copies_send(receipts: Sequence[Receipt], *, once: str, actor: User) -> int:
    """Have copies of these receipts sent to the donors' addresses of today; returns how many.

    `once` is the mark of one wish: asked again with it, nothing more is sent. Receipts come with their donations.
    """
    wish = f"receipts:{once}"
    with transaction.atomic():
        # Two clicks at once: the second waits here, and then sees the line of the first.
        User.objects.select_for_update().get(pk=actor.pk)
        if done := AuditLine.objects.filter(subject=wish, actor=actor).first():
            return int(done.detail["count"])
        audit_record(action="receipts.sent_again", subject=wish, actor=actor, count=len(receipts))
        audit_record_all(
            (
                (
                    "receipt.sent_again",
                    f"donation:{one.donation.reference}",
                    {"receipt": one.number},
                )
                for one in receipts
            ),
            actor=actor,
        )
        jobs.defer_all(
            "receipt_copy_email",
            [{"donation_id": one.donation_id, "once": once} for one in receipts],
        )
    return len(receipts)


def receipt_copy_send(donation_id: int, once: str) -> None:
    """Write and send a copy of a receipt. Safe to call again: one e-mail per wish."""
    donation = Donation.objects.select_related(*_WITH).get(pk=donation_id)
    if donation.donor.email:
        key = f"{MessageKind.RECEIPT_COPY}:{donation.reference}:{once}"
        _send(donation, MessageKind.RECEIPT_COPY, key)


def receipt_replaced_send(donation_id: int, number: str) -> None:
    """Write and send a receipt that took the place of a wrong one. Safe to call again: one e-mail per receipt.

    Nothing for one that was itself replaced meanwhile: the e-mail about the newest says all.
    """
    donation = Donation.objects.select_related(*_WITH).get(pk=donation_id)
    wrong = donation.replaced_receipts.filter(replaced_by=number).first()
    if donation.receipt.number != number or wrong is None or not donation.donor.email:
        return
    _send(
        donation,
        MessageKind.RECEIPT_REPLACED,
        f"{MessageKind.RECEIPT_REPLACED}:{number}",
        replaced_number=wrong.number,
        reason=wrong.reason,
    )


def _send(donation: Donation, kind: MessageKind, key: str, **more: str) -> None:
    message = Message.objects.filter(key=key).first()
    if message is None:
        payment_describe(donation)
        donation.payment.refresh_from_db()
        message = _message(donation, kind, key, more)
    message_send(message, files=lambda: message_files(message))


def _message(donation: Donation, kind: MessageKind, key: str, more: Mapping[str, str]) -> Message:
    plan, receipt = donation.subscription, donation.receipt
    document, language = receipt_document(receipt), donation.donor.language
    rhythm = how_often_words(plan, language)
    if kind != MessageKind.RECEIPT and plan and plan.status not in SUBSCRIPTION_LIVE:
        plan = None  # It ended since: nothing is collected, nothing is left to stop.
    return message_write(
        kind=kind,
        key=key,
        to=donation.donor.email,
        donation=donation,
        words={
            "donor_name": document.donor_name,
            "amount": document.amount,
            "total": document.total,
            "fee_cover": document.fee_cover,
            "fund_name": document.fund_name,
            "received_on": charity_date(donation.payment.received_at),
            "receipt_number": receipt.number,
            "tribute": tribute_said(donation.tribute, language),
            "frequency": rhythm,
            "interval": plan.interval if plan else None,
            "every": frequency_words(plan.interval, language) if plan else "",
            "ends_on": plan.ends_on if plan else None,
            "gifts_limit": plan.gifts_limit if plan else None,
            "is_monthly": donation.kind == DonationKind.MONTHLY and plan is not None,
            "next_collection_on": plan.next_collection_on if plan else None,
            "stop_url": f"{settings.SITE_URL}/giving/stop/{stop_token(plan)}/" if plan else None,
            "thanks_url": f"{settings.SITE_URL}/thanks/{donation.reference}",
            **more,
        },
    )
