"""An invented past is one that the product itself could have written."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, F, Max, Min

from api.models import (
    DONATION_PAID,
    SUBSCRIPTION_MOVES,
    BalanceTransaction,
    Donation,
    DonationMove,
    Donor,
    LedgerEntry,
    Payout,
    Receipt,
    ReceiptCounter,
    Recovery,
    Right,
    Subscription,
    SubscriptionMove,
    SubscriptionStatus,
)
from api.services.demo_data import demo_data_make
from api.services.donors import name_fold
from api.services.ledger import ledger_unbalanced
from api.services.ledger_seals import ledger_seal, ledger_verify
from api.services.reconciliations import reconcile
from api.services.recovery_figures import recoveries_funnel
from api.services.reports.catalogue import REPORTS
from api.services.reports.engine import report_make
from api.services.reports.parameters import parameters_read
from api.services.summaries import summaries_check
from bench.history import statement

UNTIL = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
SIZE = 3000


def silent(words: str) -> None:
    """Nobody listens."""


def constraints_broken() -> list[str]:
    """Each CHECK and foreign key that a row of the made tables breaks, asked of the database anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
                WHERE contype IN ('c', 'f') AND conrelid::regclass::text LIKE 'api_%%'"""
        )
        found, broken = cursor.fetchall(), []
        for table, name, definition in found:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            try:
                cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
            except Exception as error:
                broken.append(f"{name}: {error}")
        return broken


@pytest.mark.django_db(transaction=True)
def test_an_invented_past_is_whole_balanced_and_gapless() -> None:
    demo_data_make(size=SIZE, until=UNTIL, say=silent)
    assert Donation.objects.count() == SIZE
    assert Donor.objects.count() == SIZE // 5
    span = Donation.objects.aggregate(first=Min("created_at"), last=Max("created_at"))
    assert timedelta(days=6.5 * 365) < span["last"] - span["first"] < timedelta(days=7.1 * 365)
    assert span["last"] <= UNTIL
    assert constraints_broken() == []

    paid = Donation.objects.filter(status__in=DONATION_PAID)
    assert not paid.filter(payment=None).exists()
    assert (
        not Donation.objects.exclude(status__in=DONATION_PAID)
        .filter(payment=None)
        .exclude(settled_at=None)
    )
    assert Receipt.objects.count() == paid.count()
    years = Receipt.objects.values("year").annotate(number=Count("id"), last=Max("sequence"))
    counters = dict(ReceiptCounter.objects.values_list("year", "last"))
    for year in years:
        assert year["number"] == year["last"] == counters[year["year"]]

    assert ledger_unbalanced() == []
    while ledger_seal():
        pass
    report = ledger_verify()
    assert (report.broken, report.unsealed) == (None, 0)
    lines = BalanceTransaction.objects.count()
    run = reconcile(
        begins_at=UNTIL - timedelta(days=8 * 365),
        ends_at=UNTIL + timedelta(days=1),
        lines=statement(),
    )
    assert run.lines == lines > SIZE * 0.9
    assert list(run.differences.values_list("kind", "subject", "explanation")) == []
    assert summaries_check() == []
    assert not LedgerEntry.objects.exclude(currency="GBP").exists()
    assert Payout.objects.filter(status="paid").exclude(bank_line=None).exists()


@pytest.mark.django_db(transaction=True)
def test_invented_plans_move_as_plans_may_and_some_that_failed_recover() -> None:
    demo_data_make(size=SIZE, until=UNTIL, say=silent)
    standing = dict.fromkeys(Subscription.objects.values_list("pk", flat=True), "incomplete")
    moves = list(SubscriptionMove.objects.order_by("subscription_id", "at", "pk"))
    for move in moves:
        assert move.from_status == standing[move.subscription_id]
        allowed = SUBSCRIPTION_MOVES[SubscriptionStatus(move.from_status)]
        assert move.to_status in allowed, (move.subscription_id, str(move))
        assert move.at <= UNTIL
        standing[move.subscription_id] = move.to_status
    assert standing == dict(Subscription.objects.values_list("pk", "status"))
    kinds = Counter((move.from_status, move.to_status) for move in moves)
    assert kinds["past_due", "active"] > 5 and kinds["past_due", "cancelled"] > 5
    assert not DonationMove.objects.filter(at__gt=UNTIL).exists()


@pytest.mark.django_db(transaction=True)
def test_invented_failures_are_won_back_let_go_or_open_alike_on_the_page_and_in_the_report() -> (
    None
):
    demo_data_make(size=SIZE, until=UNTIL, say=silent)
    assert not Recovery.objects.filter(opened_at__gt=UNTIL).exists()
    assert not Recovery.objects.filter(closed_at__gt=UNTIL).exists()
    [funnel] = recoveries_funnel(since=None)
    assert min(funnel.won.count, funnel.lost.count) > 5
    ever = {"period": "own", "from": "2000-01-01", "to": UNTIL.date().isoformat()}
    asked = parameters_read(REPORTS["recovery"], ever, today=UNTIL.date(), rights=frozenset(Right))
    [total] = report_make(REPORTS["recovery"], asked, made_by="Dora").body.tables[0].totals
    shares = (funnel.failed, funnel.won, funnel.lost, funnel.open)
    assert total[2:6] == tuple(share.count for share in shares)
    assert total[7:9] == (funnel.failed.amount_minor, funnel.won.amount_minor)


@pytest.mark.django_db(transaction=True)
def test_the_same_seed_makes_the_same_people_and_another_adds_others() -> None:
    demo_data_make(size=500, until=UNTIL, say=silent)
    names = list(Donor.objects.order_by("id").values_list("name", flat=True))
    assert all(donor.name_key == name_fold(donor.name) for donor in Donor.objects.all())
    assert all(
        email.endswith(".example") for email in Donor.objects.values_list("email", flat=True)
    )
    last = Donor.objects.latest("id").pk
    demo_data_make(size=500, seed=2, until=UNTIL, say=silent)
    assert Donation.objects.count() == 1000
    assert list(Donor.objects.filter(pk__gt=last).values_list("name", flat=True)) != names
    plans = Subscription.objects.annotate(gifts=Count("donations"))
    assert not plans.filter(gifts=0).exists()
    assert not Donation.objects.filter(created_at__lt=F("donor__created_at")).exists()


@pytest.mark.django_db
def test_real_gifts_are_not_mixed_with_invented_ones(settings: Any) -> None:
    settings.IS_EMBEDDED = False
    with pytest.raises(CommandError, match="--into-my-database"):
        call_command("demo_data")
    settings.STRIPE_SECRET_KEY = "sk_live_x"
    with pytest.raises(CommandError, match="live Stripe key"):
        call_command("demo_data", "--into-my-database")
    assert Donation.objects.count() == 0
