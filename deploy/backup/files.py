"""Receipts, exports and uploads, brought back from the store."""

import json
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from deploy.backup.backup import TAG
from deploy.backup.programs import WRONG_KEY, must, restic
from deploy.backup.settings import BackupError, Settings

# Of api/services/forgotten_list.py.
FORGOTTEN = "forgotten"


def files_restore(settings: Settings, folder: Path, *, to: str = "") -> str:
    """Bring the files of a moment back into a folder; returns what was done in words.

    The first copy at or after the moment: files are never changed, and one too many harms nothing.
    A file that is there already stays. The list of forgotten donors is that of the last copy.
    """
    chosen = _chosen(settings, to)
    if chosen is None:
        return "No copy of files was ever made."
    count = _bring(settings, chosen, folder)
    newest = _chosen(settings, "")
    if newest and newest["id"] != chosen["id"]:
        _bring(settings, newest, folder, only=f"{newest['paths'][0]}/{FORGOTTEN}")
    return f"{count} files are back as they were at {chosen['time'][:19]} UTC."


def _bring(settings: Settings, copy: dict[str, str], folder: Path, *, only: str = "") -> int:
    """Put the files of a copy into a folder; returns how many."""
    with tempfile.TemporaryDirectory(dir=_parent(folder)) as draft:
        part = ["--include", only] if only else []
        done = restic(settings, "restore", copy["id"], "--target", draft, *part)
        must(done, "The files can't be restored")
        source = Path(draft) / str(copy["paths"][0]).lstrip("/")
        if not source.is_dir():
            return 0  # Nothing of what is asked for is in it.
        shutil.copytree(source, folder, dirs_exist_ok=True)
        _own(source, folder)
        return sum(path.is_file() for path in source.rglob("*"))


def files_verify(settings: Settings) -> None:
    """Read all of the store and compare with its sums. Raises BackupError."""
    must(restic(settings, "check", "--read-data"), "The store of files is damaged")


def _chosen(settings: Settings, to: str) -> dict[str, str] | None:
    done = restic(settings, "snapshots", "--json", "--tag", TAG)
    if "wrong password" in done.stderr:
        raise BackupError(WRONG_KEY.format(settings.key_file))
    said = must(done, "The store of files can't be read")
    found: list[dict[str, str]] = json.loads(said or "[]") or []
    found.sort(key=lambda one: str(one["time"]))
    if not found:
        return None
    if to:
        moment = datetime.fromisoformat(to)
        later = [one for one in found if _time(one["time"]) >= moment]
        return later[0] if later else found[-1]
    return found[-1]


def _time(text: str) -> datetime:
    """restic says nanoseconds, which Python 3.11 does not read."""
    head, _, rest = text.partition(".")
    zone = rest.lstrip("0123456789").replace("Z", "+00:00") or "+00:00"
    return datetime.fromisoformat(head.replace("Z", "+00:00") if not rest else head + zone)


def _parent(folder: Path) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder.parent


def _own(source: Path, folder: Path) -> None:
    """Owners as they were: copying makes everything root's."""
    for path in [source, *source.rglob("*")]:
        kept = path.stat()
        shutil.chown(folder / path.relative_to(source), kept.st_uid, kept.st_gid)
