"""The TLS certificate of an address, as a browser meets it."""

import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509

SECONDS = 5


class SiteUnreachable(Exception):
    """Nobody answers at the address; the text says how."""


@dataclass(frozen=True)
class CertificateFacts:
    """Until when it holds, and why a browser would refuse it; empty when it would not."""

    ends_at: datetime
    refusal: str


def certificate_look(url: str) -> CertificateFacts:
    """Look at it twice: as a browser, and without judging, for its end. Raises SiteUnreachable."""
    parts = urlsplit(url)
    place = (parts.hostname or "", parts.port or 443)
    refusal = ""
    try:
        _handshake(place, ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        refusal = error.verify_message
    except OSError as error:
        raise SiteUnreachable(str(error)) from error
    lenient = ssl.create_default_context()
    lenient.check_hostname, lenient.verify_mode = False, ssl.CERT_NONE
    try:
        found = x509.load_der_x509_certificate(_handshake(place, lenient))
    except OSError as error:
        raise SiteUnreachable(str(error)) from error
    return CertificateFacts(found.not_valid_after_utc, refusal)


def _handshake(place: tuple[str, int], context: ssl.SSLContext) -> bytes:
    with (
        socket.create_connection(place, timeout=SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=place[0]) as tls,
    ):
        return tls.getpeercert(binary_form=True) or b""
