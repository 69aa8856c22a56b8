"""`manage.py reconcile_stripe [--from 2026-11-01] [--to 2026-12-01]`."""

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from api.clock import charity_date, day_begin, now
from api.money import money_text
from api.services.gaps import gaps_mend
from api.services.reconciliations import reconcile

DAYS = 35


class Command(BaseCommand):
    """Hold our books against Stripe's and name every difference."""

    help = "Compare our books with Stripe's statement, both ways, to the penny."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Dates are the charity's own; the end is not included."""
        parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DATE")
        parser.add_argument(
            "--to", dest="last", type=date.fromisoformat, metavar="DATE", help="not included"
        )
        parser.add_argument(
            "--no-mend", action="store_true", help="compare without first mending gaps"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the totals and each difference; exit with an error when there is one."""
        today = charity_date(now())
        first = options["first"] or today - timedelta(days=DAYS)
        last = options["last"] or today + timedelta(days=1)
        if first >= last:
            raise CommandError("--from must be before --to.")
        if not options["no_mend"]:
            mended = gaps_mend()
            self.stdout.write(
                f"Mended: {mended.events} events, {mended.balance_transactions} lines of Stripe's statement"
            )
        run = reconcile(begins_at=day_begin(first), ends_at=day_begin(last))
        self.stdout.write(f"{run.lines} lines of Stripe's statement, {first} to {last}")
        for currency, totals in sorted(run.totals.items()):
            for name, amount in sorted(totals.items()):
                shown = amount if name == "lines" else money_text(amount, currency)
                self.stdout.write(f"  {currency} {name}: {shown}")
        differences = list(run.differences.all())
        for one in differences:
            self.stdout.write(
                f"- {one.get_kind_display()}: {one.subject}, "
                f"{money_text(one.amount_minor, one.currency)}. {one.explanation}. {one.advice}"
            )
        if differences:
            raise CommandError(f"{len(differences)} differences, listed above and at /admin/.")
        self.stdout.write("Everything agrees, to the penny.")
