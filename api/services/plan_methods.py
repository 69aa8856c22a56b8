"""What plans are paid with: another card or account, paying what failed, and giving once more."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import transaction

from api.clock import now
from api.errors import Invalid, MoveRefused, NotFound, StripeRefused, StripeUnavailable
from api.models import (
    DONATION_PAID,
    SUBSCRIPTION_ENDED,
    Donation,
    DonationKind,
    DonationStatus,
    PlanChange,
    PlanChangeKind,
    PlanChangeState,
    RecoveryState,
    Subscription,
    User,
)
from api.services import jobs
from api.services.donations import (
    GiftRequest,
    GiftStarted,
    donation_apply,
    donation_record,
)
from api.services.donors import DonorDetails, donor_customer
from api.services.gateways import stripe, stripe_plans
from api.services.gateways.stripe_plans import MandateFacts, MethodFacts, SetupFacts
from api.services.plan_deeds import (
    Wish,
    change_apply,
    change_done,
    change_known,
    change_stripe,
    change_write,
    plan_fresh,
    plan_lock,
    plan_state_running,
)

# Banks debit accounts in one currency only.
_DEBITED_IN = {"bacs_debit": "GBP", "sepa_debit": "EUR"}


@dataclass(frozen=True)
class PaymentTry:
    """What a try to pay a failed gift came to. `client_secret` when the donor's bank wants to be answered:
    the browser confirms it (3-D Secure). `code`: Stripe's reason, see declines.py.
    """

    is_taken: bool
    code: str = ""
    client_secret: str = ""


def plan_method_start(*, plan: Subscription, reference: str) -> SetupFacts:
    """Begin to give us another card or account: the browser confirms the SetupIntent, with 3-D Secure.

    The same reference is the same SetupIntent. Raises MoveRefused for a plan that does not run.
    """
    plan = plan_fresh(plan)
    plan_state_running(plan)
    return stripe_plans.setup_start(
        customer_id=donor_customer(plan.donor),
        plan_reference=plan.reference,
        key=f"plan-setup-{reference}",
    )


def plan_change_method(
    *, plan: Subscription, setup_id: str, by: User | None = None, reference: str = ""
) -> PlanChange:
    """Collect from the card or account of a confirmed SetupIntent from now on; then what failed is tried.

    Raises Invalid when the SetupIntent is not confirmed or can't pay this plan, NotFound when it is another donor's.
    """
    plan = plan_fresh(plan)
    plan_state_running(plan)
    setup = stripe_plans.setup_read(setup_id)
    if setup.customer_id != plan.donor.stripe_customer_id or not setup.customer_id:
        raise NotFound("We don't know this card or account. Please try again from your page.")
    if setup.status != "succeeded":
        raise Invalid(setup_id="Your bank has not confirmed the new card or account yet.")
    method = stripe_plans.method_read(setup.payment_method_id)
    if plan.currency != _DEBITED_IN.get(method.kind, plan.currency):
        raise Invalid(setup_id=f"A Direct Debit can't take {plan.currency}. Please use a card.")
    change = _method_change(plan, setup, method, by, reference)
    if change.state != PlanChangeState.DONE:
        change = change_apply(plan, change, change_stripe(plan, change))
        _method_keep(plan.pk, method)
        if setup.mandate_id:
            mandate_follow(stripe_plans.mandate_read(setup.mandate_id))
        jobs.defer("plan_pay_failed", subscription_id=plan.pk, reference=change.reference)
    return change


def plan_retry_payment(
    *, plan: Subscription, by: User | None = None, reference: str = ""
) -> PaymentTry:
    """Pay the oldest gift of a plan that failed, now, from what the plan is paid with.

    An invoice is paid once, whoever tries: a second call takes nothing more. Raises MoveRefused when
    nothing is to be paid.
    """
    failed = plan_failed_gift(plan)
    if failed is None:
        raise MoveRefused("Nothing is to be paid: all gifts of this plan have come.")
    with transaction.atomic():
        plan = plan_lock(plan)
        change = change_known(plan, PlanChangeKind.RETRY, reference)
        wish = Wish(PlanChangeKind.RETRY, {}, {}, {"donation": failed.reference})
        change = change or change_write(plan, wish, by, reference)
    tried = _pay(failed, key=f"plan-change-{change.reference}")
    with transaction.atomic():
        change.error = tried.code
        change.save(update_fields=["error"])
        change_done(plan, change)
    return tried


def plan_pay_failed(*, subscription_id: int, reference: str) -> None:
    """After a new card or account: try what failed. Nothing when nothing did. Safe to call again."""
    plan = Subscription.objects.get(pk=subscription_id)
    failed = plan_failed_gift(plan)
    if failed is not None and plan.status not in SUBSCRIPTION_ENDED:
        _pay(failed, key=f"plan-new-method-{reference}")


def plan_failed_gift(plan: Subscription) -> Donation | None:
    """The oldest gift of a plan whose bill is still to be paid; the first gift is the form's."""
    failed = plan.donations.filter(
        status__in=(DonationStatus.FAILED, DonationStatus.REQUIRES_ACTION)
    )
    found = failed.exclude(stripe_invoice_id=None).exclude(recovery=None)
    return found.filter(recovery__state="open").order_by("id").first()


