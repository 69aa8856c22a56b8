"""Writes one setting into `.env`, for its owner's eyes only."""

import os
import re
from pathlib import Path

from django.conf import settings

from api.services.doctor.findings import MendError

PRIVATE = 0o600


def env_file_check(name: str) -> Path:
    """Where the setting may be written. Raises MendError when that would have no effect."""
    path = Path(settings.ENV_FILE).resolve()
    if os.environ.get(name):
        raise MendError(
            f"{name} is set in the environment, which wins over {path}: remove it there first."
        )
    folder = path if path.exists() else path.parent
    if not os.access(folder, os.W_OK):
        raise MendError(f"{path} can't be written by this user: run it with sudo.")
    return path


def env_file_set(name: str, value: str) -> Path:
    """Replace or add the line; the rest of the file and its owner stay. Returns the file."""
    path = env_file_check(name)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    line = f"{name}={value}"
    text, found = re.subn(rf"^{name}=.*$", lambda _: line, text, flags=re.MULTILINE)
    if not found:
        text = f"{text.rstrip()}\n{line}\n".lstrip()
    owner = path.stat() if path.exists() else None
    if not os.access(path.parent, os.W_OK):
        # Where deploy/ put it the file is the services' and its folder is root's.
        path.write_text(text, encoding="utf-8")
        return path
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=PRIVATE)
    draft.write_text(text, encoding="utf-8")
    if owner and os.geteuid() == 0:
        os.chown(draft, owner.st_uid, owner.st_gid)
    draft.replace(path)
    return path
