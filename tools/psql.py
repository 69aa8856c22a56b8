"""`make psql`: the database in psql, or in pgcli when this machine has no psql."""

import os
import shutil
import sys

from donor_management.env import env_database_is_embedded, env_database_url
from embedded.postgres import postgres_start
from tools.interpreters import uv_find
from tools.places import ROOT


def main() -> None:
    """Become the client. The embedded server is started when it is down, and stays up (`make stop`)."""
    if env_database_is_embedded():
        postgres_start(ROOT)
    url = env_database_url()
    psql = shutil.which("psql")
    command = [psql] if psql else [uv_find(), "tool", "run", "--with", "psycopg[binary]", "pgcli"]
    os.execvp(command[0], [*command, url, *sys.argv[1:]])  # noqa: S606 (becoming it is the point)


if __name__ == "__main__":
    main()
