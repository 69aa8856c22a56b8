"""Things are broken one by one: the doctor names each and nothing else."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import certifi
import httpx
import pytest
from django.db import connection, connections

from api.clock import now
from api.models import (
    Difference,
    DifferenceKind,
    Message,
    MessageKind,
    MessageState,
    Pulse,
    Reconciliation,
    ReconciliationStage,
    WebhookEvent,
    WebhookStatus,
)
from api.services import jobs
from api.services.doctor import Finding, State, doctor_run, stripe_account, webhooks
from api.services.doctor.database import leaves
from api.services.doctor.webhooks import WANTED
from api.services.gaps import events_catch_up
from api.services.gateways.stripe_account import (
    endpoint_create,
    endpoint_delete,
    endpoint_update,
    endpoints_list,
)
from tests.doctor.conftest import Ground, delivery_refused

pytestmark = pytest.mark.django_db
Break = Callable[[Ground], object]


def unsound() -> dict[str, State]:
    """What the doctor names now."""
    return {f.name: f.state for f in doctor_run() if f.state in (State.PROBLEM, State.WARNING)}


def sql(text: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def event(**changes: object) -> WebhookEvent:
    known = {
        "stripe_event_id": "evt_waits",
        "type": "invoice.paid",
        "payload": {},
        "route": "/api/stripe/webhook/",
        "next_attempt_at": now(),
        "stripe_created_at": now(),
    }
    return WebhookEvent.objects.create(**{**known, **changes})


def no_endpoint(ground: Ground) -> None:
    for one in endpoints_list():
        endpoint_delete(one.id)


def endpoint_off(ground: Ground) -> None:
    no_endpoint(ground)
    endpoint_create(url=f"{ground.tls.url}/api/webhook/", events=WANTED)
    _disable(ground, endpoints_list()[0].id)


def _disable(ground: Ground, endpoint_id: str) -> None:
    answer = httpx.post(
        f"{ground.way.url}/v1/webhook_endpoints/{endpoint_id}",
        data={"disabled": "true"},
        headers={"Authorization": "Bearer sk_live_51Riverbank"},
    )
    assert answer.json()["status"] == "disabled", answer.text


def types_fewer(ground: Ground) -> None:
    kept = [kind for kind in WANTED if kind != "invoice.paid"]
    endpoint_update(endpoints_list()[0].id, events=kept)


def version_older(ground: Ground) -> None:
    no_endpoint(ground)
    current = ground.settings.STRIPE_API_VERSION
    ground.settings.STRIPE_API_VERSION = "2025-03-31.basil"
    endpoint_create(url=f"{ground.tls.url}/api/webhook/", events=WANTED)
    ground.settings.STRIPE_API_VERSION = current


def secret_other(ground: Ground) -> None:
    """Stripe delivers, signed with a secret that we don't have; the gap detector brings the event."""
    intent = ground.at_stripe("payment_intents", amount="2500", currency="gbp")
    ground.at_stripe(f"payment_intents/{intent}/cancel")
    events_catch_up()
    delivery_refused(b'{"id": "evt_1", "type": "payment_intent.canceled"}')


def event_unseen(ground: Ground) -> None:
    """Stripe has an event, and its delivery never came."""
    ground.at_stripe("customers", name="Ben")


def job_old(ground: Ground) -> None:
    jobs.defer("receipt_email", donation_id=1)
    sql("UPDATE procrastinate_events SET at = now() - interval '20 minutes'")


def job_failed(ground: Ground) -> None:
    jobs.defer("receipt_email", donation_id=1)
    sql("UPDATE procrastinate_jobs SET status = 'failed'")


def keys(ground: Ground, secret: str, publishable: str) -> None:
    ground.settings.STRIPE_SECRET_KEY = secret
    ground.settings.STRIPE_PUBLISHABLE_KEY = publishable


def mail_refused(ground: Ground) -> None:
    ground.post.password = "another"


def mail_gone(ground: Ground) -> None:
    ground.settings.MAILERS["default"]["OPTIONS"]["port"] = 1


def untrusted(ground: Ground) -> None:
    os.environ["SSL_CERT_FILE"] = certifi.where()  # The fixture puts it back.


def reconciled(**changes: object) -> Reconciliation:
    last = Reconciliation.objects.get()
    Reconciliation.objects.filter(pk=last.pk).update(**changes)
    return last


