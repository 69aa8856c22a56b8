"""Tables and first data, by one start of Django instead of two: `python -m tools.prepare`."""

import os
import sys

import django
from django.core.management import call_command

from donor_management.env import SettingError


def main() -> None:
    """Run what an operator would: `manage.py migrate`, then `manage.py seed_demo`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "donor_management.settings")
    try:
        django.setup()
    except SettingError as error:
        sys.exit(f"Domaap can't start. {error}")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("seed_demo")


if __name__ == "__main__":
    main()
