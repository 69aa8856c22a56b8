"""Take in e-mails that came back: from the mailbox of the settings, or from files."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from api.services.gateways.returned_mail import MailboxError, mail_parse
from api.services.mail_events import returned_mail_read, returned_mailbox_read


class Command(BaseCommand):
    """`read_returned_mail` reads the mailbox, `read_returned_mail FILE.eml ...` reads files."""

    help = "Take in bounces and complaints: addresses that do not exist are not written to again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Files, or none for the mailbox."""
        parser.add_argument("files", nargs="*", type=Path, help="e-mails as .eml files")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was new."""
        try:
            if options["files"]:
                mails = [mail_parse(file.read_bytes()) for file in options["files"]]
                read, new = len(mails), sum(returned_mail_read(mail) for mail in mails)
            else:
                read, new = returned_mailbox_read()
        except (MailboxError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{read} e-mails read, {new} told something new of e-mails of ours.")
