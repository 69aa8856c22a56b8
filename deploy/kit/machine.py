"""What an install needs of the machine: packages, the user, the database."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
from pathlib import Path

from deploy.kit.answers import Answers
from deploy.kit.memory import memory_mib
from deploy.kit.steps import StepError, file_put, run, succeeds
from deploy.kit.templates import Machine, Places

PACKAGES = ("ca-certificates", "nginx", "openssl", "python3-venv", "logrotate")
NGINX_MAIN = Path("/etc/nginx/nginx.conf")
# Debian's nginx takes 768 a process, a visitor and what he asks for being one each, and lets a donor's
# browser keep its own for 65 seconds: an appeal's night needs more.
NGINX_CONNECTIONS = 4096
NGINX_FILES = 4 * NGINX_CONNECTIONS
BROTLI = Path("/etc/nginx/modules-enabled/50-mod-http-brotli-filter.conf")
# A thread of web has one at a time, and so has the one that adds up the numbers; the rest is worker's,
# staff's and the backup's.
CONNECTIONS_OF_PROCESS = 9
CONNECTIONS_OF_OTHERS = 30
# What went wrong with a statement of ours is in our own log. PostgreSQL's would quote it, with names and
# addresses in it.
WORDLESS = "log_min_messages = 'log'"
QUIET = {"DEBIAN_FRONTEND": "noninteractive"}


def packages_install(answers: Answers) -> bool:
    """The distribution's packages that are missing."""
    wanted = [*PACKAGES, *([] if answers.database_url else ["postgresql"])]
    wanted += ["certbot"] if answers.tls == "certbot" else []
    if missing := [name for name in wanted if not _is_installed(name)]:
        run(["apt-get", "update", "-q"], environment=QUIET)
        options = ["-y", "-q", "--no-install-recommends"]
        run(["apt-get", "install", *options, *missing, *_welcome()], environment=QUIET)
    return bool(missing)


def _welcome() -> list[str]:
    """What is taken when the distribution has it, and not missed when not."""
    names = ("python3.13", "python3.13-venv", "libnginx-mod-http-brotli-filter")
    return [name for name in names if succeeds(["apt-cache", "show", name])]


def _is_installed(package: str) -> bool:
    command = ["dpkg-query", "-W", "-f", "${Status}", package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() == "install ok installed"


def user_make(places: Places) -> bool:
    """The user of the services: no password, no shell."""
    try:
        pwd.getpwnam(places.user)
    except KeyError:
        shell = ["--shell", "/usr/sbin/nologin", "--no-create-home", "--home-dir", str(places.base)]
        run(["useradd", "--system", "--user-group", *shell, places.user])
        return True
    return False


def database_make(answers: Answers, places: Places) -> bool:
    """The role and the database on this machine, owned by it; nothing with a `database_url`."""
    if answers.database_url:
        return False
    did = False
    # The name is the kit's own, never an answer.
    if not _psql(f"SELECT 1 FROM pg_roles WHERE rolname = '{places.user}'"):  # noqa: S608
        _psql(f"CREATE ROLE {places.user} LOGIN")
        did = True
    _psql(f"ALTER ROLE {places.user} SET {WORDLESS}")
    if not _psql("SELECT 1 FROM pg_database WHERE datname = 'domaap_db'"):
        encoding = "ENCODING 'UTF8' TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
        _psql(f"CREATE DATABASE domaap_db OWNER {places.user} {encoding}")
        did = True
    return did


def database_widen(answers: Answers) -> bool:
    """Let PostgreSQL of this machine take what two releases side by side ask for, from its next start."""
    if answers.database_url:
        return False
    asked = "SELECT setting FROM pg_file_settings WHERE name = 'max_connections'"
    wanted = connections_needed(os.cpu_count() or 1)
    if int(_psql(f"{asked} ORDER BY seqno DESC LIMIT 1") or "100") >= wanted:
        return False
    _psql(f"ALTER SYSTEM SET max_connections = {wanted}")
    return True


def connections_needed(cores: int) -> int:
    """Connections to PostgreSQL, with web's processes as deploy/gunicorn.conf.py makes them."""
    return 2 * (cores + 1) * CONNECTIONS_OF_PROCESS + CONNECTIONS_OF_OTHERS


def nginx_widen(path: Path = NGINX_MAIN) -> bool:
    """Let nginx take more visitors at a time than its package does; False when it does."""
    text = path.read_text(encoding="utf-8")
    return file_put(path, connections_widened(text))


def connections_widened(text: str) -> str:
    """nginx's main file with at least as many connections and files; more than that stays."""
    if not re.search(r"^\s*worker_rlimit_nofile\b", text, re.MULTILINE):
        files = f"worker_rlimit_nofile {NGINX_FILES};\n\nevents"
        text = re.sub(r"^events\b", files, text, count=1, flags=re.MULTILINE)
    text = _at_least(text, "worker_rlimit_nofile", NGINX_FILES)
    return _at_least(text, "worker_connections", NGINX_CONNECTIONS)


def _at_least(text: str, name: str, least: int) -> str:
    said = re.compile(rf"^(\s*{name}\s+)(\d+);", re.MULTILINE)
    return said.sub(lambda found: f"{found[1]}{max(least, int(found[2]))};", text)


def database_port() -> str:
    """Where PostgreSQL of this machine listens: Debian takes the next port when 5432 is taken."""
    return _psql("SHOW port")


def _psql(statement: str) -> str:
    """One statement as PostgreSQL's own administrator."""
    command = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-v", "ON_ERROR_STOP=1"]
    return run([*command, "-c", statement], cwd=Path("/")).strip()


def machine_look() -> Machine:
    """What the templates must know of this machine."""
    said = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=False).stderr
    found = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", said)
    if found is None:
        raise StepError("nginx is not installed, or does not tell its version.")
    return Machine(
        nginx_version=tuple(int(part) for part in found.groups()),
        has_ipv6=Path("/proc/net/if_inet6").exists()
        and bool(Path("/proc/net/if_inet6").read_text(encoding="ascii").strip()),
        has_brotli=BROTLI.exists(),
        memory_mib=memory_mib(),
    )


def is_root() -> bool:
    """Installing is the administrator's."""
    return os.geteuid() == 0
