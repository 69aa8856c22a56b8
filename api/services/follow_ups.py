"""What staff do about a payment that did not come: each deed with what will happen, once, on record."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from api.clock import charity_date, now
from api.errors import MoveRefused, NotFound, StripeRefused, StripeUnavailable
from api.models import (
    DONATION_PAID,
    SUBSCRIPTION_ENDED,
    Donation,
    DonationStatus,
    FollowUp,
    FollowUpKind,
    FollowUpOutcome,
    SubscriptionStatus,
    User,
)
from api.models.fields import reference_new
from api.money import money_text
from api.services import jobs
from api.services.audit import audit_record
from api.services.declines import decline_read
from api.services.gateways import stripe
from api.services.give_links import give_link, give_link_words, is_month_of_live_plan

# A donor may still be typing a card number, or looking for the phone that the bank asks for.
LINK_AFTER = timedelta(hours=1)
# Nobody is asked twice on one day, and card networks count tries.
PAUSE = timedelta(hours=24)
_USED = "This form was used for something else. Open the page again."
_BILL_WORDS = "(Stripe's page for this bill)"


@dataclass(frozen=True)
class Offer:
    """Something that can be done about an attempt, or why it can't; `effects` say what will happen."""

    kind: FollowUpKind
    title: str
    refusal: str
    effects: tuple[str, ...]
    mail_text: str = ""


def offers_read(donation: Donation, *, shows_contact: bool) -> list[Offer]:
    """What can be done about a gift now. `shows_contact`: the reader may see the donor's address."""
    moment = now()
    return [
        _link_offer(donation, moment, shows_contact=shows_contact),
        _retry_offer(donation, moment),
        _write_off_offer(donation),
    ]


def follow_up_link(*, donation_reference: str, reference: str, actor: User) -> FollowUp:
    """Write to the donor with a link to give this gift again. Raises MoveRefused when that makes no sense.

    The same `reference` is the same e-mail, however often it is sent; another one waits for a day.
    """
    _bill_check(donation_reference)
    with transaction.atomic():
        donation = _lock(donation_reference)
        known = _known(reference, donation, FollowUpKind.LINK)
        if known:
            return known
        made = _make(donation, FollowUpKind.LINK, reference, actor, check=link_refusal)
        jobs.defer("give_link_email", follow_up_id=made.pk)
    return made


def follow_up_retry(*, donation_reference: str, reference: str, actor: User) -> FollowUp:
    """Ask Stripe to take a failed month again. What came of it is told by events, as always.

    It is written down first: when Stripe does not answer, the next call asks with the same key.
    Raises MoveRefused, StripeUnavailable.
    """
    with transaction.atomic():
        donation = _lock(donation_reference)
        known = _known(reference, donation, FollowUpKind.RETRY)
        known = known or _unanswered(donation)
        made = known or _make(donation, FollowUpKind.RETRY, reference, actor, check=retry_refusal)
    return made if made.outcome else _try(made)


def follow_up_write_off(
    *, donation_reference: str, reference: str, actor: User, note: str = ""
) -> FollowUp:
    """Say that nobody waits for this gift any more. It moves no money, and money that comes is taken."""
    with transaction.atomic():
        donation = _lock(donation_reference)
        known = _known(reference, donation, FollowUpKind.WRITE_OFF) or _standing(donation)
        return known or _make(
            donation, FollowUpKind.WRITE_OFF, reference, actor, check=write_off_refusal, note=note
        )


@transaction.atomic
def follow_up_undo(*, donation_reference: str, actor: User) -> bool:
    """Wait for a gift again that was written off; False when it was not. Safe to call again."""
    donation = _lock(donation_reference)
    standing = _standing(donation)
    if standing is None:
        return False
    standing.undone_by, standing.undone_at = actor, now()
    standing.save(update_fields=["undone_by", "undone_at"])
    _record("follow_up.undone", standing, actor)
    return True


def link_refusal(donation: Donation, moment: datetime) -> str:
    """Why no link goes out now; empty when it may."""
    if refusal := _no_need(donation) or _no_address(donation):
        return refusal
    if donation.status != DonationStatus.FAILED and moment - donation.created_at < LINK_AFTER:
        return "The donor may be giving just now: wait until an hour has passed."
    last = _last(donation, FollowUpKind.LINK)
    if last and moment - last.at < PAUSE:
        return f"A link was sent at {_clock(last.at)}: leave the donor a day."
    return ""


def retry_refusal(donation: Donation, moment: datetime) -> str:
    """Why the month is not tried again now; empty when it may."""
    if refusal := _no_need(donation):
        return refusal
    plan = donation.subscription
    if donation.status != DonationStatus.FAILED or plan is None or not donation.stripe_invoice_id:
        return "Only a failed month of a monthly plan can be tried again: nothing else has a saved card."
    if plan.status in SUBSCRIPTION_ENDED:
        return "The monthly plan has ended."
    if plan.status == SubscriptionStatus.INCOMPLETE:
        return "The plan never began: no card was saved for it."
    decline = decline_read(donation.failure_code)
    if not decline.may_retry:
        return f"{decline.why}: trying again would fail again."
    last = _last(donation, FollowUpKind.RETRY)
    if last and last.outcome and moment - last.at < PAUSE:
        return f"It was tried at {_clock(last.at)}: wait a day, for card networks count tries."
    return ""


def write_off_refusal(donation: Donation, moment: datetime | None = None) -> str:
    """Why it can't be written off; empty when it may."""
    return _no_need(donation)


def _no_need(donation: Donation) -> str:
    if donation.status in DONATION_PAID:
        return "The money has come."
    if donation.status == DonationStatus.PROCESSING:
        return "The bank is still collecting it."
    return ""


