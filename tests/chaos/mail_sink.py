"""An SMTP server in a process of its own: `python -m tests.chaos.mail_sink PORT FILE`.

Each e-mail that it takes is a line of the file, Message-ID and recipient, written before it says yes; it
takes its time over that, so that a sender may be killed between the two.
"""

import asyncio
import random
import sys
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

_SLOWEST_SECONDS = 0.02


class Sink:
    """What takes the e-mails."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take it, wait a little, say yes."""
        mail = message_from_bytes(envelope.original_content or b"")
        self._file.write(f"{mail['Message-ID']} {envelope.rcpt_tos[0]}\n")
        await asyncio.sleep(random.random() * _SLOWEST_SECONDS)
        return "250 OK"


async def main(port: int, path: Path) -> None:
    """Serve until killed."""
    sink = Sink(path)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(sink, hostname="sink", enable_SMTPUTF8=True), "127.0.0.1", port
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
