"""Gifts that a donor had begun when they asked to be forgotten."""

from django.db.models import QuerySet

from api.clock import now
from api.errors import StripeRefused
from api.models import DONATION_OPEN, Donation, DonationKind, DonationStatus, Donor
from api.services.donations import donation_apply
from api.services.gateways import stripe


def donations_begun(donor: Donor) -> QuerySet[Donation]:
    """One-off gifts that may still be paid; not those whose money is on its way."""
    may_be_paid = DONATION_OPEN - {DonationStatus.PROCESSING}
    return donor.donations.filter(kind=DonationKind.ONE_OFF, status__in=may_be_paid)


def donations_withdraw(donor: Donor) -> list[int]:
    """Have Stripe take no money for gifts that were begun; returns the keys of these. Called outside transactions."""
    begun = list(donations_begun(donor))
    for donation in begun:
        if not donation.stripe_payment_intent_id:
            continue
        try:
            intent = stripe.payment_intent_cancel(donation.stripe_payment_intent_id)
        except StripeRefused:
            continue  # Stripe does not know it: nothing can come of it.
        donation_apply(donation_id=donation.pk, intent=intent, at=now(), why="donor forgotten")
    return [donation.pk for donation in begun]
