"""Finds the Chromium for browser tests, or brings one; none is a failure that says what to install."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.interpreters import apt_install
from tools.places import FRONTEND, node, node_environment
from tools.stamps import succeeds
from tools.supervise import ProductError

PLAYWRIGHT_SECONDS = 120
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLAYWRIGHT_PATTERNS = (
    "chromium-*/chrome-linux*/chrome",
    "chromium_headless_shell-*/chrome-*/headless_shell",
    "chromium_headless_shell-*/chrome-*/chrome-headless-shell",
    "chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
)


def chromium_find() -> str:
    """The path of a Chromium that runs."""
    for candidate in _candidates():
        if candidate and succeeds([candidate, "--version"]) is not None:
            return candidate
    raise ProductError(
        "The browser tests need a Chromium and none was found or could be brought: install it "
        "(Debian: apt install chromium; macOS: brew install --cask chromium) or name one by CHROMIUM=/path/to/chromium."
    )


def _candidates() -> Iterator[str | None]:
    """Places to look, then ways to bring one."""
    yield os.environ.get("CHROMIUM")
    yield from map(shutil.which, NAMES)
    yield from _of_playwright()
    print("  Chromium: bringing it ...", flush=True)
    _playwright_try()
    yield from _of_playwright()  # Also after a failure: it brings more than the Chromium that we need.
    if apt_install("chromium"):
        yield shutil.which("chromium")


def _of_playwright() -> list[str]:
    cache = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    places = [Path(cache)] if cache else []
    places += [Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright"]
    found = [path for place in places for p in PLAYWRIGHT_PATTERNS for path in place.glob(p)]
    return [str(path) for path in sorted(found, reverse=True)]


def _playwright_try() -> None:
    """Let Playwright bring its own; it may be unreachable, so it gets two minutes."""
    cli = FRONTEND / "node_modules" / "playwright" / "cli.js"
    if not cli.exists():
        return
    command = [node(), str(cli), "install", "chromium"]
    try:
        done = subprocess.run(
            command,
            env=node_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PLAYWRIGHT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        print(f"  Playwright was not done in {PLAYWRIGHT_SECONDS} s.", flush=True)
        return
    if done.returncode != 0:
        print(f"  Playwright failed: {done.stdout.strip()[-400:]}", flush=True)
