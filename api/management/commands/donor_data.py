"""All that is kept about a donor, as JSON or PDF."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from api.errors import NotFound
from api.services.donors import donor_find
from api.services.subject_access import donor_data_for, donor_data_pdf


class Command(BaseCommand):
    """`donor_data REFERENCE [--pdf FILE]`."""

    help = "Print all that is kept about a donor as JSON, or write it to a PDF file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whom, and where to."""
        parser.add_argument("reference", help="the donor's reference")
        parser.add_argument("--pdf", type=Path, help="write a PDF file instead")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print or write."""
        try:
            data = donor_data_for(donor_find(options["reference"]), actor=None)
        except NotFound as error:
            raise CommandError(error.detail) from error
        if options["pdf"]:
            options["pdf"].write_bytes(donor_data_pdf(data))
            self.stdout.write(f"Written to {options['pdf']}.")
        else:
            self.stdout.write(json.dumps(data, indent=2, ensure_ascii=False))
