"""An ACME authority on the loopback, for tests: Pebble, Let's Encrypt's own for that, from Debian's package.

It asks a name server of its own, which finds every name on this machine, so certbot's challenge is
answered by the nginx under test.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.ports import port_unused

PROGRAMS = ("pebble", "pebble-challtestsrv")
SECONDS = 20


@dataclass(frozen=True)
class Authority:
    """Where it is asked, and the certificate that it shows when it is."""

    url: str
    certificate: Path


def missing() -> str:
    """What is not here; empty when all is."""
    return next((name for name in PROGRAMS if not shutil.which(name)), "")


@contextmanager
def authority(folder: Path, *, http_port: int, tls_port: int) -> Iterator[Authority]:
    """One that runs until the end of the block. The ports are where a site answers its challenges."""
    asks, manages, names = (port_unused() for _ in range(3))
    certificate, key = folder / "pebble.pem", folder / "pebble.key"
    _certificate_make(certificate, key)
    told = {
        "listenAddress": f"127.0.0.1:{asks}",
        "managementListenAddress": f"127.0.0.1:{manages}",
        "certificate": str(certificate),
        "privateKey": str(key),
        "httpPort": http_port,
        "tlsPort": tls_port,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": told}))
    off = [
        word
        for name in ("http01", "https01", "tlsalpn01", "management")
        for word in (f"-{name}", "")
    ]
    here = ["-dns01", f"127.0.0.1:{names}", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""]
    given = ["-config", str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{names}"]
    started = [_start("pebble-challtestsrv", *here, *off), _start("pebble", *given)]
    try:
        _wait(asks)
        yield Authority(f"https://127.0.0.1:{asks}/dir", certificate)
    finally:
        for process in started:
            process.terminate()
            process.wait(10)


def _certificate_make(certificate: Path, key: Path) -> None:
    made = ["-keyout", str(key), "-out", str(certificate), "-nodes", "-days", "2"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=pebble"]
    name = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        ["openssl", "req", "-x509", *curve, *made, *name], check=True, capture_output=True
    )


def _start(*command: str) -> "subprocess.Popen[bytes]":
    quick = {**os.environ, "PEBBLE_VA_NOSLEEP": "1"}
    null = subprocess.DEVNULL
    return subprocess.Popen(command, env=quick, stdin=null, stdout=null, stderr=null)


def _wait(port: int) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"Pebble does not listen at port {port}.")
