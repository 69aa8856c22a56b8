"""Dora closes the month on the page: the comparison, both sides of the table, payouts and the bank."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from pypdf import PdfReader

from api import tasks
from api.clock import charity_date, now
from api.models import (
    AuditLine,
    BankLine,
    Donation,
    Payout,
    PayoutStatus,
    Reconciliation,
    ReconciliationStage,
    User,
)
from api.money import money_parse, money_plain, money_text
from api.services.reconciliation_runs import (
    reconciliation_of_night,
    reconciliation_run,
    reconciliations_prune,
)
from api.services.statements import month_figures, months_known, payout_figures
from tests.clients import Client
from tests.walks.stories import Ask
from tests.walks.tools import work

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/admin/reconciliation/"


@pytest.fixture
def office(client: Client, dora: User) -> Client:
    """Dora is signed in."""
    client.force_login(dora)
    return client


def upload(office: Client, text: str, name: str = "statement.csv") -> str:
    """Import a statement; the page that follows."""
    file = SimpleUploadedFile(name, text.encode())
    answer = office.post(f"{PAGE}bank/", {"statement": file, "account": "CAF"}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def statement_of(payouts: list[Payout], words: str = "STRIPE PAYMENTS UK") -> str:
    """A bank's CSV that shows these payouts a day after Stripe's day."""
    rows = [
        f"{payout.arrives_on + timedelta(days=1):%d/%m/%Y},{words},"
        f"{money_plain(payout.amount_minor, payout.currency)},{payout.currency}"
        for payout in payouts
    ]
    return "\n".join(["Date,Description,Amount,Currency", *rows, ""])


def test_every_month_of_the_story_is_the_same_on_both_sides_and_goes_on_from_the_last(
    story: dict[str, Any],
) -> None:
    closings: dict[str, int] = {}
    for first in reversed(months_known(charity_date(now()))):
        for month in month_figures(first).currencies:
            assert month.is_equal, (first, month)
            assert month.opening.stripe == closings.get(month.currency, 0)
            closings[month.currency] = month.closing.stripe
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency, sum(amount_minor) FROM api_ledgerentry WHERE account = 'stripe_balance' GROUP BY 1"
        )
        assert {name: int(total) for name, total in cursor.fetchall()} == closings


def test_every_payout_of_the_story_sums_to_its_amount(story: dict[str, Any]) -> None:
    filled = Payout.objects.exclude(lines_read_at=None)
    assert filled.count() > 1
    for payout in filled:
        figures = payout_figures(payout)
        assert figures.net_minor == payout.amount_minor
        assert sum(fund.amount_minor for fund in figures.funds) == figures.rows["gifts"]


def test_compare_now_runs_in_the_worker_and_ends_in_agreement(
    office: Client, story: dict[str, Any]
) -> None:
    assert "Nothing was compared yet" in office.get(PAGE).content.decode()
    month = f"{charity_date(now()):%Y-%m}"
    for _ in range(2):
        answer = office.post(f"{PAGE}compare/", {"month": month})
        assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}?month={month}")
    run = Reconciliation.objects.get()  # asked twice, compared once
    assert run.stage == ReconciliationStage.WAITING
    progress = office.get(f"{PAGE}progress/")
    assert progress["X-Under-Way"] == "yes"
    assert "Waiting to begin" in progress.content.decode()
    work()
    assert office.get(f"{PAGE}progress/")["X-Under-Way"] == "no"
    page = office.get(PAGE, {"month": month}).content.decode()
    assert "Everything agrees to the penny" in page and "dora@example.org" in page
    assert "both sides are equal" in page and "! differs" not in page
    run.refresh_from_db()
    assert run.sealed > 0 and len(run.chain_head) == 64 and run.chain_broken == ""
    assert AuditLine.objects.filter(action="reconciliation.started").count() == 1


def test_a_difference_is_on_the_page_with_what_to_do(
    office: Client, paid: Callable[..., Donation], news: Callable[[], None], ask: Ask
) -> None:
    gift = paid()
    news()
    Donation.objects.filter(pk=gift.pk).update(status="failed")
    office.post(f"{PAGE}compare/", {"month": f"{charity_date(now()):%Y-%m}"})
    work()
    page = office.get(PAGE).content.decode()
    assert "1 difference to look at" in page and gift.reference in page
    assert "its status was changed outside the system" in page
    assert f"/admin/api/donation/{gift.pk}/change/" in page


def test_the_night_mends_what_was_lost_seals_and_agrees(
    paid: Callable[..., Donation], ask: Ask, dora: User
) -> None:
    gift = paid()  # none of its events ever comes
    tasks.reconcile_nightly(timestamp=0)
    work()
    run = Reconciliation.objects.get()
    assert (run.stage, run.error, run.started_by) == (ReconciliationStage.FINISHED, "", None)
    assert list(run.differences.values_list("kind", "explanation")) == []
    assert run.sealed == 2
    gift.refresh_from_db()
    assert gift.status == "succeeded"


def test_a_comparison_that_fails_says_why_and_a_later_one_makes_it_good(
    office: Client, paid: Callable[..., Donation], ask: Ask, settings: Any
) -> None:
    run = reconciliation_of_night()
    api_url = settings.STRIPE_API_URL
    settings.STRIPE_API_URL = "http://127.0.0.1:9"
    from api.services.gateways import stripe as gateway

    gateway._client.cache_clear()
    with pytest.raises(Exception, match="card service is not answering"):
        tasks.reconcile(reconciliation_id=run.pk)
    settings.STRIPE_API_URL = api_url
    gateway._client.cache_clear()
    assert "could not be finished" in office.get(PAGE).content.decode()
    reconciliation_run(run.pk)
    assert "Everything agrees to the penny" in office.get(PAGE).content.decode()


def test_changed_books_are_told_on_the_page(
    office: Client, paid: Callable[..., Donation], news: Callable[[], None], ask: Ask
) -> None:
    paid()
    news()
    run = reconciliation_run(reconciliation_of_night().pk)
    assert run.chain_broken == ""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE api_ledgerposting SET name = name || 'x' WHERE name LIKE 'donation%'"
        )
        cursor.execute("SET session_replication_role = DEFAULT")
    reconciliation_run(reconciliation_of_night().pk)
    assert "The books were changed" in office.get(PAGE).content.decode()


def test_only_the_newest_runs_are_kept(db: None) -> None:
    runs = [reconciliation_of_night() for _ in range(5)]
    assert reconciliations_prune(keep=3) == 2
    assert set(Reconciliation.objects.values_list("pk", flat=True)) == {r.pk for r in runs[2:]}
    assert reconciliations_prune(keep=3) == 0


def test_payouts_meet_their_bank_lines_once_and_a_match_can_be_undone(
    office: Client, story: dict[str, Any]
) -> None:
    payouts = list(Payout.objects.filter(status=PayoutStatus.PAID))
    assert payouts
    text = statement_of(payouts)
    assert f"{len(payouts)} payouts matched" in upload(office, text)
    assert "0 of them new" in upload(office, text)
    assert BankLine.objects.filter(matched_by=None).exclude(payout=None).count() == len(payouts)
    line = BankLine.objects.exclude(payout=None)[0]
    payout_id = line.payout_id
    office.post(f"{PAGE}bank/release/", {"line": line.pk})
    assert BankLine.objects.get(pk=line.pk).payout_id is None
    page = office.get(PAGE).content.decode()
    assert "Which line of the bank is it?" in page and "This one" in page
    office.post(f"{PAGE}bank/match/", {"line": line.pk, "payout": payout_id})
    line.refresh_from_db()
    assert (line.payout_id, line.matched_by.email) == (payout_id, "dora@example.org")
    again = office.post(f"{PAGE}bank/match/", {"line": line.pk, "payout": payout_id}, follow=True)
    assert "matched already" in again.content.decode()
    actions = AuditLine.objects.filter(action__startswith="bank_line").values_list(
        "action", flat=True
    )
    assert sorted(actions) == [
        "bank_line.matched",
        "bank_line.released",
        "bank_lines.imported",
        "bank_lines.imported",
    ]


def test_a_bad_file_changes_nothing_and_names_the_line(office: Client) -> None:
    page = upload(
        office, "Date,Description,Amount\n01/11/2026,STRIPE,10.00\n02/11/2026,STRIPE,ten\n"
    )
    assert "Line 3, column Amount: `ten` is not an amount" in page and "OFX" in page
    assert BankLine.objects.count() == 0
    assert "Choose a file first." in office.post(f"{PAGE}bank/", follow=True).content.decode()


def test_a_line_of_stripe_that_is_no_payout_is_listed(office: Client) -> None:
    page = upload(
        office, "Date,Description,Amount\n01/11/2026,STRIPE PAYMENTS,10.00\n01/11/2026,RENT,-5\n"
    )
    listed = page.split("Bank lines that name Stripe")[1]
    assert "STRIPE PAYMENTS" in listed and "£10.00" in listed and "RENT" not in listed


def test_statements_are_one_page_and_say_the_sums(office: Client, story: dict[str, Any]) -> None:
    payout = Payout.objects.filter(status=PayoutStatus.PAID).exclude(lines_read_at=None)[0]
    answer = office.get(f"{PAGE}payouts/{payout.pk}.pdf")
    assert answer["Content-Type"] == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.content))
    words = reader.pages[0].extract_text()
    assert len(reader.pages) == 1
    assert money_text(payout.amount_minor, payout.currency) in words
    month = f"{charity_date(payout.made_at):%Y-%m}"
    reader = PdfReader(io.BytesIO(office.get(f"{PAGE}months/{month}.pdf").content))
    assert len(reader.pages) == 1
    assert "was not compared with Stripe yet" in reader.pages[0].extract_text()
    office.post(f"{PAGE}compare/", {"month": month})
    work()
    reader = PdfReader(io.BytesIO(office.get(f"{PAGE}months/{month}.pdf").content))
    words = re.sub(r"[\s\u200b]", "", reader.pages[0].extract_text())
    assert "Nothingisunexplained" in words
    assert Reconciliation.objects.get().chain_head in words


def test_the_whole_list_of_a_payout_sums_to_it(office: Client, story: dict[str, Any]) -> None:
    payout = Payout.objects.exclude(lines_read_at=None)[0]
    answer = office.get(f"{PAGE}payouts/{payout.pk}.csv")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == payout.balance_transactions.count()
    total = sum(money_parse(row["Net"], row["Currency"]) for row in rows)
    assert total == payout.amount_minor


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("get", "progress/"),
        ("get", "months/2026-11.pdf"),
        ("get", "payouts/1.pdf"),
        ("get", "payouts/1.csv"),
        ("post", "compare/"),
        ("post", "bank/"),
        ("post", "bank/match/"),
        ("post", "bank/release/"),
    ],
)
def test_strangers_and_staff_without_the_right_see_and_do_nothing(
    client: Client, method: str, path: str
) -> None:
    assert "/admin/login/" in getattr(client, method)(PAGE + path)["Location"]
    client.force_login(User.objects.create_user("frank@example.org", "a long password"))
    assert "/admin/login/" in getattr(client, method)(PAGE + path)["Location"]
    client.force_login(
        User.objects.create_user("eve@example.org", "a long password", is_staff=True)
    )
    assert getattr(client, method)(PAGE + path).status_code == 403
    assert Reconciliation.objects.count() == BankLine.objects.count() == 0


@pytest.mark.parametrize("month", ["2026-13", "x", "2026-1-1", "٢٠٢٦-11"])
def test_a_month_that_is_none_is_not_found(office: Client, month: str) -> None:
    assert office.get(PAGE, {"month": month}).status_code == 404
