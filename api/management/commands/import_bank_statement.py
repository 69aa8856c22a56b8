"""`manage.py import_bank_statement FILE [--account NAME]`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from api.errors import BankFileRefused
from api.services.bank_lines import bank_lines_import


class Command(BaseCommand):
    """The same as the upload on the reconciliation page."""

    help = "Import a bank statement (CSV, OFX or CAMT.053) and match payouts to its lines."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A file, and the account's name for a CSV that has none."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--account", default="", help="for files that do not name theirs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was new; a file that can't be read changes nothing."""
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        try:
            done = bank_lines_import(
                path.read_bytes(), file_name=path.name, account=options["account"]
            )
        except BankFileRefused as error:
            raise CommandError(error.detail) from None
        self.stdout.write(
            f"{done.lines} lines read, {done.new} new, {done.matched} payouts matched"
        )
