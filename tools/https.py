"""The product under https on this machine: a certificate of mkcert, and nginx or a small front before the site."""

import getpass
import os
import shutil
import subprocess
from pathlib import Path

from tools.places import PYTHON, VAR
from tools.ports import LOOPBACK
from tools.supervise import Part, ProductError

FOLDER = VAR / "https"
CERTIFICATE, KEY = FOLDER / "certificate.pem", FOLDER / "key.pem"
NAMES = ("localhost", "127.0.0.1", "::1")
NO_MKCERT = """mkcert is not here. It makes certificates that the browsers of this machine trust:
  Debian, Ubuntu   sudo apt install mkcert libnss3-tools
  macOS            brew install mkcert nss
  Windows          choco install mkcert
Then run `make https` again."""
_NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
{user}
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/tmp;
    proxy_temp_path {folder}/tmp;
    fastcgi_temp_path {folder}/tmp;
    uwsgi_temp_path {folder}/tmp;
    scgi_temp_path {folder}/tmp;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        client_max_body_size 25m;
        location / {{
            proxy_pass http://{site};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto https;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Request-ID $request_id;
            proxy_read_timeout 120s;
        }}
    }}
}}
"""


def certificate_ensure() -> None:
    """A certificate for the names of this machine, made once. Raises ProductError without mkcert."""
    mkcert = shutil.which("mkcert")
    if mkcert is None:
        raise ProductError(NO_MKCERT)
    if CERTIFICATE.exists() and KEY.exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = ["-cert-file", str(CERTIFICATE), "-key-file", str(KEY), *NAMES]
    # First its authority for the browsers of this machine; where that needs more rights it says so itself.
    for arguments in (["-install"], made):
        done = subprocess.run([mkcert, *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0 and arguments is made:
            raise ProductError(f"mkcert made no certificate: {done.stderr.strip()}")
        if done.returncode != 0:
            print(f"  mkcert -install: {done.stderr.strip()}", flush=True)
    KEY.chmod(0o600)


def front_part(*, port: int, site_port: int) -> Part:
    """The process that takes https on the port and asks the site."""
    site = f"{LOOPBACK}:{site_port}"
    health = (
        f"http://{site}/health/live"  # Of what is behind it: who trusts mkcert is not ours to know.
    )
    if nginx := shutil.which("nginx"):
        return Part("https", [nginx, "-p", str(FOLDER), "-c", str(_nginx_file(port, site))], health)
    arguments = ["--port", str(port), "--site", f"http://{site}"]
    files = ["--certificate", str(CERTIFICATE), "--key", str(KEY)]
    return Part("https", [str(PYTHON), "-m", "tools.tls_front", *arguments, *files], health)


def _nginx_file(port: int, site: str) -> Path:
    (FOLDER / "tmp").mkdir(parents=True, exist_ok=True)
    path = FOLDER / "nginx.conf"
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    path.write_text(
        _NGINX.format(
            folder=FOLDER, user=user, port=port, certificate=CERTIFICATE, key=KEY, site=site
        )
    )
    return path
