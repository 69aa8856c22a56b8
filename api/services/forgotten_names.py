"""What forgotten donors were known by: only a keyed hash of each name is kept, to know them by when they come again."""

from collections.abc import Iterable

from api.models import Donor, ForgottenName, Payment
from api.services.mail_addresses import address_hash


def stripe_names(donor: Donor, customer_id: str) -> set[str]:
    """Stripe's ids of all that is about a donor: customer, payments, invoices, plans, cards and mandates."""
    names: set[str | None] = {customer_id}
    for one in donor.donations.values_list("stripe_payment_intent_id", "stripe_invoice_id"):
        names.update(one)
    paths = ("stripe_subscription_id", "stripe_payment_method_id", "stripe_mandate_id")
    for one in donor.subscriptions.values_list(*paths):
        names.update(one)
    charges = Payment.objects.filter(donation__donor=donor)
    names.update(charges.values_list("stripe_charge_id", flat=True))
    return {name for name in names if name}


def forgotten_names_keep(donor: Donor, names: Iterable[str]) -> None:
    """Know the donor by these names from now on. Safe to call again; in the caller's transaction."""
    rows = [ForgottenName(digest=address_hash(name), donor=donor) for name in names]
    ForgottenName.objects.bulk_create(rows, ignore_conflicts=True)


def forgotten_donors(names: Iterable[str]) -> dict[str, Donor]:
    """The forgotten donors among those who are known by these names, by name: one query."""
    digests = {address_hash(name): name for name in names}
    found = ForgottenName.objects.filter(digest__in=digests).select_related("donor")
    return {digests[one.digest]: one.donor for one in found}
