"""What backups need to know, from the one file of settings: DOMAAP_ENV_FILE, else .env of the release."""

import os
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent.parent
OWN = Path("/etc/domaap-backup")
STANZA = "domaap"
# The name under which the archive is a synchronous standby of PostgreSQL, and of its slot.
ARCHIVE = "domaap_archive"


TRUE = {"true", "1", "yes", "on"}
FALSE = {"false", "0", "no", "off"}


class BackupError(Exception):
    """Something about the backup is wrong; its text says what, and what to do."""


def told(main: Callable[[], int]) -> int:
    """A program's end: what an operator can mend is a sentence, and no traceback."""
    try:
        return main()
    except BackupError as error:
        print(error, file=sys.stderr)
    except PermissionError as error:
        print(f"This user may not use {error.filename}: run it with sudo.", file=sys.stderr)
    return 1


@dataclass(frozen=True)
class Settings:
    """Where everything of the backup is."""

    target: str  # A folder, or s3://bucket/prefix.
    key_file: Path
    config_file: Path  # pgBackRest's; made by set-up, holds the key.
    wal_dir: Path  # The last WAL, as it is written: best on another disk or machine.
    status_file: Path
    files_dir: Path
    work_dir: Path  # Where drills restore to.
    keep_days: int
    is_synchronous: bool
    patience_seconds: int
    margin_seconds: int  # Transactions that began before this are over on both sides of a drill.
    admin_url: str  # How to reach PostgreSQL as its administrator: libpq words, or nothing.
    database: str
    os_user: str
    app_user: str  # Who the product runs as, where we are root: its database may know it by that.
    python: str
    pg_bin: str
    push_options: tuple[str, ...]  # More lines for pgBackRest's archive-push: archive-async=y ...
    s3_endpoint: str
    s3_region: str
    s3_key: str
    s3_secret: str
    s3_verify: bool
    environment: Mapping[str, str]

    @property
    def is_s3(self) -> bool:
        """Whether backups go to a bucket."""
        return self.target.startswith("s3://")

    @property
    def s3_parts(self) -> tuple[str, str]:
        """The bucket, and the path in it with a slash before it."""
        parts = urlsplit(self.target)
        return parts.netloc, "/" + parts.path.strip("/")

    @property
    def lock_dir(self) -> Path:
        """Where programs of the backup keep out of each other's way."""
        return self.status_file.parent / "backup-locks"

    @property
    def key(self) -> str:
        """The key that everything is encrypted with. Raises BackupError."""
        try:
            key = self.key_file.read_text().strip()
        except OSError as error:
            raise BackupError(
                f"The backup's key can't be read from {self.key_file} ({error.strerror}): put the "
                "copy that is kept apart there (docs/backup.md)."
            ) from error
        if len(key) < 32:
            raise BackupError(f"{self.key_file} holds no key: it accepts 32 or more characters.")
        return key


def settings_read() -> Settings:
    """The settings, with what a usual machine has where nothing is said. Raises BackupError."""
    values = _environment()

    def value(name: str, default: str = "") -> str:
        return values.get(name, "") or default

    def number(name: str, default: str) -> int:
        said = value(name, default)
        if not (said.isascii() and said.isdecimal()):
            raise BackupError(f"{name} is {said!r}: it accepts a whole number.")
        return int(said)

    def is_on(name: str) -> bool:
        said = value(name, "True").lower()
        if said not in TRUE | FALSE:
            raise BackupError(f"{name} is {said!r}: it accepts True or False.")
        return said in TRUE

    target = value("BACKUP_TO")
    if not target.startswith("/") and not (target.startswith("s3://") and urlsplit(target).netloc):
        raise BackupError("BACKUP_TO is missing: it accepts a folder or s3://BUCKET/PATH.")
    return Settings(
        target=target,
        key_file=Path(value("BACKUP_KEY_FILE", str(OWN / "backup.key"))),
        config_file=Path(value("BACKUP_CONFIG_FILE", str(OWN / "pgbackrest.conf"))),
        wal_dir=Path(value("BACKUP_WAL_DIR", "/var/lib/domaap-wal")),
        status_file=Path(value("BACKUP_STATUS_FILE", "/var/lib/domaap/backup-status.json")),
        files_dir=ROOT / value("FILES_DIR", "var/files"),
        work_dir=Path(value("BACKUP_WORK_DIR", "/var/lib/domaap-drill")),
        keep_days=number("BACKUP_KEEP_DAYS", "35"),
        is_synchronous=is_on("BACKUP_SYNCHRONOUS"),
        patience_seconds=number("BACKUP_PATIENCE_SECONDS", "30"),
        margin_seconds=number("BACKUP_MARGIN_SECONDS", "60"),
        admin_url=value("BACKUP_ADMIN_URL"),
        database=value("BACKUP_DATABASE")
        or urlsplit(value("DATABASE_URL")).path.strip("/")
        or "domaap_db",
        os_user="postgres" if os.geteuid() == 0 else "",
        app_user=_app_user(),
        python=value("DOMAAP_PYTHON", str(ROOT / "var" / "venv" / "bin" / "python")),
        pg_bin=value("BACKUP_PG_BIN"),
        push_options=tuple(filter(None, value("BACKUP_PUSH_OPTIONS").replace(" ", "").split(","))),
        s3_endpoint=value("BACKUP_S3_ENDPOINT", "https://s3.amazonaws.com"),
        s3_region=value("BACKUP_S3_REGION", "eu-west-2"),
        s3_key=value("BACKUP_S3_KEY"),
        s3_secret=value("BACKUP_S3_SECRET"),
        s3_verify=is_on("BACKUP_S3_VERIFY"),
        environment=values,
    )


def _environment() -> dict[str, str]:
    """The process's own environment over the file."""
    path = Path(os.environ.get("DOMAAP_ENV_FILE", "") or ROOT / ".env")
    lines = path.read_text().splitlines() if path.exists() else []
    return {**dict(_pairs(lines)), **os.environ}


def _app_user() -> str:
    """The owner of the settings is who the product runs as."""
    path = Path(os.environ.get("DOMAAP_ENV_FILE", "") or ROOT / ".env")
    if os.geteuid() != 0 or not path.exists() or path.stat().st_uid == 0:
        return ""
    return path.owner()


def _pairs(lines: list[str]) -> list[tuple[str, str]]:
    pairs = [line.strip().removeprefix("export ").partition("=") for line in lines]
    return [
        (name.strip(), _unquoted(value.strip()))
        for name, sign, value in pairs
        if sign and not name.startswith("#")
    ]


def _unquoted(value: str) -> str:
    if value[:1] in {"'", '"'}:
        return "".join(shlex.split(value)[:1])
    return value.partition(" #")[0].strip()
