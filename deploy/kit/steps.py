"""Steps that say whether they changed anything, and how a command is run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LAST_LETTERS = 4000
ALONE = ("PATH", "LANG", "LC_ALL", "TERM")


class StepError(Exception):
    """A step failed; its text is what the operator should know or do."""


@dataclass
class Report:
    """What each step did, printed as it goes."""

    changed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def step(self, name: str, did: bool, what: str = "done") -> None:
        """One line for one step."""
        if did:
            self.changed.append(name)
        print(f"  {name + ' ':.<34} {what if did else 'no change'}", flush=True)

    def note(self, text: str) -> None:
        """Something that the operator must know at the end."""
        self.notes.append(text)

    def closing(self) -> str:
        """One sentence on all steps."""
        if not self.changed:
            return "No change: everything was as the answers say."
        return f"Changed: {', '.join(self.changed)}."


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    is_alone: bool = False,
) -> str:
    """What a command printed. Raises StepError with its last words when it failed.

    `is_alone`: it sees nothing of our environment, so that `.env` alone says what the settings are.
    """
    inherited = {name: os.environ[name] for name in ALONE if name in os.environ}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**(inherited if is_alone else os.environ), **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        words = " ".join(str(word) for word in command[:4])
        raise StepError(f"`{words} ...` failed:\n{done.stdout.strip()[-LAST_LETTERS:]}")
    return done.stdout


def succeeds(command: Sequence[str | Path]) -> bool:
    """Whether a command ends well; what it says is dropped."""
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0


def as_user(user: str, command: Sequence[str | Path]) -> list[str]:
    """The command, as it is run by another user; as it is when we are that user."""
    words = [str(word) for word in command]
    return words if os.geteuid() != 0 or user == "root" else ["runuser", "-u", user, "--", *words]


def file_put(path: Path, text: str, *, mode: int = 0o644) -> bool:
    """Put a whole file in place at once; False when it was there as it is."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=mode)
    draft.chmod(mode)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
    return True


def link_put(path: Path, target: Path) -> bool:
    """Let a link lead to a target, at once; False when it did."""
    if path.is_symlink() and path.readlink() == target:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(path)
    return True


def folder_put(path: Path, *, owner: str = "root", mode: int = 0o755) -> bool:
    """Have a folder with this owner and mode; False when it was so."""
    import shutil

    is_new = not path.is_dir()
    path.mkdir(parents=True, exist_ok=True)
    before = path.stat()
    path.chmod(mode)
    if os.geteuid() == 0:
        shutil.chown(path, owner, owner)
    after = path.stat()
    return is_new or (before.st_mode, before.st_uid) != (after.st_mode, after.st_uid)


def fail(error: Exception) -> None:
    """End with what the operator should know."""
    sys.exit(f"\nStopped. {error}")
