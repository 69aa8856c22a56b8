"""A process beside the running product: for each line that it reads, one line of what is wrong with the books.

It stays open over many tests, since Django takes a second to start and the question a tenth of one.
"""

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from api.models import Difference


def main() -> None:
    """Answer until the end of the input."""
    django.setup()
    for _ in sys.stdin:
        print(json.dumps(list(wrongs())), flush=True)


def wrongs() -> Iterator[str]:
    """Everything in which our books and Stripe's differ, as Stripe's lists tell it now."""
    from api.models import DifferenceKind, WebhookEvent, WebhookStatus
    from api.services.gaps import gaps_mend
    from api.services.ledger import ledger_unbalanced
    from api.services.ledger_seals import ledger_seal, ledger_verify

    gaps_mend()
    failed = WebhookEvent.objects.filter(status=WebhookStatus.FAILED)
    yield from (f"failed: {event.stripe_event_id} {event.error}" for event in failed)
    found = list(_differences())
    unknown = {one.subject for one in found if one.kind == DifferenceKind.UNKNOWN_MONEY}
    foreign = set(_foreign())
    yield from (f"of no gift, and not named: {name}" for name in sorted(foreign - unknown))
    yield from (f"named, and of a gift: {name}" for name in sorted(unknown - foreign))
    others = [one for one in found if one.kind != DifferenceKind.UNKNOWN_MONEY]
    yield from (f"{one.kind}: {one.subject}: {one.explanation}" for one in others)
    while ledger_seal():
        pass
    report = ledger_verify()
    if report.broken:
        yield f"chain: {report.broken.what}"
    yield from (f"out of balance: {name}" for name in ledger_unbalanced())
    yield from _statuses()


def _differences() -> Iterator["Difference"]:
    """The comparison of all time, that of test clocks (which run ahead) too."""
    from api.clock import from_unix, now
    from api.services.reconciliations import reconcile

    run = reconcile(begins_at=from_unix(0), ends_at=now() + timedelta(days=3660))
    yield from run.differences.all()


def _foreign() -> Iterator[str]:
    """Lines of Stripe's statement that no gift or payout of ours stands behind: a trigger's own objects."""
    from api.models import Donation
    from api.services.balance_transactions import OTHER_SIDES, PAYOUTS
    from api.services.gateways.stripe import list_pages, payment_id_of

    gifts = set(Donation.objects.values_list("stripe_payment_intent_id", flat=True))
    for page in list_pages("/v1/balance_transactions", expand=["data.source"]):
        for line in page:
            source = line["source"] if isinstance(line["source"], dict) else {}
            is_ours = line["type"] in PAYOUTS | OTHER_SIDES.keys() or payment_id_of(source) in gifts
            if not is_ours:
                yield line["id"]


def _statuses() -> Iterator[str]:
    """Payouts and gifts that stand otherwise here than at Stripe."""
    from api.models import DONATION_PAID, Donation, Payout
    from api.services.gateways.stripe import list_pages

    ours = dict(Payout.objects.values_list("stripe_payout_id", "status"))
    same = {"canceled": "cancelled"}
    for page in list_pages("/v1/payouts"):
        for one in page:
            if ours.get(one["id"]) != same.get(one["status"], one["status"]):
                yield f"payout {one['id']} is {one['status']}, here {ours.get(one['id'])}"
    gifts = dict(Donation.objects.values_list("stripe_payment_intent_id", "status"))
    for page in list_pages("/v1/payment_intents"):
        for one in page:
            status = gifts.get(one["id"])
            if status and (status in DONATION_PAID) != (one["status"] == "succeeded"):
                yield f"gift {one['id']} is {one['status']}, here {status}"


if __name__ == "__main__":
    main()
