"""Rehearsals: policies side by side, each in a process of its own that touches nothing real."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from tempfile import TemporaryFile

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from api.clock import now
from api.errors import DomaapError, Invalid, MoveRefused, NotFound, ServerFault
from api.models import Rehearsal, RehearsalState, User
from api.services import jobs
from api.services.audit import audit_record
from api.services.dunning_policies import policy_parse
from api.services.rehearsal.comparison import Result
from api.services.rehearsal.outcome import Wanted

POLICIES_DIR = settings.BASE_DIR / "api" / "policies"
MOST_PLANS, MOST_MONTHS = 20_000, 24
_LONGEST_SECONDS = 3600
# Seconds for a plan and month on two cores at rest, until this machine has shown its own (bench/README.md).
_PACE = 0.0015
# A year of a few plans tells of the start, not of the pace.
_TELLING = 5000


def rehearsal_start(
    *, plans: int, months: int, seed: int, texts: Sequence[str], actor: User
) -> Rehearsal:
    """Ask the worker for a comparison of one or two policies. Raises Invalid, naming what is wrong."""
    if not (1 <= plans <= MOST_PLANS and 1 <= months <= MOST_MONTHS and 0 <= seed < 2**31):
        raise Invalid(plans=f"It takes 1 to {MOST_PLANS:,} plans and 1 to {MOST_MONTHS} months.")
    for text in texts:
        policy_parse(text)
    try:
        with transaction.atomic():
            made = Rehearsal.objects.create(
                plans=plans, months=months, seed=seed, policies=list(texts), asked_by=actor
            )
            audit_record(
                action="rehearsal.asked", subject=f"rehearsal:{made.reference}", actor=actor
            )
            jobs.defer("rehearsal_run", rehearsal_id=made.pk)
    except IntegrityError as error:
        raise MoveRefused("One of yours is under way: wait until it is ready.") from error
    return made


def rehearsal_run(rehearsal_id: int) -> None:
    """Carry out what was asked. An error is kept on its row; safe to call again."""
    mine = Rehearsal.objects.filter(pk=rehearsal_id)
    asked = mine.get()
    if not asked.is_under_way:
        return
    mine.update(state=RehearsalState.RUNNING, progress=0, started_at=None)
    wanted = Wanted(asked.plans, asked.months, asked.seed)
    far: list[int] = []
    with ThreadPoolExecutor(1) as hands:
        # Only this thread talks to the database: the hands wait for their processes.
        made = hands.submit(rehearsal_carry_out, asked.policies, wanted, progress=far.append)
        while not made.done():
            wait([made], timeout=1)
            if far:
                mine.update(progress=far[-1], started_at=Coalesce("started_at", now()))
    _finish(mine, made)


def _finish(mine: "QuerySet[Rehearsal]", made: "Future[list[Result]]") -> None:
    if error := made.exception():
        words = error.detail if isinstance(error, DomaapError) else str(error)
        mine.update(state=RehearsalState.FAILED, error=words[:300], finished_at=now())
        return
    mine.update(state=RehearsalState.READY, progress=100, results=made.result(), finished_at=now())


def rehearsal_find(reference: str) -> Rehearsal:
    """One rehearsal. Raises NotFound."""
    found = Rehearsal.objects.select_related("asked_by").filter(reference=reference).first()
    if found is None:
        raise NotFound("There is no rehearsal with this reference.")
    return found


def rehearsals_recent(*, most: int = 20) -> list[Rehearsal]:
    """The newest ones, without their figures."""
    found = Rehearsal.objects.select_related("asked_by").defer("results", "policies")
    return list(found.order_by("-id")[:most])


def rehearsal_estimate(*, plans: int, months: int) -> int:
    """How many seconds a rehearsal of this size takes, as the newest one of some size took here."""
    ready = Rehearsal.objects.filter(state=RehearsalState.READY).order_by("-id")
    sized = ready.annotate(size=F("plans") * F("months")).filter(size__gte=_TELLING)
    last = sized.values_list("size", "results").first()
    pace = max(one["seconds"] for one in last[1]) / last[0] if last else _PACE
    return max(round(plans * months * pace), 5)


def seconds_left(percent: int, since: datetime) -> int | None:
    """How long the rest takes if it goes on as since its first day; None when there is nothing to tell yet."""
    spent = (now() - since).total_seconds()
    return round(spent * (100 - percent) / percent) if 2 <= percent < 100 else None


def policies_kept() -> dict[str, str]:
    """The policies that come with the product, by file name, and the one of the settings: name -> JSON."""
    kept = {path.stem: path.read_text("utf-8") for path in sorted(POLICIES_DIR.glob("*.json"))}
    own = settings.DUNNING_POLICY_FILE
    if own.parent != POLICIES_DIR:
        kept[own.stem] = own.read_text("utf-8")
    return kept


def rehearsal_carry_out(
    texts: Sequence[str], wanted: Wanted, *, progress: Callable[[int], None]
) -> list[Result]:
    """Rehearse each policy (its JSON) at the same time. `progress`: percent of the slower one.

    Raises Invalid for a policy that makes no sense, before anything is begun.
    """
    for text in texts:
        policy_parse(text)
    far = [0] * len(texts)

    def one(place: int) -> Result:
        def told(percent: int) -> None:
            far[place] = percent
            progress(min(far))

        return _apart(texts[place], wanted, told)

    with ThreadPoolExecutor(len(texts)) as hands:
        return list(hands.map(one, range(len(texts))))


def _apart(text: str, wanted: Wanted, told: Callable[[int], None]) -> Result:
    """One policy in a process of its own: lines of percent, then the result."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "rehearse", "--one"]
    command += [f"--plans={wanted.plans}", f"--months={wanted.months}", f"--seed={wanted.seed}"]
    with (
        # Not a pipe: it would be full of warnings while nobody reads it, and the process would stand still.
        TemporaryFile("w+") as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=settings.BASE_DIR,
        ) as process,
    ):
        if process.stdin is None or process.stdout is None:
            raise ServerFault
        process.stdin.write(text)
        process.stdin.close()
        result: Result = {}
        for line in process.stdout:
            if line.strip().isdecimal():
                told(int(line))
            elif line.startswith("{"):
                result = json.loads(line)
        if process.wait(_LONGEST_SECONDS) or not result:
            errors.seek(0)
            raise ServerFault(f"The rehearsal ended early: {errors.read().strip()[-300:]}")
    return result
