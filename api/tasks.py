"""What the worker may run: thin, one call each."""

from django.db import connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from api.services import gaps, ledger_seals, messages

# What the clock starts is on the queue "clock", apart from what facts cause.
_PATIENT = RetryStrategy(max_attempts=12, exponential_wait=3)


@app.task(retry=_PATIENT)
def receipt_email(*, donation_id: int) -> None:
    """Write and send the receipt of a settled gift."""
    try:
        messages.receipt_email_send(donation_id)
    finally:
        # Jobs run in threads that nobody tidies: the connection goes back to the pool here.
        connections.close_all()


@app.task(retry=_PATIENT)
def alert_email(*, alert_id: int) -> None:
    """Write and send an alert to staff."""
    try:
        messages.alert_email_send(alert_id)
    finally:
        connections.close_all()


@app.periodic(cron="* * * * *")
@app.task(queue="clock", queueing_lock="ledger_seal")
def ledger_seal(timestamp: int) -> None:
    """Seal what was posted since the last minute."""
    try:
        while ledger_seals.ledger_seal():
            pass
    finally:
        connections.close_all()


@app.periodic(cron="*/5 * * * *")
@app.task(queue="clock", queueing_lock="gaps_mend")
def gaps_mend(timestamp: int) -> None:
    """Ask Stripe for what no delivery brought."""
    try:
        gaps.gaps_mend()
    finally:
        connections.close_all()
