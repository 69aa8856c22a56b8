"""`manage.py seed_demo`: the starting funds and a demo member of staff; safe to run again."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from api.services.factors import demo_factor_seed
from api.services.funds import funds_seed
from api.services.users import demo_staff_seed


class Command(BaseCommand):
    """Make what a first look needs."""

    help = "Make the starting funds and, in embedded mode, the demo staff login."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was made."""
        made = funds_seed()
        self.stdout.write(f"Funds made: {made}")
        if not settings.IS_EMBEDDED:
            return
        if not settings.DEMO_PASSWORD:
            raise CommandError(
                "DEMO_PASSWORD is missing: delete var/embedded.env's copy and start again."
            )
        user = demo_staff_seed(settings.DEMO_PASSWORD)
        demo_factor_seed(user)
        self.stdout.write(f"Demo staff login: {user.email}")
