"""`manage.py reset_second_factor EMAIL`: for the last administrator, whose phone is lost."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from api.models import User
from api.services.factors import factors_reset


class Command(BaseCommand):
    """Take somebody's second factor away; they set up a new one at the next sign-in."""

    help = "Take away the second factor of a member of staff and sign them out everywhere."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose."""
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was done."""
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError("No member of staff has this address.")
        count = factors_reset(user=user, actor=None)
        self.stdout.write(f"Taken away: {count}. Signed out everywhere.")
