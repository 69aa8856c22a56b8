"""`manage.py demo_data --size N`: seven years of invented gifts, to look around in and to measure with."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from api.services.demo_data import demo_data_make


class Command(BaseCommand):
    """For a look, for load tests; never beside real gifts."""

    help = "Write invented donors and gifts of the last seven years, with balanced books."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many, and which."""
        parser.add_argument("--size", type=int, default=20_000, help="how many gifts (20000)")
        parser.add_argument("--seed", type=int, default=1, help="another number, other people (1)")
        parser.add_argument(
            "--into-my-database", action="store_true", help="also when DATABASE_URL is given"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse where real gifts may be; else make, and say how far it is."""
        if settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_")):
            raise CommandError(
                "A live Stripe key is set: invented gifts don't belong beside real ones."
            )
        if not settings.IS_EMBEDDED and not options["into_my_database"]:
            raise CommandError(
                "DATABASE_URL is given: invented gifts can't be told from real ones later. "
                "If this database is for trying things out, add --into-my-database."
            )
        demo_data_make(size=options["size"], seed=options["seed"], say=self.stdout.write)
