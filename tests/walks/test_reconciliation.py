"""Dora closes the month: our books against Stripe's, each difference by name."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import stripe
from django.core.management import CommandError, call_command
from django.db import connection

from api.clock import now
from api.models import BalanceTransaction, Difference, DifferenceKind, Donation, LedgerPosting
from api.services.ledger_seals import ledger_seal, ledger_verify
from api.services.reconciliations import reconcile
from tests.walks.stories import Ask

pytestmark = pytest.mark.django_db(transaction=True)
_K = DifferenceKind


def compared() -> list[tuple[str, str]]:
    """What a comparison of the last year finds."""
    run = reconcile(begins_at=now() - timedelta(days=365), ends_at=now() + timedelta(days=365))
    return sorted(run.differences.values_list("kind", "subject"))


def tamper(sql: str, *values: Any) -> None:
    """Change rows as only a superuser with the triggers switched off can."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = DEFAULT")


def test_a_month_of_everything_agrees_with_stripe_to_the_penny(story: dict[str, Any]) -> None:
    assert compared() == []


def test_each_kind_of_difference_is_named_and_nothing_else(
    ask: Ask, paid: Callable[..., Donation], news: Callable[[], None], sdk: stripe.StripeClient
) -> None:
    gifts = [paid() for _ in range(6)]
    orphan = sdk.v1.payment_intents.create(
        {
            "amount": 1234,
            "currency": "gbp",
            "confirm": True,
            "payment_method": "pm_card_visa",
            "return_url": "http://localhost:3000/",
        }
    )
    news()
    lines = [gift.balance_transactions.get() for gift in gifts]
    tamper(
        "UPDATE api_balancetransaction SET fee_minor = fee_minor + 5, net_minor = net_minor - 5 WHERE id = %s",
        lines[0].pk,
    )
    tamper("DELETE FROM api_balancetransaction WHERE id = %s", lines[1].pk)
    tamper(
        "UPDATE api_balancetransaction SET stripe_balance_transaction_id = 'txn_nobody' WHERE id = %s",
        lines[2].pk,
    )
    tamper("UPDATE api_donation SET status = 'failed' WHERE id = %s", gifts[3].pk)
    tamper(
        "DELETE FROM api_ledgerentry WHERE posting_id = (SELECT id FROM api_ledgerposting WHERE name = %s)",
        f"stripe-{lines[4].stripe_balance_transaction_id}",
    )
    unknown = BalanceTransaction.objects.get(stripe_payment_intent_id=orphan.id)
    found = compared()
    names = [line.stripe_balance_transaction_id for line in lines]
    assert set(found) == {
        (_K.LINE_DIFFERS, names[0]),
        (_K.NOT_HERE, names[1]),
        (_K.NOT_HERE, names[2]),
        (_K.NOT_AT_STRIPE, "txn_nobody"),
        (_K.STATUS_DIFFERS, gifts[3].reference),
        (_K.GIFT_UNEXPLAINED, gifts[4].reference),
        (_K.UNKNOWN_MONEY, unknown.stripe_balance_transaction_id),
    }
    assert all(one.advice and one.explanation for one in Difference.objects.all())


def test_the_command_fails_when_something_differs_and_says_what(
    ask: Ask,
    paid: Callable[..., Donation],
    news: Callable[[], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    gift = paid()
    news()
    call_command("reconcile_stripe")
    assert "Everything agrees, to the penny." in capsys.readouterr().out
    tamper("UPDATE api_donation SET status = 'failed' WHERE id = %s", gift.pk)
    with pytest.raises(CommandError, match="1 differences"):
        call_command("reconcile_stripe")
    assert gift.reference in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        (
            "UPDATE api_ledgerentry SET amount_minor = amount_minor + 1 WHERE posting_id = %s",
            "changed",
        ),
        ("UPDATE api_ledgerposting SET name = name || 'x' WHERE id = %s", "changed"),
        ("DELETE FROM api_ledgerentry WHERE posting_id = %s", "changed"),
        ("DELETE FROM api_ledgerposting WHERE id = %s", "removed"),
        ("DELETE FROM api_ledgerseal WHERE posting_id = %s", "removed"),
    ],
)
def test_a_changed_or_removed_row_of_the_books_is_named(
    ask: Ask, paid: Callable[..., Donation], news: Callable[[], None], sql: str, what: str
) -> None:
    for _ in range(3):
        paid()
    news()
    assert ledger_seal() == 6
    report = ledger_verify()
    assert (report.sealed, report.unsealed, report.broken) == (6, 0, None)
    call_command("check_ledger")
    victim = LedgerPosting.objects.order_by("id")[2]
    tamper(sql, victim.pk)
    with pytest.raises(CommandError, match=what):
        call_command("check_ledger")
    broken = ledger_verify().broken
    assert broken is not None
    assert broken.sequence == 3


def test_sealing_is_taken_up_where_it_stopped(
    ask: Ask, paid: Callable[..., Donation], news: Callable[[], None]
) -> None:
    paid()
    news()
    while ledger_seal(limit=1):
        pass
    paid()
    news()
    assert ledger_seal() == 2
    assert ledger_verify().broken is None