def differs(ground: Ground) -> None:
    Difference.objects.create(
        reconciliation=Reconciliation.objects.get(),
        kind=DifferenceKind.UNKNOWN_MONEY,
        subject="txn_1",
        amount_minor=100,
        currency="GBP",
        explanation="?",
        advice="?",
    )


def mail_failed(ground: Ground) -> None:
    Message.objects.create(
        key="receipt:X",
        kind=MessageKind.RECEIPT,
        state=MessageState.FAILED,
        to="ben@example.org",
        subject="Receipt",
        text="",
        html="",
        message_id="<x@riverbank.org.uk>",
    )


def _leaf() -> tuple[str, str]:
    return next(leaf for leaf in leaves() if leaf[0] == "api")


OLD = timedelta(minutes=20)
BREAKS: dict[str, tuple[Break, str, State]] = {
    "a migration is not applied": (
        lambda g: sql("DELETE FROM django_migrations WHERE (app, name) = (%s, %s)", *_leaf()),
        "migrations",
        State.PROBLEM,
    ),
    "nobody handles events": (
        lambda g: Pulse.objects.update(beat_at=now() - OLD),
        "worker",
        State.PROBLEM,
    ),
    "nobody runs jobs": (
        lambda g: sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 min'"),
        "worker",
        State.PROBLEM,
    ),
    "a worker of another release": (
        lambda g: Pulse.objects.create(name="node2:7", release="0.0.1"),
        "release",
        State.WARNING,
    ),
    "an event waits too long": (
        lambda g: event(next_attempt_at=now() - OLD),
        "events-waiting",
        State.PROBLEM,
    ),
    "a job waits too long": (job_old, "jobs-waiting", State.PROBLEM),
    "an event could not be handled": (
        lambda g: event(status=WebhookStatus.FAILED),
        "events-failed",
        State.PROBLEM,
    ),
    "a job was given up": (job_failed, "jobs-failed", State.WARNING),
    "Stripe is not there": (
        lambda g: setattr(g.way, "is_closed", True),
        "stripe",
        State.PROBLEM,
    ),
    "Stripe refuses the key": (
        lambda g: setattr(g.way, "refuses", "sk_live_"),
        "stripe",
        State.PROBLEM,
    ),
    "test keys in production": (
        lambda g: keys(g, "sk_test_51Riverbank0000000Qn7", "pk_test_51Riverbank0000000aB3"),
        "stripe-mode",
        State.WARNING,
    ),
    "the publishable key of another account": (
        lambda g: keys(g, "sk_live_51Riverbank0000000Qn7", "pk_live_51Hillside00000000aB3"),
        "stripe-keys",
        State.PROBLEM,
    ),
    "the clock is three minutes off": (
        lambda g: setattr(g.way, "clock_ahead", timedelta(minutes=3)),
        "clock-stripe",
        State.PROBLEM,
    ),
    "the clock is a minute off": (
        lambda g: setattr(g.way, "clock_ahead", timedelta(minutes=-1)),
        "clock-stripe",
        State.WARNING,
    ),
    "an event never came": (event_unseen, "stripe-events", State.PROBLEM),
    "the webhook endpoint is gone": (no_endpoint, "webhook", State.PROBLEM),
    "the webhook endpoint is off": (endpoint_off, "webhook", State.PROBLEM),
    "a type of event is not told": (types_fewer, "webhook-events", State.PROBLEM),
    "events of an older version": (version_older, "webhook-version", State.WARNING),
    "the signing secret is another": (secret_other, "webhook-secret", State.PROBLEM),
    "the mail server refuses the password": (mail_refused, "mail", State.PROBLEM),
    "the mail server is not there": (mail_gone, "mail", State.PROBLEM),
    "no SPF record": (
        lambda g: g.names.records.update({"riverbank.org.uk": '"hello"'}),
        "mail-spf",
        State.WARNING,
    ),
    "no DKIM key": (
        lambda g: g.names.records.pop("mail._domainkey.riverbank.org.uk"),
        "mail-dkim",
        State.WARNING,
    ),
    "no DMARC record": (
        lambda g: g.names.records.pop("_dmarc.riverbank.org.uk"),
        "mail-dmarc",
        State.WARNING,
    ),
    "an e-mail was refused": (mail_failed, "mail-failures", State.WARNING),
    "the certificate has ended": (
        lambda g: g.tls.holds_for(timedelta(days=-1)),
        "certificate",
        State.PROBLEM,
    ),
    "the certificate ends soon": (
        lambda g: g.tls.holds_for(timedelta(days=12)),
        "certificate",
        State.WARNING,
    ),
    "browsers don't know the certificate's authority": (
        untrusted,
        "certificate",
        State.PROBLEM,
    ),
    "nobody makes backups": (lambda g: g.status_file.unlink(), "backup", State.WARNING),
    "the backup is old": (
        lambda g: g.backups_say(last_backup_at=(now() - timedelta(days=9)).isoformat()),
        "backup",
        State.PROBLEM,
    ),
    "changes are not archived": (
        lambda g: g.backups_say(last_archived_at=(now() - timedelta(hours=13)).isoformat()),
        "backup-archive",
        State.PROBLEM,
    ),
    "the restore drill failed": (
        lambda g: g.backups_say(last_drill_ok=False, drill_words="other digest"),
        "backup-drill",
        State.PROBLEM,
    ),
    "others may read .env": (
        lambda g: (g.folder / ".env").chmod(0o644),
        "secret-files",
        State.PROBLEM,
    ),
    "DEBUG is on": (lambda g: setattr(g.settings, "DEBUG", True), "debug", State.PROBLEM),
    "the books were changed": (
        lambda g: reconciled(chain_broken="seal 7: posting 7 was removed"),
        "ledger-chain",
        State.PROBLEM,
    ),
    "the nightly comparison is late": (
        lambda g: reconciled(finished_at=now() - timedelta(days=3)),
        "reconciliation",
        State.WARNING,
    ),
    "the last comparison stopped": (
        lambda g: Reconciliation.objects.create(
            begins_at=now(), ends_at=now(), stage=ReconciliationStage.FAILED, error="Boom"
        ),
        "reconciliation",
        State.PROBLEM,
    ),
    "the books and the statement differ": (differs, "differences", State.WARNING),
}


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test can't wait ten minutes for a delivery."""
    monkeypatch.setattr(stripe_account, "EVENT_PATIENCE", timedelta(0))
    monkeypatch.setattr(webhooks, "ON_THE_WAY", timedelta(0))


