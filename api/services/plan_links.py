"""Links to a plan for its donor: signed, for one purpose, and over after a while.

The addresses are here and nowhere else; the pages behind them are the site's.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.core import signing

from api.errors import NotFound
from api.models import Subscription

_SALT = "giving-link"
# Where the site takes a link; what follows is the signed part.
GIVING_LINK_PATH = "/my-giving/plan/"


class PlanPurpose(StrEnum):
    """What the page behind a link opens with."""

    PLAN = "plan"  # the plan itself
    PAY = "pay"  # pay what failed, now
    CONFIRM = "confirm"  # the bank wants to be answered (3-D Secure)
    CARD = "card"  # another card or account
    PAUSE = "pause"  # a pause, or less
    STOP = "stop"  # stop it


# After this the link opens nothing: it asks to have a new one sent.
LIVES = {
    PlanPurpose.PLAN: timedelta(days=30),
    PlanPurpose.PAY: timedelta(days=45),
    PlanPurpose.CONFIRM: timedelta(days=45),
    PlanPurpose.CARD: timedelta(days=45),
    PlanPurpose.PAUSE: timedelta(days=45),
    PlanPurpose.STOP: timedelta(days=400),
}

# What a link of each purpose may do without a sign-in: never more than to give less, or to pay what is due.
ALLOWED: dict[PlanPurpose, frozenset[str]] = {
    PlanPurpose.PLAN: frozenset({"skip", "pause", "resume", "cancel"}),
    PlanPurpose.PAY: frozenset({"retry", "method"}),
    PlanPurpose.CONFIRM: frozenset({"retry", "method"}),
    PlanPurpose.CARD: frozenset({"retry", "method"}),
    PlanPurpose.PAUSE: frozenset({"less", "skip", "pause", "resume"}),
    PlanPurpose.STOP: frozenset({"less", "skip", "pause", "cancel"}),
}


@dataclass(frozen=True)
class GivingLink:
    """What a link stands for."""

    plan: Subscription
    purpose: PlanPurpose


def giving_link(plan: Subscription, purpose: PlanPurpose) -> str:
    """The full address of a plan's page for one purpose. Whoever holds it may do that one thing."""
    token = signing.dumps([plan.reference, purpose.value], salt=_SALT)
    return f"{settings.SITE_URL}{GIVING_LINK_PATH}{token}"


def giving_link_read(token: str) -> GivingLink:
    """The plan and purpose of a link. Raises NotFound for one that is over, cut or not ours, all alike."""
    try:
        reference, name = signing.loads(token, salt=_SALT, max_age=max(LIVES.values()))
        purpose = PlanPurpose(name)
        signing.loads(token, salt=_SALT, max_age=LIVES[purpose])
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound("This link is over or not complete. Ask for a new one.") from error
    plans = Subscription.objects.select_related("donor", "fund").filter(donor__erased_at=None)
    plan = plans.filter(reference=reference).first()
    if plan is None:
        raise NotFound("This link is over or not complete. Ask for a new one.")
    return GivingLink(plan, purpose)
