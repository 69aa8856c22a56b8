"""How gunicorn serves Django in production. It listens on what systemd hands over (LISTEN_FDS)."""

import os
from pathlib import Path

MIB_OF_SYSTEM = 1024
MIB_OF_PROCESS = 220


def _memory_mib() -> int:
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) // 1024
    return 2048


def _processes() -> int:
    """One for each core and one more, as far as the memory goes; two at least, so that one may end."""
    given = os.environ.get("WEB_PROCESSES", "")
    if given.isdecimal():
        return max(1, int(given))
    fits = (_memory_mib() - MIB_OF_SYSTEM) // MIB_OF_PROCESS
    return max(2, min((os.cpu_count() or 1) + 1, fits))


worker_class = "gthread"
workers = _processes()
threads = 8
backlog = 1024
# Addresses of filtered tables are long; nginx takes as much.
limit_request_line = 8190
timeout = 60
graceful_timeout = 30
# Longer than nginx keeps an idle connection (60 s), or it would write to one that is closing.
keepalive = 75
worker_tmp_dir = "/dev/shm"  # noqa: S108 (a heartbeat that touches no disk)
control_socket_disable = True
proc_name = "domaap-web"
loglevel = "warning"
# nginx and Django log each request under one id already.
accesslog = None