def test_a_sound_production_has_nothing_to_name(ground: Ground) -> None:
    found = doctor_run()
    assert [(f.name, f.what) for f in found if f.state != State.OK] == []
    assert len(found) == 35


@pytest.mark.parametrize("name", BREAKS)
def test_each_break_is_named_and_nothing_else(name: str, ground: Ground) -> None:
    break_, named, state = BREAKS[name]
    break_(ground)
    found = {f.name: f for f in doctor_run()}
    assert {n: f.state for n, f in found.items() if f.state in (State.PROBLEM, State.WARNING)} == {
        named: state
    }, [f.what for f in found.values() if f.state in (State.PROBLEM, State.WARNING)]
    assert _tells(found[named])


def _tells(finding: Finding) -> bool:
    """What, why and the command are sentences for people."""
    return all([finding.what.endswith("."), finding.why.endswith("."), len(finding.command) > 5])


def test_a_database_that_is_not_there_is_the_only_thing_named(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections["default"].settings_dict, "PORT", "1")
    assert unsound() == {"database": State.PROBLEM}


def test_a_name_server_that_does_not_answer_is_no_fault_of_the_domain(ground: Ground) -> None:
    ground.names.is_silent = True
    found = {f.name: f.state for f in doctor_run()}
    assert [name for name, state in found.items() if state != State.OK] == [
        "mail-spf",
        "mail-dkim",
        "mail-dmarc",
    ]


def test_a_full_disk_of_the_logs_is_named(ground: Ground, full_disk: Path) -> None:
    ground.settings.LOG_DIR = full_disk
    assert unsound() == {"disk-logs": State.PROBLEM}


def test_two_breaks_at_once_are_both_named(ground: Ground) -> None:
    (ground.folder / ".env").chmod(0o666)
    no_endpoint(ground)
    assert unsound() == {"webhook": State.PROBLEM, "secret-files": State.PROBLEM}
