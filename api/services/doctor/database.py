"""Is the database there, new enough, and of the same release as the code."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from api.clock import now
from api.services.doctor.findings import (
    Check,
    Seen,
    compose,
    fine,
    is_in_container,
    is_production,
    manage,
    problem,
    warning,
)
from api.services.doctor.rounds import Round
from embedded.binaries import OLDEST_MAJOR

SECONDS = 4
CLOCK_WARNING_SECONDS = 2.0
CLOCK_PROBLEM_SECONDS = 30.0


@dataclass(frozen=True)
class _Server:
    major: int
    encoding: str
    clock: datetime


def _server() -> _Server:
    """Asked by a connection of its own: the pool would wait for a dead server far too long."""
    params: Any = connections["default"].get_connection_params()
    kept = {k: v for k, v in params.items() if k not in ("pool", "context", "cursor_factory")}
    with psycopg.connect(**kept | {"connect_timeout": SECONDS}) as own:
        row = own.execute("SELECT clock_timestamp()").fetchone()
        clock = row[0] if row else now()
        return _Server(
            own.info.server_version // 10_000,
            own.info.parameter_status("server_encoding") or "",
            clock,
        )


def _look() -> str:
    """What says why PostgreSQL does not answer."""
    if is_in_container():
        return compose("logs --tail 50 postgres")
    return "sudo systemctl status postgresql" if is_production() else "make run"


def reachable(_: Round) -> Seen:
    """A connection, and a server that we can use."""
    try:
        server = _server()
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        return problem(f"The database does not answer ({said}).", _look())
    if server.major < OLDEST_MAJOR:
        return problem(
            f"It is PostgreSQL {server.major}; version {OLDEST_MAJOR} or newer is needed.",
            "pg_upgradecluster (Debian), or move to a newer server",
        )
    if server.encoding != "UTF8":
        return problem(
            f"It keeps letters in {server.encoding}; UTF8 is needed.",
            "createdb --encoding=UTF8 --template=template0 domaap_db",
        )
    return fine(f"PostgreSQL {server.major} answers.")


def migrated(_: Round) -> Seen:
    """Every migration of this release is applied."""
    loader = MigrationLoader(connection)
    applied = loader.applied_migrations
    missing = sorted(
        f"{app}.{name}" for app, name in loader.graph.nodes if (app, name) not in applied
    )
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        return problem(
            f"Not applied: {', '.join(missing[:3])}{more}.", manage("migrate --no-input")
        )
    known = loader.disk_migrations
    newer = sorted(name for app, name in applied if app == "api" and (app, name) not in known)
    if newer:
        return warning(
            f"The database knows of api.{newer[-1]}, which this release does not have: it is newer.",
            "Run the release that made it, or restore the backup from before it",
        )
    return fine("All tables are those of this release.")


def migrate(_: Round) -> str:
    """Apply what is missing."""
    call_command("migrate", interactive=False, verbosity=0)
    return "Applied the missing migrations."


def clock(_: Round) -> Seen:
    """PostgreSQL's clock against ours."""
    off = abs((_server().clock - now()).total_seconds())
    if off < CLOCK_WARNING_SECONDS:
        return fine("PostgreSQL and this machine agree on the time.")
    tell = problem if off >= CLOCK_PROBLEM_SECONDS else warning
    return tell(
        f"PostgreSQL's clock and this machine's are {off:.0f} seconds apart.",
        "timedatectl set-ntp true (on both machines)",
    )


@cache
def leaves() -> tuple[tuple[str, str], ...]:
    """The last migration of each application, as the code has them."""
    return tuple(sorted(MigrationLoader(None).graph.leaf_nodes()))


def is_ready() -> bool:
    """Whether the database answers and has all that this code needs: one short query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT app, name FROM django_migrations WHERE name = ANY(%s)",
            [[n for _, n in leaves()]],
        )
        return set(leaves()) <= set(cursor.fetchall())


CHECKS = (
    Check(
        "database",
        "Database",
        "Gifts, events and e-mails are kept there: without it donors can't give.",
        reachable,
    ),
    Check(
        "migrations",
        "Tables of this release",
        "Code that meets older tables fails for donors in the middle of a gift.",
        migrated,
        needs=("database",),
        mend=migrate,
    ),
    Check(
        "clock-database",
        "Clock of the database",
        "Times of gifts come from both clocks: days and tax years would not agree.",
        clock,
        needs=("database",),
    ),
)
