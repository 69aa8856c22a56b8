"""`manage.py check_summaries`: are the kept sums what a recount of the facts says?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from api.services.summaries import summaries_check, summaries_rebuild


class Command(BaseCommand):
    """Names each sum that differs and exits with 1; with --rebuild, makes all sums again first."""

    help = "Holds the kept sums (dashboard, reports, books) against a recount of the facts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One option."""
        parser.add_argument("--rebuild", action="store_true", help="make every sum again first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every difference, or that there is none."""
        if options["rebuild"]:
            summaries_rebuild()
            self.stdout.write("Every sum was made again.")
        differences = summaries_check()
        for one in differences:
            self.stdout.write(f"{one.what} {one.key}: kept {one.kept}, recounted {one.recounted}")
        if differences:
            raise CommandError(
                f"{len(differences)} sums differ. --rebuild makes them again from the facts."
            )
        self.stdout.write("Every kept sum equals a recount.")
