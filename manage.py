#!/usr/bin/env python
"""The operator's door: `python manage.py COMMAND`."""

import os
import sys


def main() -> None:
    """Run one Django command, with embedded PostgreSQL up while it runs when none is configured."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "donor_management.settings")
    from django.core.management import execute_from_command_line

    from donor_management.env import ROOT, SettingError, env_database_is_embedded

    started = False
    try:
        if env_database_is_embedded() and sys.argv[1:2] not in (
            ["help"],
            ["--help"],
            ["--version"],
        ):
            from embedded.postgres import postgres_start

            started = postgres_start(ROOT)
        execute_from_command_line(sys.argv)
    except SettingError as error:
        sys.exit(f"Domaap can't start. {error}")
    finally:
        if started:
            from embedded.postgres import postgres_stop

            postgres_stop(ROOT)


if __name__ == "__main__":
    main()
