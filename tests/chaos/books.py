"""What must be true of the books, whatever was killed: compared with what the simulator holds."""

from collections import Counter

from tests.chaos.killable import Killable
from tests.conftest import until

UNHANDLED = "SELECT stripe_event_id, type, error FROM api_webhookevent WHERE status = 'waiting'"
JOBS_LEFT = """SELECT id, status, args, attempts FROM procrastinate_jobs
    WHERE task_name LIKE '%receipt_email' OR status = 'doing' """


def everything_arrives(target: Killable) -> None:
    """Each event is delivered and handled, each job done: none is lost with a killed process."""

    def undelivered() -> list[str]:
        deliveries = target.journal.of("_delivery")
        return [name for name, delivery in deliveries.items() if not delivery["is_done"]]

    assert until(lambda: not undelivered()), undelivered()
    assert until(lambda: not target.ask(UNHANDLED)), target.ask(UNHANDLED)
    assert until(lambda: not target.ask(JOBS_LEFT)), target.ask(JOBS_LEFT)


def each_acknowledged_event_is_handled_once(target: Killable) -> None:
    """The simulator knows what it was answered; the inbox holds the same events, each one row."""
    deliveries = target.journal.of("_delivery").values()
    answers = Counter(delivery["answer"] for delivery in deliveries)
    assert set(answers) == {200}, answers
    rows = target.ask("SELECT stripe_event_id, status FROM api_webhookevent")
    assert sorted(row[0] for row in rows) == sorted(delivery["event"] for delivery in deliveries)
    assert {row[1] for row in rows} == {"handled", "ignored"}


def each_paid_gift_is_settled_once(
    target: Killable, references: list[str], *, message: str = "kept"
) -> None:
    """The gifts that Stripe holds as paid, and no other, are settled, with one of everything."""
    paid = {
        intent["id"]: intent["amount_received"]
        for intent in target.journal.of("payment_intent").values()
        if intent["status"] == "succeeded"
    }
    assert len(paid) == len(references)
    settled = target.ask(
        f"""SELECT donation.reference, payment.stripe_payment_intent_id, payment.amount_minor,
            (SELECT count(*) FROM api_donationmove WHERE donation_id = donation.id
                AND to_status = 'succeeded'),
            (SELECT count(*) FROM api_ledgerposting WHERE donation_id = donation.id
                AND name LIKE 'donation-%'),
            (SELECT count(*) FROM api_receipt WHERE donation_id = donation.id),
            (SELECT count(*) FROM api_message WHERE donation_id = donation.id AND state = '{message}')
        FROM api_donation donation JOIN api_payment payment ON payment.donation_id = donation.id
        WHERE donation.status = 'succeeded' """  # noqa: S608
    )
    assert {row[0] for row in settled} == set(references)
    assert {row[1]: row[2] for row in settled} == paid
    assert [row for row in settled if row[3:] != (1, 1, 1, 1)] == []
    counts = "SELECT count(*) FROM {}"
    for table in ("api_donation", "api_payment", "api_receipt", "api_message"):
        assert target.ask(counts.format(table)) == [(len(references),)], table


def the_ledger_balances(target: Killable) -> None:
    """Each posting sums to zero; the income, and what Stripe holds or kept, is what Stripe took."""
    taken = sum(i["amount_received"] for i in target.journal.of("payment_intent").values())
    # Stripe's statement is asked for every five minutes: it only moves money from one side to the other.
    sums = """SELECT account = 'donation_income', sum(amount_minor)::bigint
        FROM api_ledgerentry GROUP BY 1 ORDER BY 1"""
    assert target.ask(sums) == [(False, taken), (True, -taken)]
    of_gifts = """SELECT name FROM api_ledgerposting posting JOIN api_ledgerentry entry
        ON entry.posting_id = posting.id GROUP BY posting.id
        HAVING sum(amount_minor) <> 0 OR (name LIKE 'donation-%' AND count(*) <> 2)"""
    assert target.ask(of_gifts) == []


def receipt_numbers_have_no_gap(target: Killable) -> None:
    """Of each year: from 1 to the number of receipts."""
    gaps = """SELECT year, max(sequence), count(*) FROM api_receipt GROUP BY year
        HAVING min(sequence) <> 1 OR max(sequence) <> count(*)"""
    assert target.ask(gaps) == []
