"""Finds or brings uv and Python 3.13. Runs on any Python >= 3.8."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Iterator, List, Mapping, Optional, Sequence

from tools.places import TOOLS, VAR
from tools.stamps import StepError, run, succeeds

WANTED = "3.13"
BROUGHT = VAR / "python"
IS_WANTED = "import sys, ssl, sqlite3, venv; sys.exit(sys.version_info[:2] != (3, 13))"


def uv_find() -> str:
    """The uv to use: one on PATH, else a pinned one in `var/uv`."""
    for place in (shutil.which("uv"), str(VAR / "uv" / "bin" / "uv")):
        if place and succeeds([place, "--version"]):
            return place
    print("  uv: bringing it from the package index ...", flush=True)
    return _uv_bring()


def _uv_bring() -> str:
    """Install uv with what this Python has: venv, else pip, else (as root) Debian's venv."""
    folder = VAR / "uv"
    requirements = str(TOOLS / "requirements.txt")
    for attempt in ("venv", "pip", "apt"):
        shutil.rmtree(folder, ignore_errors=True)
        if attempt == "apt" and not apt_install("python3-venv"):
            break
        if attempt == "pip":
            command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(folder)]
        elif succeeds([sys.executable, "-m", "venv", str(folder)]) is not None:
            command = [str(folder / "bin" / "pip"), "install", "-q"]
        else:
            continue
        if succeeds([*command, "--disable-pip-version-check", "-r", requirements]) is not None:
            return str(folder / "bin" / "uv")
    raise StepError(
        "uv could not be installed: install it by hand, or give this Python its venv module "
        "(Debian: apt install python3-venv), and see that the package index can be reached."
    )


def python_find(uv: str) -> str:
    """A Python 3.13 that really runs, brought if need be."""
    for candidate in _candidates(uv):
        if candidate and succeeds([candidate, "-c", IS_WANTED]) is not None:
            return candidate
    raise StepError(
        f"No Python {WANTED} was found or could be brought (see above): install it (Debian 13: "
        f"apt install python{WANTED} python{WANTED}-venv; Homebrew: brew install python@{WANTED}; "
        f"others: pyenv install {WANTED}) or name one by DOMAAP_PYTHON=/path/to/it."
    )


def _candidates(uv: str) -> Iterator[Optional[str]]:
    """Places to look, the cheapest first; the last ones bring it."""
    yield os.environ.get("DOMAAP_PYTHON")
    yield shutil.which("python" + WANTED)
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from (
        str(p) for p in sorted(versions.glob(WANTED + "*/bin/python" + WANTED), reverse=True)
    )
    yield succeeds([uv, "python", "find", "--no-project", "--system", WANTED])
    yield from _brought_before()
    print(f"  Python {WANTED}: bringing it ...", flush=True)
    if _did([uv, "python", "install", "--no-bin", "--install-dir", str(BROUGHT), WANTED]):
        yield from _brought_before()
    if apt_install(f"python{WANTED}", f"python{WANTED}-venv"):
        yield shutil.which("python" + WANTED)


def _brought_before() -> List[str]:
    """What uv brought into this folder, the newest first."""
    return [str(p) for p in sorted(BROUGHT.glob("*/bin/python" + WANTED), reverse=True)]


def apt_install(*packages: str) -> bool:
    """Install Debian packages when we are root and Debian has them."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    if succeeds(["apt-cache", "show", packages[0]]) is None:
        succeeds([apt, "update", "-q"])
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return _did([apt, "install", "-y", "-q", "--no-install-recommends", *packages], env=env)


def _did(command: Sequence[str], env: Optional[Mapping[str, str]] = None) -> bool:
    """Whether one way of bringing something worked; if not, its words are shown and the next is tried."""
    try:
        run(command, env=env)
    except StepError as error:
        print(f"  {error}", file=sys.stderr, flush=True)
        return False
    return True
