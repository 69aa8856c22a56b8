"""An SMTP server in a process of its own: `python -m tests.chaos.mail_sink PORT FILE [WORD]`.

Each e-mail that it takes is a line of the file, Message-ID and recipient, written before it says yes; it
takes its time over that, so that a sender may be killed between the two. It refuses addresses with the word.
"""

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from tools.places import ROOT
from tools.ports import port_unused

_SLOWEST_SECONDS = 0.02


class Sink:
    """What takes the e-mails."""

    def __init__(self, path: Path, refused: str) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._refused = refused

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse it in the words of real servers, which quote the address."""
        if self._refused and self._refused in address:
            return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take it, wait a little, say yes."""
        mail = message_from_bytes(envelope.original_content or b"")
        self._file.write(f"{mail['Message-ID']} {envelope.rcpt_tos[0]}\n")
        await asyncio.sleep(random.random() * _SLOWEST_SECONDS)
        return "250 OK"


@contextmanager
def mail_sink(folder: Path, refused: str = "") -> Iterator[tuple[int, Path]]:
    """One that runs: its port, and the file of what it took."""
    port, taken = port_unused(), folder / "taken"
    taken.touch()
    command = [sys.executable, "-m", "tests.chaos.mail_sink", str(port), str(taken), refused]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield port, taken
    finally:
        process.kill()
        process.wait()


async def main(port: int, path: Path, refused: str = "") -> None:
    """Serve until killed."""
    sink = Sink(path, refused)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(sink, hostname="sink", enable_SMTPUTF8=True), "127.0.0.1", port
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))
