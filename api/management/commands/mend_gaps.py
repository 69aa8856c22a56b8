"""`manage.py mend_gaps`: what the worker does every few minutes, at once."""

from typing import Any

from django.core.management.base import BaseCommand

from api.services.gaps import gaps_mend
from api.services.inbox import events_process


class Command(BaseCommand):
    """Ask Stripe for what no delivery brought, and handle it."""

    help = "Find events and lines of Stripe's statement that we miss, and mend them."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was missing."""
        mended = gaps_mend()
        while events_process():
            pass
        self.stdout.write(
            f"Mended: {mended.events} events, {mended.balance_transactions} lines of Stripe's statement, "
            f"{mended.requeued} events handled again, {mended.payouts} payouts filled"
        )
