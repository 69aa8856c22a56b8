"""python manage.py mend_plans: our plans against Stripe's, mended from Stripe."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from api.services.plan_mending import plans_mend


class Command(BaseCommand):
    """Compare and mend; --dry-run only counts."""

    help = "Compare plans with Stripe and mend them from there."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether to change anything."""
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found."""
        found = plans_mend(is_rehearsal=options["dry_run"])
        self.stdout.write(
            f"{found.compared} plans compared, {found.mended} mended, "
            f"{found.strange} at Stripe that are not here, {found.gone} here that Stripe does not have."
        )
