"""Steps that are skipped when what they are made from did not change. Runs on any Python >= 3.8."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterable, Iterator, Mapping, Optional, Sequence

from tools.places import ROOT, STAMPS

SKIPPED_FOLDERS = {
    "node_modules", ".next", "test-results", "playwright-report", "tests", "e2e", "coverage",
    "__pycache__",
}  # fmt: skip
GENERATED_FILES = {"next-env.d.ts"}


class StepError(Exception):
    """A step failed; its text is what a person should know or do."""


@contextmanager
def locked() -> Iterator[None]:
    """One set-up at a time in this folder. A killed holder frees the lock."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    with (STAMPS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def files_under(folder: Path) -> list[Path]:
    """All source files below a folder, in a stable order."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        wanted = (n for n in names if n not in GENERATED_FILES and not n.endswith(".tsbuildinfo"))
        found += [Path(parent) / name for name in wanted]
    return sorted(found)


def digest(files: Iterable[Path], *extra: str) -> str:
    """One value that changes when a file's name or content does."""
    total = hashlib.sha256("\0".join(extra).encode())
    for path in files:
        total.update(str(path.relative_to(ROOT)).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def step(title: str, name: str, key: str, made: Optional[Path], work: Callable[[], None]) -> bool:
    """Do `work` unless it was done for the same key and what it made is there. True if done now."""
    stamp = STAMPS / name
    is_made = made is None or made.exists()
    if is_made and stamp.exists() and stamp.read_text() == key:
        return False
    stamp.unlink(missing_ok=True)
    print(f"  {title} ...", flush=True)
    begun = time.monotonic()
    work()
    stamp.write_text(key)
    print(f"  {title}: done in {time.monotonic() - begun:.1f} s", flush=True)
    return True


def run(
    command: Sequence[str], *, cwd: Path = ROOT, env: Optional[Mapping[str, str]] = None
) -> None:
    """Run one command quietly; when it fails show what it said."""
    done = subprocess.run(
        list(command), cwd=str(cwd), env=None if env is None else dict(env),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        universal_newlines=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        sys.stderr.write(done.stdout[-6000:])
        words = [Path(word).name if word.startswith("/") else word for word in command[:5]]
        raise StepError(f"`{' '.join(words)}` failed (see above).")


def succeeds(command: Sequence[str]) -> Optional[str]:
    """What a command prints when it succeeds, else None."""
    try:
        done = subprocess.run(
            list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, universal_newlines=True, check=False,
        )  # fmt: skip
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
