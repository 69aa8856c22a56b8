"""Servers around the product in a drill: PgBouncer, an S3 store, nginx. Real ones, on the loopback address."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from drills.clusters import Cluster, as_owner, folder_own
from tests.conftest import until
from tools.places import ROOT, VAR
from tools.ports import port_is_free

S3_KEY, S3_SECRET, BUCKET = "drill", "drill-secret-drill-secret", "domaap-files"


class Server:
    """A process that ends with the drill."""

    def __init__(
        self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True, env={**os.environ, **(environment or {})}, cwd="/",
            )  # fmt: skip

    def kill(self) -> None:
        """`kill -9` of all of it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def pgbouncer(folder: Path, port: int, cluster: Cluster) -> Server:
    """PgBouncer in transaction mode before a cluster."""
    folder_own(folder)
    config, users = folder / "pgbouncer.ini", folder / "users.txt"
    users.write_text(f'"{cluster.administrator}" ""\n')
    config.write_text(
        f"""[databases]
domaap_db = host=127.0.0.1 port={cluster.port} dbname=domaap_db user={cluster.administrator}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
auth_file = {users}
pool_mode = transaction
default_pool_size = 8
max_client_conn = 500
ignore_startup_parameters = extra_float_digits
"""
    )
    server = Server(
        [*as_owner(), shutil.which("pgbouncer") or "/usr/sbin/pgbouncer", str(config)],
        folder / "log",
    )
    assert until(lambda: not port_is_free(port)), (folder / "log").read_text()
    return server


def weed() -> str | None:
    """SeaweedFS's program, where set-up of the drill put it."""
    for path in (VAR / "drill" / "bin" / "weed", ROOT / "var" / "venv" / "bin" / "weed"):
        if path.exists():
            return str(path)
    return shutil.which("weed")


def s3_store(folder: Path, ports: Sequence[int], *, has_tls: bool = False) -> Server:
    """SeaweedFS as an S3 store with one pair of keys and an empty bucket; the first port is S3's."""
    folder.mkdir(parents=True, exist_ok=True)
    who = {"name": "domaap", "credentials": [{"accessKey": S3_KEY, "secretKey": S3_SECRET}],
           "actions": ["Admin", "Read", "Write", "List", "Tagging"]}  # fmt: skip
    (folder / "s3.json").write_text(json.dumps({"identities": [who]}))
    program = weed()
    assert program, "make setup-drill brings SeaweedFS"
    names = ("s3", "master", "volume", "filer")
    chosen = [f"-{name}.port={port}" for name, port in zip(names, ports, strict=True)]
    inner = [
        f"-{name}.port.grpc={port + 10000 if port < 50000 else port - 10000}"
        for name, port in zip(names, ports, strict=True)
    ]
    command = [program, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer",
               "-s3", f"-s3.config={folder / 's3.json'}", "-volume.max=5", *chosen, *inner]  # fmt: skip
    if has_tls:
        command += _certificate(folder)
    server = Server(command, folder / "log")
    scheme = "https" if has_tls else "http"

    def is_up() -> bool:
        try:
            client = boto3.client(
                "s3", endpoint_url=f"{scheme}://127.0.0.1:{ports[0]}", region_name="eu-west-2",
                verify=False, aws_access_key_id=S3_KEY, aws_secret_access_key=S3_SECRET,
                config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
            )  # fmt: skip
            if BUCKET not in [one["Name"] for one in client.list_buckets()["Buckets"]]:
                client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="trial", Body=b"trial")
        except (ClientError, BotoCoreError):
            return False
        return True

    assert until(is_up), (folder / "log").read_text()[-2000:]
    return server


def _certificate(folder: Path) -> list[str]:
    key, certificate = folder / "tls.key", folder / "tls.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return [f"-s3.cert.file={certificate}", f"-s3.key.file={key}"]


def nginx(folder: Path, port: int, upstreams: Sequence[int]) -> Server:
    """nginx before several web nodes, as docs/scaling.md has it: a node that does not answer is passed over."""
    folder.mkdir(parents=True, exist_ok=True)
    nodes = "\n".join(
        f"    server 127.0.0.1:{one} max_fails=1 fail_timeout=2s;" for one in upstreams
    )
    (folder / "nginx.conf").write_text(
        f"""daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream web {{
    least_conn;
{nodes}
    keepalive 16;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://web;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host:$server_port;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_connect_timeout 2s;
      proxy_read_timeout 60s;
      # Our own requests may all be sent twice: keys of idempotency and ids of events see to it.
      # Not http_503: that is our own answer while Stripe is away, and no fault of the node.
      proxy_next_upstream error timeout non_idempotent;
      proxy_next_upstream_tries 2;
    }}
  }}
}}
"""
    )
    server = Server(
        [
            shutil.which("nginx") or "/usr/sbin/nginx",
            "-c",
            str(folder / "nginx.conf"),
            "-e",
            str(folder / "error.log"),
        ],
        folder / "log",
    )
    assert until(lambda: not port_is_free(port)), (folder / "log").read_text()
    return server
