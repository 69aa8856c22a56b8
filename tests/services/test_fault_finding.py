"""Fifty known faults among many thousand transactions: the comparison names all of them, and nothing else.

`FAULT_GIFTS=100000` runs it at the full size.
"""

import os
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from api.clock import now
from api.models import BalanceTransaction, Difference, DifferenceKind, Donation, Payout
from api.services.funds import funds_seed
from api.services.reconciliations import reconcile
from bench.history import history_make, statement

pytestmark = pytest.mark.django_db(transaction=True)
GIFTS = int(os.environ.get("FAULT_GIFTS", "4000"))
_K = DifferenceKind
Named = tuple[str, str]
# What Stripe's list gives instead of a line; None: it does not give it.
Theirs = dict[str, dict[str, Any] | None]
Inject = Callable[[BalanceTransaction, Theirs], list[Named]]


def tamper(sql: str, *values: Any) -> None:
    """Change rows as only a superuser with the triggers switched off can."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = DEFAULT")


def post(
    name: str, line: BalanceTransaction, *sides: tuple[str, int], currency: str = "GBP"
) -> None:
    """A posting of a gift that no service wrote."""
    tamper(
        "INSERT INTO api_ledgerposting (name, donation_id, posted_at) VALUES (%s, %s, now())",
        name,
        line.donation_id,
    )
    for account, amount in sides:
        tamper(
            """INSERT INTO api_ledgerentry (posting_id, account, amount_minor, currency)
               SELECT id, %s, %s, %s FROM api_ledgerposting WHERE name = %s""",
            account,
            amount,
            currency,
            name,
        )


def reference(line: BalanceTransaction) -> str:
    """The gift of a line."""
    assert line.donation is not None
    return line.donation.reference


def gift_removed(line: BalanceTransaction) -> None:
    """No settling ever happened here: payment and posting are not there."""
    tamper("DELETE FROM api_payment WHERE donation_id = %s", line.donation_id)
    tamper(
        """DELETE FROM api_ledgerentry WHERE posting_id IN (SELECT id FROM api_ledgerposting
            WHERE name = %s)""",
        f"donation-{line.donation_id}-settled",
    )
    tamper("UPDATE api_donation SET status = 'created' WHERE id = %s", line.donation_id)


def lost_event(line: BalanceTransaction, theirs: Theirs) -> list[Named]:
    """The gift's events never came; Stripe's statement has its money."""
    gift_removed(line)
    return [(_K.GIFT_UNEXPLAINED, reference(line))]


def changed_fee(line: BalanceTransaction, theirs: Theirs) -> list[Named]:
    """Stripe's statement says another fee than the one that we kept."""
    name = line.stripe_balance_transaction_id
    theirs[name] = {"fee": line.fee_minor + 7, "net": line.net_minor - 7}
    return [(_K.LINE_DIFFERS, name)]


def refund_before_payout(line: BalanceTransaction, theirs: Theirs) -> list[Named]:
    """A refund that its event told here, and that Stripe's statement has not."""
    post(f"refund-re_{line.pk}", line, ("refunds", 100), ("stripe_clearing", -100))
    return [(_K.GIFT_UNEXPLAINED, reference(line))]


def dispute_won_back(line: BalanceTransaction, theirs: Theirs) -> list[Named]:
    """Stripe gave the money of a dispute back; no event told it."""
    name = f"txn_won_{line.pk}"
    post(f"stripe-{name}", line, ("stripe_balance", 300), ("stripe_clearing", -300))
    return [(_K.GIFT_UNEXPLAINED, reference(line))]


def orphan_charge(line: BalanceTransaction, theirs: Theirs) -> list[Named]:
    """A charge that was not made here: kept, of no gift, not posted."""
    BalanceTransaction.objects.create(
        stripe_balance_transaction_id=f"txn_orphan_{line.pk}",
        type="charge",
        source_id=f"ch_orphan_{line.pk}",
        amount_minor=1000,
        fee_minor=35,
        net_minor=965,
        currency="GBP",
        source_amount_minor=1000,
        source_currency="GBP",
        available_at=line.made_at,
        made_at=line.made_at,
    )
    return [(_K.UNKNOWN_MONEY, f"txn_orphan_{line.pk}")]


