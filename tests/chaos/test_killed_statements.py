"""A run of statements whose worker is killed again and again: each donor gets one e-mail, and one only.

STATEMENTS=5000 KILLS=50 makes it the full size; KILL_SEED repeats the moments. RUN=appeals sends an appeal
instead, by the same machine.
"""

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from api.models import (
    Consent,
    ConsentBasis,
    ConsentChannel,
    ConsentSource,
    ConsentState,
    Donation,
    DonationKind,
    Donor,
    Fund,
    Language,
    MailRun,
    MailRunState,
    Message,
    MessageState,
    Role,
)
from api.services.appeal_emails import AppealText, appeal_text_keep
from api.services.appeal_runs import appeal_run_draft, appeal_run_start
from api.services.donations import donations_settle
from api.services.funds import funds_seed
from api.services.messages import DIED
from api.services.payments import Settlement
from api.services.statement_periods import period_read
from api.services.statement_runs import statement_run_start
from tests.chaos.mail_sink import mail_sink
from tests.conftest import until
from tests.environment import ROOT
from tests.giving_history import moment
from tests.people import staff

STATEMENTS = int(os.environ.get("STATEMENTS", "60"))
KILLS = int(os.environ.get("KILLS", "2"))
END_SECONDS = 120 + STATEMENTS // 2
pytestmark = pytest.mark.django_db(transaction=True)


def test_no_statement_is_sent_twice_or_never_when_the_worker_is_killed_again_and_again(
    tmp_path: Path,
) -> None:
    seed = os.environ.get("KILL_SEED") or secrets.token_hex(4)
    print(f"KILL_SEED={seed}")
    chance = random.Random(seed)
    _donors(STATEMENTS)
    run = _appeal() if os.environ.get("RUN") == "appeals" else _statements()
    assert run.total == STATEMENTS
    with mail_sink(tmp_path) as (port, taken):
        kills = _killed(chance, port, taken, tmp_path)
        with _worker(port, tmp_path):
            assert until(lambda: _is_over(run), END_SECONDS), _state(run)
        came = taken.read_text().split("\n")[:-1]
    ids, people = (Counter(line.split()[place] for line in came) for place in (0, 1))
    print(f"{kills} kills, {len(came)} e-mails, {_unsure()} of which the worker did not see arrive")
    assert {one: count for one, count in ids.items() if count > 1} == {}, "sent twice"
    assert set(people.values()) == {1}
    missing = set(Donor.objects.values_list("email", flat=True)) - set(people)
    assert missing == set(), "never sent"
    run.refresh_from_db()
    assert (run.served, run.state) == (STATEMENTS, MailRunState.FINISHED)
    assert Message.objects.filter(state=MessageState.SENT).count() == STATEMENTS
    # Fewer only when the run was over before: then the test tested less.
    assert kills == KILLS


def _statements() -> MailRun:
    """To all who gave in a tax year."""
    return statement_run_start(
        period=period_read({"year": "2025-26"}), language="", actor=staff(Role.FINANCE)
    )


def _appeal() -> MailRun:
    """To the same donors, who said yes."""
    Consent.objects.bulk_create(
        Consent(
            donor=donor,
            channel=ConsentChannel.EMAIL,
            state=ConsentState.GIVEN,
            basis=ConsentBasis.CONSENT,
            wording="Yes.",
            source=ConsentSource.WEBSITE,
            at=moment("2026-03-01"),
        )
        for donor in Donor.objects.all()
    )
    gwen = staff(Role.FUNDRAISER)
    run = appeal_run_draft(name="Winter", actor=gwen)
    text = AppealText("The well", "The first water has come.", "Thirty metres are left.")
    appeal_text_keep(run=run, language=Language.ENGLISH, text=text, actor=gwen)
    return appeal_run_start(reference=run.reference, actor=gwen)


def _killed(chance: random.Random, port: int, taken: Path, folder: Path) -> int:
    """Kill the worker so many times, each at a moment after it has begun to send; how often it was."""
    for kill in range(KILLS):
        first = _count(taken) + 1
        # No later than this, so that e-mails are left for those that come after.
        most = STATEMENTS * (kill + 1) // (KILLS + 1)
        with _worker(port, folder) as worker:
            if not until(partial(_has, taken, first), END_SECONDS):
                return kill
            deadline = time.monotonic() + chance.random() * 2
            while time.monotonic() < deadline and _count(taken) < most:
                time.sleep(chance.random() * 0.02)
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        _ten_seconds_go_by()
    return KILLS


def _ten_seconds_go_by() -> None:
    """What a worker waits before it takes another for dead."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'"
        )


def _has(taken: Path, count: int) -> bool:
    return _count(taken) >= count


def _count(taken: Path) -> int:
    return taken.read_bytes().count(b"\n")


def _is_over(run: MailRun) -> bool:
    run.refresh_from_db()
    waiting = Message.objects.filter(state__in=(MessageState.QUEUED, MessageState.SENDING))
    return run.state == MailRunState.FINISHED and not waiting.exists()


def _state(run: MailRun) -> Any:
    states = Counter(Message.objects.values_list("state", flat=True))
    return run.state, run.served, states


def _unsure() -> int:
    return Message.objects.filter(error=DIED).count()


def _donors(count: int) -> None:
    """So many who gave once each."""
    funds_seed()
    fund = Fund.objects.get(code="general")
    names = [f"donor{number}" for number in range(count)]
    donors = Donor.objects.bulk_create(
        Donor(
            name=name,
            email=f"{name}@example.org",
            name_key=name,
            email_key=f"{name}@example.org",
        )
        for name in names
    )
    gifts = Donation.objects.bulk_create(
        Donation(
            kind=DonationKind.ONE_OFF,
            donor=donor,
            fund=fund,
            amount_minor=1000,
            currency="GBP",
            stripe_payment_intent_id=f"pi_{donor.name}",
        )
        for donor in donors
    )
    for begin in range(0, count, 500):
        donations_settle([_settlement(gift) for gift in gifts[begin : begin + 500]])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")  # Receipts are another story.


def _settlement(gift: Donation) -> Settlement:
    return Settlement(
        donation_id=gift.pk,
        amount_minor=1000,
        currency="GBP",
        received_at=moment("2025-10-05"),
        why="test",
        payment_intent_id=gift.stripe_payment_intent_id or "",
        charge_id=f"ch_{gift.pk}",
        method_kind="card",
    )


@contextmanager
def _worker(port: int, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The product's worker on the tests' database."""
    name = str(connection.settings_dict["NAME"])
    url = os.environ["DATABASE_URL"]
    base, _, query = url.partition("?")
    mail = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port), "EMAIL_USE_TLS": "False"}
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker", "--jobs-only"],
            cwd=ROOT,
            env={
                **os.environ,
                **mail,
                "DATABASE_URL": f"{base.rpartition('/')[0]}/{name}?{query}",
                "LOG_DIR": str(folder / "logs"),
            },
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
