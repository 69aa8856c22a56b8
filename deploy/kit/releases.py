"""Releases: a folder each, complete in itself; which one serves; what outlives them."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path

from deploy.kit.steps import StepError, as_user, folder_put, link_put, run
from deploy.kit.templates import Places

SKIPPED = {
    "var", "node_modules", ".next", ".git", "logs", ".env", "answers", "__pycache__", ".mypy_cache",
    ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache", "test-results",
    "playwright-report", "next-env.d.ts", ".digest",
}  # fmt: skip
COMPILED = ("api", "donor_management", "embedded", "deploy")
KEPT = 3
DIGEST = ".digest"


def source_files(source: Path) -> list[Path]:
    """The files of a source folder that make a release, in a stable order."""
    found = []
    for parent, folders, names in os.walk(source):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        wanted = (n for n in names if n not in SKIPPED and not n.endswith(".tsbuildinfo"))
        found += [Path(parent) / name for name in wanted]
    return sorted(found)


def source_digest(source: Path) -> str:
    """One value that changes with any file of a release."""
    total = hashlib.sha256()
    for path in source_files(source):
        total.update(str(path.relative_to(source)).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def releases_all(places: Places) -> list[str]:
    """The complete releases, the oldest first."""
    return sorted(path.parent.name for path in places.releases.glob(f"*/{DIGEST}"))


def release_current(places: Places) -> str:
    """The release that serves; empty before the first."""
    return places.current.readlink().name if places.current.is_symlink() else ""


def release_digest(places: Places, release: str) -> str:
    """From which source it was made."""
    path = places.releases / release / DIGEST
    return path.read_text(encoding="ascii") if path.exists() else ""


def release_make(source: Path, places: Places) -> str:
    """A new folder with everything in it: sources, packages, the built site, static files.

    Nothing that serves is touched. A half-made one has no digest and is never taken for a release.
    """
    release = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    folder = places.releases / release
    try:
        _release_fill(source, folder, places)
    except StepError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    (folder / DIGEST).write_text(source_digest(source), encoding="ascii")
    return release


def _release_fill(source: Path, folder: Path, places: Places) -> None:
    source_copy(source, folder)
    shared_link(folder, places)
    _packages_bring(folder, places)
    release_complete(folder, places)


def source_copy(source: Path, folder: Path) -> None:
    """The sources of a release, readable by everybody."""
    for path in source_files(source):
        made = folder / path.relative_to(source)
        made.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, made)
        made.chmod(0o755 if os.access(path, os.X_OK) else 0o644)


def release_complete(folder: Path, places: Places) -> None:
    """What is made once sources, packages and the built site are there."""
    packages = [name for name in COMPILED if (folder / name).is_dir()]
    run([_python(folder), "-m", "compileall", "-q", *packages], cwd=folder)
    manage(places, folder.name, "check")
    run([_python(folder), "manage.py", "collectstatic", "--no-input"], cwd=folder, is_alone=True)
    _readable(folder / "var" / "static")
    assets_publish(folder, places)


def shared_link(folder: Path, places: Places) -> None:
    """Links to what outlives a release. A Python that must be brought is brought once for all."""
    (folder / "var").mkdir()
    link_put(folder / ".env", places.shared / ".env")
    folder_put(places.base / "python")
    link_put(folder / "var" / "python", places.base / "python")


def _packages_bring(folder: Path, places: Places) -> None:
    """Packages as the lock says, and the built site, by the project's own set-up."""
    caches, uv = places.base / "cache", places.base / "uv"
    if not (uv / "bin" / "uv").exists():
        run(["python3", "-m", "venv", uv])
        quiet = ["--quiet", "--disable-pip-version-check"]
        run([uv / "bin" / "pip", "install", *quiet, "-r", folder / "tools" / "requirements.txt"])
    environment = {
        "PATH": f"{uv / 'bin'}:{os.environ.get('PATH', '')}",
        "UV_CACHE_DIR": str(caches / "uv"),
        "npm_config_cache": str(caches / "npm"),
        # The services may not write here: what is not compiled now is compiled at every start.
        "UV_COMPILE_BYTECODE": "1",
    }
    run(["python3", "-m", "tools.bootstrap", "production"], cwd=folder, environment=environment)
    # The built site carries what it needs; half a gigabyte that built it is not kept per release.
    shutil.rmtree(folder / "frontend" / "node_modules", ignore_errors=True)


def assets_publish(folder: Path, places: Places) -> None:
    """Put the site's assets beside those of earlier releases: pages opened before still ask for them."""
    built = folder / "frontend" / ".next" / "static"
    target = places.shared / "assets" / "_next" / "static"
    if not built.is_dir():
        raise StepError(f"The site is not built: {built} is missing.")
    shutil.copytree(built, target, dirs_exist_ok=True)
    _readable(target)


def assets_prune(places: Places) -> None:
    """Forget assets that no kept release has."""
    target = places.shared / "assets" / "_next" / "static"
    kept = set()
    for release in releases_all(places):
        built = places.releases / release / "frontend" / ".next" / "static"
        kept |= {path.relative_to(built) for path in built.rglob("*") if path.is_file()}
    for path in target.rglob("*"):
        if path.is_file() and path.relative_to(target) not in kept:
            path.unlink()


def releases_prune(places: Places) -> list[str]:
    """Remove all but the newest few; never the one that serves."""
    current = release_current(places)
    others = [name for name in releases_all(places) if name != current]
    removed = others[: -(KEPT - 1)]
    for name in removed:
        shutil.rmtree(places.releases / name)
    if removed:
        assets_prune(places)
    return removed


def database_migrate(places: Places, release: str) -> bool:
    """Bring the tables to what a release needs. False when they were."""
    if not manage_succeeds(places, release, "migrate", "--check"):
        manage(places, release, "migrate", "--no-input")
        return True
    return False


def manage(places: Places, release: str, *words: str) -> str:
    """One command of `manage.py`, as the user of the services."""
    folder = places.releases / release
    command = as_user(places.user, [_python(folder), "manage.py", *words])
    return run(command, cwd=folder, is_alone=True)


def manage_succeeds(places: Places, release: str, *words: str) -> bool:
    """Whether a command of `manage.py` ends well."""
    try:
        manage(places, release, *words)
    except StepError:
        return False
    return True


def _python(folder: Path) -> Path:
    return folder / "var" / "venv" / "bin" / "python"


def _readable(folder: Path) -> None:
    """nginx hands these out."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
