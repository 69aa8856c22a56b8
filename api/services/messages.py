"""E-mails to donors and alerts to staff: written once, sent once."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from api.clock import charity_date, now
from api.models import (
    DISPUTE_WAITS_FOR_US,
    SUBSCRIPTION_ENDED,
    Alert,
    AlertKind,
    Dispute,
    Donation,
    DonationKind,
    DonationStatus,
    FollowUp,
    Message,
    MessageKind,
    MessageState,
    Reconciliation,
    ReportRun,
    SubscriptionStatus,
    WebhookEvent,
    WebhookStatus,
)
from api.money import money_text
from api.services.gateways import stripe
from api.services.gateways.mail import Attachment, MailError, OutgoingMail, mail_render, mail_send
from api.services.payments import payment_describe
from api.services.receipts import charity_words, receipt_document, receipt_pdf_make
from api.services.subscriptions import stop_token

# A sender that died is given up after this long; the same Message-ID lets mail servers drop a repeat.
SENDING_TIMEOUT = timedelta(minutes=3)
# Where staff see what an alert is about.
_ALERT_PAGES = {
    AlertKind.FAILED_EVENTS: "events/?status=failed",
    AlertKind.DISPUTE: "disputes/?waits=yes",
    AlertKind.DIFFERENCES: "api/reconciliation/",
    AlertKind.BACKUP: "",
}


def receipt_email_send(donation_id: int) -> None:
    """Write and send the receipt e-mail of a donation. Safe to call again: one e-mail per donation."""
    donation = Donation.objects.select_related(
        "donor", "fund", "subscription", "payment", "receipt"
    ).get(pk=donation_id)
    if not donation.messages.filter(kind=MessageKind.RECEIPT).exists():
        payment_describe(donation)
        donation.payment.refresh_from_db()
        _receipt_message(donation)
    message_send(donation.messages.get(kind=MessageKind.RECEIPT))


def alert_email_send(alert_id: int) -> None:
    """Write and send an alert to staff: counts and a link, no donor's data. Safe to call again."""
    alert = Alert.objects.get(pk=alert_id)
    if not Message.objects.filter(alert=alert).exists():
        _alert_message(alert)
    message_send(Message.objects.get(alert=alert))


def give_link_send(follow_up_id: int) -> None:
    """Write and send the link to give again that staff asked for. Safe to call again: one e-mail per deed."""
    deed = FollowUp.objects.select_related(
        "donation__donor", "donation__fund", "donation__campaign", "donation__subscription"
    ).get(pk=follow_up_id)
    if not Message.objects.filter(follow_up=deed).exists():
        link = give_link(deed.donation)
        if not link:
            # The month was paid or given up while the job waited: there is nothing to ask for.
            return
        _give_link_message(deed, link)
    message_send(Message.objects.get(follow_up=deed))


def is_month_of_live_plan(donation: Donation) -> bool:
    """A month of a plan that began and goes on: Stripe may still collect it."""
    plan = donation.subscription
    if plan is None:
        return False
    return plan.status not in SUBSCRIPTION_ENDED | {SubscriptionStatus.INCOMPLETE}


def give_link(donation: Donation) -> str:
    """Where the donor can pay: the giving page with this gift filled in, which tells nothing of the donor.

    A month of a plan that goes on is paid on Stripe's page of its bill, so that it is never paid
    twice; nothing when that bill is not open any more.
    """
    if is_month_of_live_plan(donation):
        return stripe.invoice_pay_page(donation.stripe_invoice_id or "")
    chosen = {"kind": donation.kind, "amount": "", "fund": "", "campaign": ""}
    if donation.currency == settings.GIFT_CURRENCIES[0]:
        chosen["amount"] = str(donation.amount_minor)
    if donation.fund.is_active:
        chosen["fund"] = donation.fund.code
    if donation.campaign:
        chosen["campaign"] = donation.campaign.code
    query = "&".join(f"{name}={value}" for name, value in chosen.items() if value)
    return f"{settings.SITE_URL}/donate?{query}"


def give_link_words(donation: Donation, link: str) -> tuple[str, str, str]:
    """Subject, text and HTML of the e-mail with the link, as it would be sent now."""
    return mail_render(
        "give_link",
        {
            **charity_words(),
            "donor_name": donation.donor.name,
            "amount": money_text(
                # A bill has the fee that the donor covers in it; on the giving page it is a choice.
                donation.total_minor if is_month_of_live_plan(donation) else donation.amount_minor,
                donation.currency,
            ),
            "fund_name": donation.fund.name,
            "started_on": charity_date(donation.created_at),
            "is_monthly": donation.kind == DonationKind.MONTHLY,
            "has_failed": donation.status == DonationStatus.FAILED,
            "is_bill": is_month_of_live_plan(donation),
            "link": link,
        },
    )


def report_email_send(run_id: int) -> None:
    """Tell a person that a scheduled report is ready: a link, no figures. Safe to call again."""
    run = ReportRun.objects.select_related("asked_by", "schedule").get(pk=run_id)
    if not Message.objects.filter(report_run=run).exists():
        _report_message(run)
    message_send(Message.objects.get(report_run=run))


