"""Django's SMTP, told apart at one moment: right before the dot that ends an e-mail's text."""

import smtplib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

type Marker = Callable[[], None]
_marker: ContextVar[Marker | None] = ContextVar("marker", default=None)
_END = b".\r\n"


@contextmanager
def before_the_dot(marker: Marker | None) -> Iterator[None]:
    """Within: the marker is called for each e-mail when its text is sent, and its final dot is next."""
    token = _marker.set(marker)
    try:
        yield
    finally:
        _marker.reset(token)


class _Marking(smtplib.SMTP):
    """The client of Python's library, with the text and its end sent apart."""

    def data(self, msg: Any) -> tuple[int, bytes]:
        """As the library's; killed before the dot is sent, the server drops the whole e-mail."""
        self.putcmd("data")
        code, reply = self.getreply()
        if code != 354:
            raise smtplib.SMTPDataError(code, reply)
        text: bytes = smtplib._quote_periods(msg)  # type: ignore[attr-defined]
        # Else the end waits until the server says that it has the text.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # type: ignore[union-attr]
        self.send(text if text.endswith(b"\r\n") else text + b"\r\n")
        marker = _marker.get()
        if marker is not None:
            marker()
        self.send(_END)
        return self.getreply()


class MarkingBackend(EmailBackend):
    """SMTP as the settings say (STARTTLS or plain)."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """What talks to the server."""
        return _Marking
