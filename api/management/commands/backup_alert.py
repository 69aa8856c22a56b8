"""`manage.py backup_alert`: how the backup's own programs tell staff."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from api.services.backups import backup_fail, backup_recover


class Command(BaseCommand):
    """An e-mail when something failed, once until it is put right."""

    help = "Tell staff that a backup or a restore drill failed, or that all is well again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One of the two."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--failed", metavar="WORDS", help="what is wrong, in a sentence")
        what.add_argument("--ok", action="store_true", help="all is well")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print whether an e-mail goes out."""
        if options["ok"]:
            return backup_recover()
        told = backup_fail(options["failed"])
        self.stdout.write("Staff are told." if told else "Staff were told before.")
        return None
