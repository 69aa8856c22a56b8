"""Tables and first data, by one start of Django instead of two: `python -m tools.prepare`."""

import os

import django
from django.core.management import call_command


def main() -> None:
    """Run what an operator would: `manage.py migrate`, then `manage.py seed_demo`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "donor_management.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("seed_demo")


if __name__ == "__main__":
    main()
