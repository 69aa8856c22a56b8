"""A pytest plugin, loaded before Django reads its settings: test secrets and a PostgreSQL of the tests' own."""

import atexit
import os
import secrets
import socket
import tempfile
from pathlib import Path

from embedded.postgres import postgres_start, postgres_stop, postgres_url
from tools.places import STRIPE_SCHEMAS

ROOT = Path(__file__).resolve().parent.parent
CLUSTER = "postgres-test"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _violations() -> Path:
    """Where this process's simulators write what Stripe would not say or take; conftest.py wants it empty."""
    number, path = tempfile.mkstemp(prefix="stripe-violations-")
    os.close(number)
    atexit.register(Path(path).unlink)
    return Path(path)


VIOLATIONS = _violations()


def _database_url() -> str:
    """The one that is given, else the embedded one, started here and stopped at the end."""
    if given := os.environ.get("DATABASE_URL", ""):
        return given
    if postgres_start(ROOT, cluster=CLUSTER, fsync=False):
        atexit.register(postgres_stop, ROOT, cluster=CLUSTER)
    # No pool: the threads of tests do not give connections back.
    return postgres_url(ROOT, cluster=CLUSTER) + "&pool_size=0"


def _files_dir() -> str:
    """A folder of this process's own: tests that run beside each other must not sweep each other's files."""
    folder = tempfile.TemporaryDirectory(prefix="domaap-files-")
    atexit.register(folder.cleanup)
    return folder.name


def _log_dir() -> str:
    folder = ROOT / "var" / "logs" / "test"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


os.environ |= {
    "DATABASE_URL": _database_url(),
    "DJANGO_SETTINGS_MODULE": "donor_management.settings",
    "SECRET_KEY": secrets.token_hex(32),
    "JWT_SECRET_KEY": secrets.token_hex(32),
    "STRIPE_WEBHOOK_SECRET": "whsec_" + "1" * 32 + ",whsec_" + "2" * 32,
    # Only a developer's machine may go without EMAIL_HOST beside a given database.
    "DEBUG": "True",
    "DOMAAP_ENV": "local",
    "SECURE_COOKIES": "",
    "METRICS_TOKEN": "",
    "SENTRY_DSN": "",
    "STRIPE_SECRET_KEY": "",
    "STRIPE_PUBLISHABLE_KEY": "",
    "STRIPE_PUBLIC_KEY": "",
    # Each test process has a simulator of its own.
    "STRIPE_SIM_PORT": str(free_port()),
    "STRIPE_SIM_SCHEMAS": str(STRIPE_SCHEMAS),
    "STRIPE_SIM_VIOLATIONS": str(VIOLATIONS),
    "EMAIL_HOST": "",
    "LOG_DIR": _log_dir(),
    "FILES_DIR": _files_dir(),
}
