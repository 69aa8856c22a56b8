"""What strangers try at the door: other hosts, hidden requests, endless headers, slowness, hidden files."""

import socket
import ssl
import time

import httpx
import pytest

from tests.deployed.site import HOST, Deployed
from tests.deployed.test_limits import delivery

SLOW_SECONDS = 20


def line_open(site: Deployed) -> ssl.SSLSocket:
    """A connection that speaks HTTP/1.1 byte by byte."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", site.port), timeout=SLOW_SECONDS + 10)
    return context.wrap_socket(plain, server_hostname=HOST)


def answers_of(site: Deployed, request: bytes) -> list[bytes]:
    """The status lines that one piece of bytes gets."""
    with line_open(site) as line:
        line.sendall(request)
        line.settimeout(3)
        said = b""
        try:
            while part := line.recv(65536):
                said += part
        except (TimeoutError, ConnectionResetError, ssl.SSLError):
            pass
    return [each for each in said.split(b"\r\n") if each.startswith(b"HTTP/1.")]


def head(site: Deployed, *lines: str, first: str = "GET /api/giving/ HTTP/1.1") -> bytes:
    """A request of these lines."""
    return "\r\n".join([first, f"Host: {HOST}:{site.port}", *lines, "", ""]).encode()


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (("Content-Length: 4", "Transfer-Encoding: chunked"), b"0\r\n\r\nGET /x HTTP/1.1\r\n\r\n"),
        (("Transfer-Encoding: xchunked",), b"0\r\n\r\n"),
        (("Transfer-Encoding : chunked",), b"0\r\n\r\n"),
        (("Content-Length: 4", "Content-Length: 5"), b"abcd"),
        (("Content-Length: +4",), b"abcd"),
    ],
)
def test_a_body_of_two_lengths_is_refused_and_hides_no_request(
    site: Deployed, lines: tuple[str, ...], body: bytes
) -> None:
    request = head(site, *lines, first="POST /api/giving/ HTTP/1.1") + body
    found = answers_of(site, request)
    assert len(found) <= 1
    assert all(line.split()[1] in {b"400", b"405", b"501"} for line in found), found


def test_nobody_changes_to_another_protocol_behind_nginx(site: Deployed) -> None:
    upgrade = (
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
    )
    for path in ("/donate", "/api/giving/"):
        found = answers_of(site, head(site, *upgrade, first=f"GET {path} HTTP/1.1"))
        assert [line.split()[1] for line in found] == [b"200"]


def test_a_host_is_never_taken_from_the_visitor(site: Deployed, http: httpx.Client) -> None:
    names_us = f"GET https://{HOST}:{site.port}/admin/login/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    found = answers_of(site, names_us.encode())
    assert [line.split()[1] for line in found] in ([b"200"], [b"400"])
    said = {"X-Forwarded-Host": "evil.example", "X-Host": "evil.example", "X-Original-URL": "/x"}
    for path in ("/donate", "/admin/", "/verify/", "/api/schema/"):
        answer = http.get(path, headers=said)
        assert "evil.example" not in answer.text + str(answer.headers)


def test_endless_headers_and_addresses_are_refused_and_long_ones_are_taken(
    site: Deployed, http: httpx.Client
) -> None:
    assert http.get("/api/giving/", headers={"X-Long": "x" * 9_000}).status_code == 400
    assert http.get("/api/giving/", params={"q": "x" * 9_000}).status_code == 414
    assert http.get("/api/giving/", params={"q": "x" * 6_000}).status_code == 200
    many = {f"X-{number}": "y" * 4_000 for number in range(40)}
    assert http.get("/api/giving/", headers=many).status_code == 400


def test_a_delivery_of_almost_a_megabyte_is_taken_and_one_above_is_not(http: httpx.Client) -> None:
    body, headers = delivery(1)
    assert http.post("/api/webhook/", content=body, headers=headers).status_code == 200
    for size, code in ((999_000, 400), (1_010_000, 413), (1_100_000, 413)):
        junk = b'{"id": "evt_' + b"x" * size + b'"}'
        assert http.post("/api/webhook/", content=junk, headers=headers).status_code == code


@pytest.mark.parametrize("is_secure", [True, False])
def test_who_never_ends_a_header_is_cut_off(site: Deployed, is_secure: bool) -> None:
    plain = socket.create_connection(
        ("127.0.0.1", int(site.answers.http_port)), timeout=SLOW_SECONDS + 10
    )
    began = time.monotonic()
    with line_open(site) if is_secure else plain as line:
        line.sendall(f"GET /donate HTTP/1.1\r\nHost: {HOST}\r\n".encode())
        try:
            while time.monotonic() - began < SLOW_SECONDS:
                time.sleep(1)
                line.sendall(b"X-Slow: 1\r\n")
                line.settimeout(0.01)
                try:
                    if not line.recv(4096):
                        break
                except (TimeoutError, ssl.SSLWantReadError):
                    line.settimeout(5)
        except OSError:
            pass
    plain.close()
    assert time.monotonic() - began < SLOW_SECONDS


@pytest.mark.parametrize(
    "path",
    [
        "/.env",
        "/.git/config",
        "/static/../.env",
        "/static/..%2f.env",
        "/static../.env",
        "/_next/static/../../.env",
        "/_next/static/..%2f..%2f.env",
        "/_next/static../shared/.env",
        "/shared/.env",
        "/_page/maintenance.html",
    ],
)
def test_hidden_files_are_not_handed_out(site: Deployed, path: str) -> None:
    with line_open(site) as line:
        line.sendall(head(site, "Connection: close", first=f"GET {path} HTTP/1.1"))
        said = b""
        while part := line.recv(65536):
            said += part
    assert said.split()[1] in {b"400", b"404", b"308"}, said[:200]
    assert b"SECRET_KEY" not in said