def double_posting(line: BalanceTransaction, theirs: Theirs) -> list[Named]:
    """The gift's income is in the books twice, under another name."""
    amount = line.amount_minor
    post(f"again-{line.pk}", line, ("stripe_clearing", amount), ("donation_income", -amount))
    return [(_K.GIFT_UNEXPLAINED, reference(line)), (_K.STATUS_DIFFERS, reference(line))]


def second_currency(line: BalanceTransaction, theirs: Theirs) -> list[Named]:
    """Stripe's list has the line in another currency."""
    name = line.stripe_balance_transaction_id
    theirs[name] = {"currency": "eur"}
    return [(_K.LINE_DIFFERS, name)]


def line_not_here(line: BalanceTransaction, theirs: Theirs) -> list[Named]:
    """Stripe moved money that we never read."""
    theirs[f"txn_new_{line.pk}"] = {"amount": 900, "fee": 33, "net": 867, "currency": "gbp"}
    return [(_K.NOT_HERE, f"txn_new_{line.pk}")]


def line_not_theirs(line: BalanceTransaction, theirs: Theirs) -> list[Named]:
    """A line of ours that Stripe does not list."""
    theirs[line.stripe_balance_transaction_id] = None
    return [(_K.NOT_AT_STRIPE, line.stripe_balance_transaction_id)]


INJECT: tuple[Inject, ...] = (
    lost_event,
    changed_fee,
    refund_before_payout,
    dispute_won_back,
    orphan_charge,
    double_posting,
    second_currency,
    line_not_here,
    line_not_theirs,
)


def failed_payout(payout: Payout) -> list[Named]:
    """The bank returned it, so Stripe's statement has it back; we still think that it was paid."""
    tamper(
        """INSERT INTO api_ledgerposting (name, payout_id, posted_at) VALUES (%s, %s, now())""",
        f"stripe-txn_back_{payout.pk}",
        payout.pk,
    )
    for account, amount in (
        ("stripe_balance", payout.amount_minor),
        ("stripe_clearing", -payout.amount_minor),
    ):
        tamper(
            """INSERT INTO api_ledgerentry (posting_id, account, amount_minor, currency)
               SELECT id, %s, %s, 'GBP' FROM api_ledgerposting WHERE name = %s""",
            account,
            amount,
            f"stripe-txn_back_{payout.pk}",
        )
    return [(_K.PAYOUT_UNEXPLAINED, payout.stripe_payout_id)]


def lines(theirs: Theirs) -> Iterator[list[dict[str, Any]]]:
    """Stripe's list with its differences."""
    left = dict(theirs)
    for page in statement():
        yield [
            {**line, **(left.pop(line["id"], None) or {})}
            for line in page
            if line["id"] not in theirs or theirs[line["id"]] is not None
        ]
    yield [{"id": name, **line} for name, line in left.items() if line]


def test_fifty_faults_are_all_named_and_nothing_else(no_jobs: None) -> None:
    funds_seed()
    history_make(GIFTS)
    seed = int(os.environ.get("FAULT_SEED", random.randrange(2**32)))
    print(f"FAULT_SEED={seed} FAULT_GIFTS={GIFTS}")
    chance = random.Random(seed)
    begins, ends = now() - timedelta(days=8 * 365), now() + timedelta(days=1)
    clean = reconcile(begins_at=begins, ends_at=ends, lines=statement())
    assert clean.lines == BalanceTransaction.objects.count() > GIFTS * 0.9
    assert not clean.differences.exists()

    wanted: list[Named] = []
    theirs: Theirs = {}
    charges = list(BalanceTransaction.objects.filter(type="charge").values_list("pk", flat=True))
    for number, primary_key in enumerate(chance.sample(charges, 45)):
        line = BalanceTransaction.objects.select_related("donation").get(pk=primary_key)
        wanted += INJECT[number % len(INJECT)](line, theirs)
    for payout in chance.sample(list(Payout.objects.all()), 5):
        wanted += failed_payout(payout)
    run = reconcile(begins_at=begins, ends_at=ends, lines=lines(theirs))
    assert sorted(run.differences.values_list("kind", "subject")) == sorted(wanted)
    assert len({subject for _, subject in wanted}) == 50
    assert all(one.explanation and one.advice for one in Difference.objects.all())
    assert Donation.objects.count() == GIFTS
