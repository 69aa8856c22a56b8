"""`manage.py check_ledger`: does the chain over the books hold, and does every posting balance."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from api.services.ledger import ledger_unbalanced
from api.services.ledger_seals import ledger_verify


class Command(BaseCommand):
    """The auditor's first question, answered by the rows alone."""

    help = "Verify the books: every posting balances and nothing sealed was changed or removed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit with an error that names the first broken link, or the postings out of balance."""
        report = ledger_verify()
        if report.broken:
            raise CommandError(
                f"The books were changed: seal {report.broken.sequence}: {report.broken.what}. "
                f"{report.sealed} seals before it hold. Restore the rows from a backup and compare."
            )
        unbalanced = ledger_unbalanced()
        if unbalanced:
            raise CommandError(f"Out of balance: {', '.join(unbalanced)}.")
        self.stdout.write(
            f"The books hold: {report.sealed} postings sealed, {report.unsealed} to be sealed soon. "
            f"Head of the chain: {report.head or 'none yet'}"
        )
