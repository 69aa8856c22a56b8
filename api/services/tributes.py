"""In whose memory or honour a gift is given, and what a plan's coming gifts say instead."""

from dataclasses import asdict, dataclass

from django.db import transaction

from api.errors import MoveRefused
from api.models import SUBSCRIPTION_ENDED, Donor, Subscription, Tribute, TributeKind, User
from api.services.audit import audit_changes, audit_record


@dataclass(frozen=True)
class TributeDetails:
    """What a donor typed."""

    kind: TributeKind
    name: str
    message: str = ""


def tribute_record(donor: Donor, details: TributeDetails | None) -> Tribute | None:
    """Keep a donor's words; None where there are none."""
    return Tribute.objects.create(donor=donor, **asdict(details)) if details else None


@transaction.atomic
def plan_tribute_change(
    *, plan: Subscription, tribute: TributeDetails | None, by: User | None = None
) -> None:
    """What a plan's gifts say from the next one on; None takes it off. Safe to repeat.

    Gifts that came and their receipts keep what they said. `by` None is the donor. Raises MoveRefused.
    """
    plan = (
        Subscription.objects.select_for_update(of=("self",))
        .select_related("tribute", "donor")
        .get(pk=plan.pk)
    )
    if plan.status in SUBSCRIPTION_ENDED:
        raise MoveRefused("This plan has ended. You can start a new one.")
    changes = audit_changes(_told(plan.tribute), asdict(tribute) if tribute else _told(None))
    if not changes:
        return
    plan.tribute = tribute_record(plan.donor, tribute)
    plan.save(update_fields=["tribute"])
    audit_record(
        action="subscription.tribute",
        subject=f"subscription:{plan.reference}",
        actor=by,
        **changes,
    )


def _told(tribute: Tribute | None) -> dict[str, str | int | bool | None]:
    names = ("kind", "name", "message")
    return {name: getattr(tribute, name) if tribute else "" for name in names}
