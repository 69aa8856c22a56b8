"""Statements to all donors: rehearsed, sent, paused, gone on with, stopped; who is left out is told why."""

import pytest
from django.db import connection

from api.models import (
    AuditLine,
    Donor,
    MailRunState,
    Message,
    MessageState,
    Role,
    StatementRun,
    SuppressedReason,
)
from api.services.funds import funds_seed
from api.services.mail_addresses import address_suppress
from api.services.mail_runs import CHUNK, mail_run_chunk_send, mail_run_move
from api.services.message_files import message_files
from api.services.statement_periods import period_read
from api.services.statement_runs import (
    STATEMENTS,
    statement_audience,
    statement_run_start,
)
from tests.clients import Client
from tests.giving_history import donor, paid
from tests.people import staff
from tests.walks.tools import work

pytestmark = pytest.mark.django_db(transaction=True)
PERIOD = period_read({"year": "2025-26"})
PAGE = {"period": PERIOD.code, "language": ""}


def gave(count: int) -> list[Donor]:
    """So many who gave £10 in the tax year."""
    funds_seed()
    donors = [donor(f"Donor {number}", f"d{number}@example.org") for number in range(count)]
    for one in donors:
        paid(one, "2025-10-05", 1000)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")  # Receipts are another story.
    return donors


def recipients() -> list[str]:
    """Who got one."""
    return sorted(Message.objects.filter(state=MessageState.KEPT).values_list("to", flat=True))


def test_who_is_left_out_is_told_why_and_nothing_goes_in_a_rehearsal(client: Client) -> None:
    one, two, three, *_ = gave(5)
    paid(donor("Old", "old@example.org"), "2024-10-05", 1000)
    Donor.objects.filter(pk=one.pk).update(language="cy")
    Donor.objects.filter(pk=two.pk).update(email="")
    address_suppress(three.email, SuppressedReason.BOUNCED)
    said = statement_audience(PERIOD, "en")
    assert (said.gave, said.other_language, said.without_address, said.bounced) == (5, 1, 1, 1)
    assert (said.receivers, said.left_out) == (2, 3)
    client.force_login(staff(Role.FINANCE))
    page = client.get("/admin/statements/", {**PAGE, "language": "en"}).content.decode()
    assert "Send 2 statements" in page and page.count("statement.pdf?period=tax") == 3
    assert not StatementRun.objects.exists() and not Message.objects.exists()


def test_a_run_sends_each_one_with_its_pdf_and_a_second_run_leaves_them_out(
    client: Client,
) -> None:
    donors = gave(CHUNK + 3)
    client.force_login(staff(Role.FINANCE))
    answer = client.post("/admin/statements/", PAGE)
    run = StatementRun.objects.get()
    assert answer["Location"] == f"/admin/statements/{run.reference}/"
    assert client.post("/admin/statements/", PAGE).status_code == 400  # A second click.
    work()
    run.refresh_from_db()
    assert (run.state, run.served, run.total) == ("finished", CHUNK + 3, CHUNK + 3)
    assert recipients() == sorted(one.email for one in donors)
    first = Message.objects.order_by("pk").first()
    assert first is not None and first.key == f"statement:{run.reference}:{donors[0].reference}"
    assert "£10.00" in first.text
    [file] = message_files(first)
    assert file.name == "statement-tax-2025-26.pdf" and file.content.startswith(b"%PDF")
    late = donor("Late", "late@example.org")
    paid(late, "2025-10-06", 1000)
    said = statement_audience(PERIOD, "")
    assert (said.had_one, said.receivers) == (CHUNK + 3, 1)
    page = client.get(f"/admin/statements/{run.reference}/").content.decode()
    assert "Finished" in page
    progress = client.get(f"/admin/statements/{run.reference}/progress/").json()
    assert (progress["progress"], progress["is_under_way"]) == (100, False)


def test_paused_it_stands_still_and_gone_on_with_it_leaves_nobody_out_and_serves_nobody_twice(
    client: Client,
) -> None:
    donors = gave(2 * CHUNK + 1)
    farid = staff(Role.FINANCE)
    run = statement_run_start(period=PERIOD, language="", actor=farid)
    mail_run_chunk_send(STATEMENTS, run.pk, 0)
    client.force_login(farid)
    act = f"/admin/statements/{run.reference}/act/"
    client.post(act, {"do": "pause"})
    work()
    assert len(recipients()) == CHUNK
    run.refresh_from_db()
    assert (run.state, run.cursor) == (MailRunState.PAUSED, donors[CHUNK - 1].pk)
    client.post(act, {"do": "resume"})
    client.post(act, {"do": "resume"})
    mail_run_chunk_send(STATEMENTS, run.pk, 0)  # The job of a worker that was taken for dead.
    work()
    assert recipients() == sorted(one.email for one in donors)
    run.refresh_from_db()
    assert (run.state, run.served) == (MailRunState.FINISHED, 2 * CHUNK + 1)
    actions = AuditLine.objects.filter(action__startswith="statements.").order_by("pk")
    assert [line.action for line in actions] == [
        "statements.started",
        "statements.paused",
        "statements.running",
    ]


def test_stopped_it_stays_stopped_and_a_new_run_serves_the_rest(client: Client) -> None:
    donors = gave(CHUNK + 2)
    farid = staff(Role.FINANCE)
    run = statement_run_start(period=PERIOD, language="", actor=farid)
    mail_run_chunk_send(STATEMENTS, run.pk, 0)
    mail_run_move(STATEMENTS, reference=run.reference, to=MailRunState.STOPPED, actor=farid)
    work()
    assert len(recipients()) == CHUNK
    client.force_login(farid)
    client.post(f"/admin/statements/{run.reference}/act/", {"do": "resume"})
    run.refresh_from_db()
    assert run.state == MailRunState.STOPPED
    again = statement_run_start(period=PERIOD, language="", actor=farid)
    assert again.total == 2
    work()
    assert recipients() == sorted(one.email for one in donors)