def plan_give_again(
    *, plan: Subscription, amount_minor: int, fund_code: str = "", reference: str
) -> GiftStarted:
    """One more gift of this donor, paid at once with what the plan is paid with; a card only.

    The same reference is the same gift. `client_secret` when the bank wants to be answered. The
    gift's status says what came of it.
    """
    plan = plan_fresh(plan)
    if not plan.stripe_payment_method_id or plan.is_debit:
        raise MoveRefused("There is no saved card to give with. Use the giving page.")
    donor = plan.donor
    gift = GiftRequest(
        donor=DonorDetails(name=donor.name, email=donor.email),
        amount_minor=amount_minor,
        currency=plan.currency,
        fund_code=fund_code or plan.fund.code,
        idempotency_key=f"again-{plan.reference}-{reference}"[:64],
    )
    with transaction.atomic():
        donation, is_new = donation_record(gift, DonationKind.ONE_OFF)
    if donation.status in DONATION_PAID:
        return GiftStarted(donation, "", is_new)
    intent = stripe_plans.payment_with(
        reference=donation.reference,
        amount_minor=donation.total_minor,
        currency=donation.currency,
        customer_id=donor_customer(donation.donor),
        method_id=plan.stripe_payment_method_id,
        description=f"Gift to {settings.CHARITY_NAME}: {donation.fund.name}",
        return_url=f"{settings.SITE_URL}/thanks/{donation.reference}",
    )
    if intent.id:
        kept = Donation.objects.filter(pk=donation.pk, stripe_payment_intent_id=None)
        kept.update(stripe_payment_intent_id=intent.id)
        donation_apply(donation_id=donation.pk, intent=intent, at=now(), why="given again")
    donation.refresh_from_db()
    secret = intent.client_secret if intent.status == "requires_action" else ""
    return GiftStarted(donation, secret, is_new)


def plan_method_describe(subscription_id: int) -> None:
    """Keep what a plan is paid with, and under which mandate. Called outside transactions; safe to repeat."""
    plan = Subscription.objects.get(pk=subscription_id)
    if not plan.stripe_payment_method_id:
        return
    try:
        method = stripe_plans.method_read(plan.stripe_payment_method_id)
    except StripeRefused:
        return  # Stripe does not know it (any more): the plan's next event names another.
    _method_keep(plan.pk, method)
    if method.kind == "bacs_debit":
        _mandate_find(plan)


