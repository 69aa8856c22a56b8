"""Stripe: are the keys good and of one account, do the clocks agree, did its newest event come."""

from datetime import timedelta

from django.conf import settings

from api.clock import now
from api.errors import StripeRefused, StripeUnavailable
from api.models import Donation, WebhookEvent
from api.services.doctor.findings import (
    Check,
    Seen,
    age_text,
    fine,
    is_production,
    manage,
    problem,
    skipped,
    warning,
)
from api.services.doctor.rounds import Round
from api.services.gateways.stripe_account import publishable_key_opens

CLOCK_WARNING_SECONDS = 30.0
# Stripe's signatures are refused after five minutes: half of that is for the way.
CLOCK_PROBLEM_SECONDS = 150.0
# Deliveries are tried again for a while before anything is wrong.
EVENT_PATIENCE = timedelta(minutes=10)
# Keys made since 2019 hold their account's id after this.
ACCOUNT_BEGINS = "51"
ACCOUNT_LETTERS = 16
INTENT_AGE = timedelta(days=30)
_KEYS = "Copy both keys again from https://dashboard.stripe.com/apikeys into .env and restart"


def reachable(round_: Round) -> Seen:
    """Stripe answers, and takes our secret key."""
    try:
        round_.account  # noqa: B018 (asking is the point)
    except StripeUnavailable:
        where = settings.STRIPE_API_URL
        command = "make run" if settings.STRIPE_IS_SIMULATED else f"curl -sS -o /dev/null {where}"
        return problem(f"{where} does not answer.", command)
    except StripeRefused as error:
        return problem(f"Stripe does not take the secret key ({error.reason}).", _KEYS)
    if settings.STRIPE_IS_SIMULATED:
        return fine("The simulator stands in for Stripe and answers.")
    return fine("Stripe answers and takes the secret key.")


def mode(_: Round) -> Seen:
    """Real money in production, and only there."""
    is_live = settings.STRIPE_SECRET_KEY[2:].startswith("_live_")
    if is_production() and not is_live:
        return warning(
            "DOMAAP_ENV is production and the Stripe keys are test keys: no gift brings money.",
            "Put the live keys into .env once you have tried everything, then restart",
        )
    if is_live and not is_production():
        return warning(
            f"The keys are live and DOMAAP_ENV is {settings.ENVIRONMENT}.",
            "Put DOMAAP_ENV=production into .env, then restart",
        )
    return fine("Live keys: real money." if is_live else "No real money moves here.")


def same_account(_: Round) -> Seen:
    """The card form and the server speak to one account."""
    mine, theirs = (
        key.split("_", 2)[2]
        for key in (settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLISHABLE_KEY)
    )
    say = problem("The publishable key is of another Stripe account than the secret key.", _KEYS)
    are_new = mine.startswith(ACCOUNT_BEGINS) and theirs.startswith(ACCOUNT_BEGINS)
    if are_new and mine[:ACCOUNT_LETTERS] != theirs[:ACCOUNT_LETTERS]:
        return say
    intent_id = _intent_known()
    if intent_id and not _opens(intent_id):
        return say
    if settings.STRIPE_IS_SIMULATED:
        return fine("The simulator has one account.")
    return fine("Both keys are of one account." if intent_id else "Both keys look alike.")


def _intent_known() -> str:
    """A payment of the last month, to try the keys on."""
    recent = Donation.objects.filter(created_at__gt=now() - INTENT_AGE).order_by("-created_at")
    known = recent.exclude(stripe_payment_intent_id=None).values_list(
        "stripe_payment_intent_id", flat=True
    )
    return next((found for found in known[:1] if found and found.startswith("pi_")), "")


def _opens(intent_id: str) -> bool:
    try:
        return publishable_key_opens(intent_id)
    except (StripeRefused, StripeUnavailable):
        return True  # The payment is of another time, such as before a restored backup: it proves nothing.


def clock(round_: Round) -> Seen:
    """Stripe's clock against ours."""
    ahead = round_.account.clock_ahead_seconds
    if ahead is None:
        return skipped("The answer bore no date.")
    off = abs(ahead)
    if off < CLOCK_WARNING_SECONDS:
        return fine("Stripe and this machine agree on the time.")
    tell = problem if off >= CLOCK_PROBLEM_SECONDS else warning
    side = "behind" if ahead > 0 else "ahead of"
    return tell(
        f"This machine's clock is {age_text(off)} {side} Stripe's.", "sudo timedatectl set-ntp true"
    )


def newest_event(round_: Round) -> Seen:
    """What Stripe said last has come here."""
    account = round_.account
    last = WebhookEvent.objects.order_by("-id").values_list("received_at", flat=True).first()
    here = f"The last event came {age_text((now() - last).total_seconds())} ago." if last else ""
    if account.newest_event_at is None:
        return fine(here or "Stripe has told of nothing yet.")
    is_here = WebhookEvent.objects.filter(stripe_event_id=account.newest_event_id).exists()
    if is_here or now() - account.newest_event_at < EVENT_PATIENCE:
        return fine(here or "Stripe's first events are on their way.")
    waited = age_text((now() - account.newest_event_at).total_seconds())
    return problem(
        f"Stripe told of something {waited} ago ({account.newest_event_id}) that is not here.",
        manage("mend_gaps"),
    )


def mend_newest_event(_: Round) -> str:
    """Fetch what is missing, as the worker does every five minutes."""
    from api.services.gaps import gaps_mend

    mended = gaps_mend()
    return f"Fetched {mended.events} events from Stripe."


CHECKS = (
    Check(
        "stripe",
        "Stripe answers",
        "Without it no gift can be paid.",
        reachable,
    ),
    Check(
        "stripe-mode",
        "Live or test",
        "With test keys donors believe that they gave, and nothing was taken.",
        mode,
    ),
    Check(
        "stripe-keys",
        "Keys of one account",
        "A card form with another account's key can pay no gift.",
        same_account,
        needs=("stripe", "migrations"),
    ),
    Check(
        "clock-stripe",
        "Clock of this machine",
        "Stripe's deliveries are refused when the clocks are five minutes apart.",
        clock,
        needs=("stripe",),
    ),
    Check(
        "stripe-events",
        "Stripe's newest event",
        "A gift whose event never came stays unsettled, and its donor without a receipt.",
        newest_event,
        needs=("stripe", "migrations"),
        mend=mend_newest_event,
    ),
)
