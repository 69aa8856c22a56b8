"""`manage.py worker`: handles events and runs jobs until it is told to stop."""

import asyncio
import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import OperationalError, connections
from procrastinate.contrib.django import app

from api.services.inbox import events_process

log = structlog.get_logger()
IDLE_SECONDS = 0.1
TROUBLE_SECONDS = 1.0


class Command(BaseCommand):
    """The worker: the inbox in a thread, Procrastinate's jobs in the main one."""

    help = "Handle Stripe events and run jobs (e-mails, receipts) until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT; what is under way is finished first."""
        stopping = threading.Event()
        inbox = threading.Thread(target=_inbox_run, args=(stopping,), name="inbox")
        inbox.start()
        self.stdout.write("Worker is ready")
        try:
            asyncio.run(_jobs_run())
        finally:
            stopping.set()
            inbox.join()


def _inbox_run(stopping: threading.Event) -> None:
    """Handle events as they come. The wait between looks is short and cheap: one indexed query."""
    while not stopping.is_set():
        pause = IDLE_SECONDS
        try:
            if events_process():
                pause = 0.0
        except OperationalError as error:
            # PostgreSQL is away for a moment: nothing is lost, the events wait there.
            log.warning("inbox_waits_for_database", error=str(error))
            connections.close_all()
            pause = TROUBLE_SECONDS
        stopping.wait(pause)
    connections.close_all()


async def _jobs_run() -> None:
    """Run jobs; start again when PostgreSQL was away."""
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    while not stopping.is_set():
        worker = asyncio.create_task(_jobs_once())
        stop = asyncio.create_task(stopping.wait())
        await asyncio.wait({worker, stop}, return_when=asyncio.FIRST_COMPLETED)
        if stop.done():
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)
            return
        stop.cancel()
        if error := worker.exception():
            log.warning("jobs_wait_for_database", error=str(error))
            await asyncio.sleep(TROUBLE_SECONDS)


async def _jobs_once() -> None:
    # A copy: the inbox thread goes on deferring jobs through Django's connection, in its transactions.
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        await worker_app.run_worker_async(
            concurrency=2,
            install_signal_handlers=False,
            fetch_job_polling_interval=2.0,
            delete_jobs="successful",
        )
