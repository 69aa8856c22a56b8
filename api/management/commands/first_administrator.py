"""`manage.py first_administrator EMAIL`: a one-time link, while nobody administers the site yet."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from api.services.users import administrator_first


class Command(BaseCommand):
    """Invite the first administrator; later ones are invited at Staff in /admin/."""

    help = "Print the one-time link by which the first administrator chooses a password."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who it is."""
        parser.add_argument("email")
        parser.add_argument("--again", action="store_true", help="a new link, if it was not used")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the link, or why there is none."""
        path = administrator_first(email=options["email"], is_again=options["again"])
        if path is None:
            self.stdout.write("An administrator is there or invited (a new link: --again).")
        else:
            self.stdout.write(f"{settings.SITE_URL}{path}")
