"""The books counted for a drill, and staff told of a backup that failed."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from api.clock import now
from api.models import Alert, Message
from api.services.alert_emails import alert_email_send
from api.services.backups import backup_fail, backup_figures, backup_recover
from api.services.funds import funds_seed
from api.services.ledger_seals import ledger_seal
from tests.giving_history import donor, paid

pytestmark = pytest.mark.django_db


def test_figures_count_what_was_written_before_a_moment() -> None:
    funds_seed()
    paid(donor("Ben Okafor", "ben@example.org"), "2026-11-24", 2500)
    assert ledger_seal() == 1
    moment = now() + timedelta(minutes=1)
    figures = backup_figures(moment)
    digest = figures.pop("digest")
    assert figures == {
        "donations": 1, "receipts": 1, "refunds": 0, "events": 0, "postings": 1, "sealed": 1,
        "sum of donation_income GBP": -2500, "sum of stripe_clearing GBP": 2500,
    }  # fmt: skip
    assert len(str(digest)) == 64
    # The living books went on meanwhile: the digest of the copy's last seal is still theirs.
    paid(donor("Ben Okafor", "ben@example.org"), "2026-11-24", 700)
    assert ledger_seal() == 1
    living = backup_figures(moment, sealed=1)
    assert (living["sealed"], living["digest"]) == (1, digest)
    assert backup_figures(moment)["digest"] != digest
    before = backup_figures(now() - timedelta(days=1))
    assert (before["donations"], before["postings"], before["sealed"]) == (0, 0, 2)


def test_staff_are_told_once_until_it_is_put_right() -> None:
    assert backup_fail("WAL does not reach the store.")
    assert not backup_fail("Another sentence.")
    alert = Alert.objects.get()
    alert_email_send(alert.pk)
    message = Message.objects.get()
    assert message.subject == "The backup failed"
    assert "WAL does not reach the store." in message.text and "Giving goes on" in message.text
    backup_recover()
    assert backup_fail("Another sentence.")


def test_the_commands_speak_to_programs() -> None:
    said = StringIO()
    call_command("backup_figures", "--before", "2026-11-24T10:00:00+00:00", stdout=said)
    assert json.loads(said.getvalue())["donations"] == 0
    call_command("backup_alert", "--failed", "The store is damaged.", stdout=said)
    assert Alert.objects.get().subject == "The store is damaged."
    call_command("backup_alert", "--ok", stdout=said)
    assert Alert.objects.get().closed_at is not None
    assert ledger_seal() == 0
