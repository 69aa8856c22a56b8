"""The e-mail that brings a receipt: once for each gift."""

from django.conf import settings

from api.clock import charity_date
from api.models import Donation, DonationKind, Message, MessageKind
from api.services.message_files import message_files
from api.services.messages import message_send, message_write
from api.services.payments import payment_describe
from api.services.receipts import charity_words, receipt_document
from api.services.subscriptions import stop_token


def receipt_email_send(donation_id: int) -> None:
    """Write and send the receipt e-mail of a donation. Safe to call again: one e-mail per donation."""
    donation = Donation.objects.select_related(
        "donor", "fund", "subscription", "payment", "receipt"
    ).get(pk=donation_id)
    message = Message.objects.filter(key=_key(donation)).first()
    if message is None:
        payment_describe(donation)
        donation.payment.refresh_from_db()
        message = _receipt_message(donation)
    message_send(message, files=lambda: message_files(message))


def _key(donation: Donation) -> str:
    return f"{MessageKind.RECEIPT}:{donation.reference}"


def _receipt_message(donation: Donation) -> Message:
    plan, receipt = donation.subscription, donation.receipt
    document = receipt_document(receipt)
    is_monthly = donation.kind == DonationKind.MONTHLY and plan is not None
    return message_write(
        kind=MessageKind.RECEIPT,
        key=_key(donation),
        to=donation.donor.email,
        donation=donation,
        words={
            **charity_words(),
            "donor_name": document.donor_name,
            "amount": document.amount,
            "total": document.total,
            "fee_cover": document.fee_cover,
            "fund_name": document.fund_name,
            "received_on": charity_date(donation.payment.received_at),
            "receipt_number": receipt.number,
            "frequency": document.frequency,
            "is_monthly": is_monthly,
            "next_collection_on": plan.next_collection_on if plan else None,
            "stop_url": f"{settings.SITE_URL}/giving/stop/{stop_token(plan)}/" if plan else None,
            "thanks_url": f"{settings.SITE_URL}/thanks/{donation.reference}",
        },
    )
