"""Secrets of the embedded mode: made once per folder, random, readable by their owner only."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "JWT_SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "STRIPE_WEBHOOK_SECRET": lambda: "whsec_" + secrets.token_hex(16),
    "DEMO_PASSWORD": lambda: secrets.token_urlsafe(9),
    "DEMO_TOTP_SECRET": lambda: base64.b32encode(secrets.token_bytes(20)).decode(),
}


def secrets_path(root: Path) -> Path:
    """Where the secrets of this folder live."""
    return root / "var" / "embedded.env"


def secrets_read(root: Path) -> dict[str, str]:
    """The secrets made so far; empty when there are none."""
    path = secrets_path(root)
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def secrets_ensure(root: Path) -> Path:
    """Make the secrets that are missing and return the file. Values made before never change."""
    path = secrets_path(root)
    kept = secrets_read(root)
    if kept.keys() >= MAKERS.keys():
        return path
    values = {name: kept.get(name) or make() for name, make in MAKERS.items()} | kept
    text = "# Made by Domaap for the embedded mode. Not for production.\n"
    text += "".join(f"{name}={value}\n" for name, value in values.items())
    _write_private(path, text, is_first=not kept)
    return path


def _write_private(path: Path, text: str, *, is_first: bool) -> None:
    """Put the whole file in place at once. Of two processes making it first, one wins for both."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    if not is_first or path.exists():
        draft.replace(path)
        return
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # The other process was faster: its secrets hold.
    finally:
        draft.unlink()
