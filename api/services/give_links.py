"""Links to give: where a donor can pay, and the e-mail that brings it."""

from django.conf import settings

from api.clock import charity_date
from api.models import (
    SUBSCRIPTION_ENDED,
    Donation,
    DonationStatus,
    FollowUp,
    Message,
    MessageKind,
    SubscriptionStatus,
)
from api.money import money_text
from api.services.donor_words import frequency_words, how_often_words
from api.services.gateways import stripe
from api.services.messages import message_send, message_words, message_write


def give_link_send(follow_up_id: int) -> None:
    """Write and send the link to give again that staff asked for. Safe to call again: one e-mail per deed."""
    deed = FollowUp.objects.select_related(
        "donation__donor", "donation__fund", "donation__campaign", "donation__subscription"
    ).get(pk=follow_up_id)
    key = f"{MessageKind.GIVE_LINK}:{deed.reference}"
    message = Message.objects.filter(key=key).first()
    if message is None:
        link = give_link(deed.donation)
        if not link:
            # The month was paid or given up while the job waited: there is nothing to ask for.
            return
        message = message_write(
            kind=MessageKind.GIVE_LINK,
            key=key,
            to=deed.donation.donor.email,
            donation=deed.donation,
            words=_words(deed.donation, link),
        )
    message_send(message)


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
    chosen = {"kind": donation.kind, "interval": "", "amount": "", "fund": "", "campaign": ""}
    if donation.subscription:
        chosen["interval"] = donation.subscription.interval
    if donation.currency in settings.GIFT_CURRENCIES:
        chosen["amount"] = str(donation.amount_minor)
    if donation.currency in settings.GIFT_CURRENCIES[1:]:
        chosen["currency"] = donation.currency
    if donation.fund.is_active:
        chosen["fund"] = donation.fund.code
    if donation.campaign:
        chosen["campaign"] = donation.campaign.code
    query = "&".join(f"{name}={value}" for name, value in chosen.items() if value)
    return f"{settings.SITE_URL}/donate?{query}"


def give_link_words(donation: Donation, link: str) -> tuple[str, str, str]:
    """Subject, text and HTML of the e-mail with the link, as it would be sent now."""
    return message_words(
        MessageKind.GIVE_LINK,
        _words(donation, link),
        language=donation.donor.language,
    )


def _words(donation: Donation, link: str) -> dict[str, object]:
    plan, language = donation.subscription, donation.donor.language
    return {
        "donor_name": donation.donor.name,
        "amount": money_text(
            # A bill has the fee that the donor covers in it; on the giving page it is a choice.
            donation.total_minor if is_month_of_live_plan(donation) else donation.amount_minor,
            donation.currency,
        ),
        "fund_name": donation.fund.name,
        "started_on": charity_date(donation.created_at),
        "rhythm": how_often_words(plan, language).lower() if plan else "",
        "interval": plan.interval if plan else "",
        "every": frequency_words(plan.interval, language) if plan else "",
        "has_failed": donation.status == DonationStatus.FAILED,
        "is_bill": is_month_of_live_plan(donation),
        "link": link,
    }
