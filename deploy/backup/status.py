"""What is known of the backup, for `manage.py doctor`: one small file, written whole."""

import json
import os
from datetime import UTC, datetime
from typing import Any

from deploy.backup.settings import Settings

FIELDS: dict[str, Any] = {
    "kind": "pgbackrest",
    "last_backup_at": None,
    "last_archived_at": None,
    "last_drill_at": None,
    "last_drill_ok": None,
    "drill_words": "",
    "is_synchronous": None,
}


def moment() -> str:
    """Now, as the file has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def status_read(settings: Settings) -> dict[str, Any]:
    """What the file says; every field is there."""
    try:
        return {**FIELDS, **json.loads(settings.status_file.read_text())}
    except (OSError, ValueError):
        return dict(FIELDS)


def status_write(settings: Settings, **changes: object) -> None:
    """Change fields; a reader sees the old file or the new one."""
    path = settings.status_file
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps({**status_read(settings), **changes}, indent=1) + "\n")
    draft.chmod(0o644)
    draft.replace(path)
