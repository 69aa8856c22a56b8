"""Does the worker live, is it of our release, and does it keep up."""

from django.conf import settings
from django.db import connection

from api.models import Pulse, WebhookEvent, WebhookStatus
from api.services.doctor.findings import (
    Check,
    Seen,
    age_text,
    fine,
    manage,
    problem,
    restart,
    warning,
)
from api.services.doctor.rounds import Round
from api.services.pulses import silent_halves
from api.services.queues import events_queue, jobs_queue

LATE_SECONDS = 120
VERY_LATE_SECONDS = 900


def worker(_: Round) -> Seen:
    """Both halves, in one process or in several."""
    silent = silent_halves()
    if not silent:
        return fine("The worker handles events and runs jobs.")
    gone = [
        f"nobody {'handles events' if half == 'events' else 'runs jobs'}"
        + (f" for {age_text(seconds)}" if seconds else "")
        for half, seconds in silent.items()
    ]
    return problem(f"{' and '.join(gone).capitalize()}.", restart("worker"))


def release(_: Round) -> Seen:
    """Workers that handle events and the code that asks are of one release."""
    told = Pulse.objects.exclude(release=settings.RELEASE).values_list("name", "release")
    others = [f"{name} runs {theirs}" for name, theirs in told]
    if not others:
        return fine(f"This is {settings.RELEASE}; so are its workers.")
    return warning(
        f"This is {settings.RELEASE}, and the worker {', '.join(others)}.", restart("worker")
    )


def _late(seconds: float, words: str) -> Seen:
    if seconds < LATE_SECONDS:
        return fine("Nothing waits longer than it should.")
    tell = problem if seconds >= VERY_LATE_SECONDS else warning
    return tell(f"{words} for {age_text(seconds)}.", restart("worker"))


def events_wait(_: Round) -> Seen:
    """How long the oldest event that is due has waited."""
    queue = events_queue()
    return _late(queue.oldest_seconds, f"Events from Stripe wait ({queue.waiting}), the oldest")


def jobs_wait(_: Round) -> Seen:
    """How long the oldest job that is due has waited."""
    queue = jobs_queue()
    return _late(queue.oldest_seconds, f"Jobs wait ({queue.waiting}), the oldest")


def events_failed(_: Round) -> Seen:
    """Events that were tried eight times in vain."""
    count = WebhookEvent.objects.filter(status=WebhookStatus.FAILED).count()
    if not count:
        return fine("Every event from Stripe could be handled.")
    return problem(
        f"Events from Stripe that could not be handled and need a person: {count}.",
        f"Open {settings.SITE_URL}/admin/events/?status=failed, then Retry",
    )


def jobs_failed(_: Round) -> Seen:
    """Jobs that were given up."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT task_name, count(*) FROM procrastinate_jobs
                WHERE status = 'failed' GROUP BY task_name ORDER BY task_name"""
        )
        found = [f"{name.rpartition('.')[2]} ({count})" for name, count in cursor.fetchall()]
    if not found:
        return fine("No job was given up.")
    return warning(
        f"Given up after all tries: {', '.join(found)}.",
        f"{manage('procrastinate shell')} (list_jobs status=failed, then retry NUMBER)",
    )


CHECKS = (
    Check(
        "worker",
        "Worker",
        "It turns Stripe's events into gifts, and sends receipts: without it donors hear nothing.",
        worker,
        needs=("migrations",),
    ),
    Check(
        "release",
        "One release everywhere",
        "Two releases at work on the same rows may disagree about them.",
        release,
        needs=("worker",),
    ),
    Check(
        "events-waiting",
        "Events keep up",
        "A donor whose payment is not settled yet waits for a receipt and may give twice.",
        events_wait,
        needs=("worker",),
    ),
    Check(
        "jobs-waiting",
        "Jobs keep up",
        "Receipts and reports come late.",
        jobs_wait,
        needs=("worker",),
    ),
    Check(
        "events-failed",
        "Events that failed",
        "Each may be a gift that is paid and not in the books.",
        events_failed,
        needs=("migrations",),
    ),
    Check(
        "jobs-failed",
        "Jobs that failed",
        "Each may be a receipt that was never sent.",
        jobs_failed,
        needs=("migrations",),
    ),
)
