"""What staff had made or kept of a forgotten donor, and what a restore brings back."""

from datetime import timedelta
from typing import BinaryIO

import pytest
from django.core.management import call_command
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from api.clock import clock_at, now
from api.models import (
    BankLine,
    Donor,
    Erasure,
    NameWord,
    ReportRun,
    RetainedRecord,
    Role,
    RunState,
    SuppressedAddress,
    User,
)
from api.models.rights import ROLE_RIGHTS, VIEW_RIGHTS
from api.services import report_runs
from api.services.donors import (
    donor_edit,
    donor_version,
)
from api.services.erasures import erasure_ask, erasure_carry_out, erasures_finish
from api.services.forgotten_events import events_of
from api.services.gateways import storage
from api.services.report_runs import Made, run_carry_out, run_start
from api.services.reports.formats import Progress
from tests.people import staff
from tests.walks.canaries import MARKS, forget, traces
from tests.walks.tools import work

pytestmark = pytest.mark.django_db(transaction=True)
KEPT = {"api_retainedrecord"}


def test_a_report_under_way_is_made_anew_without_who_was_forgotten(
    canary: Donor, monkeypatch: pytest.MonkeyPatch
) -> None:
    gwen = staff(Role.FUNDRAISER)
    erasure = erasure_ask(donor=canary, actor=None)
    ProcrastinateJob.objects.all().delete()

    def slow(run: ReportRun, person: User, file: BinaryIO, progress: Progress) -> Made:
        donor = Donor.objects.get(pk=canary.pk)
        if donor.erased_at is None:
            erasure_carry_out(erasure.pk)
        file.write(donor.name.encode())
        return Made("slow.csv", gwen.rights)

    monkeypatch.setitem(report_runs.MAKERS, "slow", slow)
    run = run_start(kind="slow", name="x", title="x", parameters={}, form="csv", actor=gwen)
    run_carry_out(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.WAITING
    work()
    run.refresh_from_db()
    assert run.state == RunState.READY
    with storage.file_open(run.stored_as) as file:
        assert file.read() == b"Erased donor"
    kept = storage.files_in(report_runs.FOLDER)
    assert [name for name in kept if run.reference in name] == [run.stored_as]


def test_a_file_of_one_search_is_not_made_of_everybody_when_the_search_is_forgotten(
    canary: Donor,
) -> None:
    gwen = staff(Role.FUNDRAISER)
    run = run_start(
        kind="table", name="donors", title="Donors", parameters={"query": "q=Zyxcanaryname+Qwertyman"},
        form="csv", actor=gwen,
    )  # fmt: skip
    ProcrastinateJob.objects.all().delete()
    forget(canary)
    run_carry_out(run.pk)
    run.refresh_from_db()
    assert (run.state, run.stored_as) == (RunState.EXPIRED, "")


def test_after_a_restore_to_a_moment_before_it_the_erasure_is_repeated(
    canary: Donor, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Donor.objects.filter(pk=canary.pk).values().get()
    forget(canary)
    # As the database was at noon: the donor is there, and nobody asked to be forgotten.
    RetainedRecord.objects.all().delete()
    Erasure.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE api_forgottenname")
    SuppressedAddress.objects.all().delete()
    del before["name_search"]
    Donor.objects.filter(pk=canary.pk).update(**before)
    assert "api_donor" in traces()
    call_command("repeat_erasures")
    assert "1 erasures are repeated." in capsys.readouterr().out
    work()
    assert traces() == KEPT
    assert Erasure.objects.get().wants_silence and SuppressedAddress.objects.exists()
    listed = storage.files_in("forgotten")
    assert f"forgotten/{canary.reference}" in listed
    with storage.file_open(f"forgotten/{canary.reference}") as file:
        said = file.read().decode().casefold()
    assert not any(mark in said for mark in MARKS)
    call_command("repeat_erasures")
    assert "0 erasures are repeated." in capsys.readouterr().out


def test_what_a_donor_was_called_before_goes_too(canary: Donor) -> None:
    gwen = staff(Role.FUNDRAISER)
    changes = {"name": "Anna Newname", "email": "anna@example.org"}
    donor_edit(
        reference=canary.reference, changes=changes, version=donor_version(canary), actor=gwen
    )
    canary.refresh_from_db()
    forget(canary)
    assert traces() <= KEPT
    assert not NameWord.objects.filter(word="newname").exists()


def test_the_bank_statement_is_part_of_the_accounts_until_their_date(canary: Donor) -> None:
    line = BankLine.objects.create(
        account="main", booked_on=now().date(), amount_minor=500, currency="GBP",
        reference="ZYXCANARYNAME QWERTYMAN", description="Transfer Zyxcanaryname Qwertyman",
        file_name="june.csv",
    )  # fmt: skip
    forget(canary)
    assert traces() == {*KEPT, "api_bankline"}
    see_it = {role for role in Role if VIEW_RIGHTS["bankline"] in ROLE_RIGHTS[role]}
    assert see_it == {Role.ADMINISTRATOR, Role.FINANCE, Role.AUDITOR}
    record = RetainedRecord.objects.get()
    with clock_at(now() + timedelta(days=8 * 366)):
        assert erasures_finish() == 1
    assert record.keep_until < now().date() + timedelta(days=8 * 366)
    assert traces() == set()
    line.refresh_from_db()
    assert (line.amount_minor, line.description) == (500, "[erased]")


def test_events_of_a_donor_are_found_by_their_index(canary: Donor) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO api_webhookevent (stripe_event_id, type, api_version, payload, about, route,
                   request_id, status, note, attempts, next_attempt_at, error, stripe_created_at,
                   received_at)
               SELECT 'evt_' || n, 'charge.succeeded', '',
                   jsonb_build_object('x', repeat(md5(n::text), 40)), ARRAY['ch_' || n, 'pi_' || n], '',
                   '', 'handled', '', 1, now(), '', now(), now() FROM generate_series(1, 10000) AS n"""
        )
        cursor.execute("ANALYZE api_webhookevent")
    names = {"pi_77", "pi_78", *(f"pi_none{n}" for n in range(40))}
    found = events_of(names)
    assert found.count() == 2
    assert "webhook_about" in found.explain()
