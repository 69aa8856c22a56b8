"""`manage.py repeat_erasures`: after a restore, forget again whom the database knows again."""

from typing import Any

from django.core.management.base import BaseCommand

from api.services.erasures import erasures_repeat


class Command(BaseCommand):
    """Ask for each erasure that the restored database does not know of. Safe to run any time."""

    help = "Have donors forgotten again who were forgotten after the moment that was restored."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many; the worker carries them out when it starts."""
        self.stdout.write(f"{erasures_repeat()} erasures are repeated.")