def message_send(message: Message) -> None:
    """Send a written e-mail, or keep it where no SMTP is set. Raises MailError when it may be tried again."""
    if not settings.MAILERS:
        Message.objects.filter(pk=message.pk, state=MessageState.QUEUED).update(
            state=MessageState.KEPT, sent_at=now(), attempts=1
        )
        return None
    if not _claim(message):
        return _unsent_check(message)
    try:
        mail_send(_outgoing(message))
    except MailError as error:
        state = MessageState.QUEUED if error.is_temporary else MessageState.FAILED
        Message.objects.filter(pk=message.pk).update(state=state, error=str(error)[:2000])
        if error.is_temporary:
            raise
        return None
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENT, sent_at=now(), error="")
    return None


def _unsent_check(message: Message) -> None:
    """Another has it: if it died with it, nobody else would ever send it. Raises MailError to look again."""
    if Message.objects.filter(pk=message.pk, state=MessageState.SENDING).exists():
        raise MailError("Another worker is sending it, or died with it.", is_temporary=True)


def _claim(message: Message) -> bool:
    """Take the e-mail for sending; one taker wins."""
    attempts = message.attempts + 1
    stale = Q(state=MessageState.SENDING, claimed_at__lt=now() - SENDING_TIMEOUT)
    return bool(
        Message.objects.filter(Q(state=MessageState.QUEUED) | stale, pk=message.pk).update(
            state=MessageState.SENDING, claimed_at=now(), attempts=attempts
        )
    )


def _outgoing(message: Message) -> OutgoingMail:
    return OutgoingMail(
        to=message.to,
        subject=message.subject,
        text=message.text,
        html=message.html,
        message_id=message.message_id,
        attachments=_attachments(message),
    )


def _attachments(message: Message) -> tuple[Attachment, ...]:
    if message.donation is None or message.kind != MessageKind.RECEIPT:
        return ()
    receipt = message.donation.receipt
    pdf = receipt_pdf_make(receipt)
    return (Attachment(f"receipt-{receipt.number}.pdf", "application/pdf", pdf),)


@transaction.atomic
def _receipt_message(donation: Donation) -> None:
    plan, receipt = donation.subscription, donation.receipt
    document = receipt_document(receipt)
    is_monthly = donation.kind == DonationKind.MONTHLY and plan is not None
    subject, text, html = mail_render(
        "receipt",
        {
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
    Message.objects.get_or_create(
        donation=donation,
        kind=MessageKind.RECEIPT,
        defaults={
            "to": donation.donor.email,
            "subject": subject,
            "text": text,
            "html": html,
            "message_id": f"<receipt-{donation.reference}@{_domain()}>",
        },
    )


@transaction.atomic
def _give_link_message(deed: FollowUp, link: str) -> None:
    subject, text, html = give_link_words(deed.donation, link)
    Message.objects.get_or_create(
        follow_up=deed,
        defaults={
            "donation": deed.donation,
            "kind": MessageKind.GIVE_LINK,
            "to": deed.donation.donor.email,
            "subject": subject,
            "text": text,
            "html": html,
            "message_id": f"<give-{deed.reference}@{_domain()}>",
        },
    )


def _alert_message(alert: Alert) -> None:
    subject, text, html = mail_render(
        "alert",
        {
            **charity_words(),
            "kind": alert.kind,
            "subject": alert.subject,
            "count": _alert_count(alert),
            "link": f"{settings.SITE_URL}/admin/{_ALERT_PAGES[AlertKind(alert.kind)]}",
            "opened_on": charity_date(alert.opened_at),
        },
    )
    Message.objects.get_or_create(
        alert=alert,
        defaults={
            "kind": MessageKind.ALERT,
            "to": settings.STAFF_ALERT_EMAIL,
            "subject": subject,
            "text": text,
            "html": html,
            "message_id": f"<alert-{alert.pk}-{alert.opened_at:%Y%m%d%H%M%S}@{_domain()}>",
        },
    )


def _report_message(run: ReportRun) -> None:
    subject, text, html = mail_render(
        "report",
        {
            **charity_words(),
            "title": run.title,
            "link": f"{settings.SITE_URL}/admin/reports/files/{run.reference}/",
            "made_on": charity_date(run.finished_at or now()),
            "expires_on": charity_date(run.expires_at) if run.expires_at else None,
            "schedules_link": f"{settings.SITE_URL}/admin/reports/schedules/",
        },
    )
    Message.objects.get_or_create(
        report_run=run,
        defaults={
            "kind": MessageKind.REPORT,
            "to": run.asked_by.email,
            "subject": subject,
            "text": text,
            "html": html,
            "message_id": f"<report-{run.reference}@{_domain()}>",
        },
    )


def _alert_count(alert: Alert) -> int:
    """How many there are of what needs a person, at the time of writing."""
    if alert.kind == AlertKind.FAILED_EVENTS:
        return WebhookEvent.objects.filter(status=WebhookStatus.FAILED).count()
    if alert.kind == AlertKind.DISPUTE:
        return Dispute.objects.filter(status__in=DISPUTE_WAITS_FOR_US).count()
    run = Reconciliation.objects.exclude(finished_at=None).order_by("-id").first()
    return run.differences.count() if run else 0


def _domain() -> str:
    return settings.CHARITY_EMAIL.rpartition("@")[2].rstrip(">")