def method_follow(method: MethodFacts) -> bool:
    """A card was renewed by its bank, or corrected: keep it on the plans that it pays, and try there what
    failed. False: none of ours.
    """
    plans = Subscription.objects.filter(stripe_payment_method_id=method.id)
    with transaction.atomic():
        is_ours = plans.update(
            method_kind=method.kind, method=method.text, card_expires_on=method.expires_on
        )
        failing = plans.filter(recoveries__state=RecoveryState.OPEN).distinct()
        for plan_id in failing.values_list("pk", flat=True):
            reference = f"{method.id}-{method.expires_on}-{method.last4}"
            jobs.defer("plan_pay_failed", subscription_id=plan_id, reference=reference)
    return bool(is_ours)


def mandate_follow(mandate: MandateFacts) -> bool:
    """A mandate is accepted, or over; the donor of a new one is told. False: none of ours."""
    plans = Subscription.objects.filter(stripe_payment_method_id=mandate.payment_method_id)
    found = list(plans.exclude(status__in=SUBSCRIPTION_ENDED))
    for plan in found:
        is_new = plan.stripe_mandate_id != mandate.id
        plan.stripe_mandate_id, plan.mandate_status = mandate.id, mandate.status
        plan.mandate_reference = mandate.reference
        with transaction.atomic():
            plan.save(update_fields=["stripe_mandate_id", "mandate_status", "mandate_reference"])
            if is_new:
                jobs.defer("debit_notice_email", subscription_id=plan.pk, why=mandate.id)
    return bool(found)


def cards_expiring(*, until: date) -> list[Subscription]:
    """Live plans whose card will have expired by then and which give again after it has."""
    plans = Subscription.objects.filter(
        card_expires_on__lte=until, next_collection_on__isnull=False
    )
    found = plans.exclude(status__in=SUBSCRIPTION_ENDED).select_related("donor", "fund")
    return [plan for plan in found.order_by("id") if not plan.is_debit]


def _method_change(
    plan: Subscription, setup: SetupFacts, method: MethodFacts, by: User | None, reference: str
) -> PlanChange:
    wish = Wish(
        PlanChangeKind.METHOD,
        {"default_payment_method": setup.payment_method_id},
        {"method": plan.method},
        {"method": method.text},
    )
    with transaction.atomic():
        plan = plan_lock(plan)
        return change_known(plan, PlanChangeKind.METHOD, reference) or change_write(
            plan, wish, by, reference
        )


def _method_keep(plan_id: int, method: MethodFacts) -> None:
    Subscription.objects.filter(pk=plan_id).update(
        stripe_payment_method_id=method.id,
        method_kind=method.kind,
        method=method.text,
        card_expires_on=method.expires_on,
    )


def _mandate_find(plan: Subscription) -> None:
    """Under which mandate the plan's last debit was made."""
    paid = plan.donations.exclude(stripe_payment_intent_id=None).order_by("-id").first()
    if paid is None or not paid.stripe_payment_intent_id:
        return
    mandate_id = stripe_plans.payment_mandate(paid.stripe_payment_intent_id)
    if mandate_id:
        mandate_follow(stripe_plans.mandate_read(mandate_id))


def _pay(failed: Donation, *, key: str) -> PaymentTry:
    invoice_id = failed.stripe_invoice_id or ""
    bill = stripe_plans.bill_read(invoice_id)
    if bill.status == "paid":
        return PaymentTry(is_taken=True)
    if bill.status not in ("open", "uncollectible"):
        raise MoveRefused("This gift is not collected any more.")
    try:
        tried = stripe.invoice_pay(invoice_id=invoice_id, key=key)
    except StripeUnavailable as error:
        raise StripeUnavailable(
            "The payment service is not answering just now. Nothing can be taken twice: please try again."
        ) from error
    asks = tried.code in ("invoice_payment_intent_requires_action", "authentication_required")
    return PaymentTry(tried.is_taken, tried.code, bill.client_secret if asks else "")