def _no_address(donation: Donation) -> str:
    if donation.donor.erased_at is not None:
        return "The donor was forgotten: nobody writes to them any more."
    return "" if donation.donor.email else "We have no e-mail address of this donor."


def _bill_check(donation_reference: str) -> None:
    """A month of a plan that goes on is paid by its bill at Stripe, which must be open."""
    found = Donation.objects.select_related("subscription").filter(reference=donation_reference)
    donation = found.first()
    if donation is None or _no_need(donation) or not is_month_of_live_plan(donation):
        return
    try:
        is_open = bool(give_link(donation))
    except StripeUnavailable as error:
        raise StripeUnavailable(
            "Stripe is not answering, so the bill is not known. No e-mail was written: ask again in a minute."
        ) from error
    except StripeRefused as error:
        raise MoveRefused(
            f"Stripe does not find this month's bill. It says: {error.reason}"
        ) from error
    if not is_open:
        raise MoveRefused("Stripe has no open bill for this month: it was paid or given up there.")


def _link_offer(donation: Donation, moment: datetime, *, shows_contact: bool) -> Offer:
    is_bill = is_month_of_live_plan(donation)
    link = _BILL_WORDS if is_bill else give_link(donation)
    subject, text, _ = give_link_words(donation, link)
    to = f" ({donation.donor.email})" if shows_contact else ""
    return Offer(
        kind=FollowUpKind.LINK,
        title="Send a link",
        refusal=link_refusal(donation, moment),
        effects=(
            f"One e-mail goes to {donation.donor.name}{to}: “{subject}”.",
            "It links to Stripe's page for this month's bill, so that it can't be paid twice."
            if is_bill
            else "It links to the giving page with this gift filled in; a new gift is a new attempt.",
            "It can't be called back. Another one can be sent after a day.",
        ),
        mail_text=text,
    )


def _retry_offer(donation: Donation, moment: datetime) -> Offer:
    taken = money_text(donation.total_minor, donation.currency)
    return Offer(
        kind=FollowUpKind.RETRY,
        title="Try again",
        refusal=retry_refusal(donation, moment),
        effects=(
            f"Stripe is asked to take {taken} from {donation.donor.name}'s saved card or account.",
            "If it works the donor gets a receipt, as always; a second click takes nothing more.",
        ),
    )


def _write_off_offer(donation: Donation) -> Offer:
    return Offer(
        kind=FollowUpKind.WRITE_OFF,
        title="Write off",
        refusal=write_off_refusal(donation),
        effects=(
            "It leaves the list of what is stuck. No money moves and no e-mail goes out.",
            "Should the money come after all, it is taken and thanked for. You can undo this.",
        ),
    )


def _lock(donation_reference: str) -> Donation:
    found = Donation.objects.select_for_update(of=("self",)).select_related("subscription")
    donation = found.filter(reference=donation_reference).first()
    if donation is None:
        raise NotFound("There is no gift with this reference.")
    return donation


def _known(reference: str, donation: Donation, kind: FollowUpKind) -> FollowUp | None:
    known = FollowUp.objects.filter(reference=reference).first() if reference else None
    if known and (known.donation_id, known.kind) != (donation.pk, kind):
        raise MoveRefused(_USED)
    return known


def _make(
    donation: Donation,
    kind: FollowUpKind,
    reference: str,
    actor: User,
    *,
    check: Callable[[Donation, datetime], str],
    note: str = "",
) -> FollowUp:
    if refusal := check(donation, now()):
        raise MoveRefused(refusal)
    try:
        with transaction.atomic():
            made = FollowUp.objects.create(
                reference=reference or reference_new(),
                donation=donation,
                kind=kind,
                note=note.replace("\x00", "").strip()[:500],
                by=actor,
            )
    except IntegrityError as error:  # Sent for two gifts at once.
        raise MoveRefused(_USED) from error
    _record(f"follow_up.{kind}", made, actor)
    return made


def _try(deed: FollowUp) -> FollowUp:
    """Ask Stripe under the deed's own key, and keep the first answer."""
    try:
        tried = stripe.invoice_pay(
            invoice_id=deed.donation.stripe_invoice_id or "", key=f"retry-{deed.reference}"
        )
        outcome = FollowUpOutcome.TAKEN if tried.is_taken else FollowUpOutcome.DECLINED
        code = tried.code
    except StripeUnavailable as error:
        raise StripeUnavailable(
            "Stripe is not answering. The try is written down and nothing is lost: send it again in "
            "a minute. It can't be taken twice."
        ) from error
    except StripeRefused as error:
        outcome, code = FollowUpOutcome.REFUSED, error.reason
    with transaction.atomic():
        answered = FollowUp.objects.filter(pk=deed.pk, outcome="")
        if answered.update(outcome=outcome, outcome_code=code[:64]):
            deed.outcome = outcome
            _record(f"follow_up.retry_{outcome}", deed, None)
    deed.refresh_from_db()
    return deed


def _unanswered(donation: Donation) -> FollowUp | None:
    return donation.follow_ups.filter(kind=FollowUpKind.RETRY, outcome="").first()


def _standing(donation: Donation) -> FollowUp | None:
    written_off = donation.follow_ups.filter(kind=FollowUpKind.WRITE_OFF, undone_at=None)
    return written_off.first()


def _last(donation: Donation, kind: FollowUpKind) -> FollowUp | None:
    deeds = [deed for deed in donation.follow_ups.all() if deed.kind == kind]
    return max(deeds, key=lambda deed: deed.pk, default=None)


def _record(action: str, deed: FollowUp, actor: User | None) -> None:
    subject = f"donation:{deed.donation.reference}"
    audit_record(action=action, subject=subject, actor=actor, follow_up=deed.reference)


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M} UTC on {charity_date(moment):%-d %b %Y}"
