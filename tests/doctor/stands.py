"""What stands around the product in the doctor's tests: mail, DNS, TLS and a crooked way to Stripe, all real."""

import socket
import socketserver
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.environment import free_port

REFUSED_KEY = b'{"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}'
DOMAIN = "riverbank.org.uk"
RECORDS = {
    DOMAIN: '"v=spf1 include:_spf.google.com ~all"',
    f"_dmarc.{DOMAIN}": '"v=DMARC1; p=none"',
    f"mail._domainkey.{DOMAIN}": '"v=DKIM1; k=rsa; p=MIGf"',
}


@dataclass
class Names:
    """A name server on the loopback with these texts; names above them are there and empty."""

    records: dict[str, str] = field(default_factory=lambda: dict(RECORDS))
    is_silent: bool = False
    port: int = 0


@contextmanager
def names_served() -> Iterator[Names]:
    """The name server, until the end of the block."""
    names = Names()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, wire = self.request
            if not names.is_silent:
                wire.sendto(_dns_answer(names, data), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        names.port = server.server_address[1]
        with _running(server):
            yield names


def _dns_answer(names: Names, data: bytes) -> bytes:
    asked = dns.message.from_wire(data)
    name = asked.question[0].name.to_text(omit_final_dot=True)
    answer = dns.message.make_response(asked)
    answer.flags |= dns.flags.RA
    if name in names.records:
        answer.answer.append(dns.rrset.from_text(name + ".", 60, "IN", "TXT", names.records[name]))
    elif not any(known.endswith(f".{name}") for known in names.records):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer.to_wire()


class Post:
    """An SMTP server that lets `giving` in with one password."""

    password = "right"

    def sign_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """Whether the password is the right one."""
        is_right = isinstance(data, LoginPassword) and data.password == self.password.encode()
        return AuthResult(success=is_right, handled=False)


@contextmanager
def mail_served() -> Iterator[tuple[Post, int]]:
    """The SMTP server and its port."""
    post, port = Post(), free_port()
    controller = Controller(
        post, "127.0.0.1", port, authenticator=post.sign_in, auth_require_tls=False
    )
    controller.start()
    try:
        yield post, port
    finally:
        controller.stop()


@dataclass
class Way:
    """A way to Stripe that changes what comes back."""

    port: int = 0
    clock_ahead: timedelta = timedelta()
    is_closed: bool = False
    refuses: str = ""  # A key that is answered as one of nobody's.

    @property
    def url(self) -> str:
        """Where it begins."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def way_to_stripe(simulator: str) -> Iterator[Way]:
    """Passes requests on to the simulator."""
    way = Way()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _pass_on(self, way, simulator)

        do_POST = do_DELETE = do_GET

        def log_message(self, *_: Any) -> None:
            pass

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(datetime.now(UTC) + way.clock_ahead, usegmt=True)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        way.port = server.server_address[1]
        with _running(server):
            yield way


def _pass_on(handler: BaseHTTPRequestHandler, way: Way, simulator: str) -> None:
    if way.is_closed:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)
        return None
    if way.refuses and way.refuses in handler.headers.get("Authorization", ""):
        return _reply(
            handler,
            401,
            b'{"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}',
        )
    length = int(handler.headers.get("Content-Length") or 0)
    kept = ("stripe-version", "content-type", "idempotency-key")
    headers = {k: v for k, v in handler.headers.items() if k.lower() in kept}
    # The simulator takes test keys only.
    headers["Authorization"] = handler.headers.get("Authorization", "").replace("_live_", "_test_")
    asked = urllib.request.Request(
        simulator + handler.path,
        data=handler.rfile.read(length) if length else None,
        headers=headers,
        method=handler.command,
    )
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return _reply(handler, answer.status, answer.read())
    except urllib.error.HTTPError as error:
        return _reply(handler, error.code, error.read())


def _reply(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


class Tls:
    """An https server on the loopback whose certificate can be changed while it runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        self.authority = folder / "authority.pem"
        now = datetime.now(UTC)
        made = self._sign(self._name, self._key, now - timedelta(days=1), now + timedelta(days=900))
        self.authority.write_bytes(made)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.url = ""
        self.holds_for(timedelta(days=60))

    def holds_for(self, span: timedelta) -> None:
        """From now on it shows a certificate that ends after this span; a negative one has ended."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        made = self._sign(name, key, now - timedelta(days=90), now + span)
        path = self._folder / "site.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path.write_bytes(made + secret)
        self.context.load_cert_chain(path)

    def _sign(self, name: x509.Name, key: Any, begins: datetime, ends: datetime) -> bytes:
        names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(
                x509.BasicConstraints(ca=name == self._name, path_length=None), critical=True
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        if name == self._name:
            usage = x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            )
            builder = builder.add_extension(usage, critical=True)
        made = builder.sign(self._key, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM)


@contextmanager
def tls_served(folder: Path) -> Iterator[Tls]:
    """The https server; whoever trusts its authority may come in."""
    tls = Tls(folder)

    class Server(ThreadingHTTPServer):
        def get_request(self) -> tuple[Any, Any]:
            plain, address = super().get_request()
            plain.settimeout(5)
            return tls.context.wrap_socket(plain, server_side=True), address

        def handle_error(self, *_: Any) -> None:
            pass

    with Server(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        tls.url = f"https://localhost:{server.server_address[1]}"
        with _running(server):
            yield tls


@contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    serve: Callable[[], None] = lambda: server.serve_forever(poll_interval=0.05)  # noqa: E731
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(5)
