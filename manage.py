#!/usr/bin/env python
"""The operator's door: `python manage.py COMMAND`."""

import os
import sys

WITHOUT_DATABASE = (
    "help",
    "--help",
    "--version",
    "version",
    "check",
    "collectstatic",
    "spectacular",
    "doctor",  # It says itself what is wrong with the database.
)


def main() -> None:
    """Run one Django command, with embedded PostgreSQL up while it runs when none is configured."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "donor_management.settings")
    from django.core.management import execute_from_command_line

    from donor_management.env import SettingError
    from embedded.binaries import EmbeddedError

    try:
        has_started = _database_start()
        try:
            execute_from_command_line(sys.argv)
        finally:
            if has_started:
                _database_stop()
    except (SettingError, EmbeddedError) as error:
        sys.exit(f"Domaap can't start. {error}")


def _database_start() -> bool:
    """See that the database is there when the command needs it. True if we started it."""
    from django.conf import settings

    from donor_management.database import database_check
    from donor_management.env import ROOT, env_database_url
    from embedded.postgres import postgres_start

    if len(sys.argv) < 2 or sys.argv[1] in WITHOUT_DATABASE:
        return False
    if settings.IS_EMBEDDED:  # All settings are read here, before anything is started.
        return postgres_start(ROOT)
    database_check(env_database_url())
    return False


def _database_stop() -> None:
    from donor_management.env import ROOT
    from embedded.postgres import postgres_stop

    postgres_stop(ROOT)


if __name__ == "__main__":
    main()
