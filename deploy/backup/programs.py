"""Runs the programs that do the work: pgBackRest, psql, restic and PostgreSQL's own, as their user."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.backup.settings import ROOT, STANZA, BackupError, Settings

WRONG_KEY = (
    "The key in {} does not open this backup: put the key there that it was made with (the copy that "
    "is kept apart, docs/backup.md)."
)


def run(
    settings: Settings,
    command: Sequence[str],
    *,
    as_postgres: bool = True,
    environment: Mapping[str, str] | None = None,
    stdin: str = "",
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and keep what it said. Nothing is raised for its failure."""
    try:
        return subprocess.run(
            [*(prefix(settings) if as_postgres else []), *command],
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env={**os.environ, **(environment or {})},
        )
    except FileNotFoundError as error:
        raise BackupError(f"{command[0]} is not installed: apt install {command[0]}.") from error


def prefix(settings: Settings) -> list[str]:
    """PostgreSQL's files are its own user's: root becomes that user for them."""
    return ["runuser", "-u", settings.os_user, "--"] if settings.os_user else []


def must(done: "subprocess.CompletedProcess[str]", what: str) -> str:
    """What the program said, or BackupError with its last words."""
    if done.returncode == 0:
        return done.stdout
    said = " ".join((done.stderr.strip() or done.stdout.strip()).split())[-600:]
    raise BackupError(f"{what}: {said or f'it ended with {done.returncode}'}")


def pgbackrest(
    settings: Settings, *arguments: str, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """One command of pgBackRest on our stanza."""
    common = [f"--config={settings.config_file}", f"--stanza={STANZA}"]
    return run(settings, ["pgbackrest", *common, *arguments], environment=environment)


def backups(settings: Settings) -> dict[str, Any]:
    """What pgBackRest holds: its `info` of our stanza. Raises BackupError, also for a wrong key."""
    said = must(pgbackrest(settings, "info", "--output=json"), "pgBackRest can't read the backup")
    # Not strict: with a wrong key its own message holds what it made of the bytes.
    stanza: dict[str, Any] = next(iter(json.loads(said, strict=False)), {})
    status = stanza.get("status", {})
    if status.get("code") == 0:
        return stanza
    words = json.dumps(stanza)
    if "FormatError" in words or "CryptoError" in words or "cipher" in status.get("message", ""):
        raise BackupError(WRONG_KEY.format(settings.key_file))
    raise BackupError(
        f"There is no whole backup in {settings.target} ({status.get('message', 'nothing there')})."
    )


def psql(settings: Settings, statement: str, *, database: str = "postgres", url: str = "") -> str:
    """The answer to one statement, bare. Raises BackupError."""
    where = f"{url or settings.admin_url} dbname={database}".strip()
    command = [pg_program(settings, "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", where]
    done = run(settings, [*command, "-c", statement], environment={"PGCONNECT_TIMEOUT": "5"})
    return must(done, "PostgreSQL does not answer").strip()


def pg_program(settings: Settings, name: str) -> str:
    """The path of one of PostgreSQL's programs: of the version that runs, where it is known."""
    folder = settings.pg_bin or _newest_bin()
    return str(Path(folder) / name) if folder else name


def _newest_bin() -> str:
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = sorted(found, key=lambda path: int(path.parent.parent.name))
    return str(newest[-1].parent) if newest else ""


def restic(settings: Settings, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """One command of restic on the files' own repository beside PostgreSQL's."""
    place = f"{settings.target}/files"
    if settings.is_s3:
        bucket, path = settings.s3_parts
        place = f"s3:{settings.s3_endpoint}/{bucket}{path}/files"
    more = ["--insecure-tls"] if settings.is_s3 and not settings.s3_verify else []
    return run(
        settings,
        ["restic", "--quiet", *more, *arguments],
        as_postgres=False,
        environment={
            "RESTIC_REPOSITORY": place,
            "RESTIC_PASSWORD": settings.key,
            "RESTIC_CACHE_DIR": os.environ.get("RESTIC_CACHE_DIR", "/var/cache/domaap-restic"),
            "AWS_ACCESS_KEY_ID": settings.s3_key,
            "AWS_SECRET_ACCESS_KEY": settings.s3_secret,
            "AWS_DEFAULT_REGION": settings.s3_region,
        },
    )


def manage(
    settings: Settings, *arguments: str, url: str = ""
) -> "subprocess.CompletedProcess[str]":
    """`manage.py ...` of this release, on the live database or on another."""
    keep = {name: value for name, value in settings.environment.items() if name.isupper()}
    command = [settings.python, str(ROOT / "manage.py"), *arguments]
    if url:
        # As root: the copy's socket is in a folder that nobody else may enter. Its log goes there too.
        own = {"DATABASE_URL": url, "LOG_DIR": str(settings.work_dir / "logs")}
        return run(settings, command, as_postgres=False, environment={**keep, **own})
    as_app = ["runuser", "-u", settings.app_user, "--"] if settings.app_user else []
    return run(settings, [*as_app, *command], as_postgres=False, environment=keep)
