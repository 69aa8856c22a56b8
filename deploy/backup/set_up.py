"""Sets backups up on this machine, from the settings; run again it changes nothing that is right.

Makes the key if there is none, pgBackRest's configuration, PostgreSQL's archiving, and both stores.
"""

import argparse
import os
import secrets
import shutil
import sys
from pathlib import Path

from deploy.backup.programs import backups, must, pg_program, pgbackrest, psql, restic, run
from deploy.backup.settings import ROOT, STANZA, BackupError, Settings, settings_read, told

PRIVATE = 0o640
SERVER = (
    "SELECT current_setting('data_directory') || '|' || current_setting('port') || '|' ||"
    " split_part(current_setting('unix_socket_directories'), ',', 1)"
)


def main() -> int:
    """Set up, and say what is left to do."""
    argparse.ArgumentParser(prog="set-up.sh", description=__doc__).parse_args()
    settings = settings_read()
    is_new_key = key_make(settings)
    folders_make(settings)
    data, port, socket = psql(settings, SERVER).split("|")
    config_write(settings, data=data, port=port, socket=socket.strip())
    receiver_write(settings)
    server_set(settings)
    repository_make(settings)
    if is_new_key:
        print(
            f"A new key was made in {settings.key_file}. Without it no backup can be read: copy it "
            "now to a place apart from this machine and from the backups (docs/backup.md)."
        )
    print("Backups are set up.")
    return 0


def key_make(settings: Settings) -> bool:
    """A key of our own making where there is none; never another one over it."""
    if settings.key_file.exists():
        return False
    settings.key_file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
    return True


def folders_make(settings: Settings) -> None:
    """Folders of the user that PostgreSQL runs as."""
    own = [settings.wal_dir, settings.config_file.parent, settings.lock_dir]
    if not settings.is_s3:
        own.append(pgbackrest_folder(settings))
    for folder in own:
        folder.mkdir(parents=True, exist_ok=True)
    if settings.os_user:
        for folder in own:
            if folder != settings.config_file.parent:
                shutil.chown(folder, settings.os_user, settings.os_user)
                folder.chmod(0o700)


def pgbackrest_folder(settings: Settings) -> Path:
    """Where PostgreSQL's part of the backup is, when it is a folder."""
    return Path(settings.target) / "postgresql"


def config_write(settings: Settings, *, data: str, port: str, socket: str) -> None:
    """pgBackRest's configuration; it holds the key, so that only root and postgres read it."""
    lines = [
        "# Made by deploy/backup/set_up.py from the settings: changes here are lost.",
        "[global]",
        *_repository(settings),
        "repo1-cipher-type=aes-256-cbc",
        f"repo1-cipher-pass={settings.key}",
        "repo1-retention-full-type=time",
        f"repo1-retention-full={settings.keep_days}",
        "repo1-bundle=y",
        "compress-type=zst",
        "process-max=2",
        "start-fast=y",
        "log-level-console=warn",
        "log-level-file=off",
        f"lock-path={settings.lock_dir}",
        "",
        *(["[global:archive-push]", *settings.push_options, ""] if settings.push_options else []),
        f"[{STANZA}]",
        f"pg1-path={data}",
        f"pg1-port={port}",
        *([f"pg1-socket-path={socket}"] if socket else []),
    ]
    _private_write(settings, settings.config_file, lines)


def receiver_write(settings: Settings) -> None:
    """What the receiver needs of the settings, without their secrets: it runs as postgres."""
    names = ("BACKUP_TO", "BACKUP_WAL_DIR", "BACKUP_STATUS_FILE", "BACKUP_SYNCHRONOUS",
             "BACKUP_PATIENCE_SECONDS", "BACKUP_ADMIN_URL", "BACKUP_PG_BIN")  # fmt: skip
    said = {name: settings.environment.get(name, "") for name in names}
    lines = [f'{name}="{value}"' for name, value in said.items() if value]
    _private_write(settings, settings.config_file.with_name("receive.env"), lines)


def _private_write(settings: Settings, path: Path, lines: list[str]) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.touch(mode=PRIVATE)
    draft.chmod(PRIVATE)
    draft.write_text("\n".join(lines) + "\n")
    if settings.os_user:
        shutil.chown(draft, "root", settings.os_user)
    draft.replace(path)


def _repository(settings: Settings) -> list[str]:
    if not settings.is_s3:
        return [f"repo1-path={pgbackrest_folder(settings)}"]
    bucket, path = settings.s3_parts
    return [
        "repo1-type=s3",
        f"repo1-path={path.rstrip('/')}/postgresql",
        f"repo1-s3-bucket={bucket}",
        f"repo1-s3-endpoint={settings.s3_endpoint}",
        f"repo1-s3-region={settings.s3_region}",
        f"repo1-s3-key={settings.s3_key}",
        f"repo1-s3-key-secret={settings.s3_secret}",
        "repo1-s3-uri-style=path",
        f"repo1-storage-verify-tls={'y' if settings.s3_verify else 'n'}",
    ]


def server_set(settings: Settings) -> None:
    """PostgreSQL's own settings. Archiving begins with a restart of the server, which is asked for."""
    push = f"pgbackrest --config={settings.config_file} --stanza={STANZA} archive-push %p"
    wanted = {
        "archive_mode": "on",
        "archive_command": push,
        "archive_timeout": "1min",
        # A receiver that is away must not fill the disk; the archive has what it then lacks.
        "max_slot_wal_keep_size": "8GB",
    }
    for name, value in wanted.items():
        if psql(settings, f"SHOW {name}") != value:
            psql(settings, f"ALTER SYSTEM SET {name} = '{value}'")
    psql(settings, "SELECT pg_reload_conf()")
    if psql(settings, "SHOW archive_mode") != "on":
        server_restart(settings)


def server_restart(settings: Settings) -> None:
    """Restart PostgreSQL as this machine does it."""
    data = psql(settings, "SHOW data_directory")
    clusters = run(settings, ["pg_lsclusters", "-h"]).stdout.splitlines()
    for line in clusters:
        version, name, *_ = line.split()
        if f" {data} " in line:
            must(run(settings, ["pg_ctlcluster", version, name, "restart"], as_postgres=False),
                 "PostgreSQL did not restart")  # fmt: skip
            return
    control = [pg_program(settings, "pg_ctl"), "-D", data, "-w", "-m", "fast", "restart"]
    must(run(settings, [*control, "-l", f"{data}/restart.log"]), "PostgreSQL did not restart")


def repository_make(settings: Settings) -> None:
    """The two stores, empty, where they are not there; a store of another key is refused."""
    must(pgbackrest(settings, "stanza-create"), "pgBackRest can't use the store")
    must(pgbackrest(settings, "check"), "Archiving does not work")
    if restic(settings, "cat", "config").returncode != 0:
        must(restic(settings, "init"), "The store of files can't be made")
    try:
        backups(settings)
    except BackupError as error:
        if "no whole backup" not in str(error):
            raise


if __name__ == "__main__":
    print(f"Release: {ROOT}")
    sys.exit(told(main))
