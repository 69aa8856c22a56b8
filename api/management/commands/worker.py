"""`manage.py worker`: handles events and runs jobs until it is told to stop."""

import asyncio
import signal
import threading
import time
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connections
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from api.services.inbox import BATCH, events_process
from api.services.metrics import metrics_flush_start
from api.services.pulses import BEAT_SECONDS, pulse_beat, pulse_stop, silent_halves
from api.services.replicas import session

log = structlog.get_logger()
IDLE_SECONDS = 0.1
TROUBLE_SECONDS = 1.0
# A worker that was silent for this long is dead, and the jobs it held are given to another.
HEARTBEAT_SECONDS = 2.0
DEAD_SECONDS = 10.0


class Command(BaseCommand):
    """The worker: the inbox in a thread, Procrastinate's jobs in the main one."""

    help = "Handle Stripe events and run jobs (e-mails, receipts) until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """On the night of a big appeal events may have a worker of their own."""
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--inbox-only", action="store_true", help="events, no jobs")
        only.add_argument("--jobs-only", action="store_true", help="jobs, no events")
        only.add_argument(
            "--is-alive", action="store_true", help="only say whether a worker lives; 1: none does"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT; what is under way is finished first."""
        if options["is_alive"]:
            return self._tell_alive()
        metrics_flush_start()
        self.stdout.write("Worker is ready")
        asyncio.run(_run(has_inbox=not options["jobs_only"], has_jobs=not options["inbox_only"]))
        return None

    def _tell_alive(self) -> None:
        """For the health check of a container."""
        if silent := silent_halves():
            raise CommandError(f"No sign of life of the worker's {' and '.join(silent)}.")
        self.stdout.write("Worker lives")


async def _run(*, has_inbox: bool, has_jobs: bool) -> None:
    """Both halves until told to stop. An inbox that breaks ends the worker: half a worker looks well."""
    stopping, inbox_stopping = asyncio.Event(), threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    if not has_inbox:
        return await _jobs_run(stopping)
    inbox = asyncio.create_task(asyncio.to_thread(_inbox_run, inbox_stopping))
    inbox.add_done_callback(lambda _: stopping.set())
    try:
        await (_jobs_run(stopping) if has_jobs else stopping.wait())
    finally:
        inbox_stopping.set()
        await inbox
    return None


def _inbox_run(stopping: threading.Event) -> None:
    """Handle events as they come. The wait between looks is short and cheap: one indexed query.

    A batch costs much the same for one event as for many, so that it waits for more unless it was full.
    """
    beat_at = 0.0
    while not stopping.is_set():
        pause = IDLE_SECONDS
        try:
            if time.monotonic() >= beat_at:
                beat_at = time.monotonic() + BEAT_SECONDS
                pulse_beat()
            if events_process() == BATCH:
                pause = 0.0
        except (OperationalError, InterfaceError) as error:
            # PostgreSQL is away for a moment: nothing is lost, the events wait there.
            log.warning("inbox_waits_for_database", error=str(error))
            connections.close_all()
            pause = TROUBLE_SECONDS
        stopping.wait(pause)
    with suppress(OperationalError, InterfaceError):
        pulse_stop()
    connections.close_all()


async def _jobs_run(stopping: asyncio.Event) -> None:
    """Run jobs; start again when PostgreSQL was away."""
    while not stopping.is_set():
        try:
            await _jobs_once(stopping)
        except Exception as error:  # jobs are an edge: those that wait are kept, and tried again
            log.warning("jobs_wait_for_database", error=repr(error))
            await asyncio.sleep(TROUBLE_SECONDS)


async def _jobs_once(stopping: asyncio.Event) -> None:
    # A copy: the inbox thread goes on deferring jobs through Django's connection, in its transactions.
    worker_app = app.with_connector(_connector())
    # Opened to its end even when we are told to stop: a pool cancelled while it connects may never end.
    async with worker_app.open_async():
        halves = (_jobs_work(worker_app), _jobs_rescue(worker_app), stopping.wait())
        tasks = [asyncio.ensure_future(half) for half in halves]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome


def _connector() -> PsycopgConnector:
    """Straight to PostgreSQL: behind PgBouncer nobody hears its NOTIFY."""
    return PsycopgConnector(kwargs=connector_params(session().alias))


async def _jobs_work(worker_app: App) -> None:
    await worker_app.run_worker_async(
        concurrency=2,
        install_signal_handlers=False,
        fetch_job_polling_interval=2.0,
        delete_jobs="successful",
        update_heartbeat_interval=HEARTBEAT_SECONDS,
        stalled_worker_timeout=DEAD_SECONDS,
    )


async def _jobs_rescue(worker_app: App) -> None:
    """Give the jobs of workers that died back to the queue.

    Not a job itself: that could die with its worker too, and its lock then stops the next one.
    """
    while True:
        for job in await worker_app.job_manager.get_stalled_jobs(
            seconds_since_heartbeat=DEAD_SECONDS
        ):
            try:
                await worker_app.job_manager.retry_job(job)
            except UniqueViolation:
                # Its successor, of the same queueing lock, waits already and will do the work.
                await worker_app.job_manager.finish_job(job, Status.ABORTED, delete_job=True)
        await asyncio.sleep(HEARTBEAT_SECONDS)
