"""`make https` and `make tunnel`: what they find, what they say, and that the front passes everything on."""

import http.client
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import until
from tests.doctor.stands import tls_served
from tests.environment import ROOT, free_port
from tools.https import NO_MKCERT, certificate_ensure, front_part
from tools.supervise import ProductError
from tools.tunnel import tunnel_commands, tunnel_looks

SITE = "https://river.ngrok-free.app"


def settings(**changes: Any) -> SimpleNamespace:
    """What a well filled .env_ngrok gives."""
    known = {
        "SITE_URL": SITE,
        "ALLOWED_HOSTS": ["127.0.0.1", "river.ngrok-free.app"],
        "CSRF_TRUSTED_ORIGINS": [SITE],
        "ACTIVE_COOKIE_DOMAIN": "river.ngrok-free.app",
        "SITE_PORT": 3000,
        "WEB_PORT": 8000,
        "STRIPE_IS_SIMULATED": False,
    }
    return SimpleNamespace(**{**known, **changes})


@contextmanager
def served(answer: Any) -> Iterator[tuple[str, list[BaseHTTPRequestHandler]]]:
    """An http server that answers each request alike and keeps what it was asked."""
    asked: list[BaseHTTPRequestHandler] = []

    class Handler(BaseHTTPRequestHandler):
        body = b""

        def do_GET(self) -> None:
            self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append(self)
            text = json.dumps(answer).encode()
            self.send_response(201)
            self.send_header("Set-Cookie", "one=1; Secure")
            self.send_header("Set-Cookie", "two=2; Secure")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=lambda: server.serve_forever(0.05), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def to_do(said: SimpleNamespace, api: str = "http://127.0.0.1:1/") -> list[str]:
    """What is still to be done, apart from the program, which this machine may lack."""
    return [look.words for look in list(tunnel_looks(said, api=api))[1:] if not look.is_so]


def test_a_well_filled_env_needs_nothing_more_for_the_tunnel() -> None:
    assert to_do(settings()) == []
    assert "ngrok http --url=river.ngrok-free.app 3000" in tunnel_commands(settings())
    assert f"{SITE}/api/stripe/webhook/" in tunnel_commands(settings())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ALLOWED_HOSTS": ["localhost"]}, "ALLOWED_HOSTS lacks river.ngrok-free.app"),
        ({"ACTIVE_COOKIE_DOMAIN": "localhost"}, "ACTIVE_COOKIE_DOMAIN is localhost"),
    ],
)
def test_what_the_tunnel_lacks_is_named(changes: dict[str, Any], words: str) -> None:
    assert to_do(settings(**changes)) == [words]


def test_an_address_of_this_machine_is_no_tunnel() -> None:
    said = settings(
        SITE_URL="http://localhost:3000", CSRF_TRUSTED_ORIGINS=["http://localhost:3000"]
    )
    assert "SITE_URL is http://localhost:3000" in to_do(said)
    assert "ngrok http --url=your-name.ngrok-free.app 3000" in tunnel_commands(said)
    assert "https://your-name.ngrok-free.app/api/stripe/webhook/" in tunnel_commands(said)


@pytest.mark.parametrize(
    ("url", "port", "words"),
    [
        (SITE, 3000, []),
        (SITE, 8000, []),
        (SITE, 5000, ["It leads to http://localhost:5000"]),
        ("https://other.ngrok-free.app", 3000, ["ngrok runs as https://other.ngrok-free.app"]),
    ],
)
def test_a_running_ngrok_is_held_against_site_url(url: str, port: int, words: list[str]) -> None:
    tunnel = {"public_url": url, "config": {"addr": f"http://localhost:{port}"}}
    with served({"tunnels": [tunnel]}) as (api, _):
        assert to_do(settings(), api) == words


def test_without_mkcert_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ProductError) as error:
        certificate_ensure()
    assert str(error.value) == NO_MKCERT
    assert "apt install mkcert" in NO_MKCERT and "brew install mkcert" in NO_MKCERT


def test_without_nginx_a_front_of_our_own_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "tools.tls_front" in front_part(port=8443, site_port=3000).command


def test_the_front_passes_everything_on_and_says_that_it_was_https(tmp_path: Path) -> None:
    port = free_port()
    with tls_served(tmp_path) as tls, served({"a": 1}) as (site, asked):
        command = [sys.executable, "-m", "tools.tls_front", "--port", str(port), "--site", site]
        pem = str(tmp_path / "site.pem")
        front = subprocess.Popen([*command, "--certificate", pem, "--key", pem], cwd=ROOT)
        context = ssl.create_default_context(cafile=str(tls.authority))
        try:
            assert until(lambda: _answers(port, context))
            way = http.client.HTTPSConnection("localhost", port, context=context, timeout=10)
            headers = {"X-Forwarded-Proto": "http", "X-Forwarded-For": "1.2.3.4", "Cookie": "c=1"}
            way.request("POST", "/admin/x/?q=1%2F2", b"name=Zo\xc3\xab", headers)
            answer = way.getresponse()
            assert (answer.status, json.loads(answer.read())) == (201, {"a": 1})
            assert answer.headers.get_all("Set-Cookie") == ["one=1; Secure", "two=2; Secure"]
            way.close()
        finally:
            front.terminate()
            front.wait(10)
    got: Any = asked[-1]
    assert (got.path, got.body) == ("/admin/x/?q=1%2F2", b"name=Zo\xc3\xab")
    assert got.headers.get_all("X-Forwarded-Proto") == ["https"]
    assert got.headers.get_all("X-Forwarded-For") == ["127.0.0.1"]
    assert (got.headers["Host"], got.headers["Cookie"]) == (f"localhost:{port}", "c=1")


def _answers(port: int, context: ssl.SSLContext) -> bool:
    way = http.client.HTTPSConnection("localhost", port, context=context, timeout=5)
    try:
        way.request("GET", "/")
        return way.getresponse().status == 201
    except OSError:
        return False
    finally:
        way.close()


def test_the_tunnel_command_speaks_and_ends_with_1_when_something_is_to_be_done() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.tunnel"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "SITE_URL": "http://localhost:3000"},
    )
    assert done.returncode == 1
    assert "TO DO  SITE_URL is http://localhost:3000" in done.stdout
    assert "cp .env_ngrok .env" in done.stdout
