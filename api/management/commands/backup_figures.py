"""`manage.py backup_figures`: the books in numbers, for the restore drill to compare."""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand

from api.services.backups import backup_figures


class Command(BaseCommand):
    """The same question to the living books and to those that came back."""

    help = "Print counts, sums and the chain's digest of all that was written before a moment, as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The moment, and how long the chain is in the copy."""
        parser.add_argument(
            "--before", required=True, type=_moment, help="2026-11-24T10:15:00+00:00"
        )
        parser.add_argument("--sealed", type=int, default=0, help="read the digest of this seal")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line of JSON."""
        self.stdout.write(json.dumps(backup_figures(options["before"], sealed=options["sealed"])))


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
