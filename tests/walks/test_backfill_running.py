"""Bringing in a history: killed, met by others, run again; and how it says how far it is."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import psycopg
import pytest
import stripe
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from api.management.commands.backfill_donations import Progress
from api.models import Donation, DonationStatus, Donor, StripeCursor
from api.services.backfill_charges import charges_take
from api.services.backfill_funds import FundChoice
from api.services.backfill_moves import disputes_take, lines_take, payouts_take, refunds_take
from api.services.backfill_sweeps import Sweep
from api.services.gateways.stripe import list_pages
from tests.books import books, books_hold
from tests.environment import ROOT
from tests.walks.history import DAY, commit, customer, history, once, ran, rows
from tests.walks.stories import Ask, promises_only
from tests.walks.test_reconciliation import compared

COMMAND = [sys.executable, "manage.py", "backfill_donations", "--commit"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_running_twice_changes_nothing(
    sdk: stripe.StripeClient, ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    history(sdk, ask, seed=2)
    commit()
    first, counted = books(), rows()
    assert "  donors: 0" in ran(capsys, "--commit")
    assert books() == first
    assert rows() == counted
    assert not StripeCursor.objects.filter(name__startswith="backfill").exists()


def test_a_run_that_is_killed_goes_on_where_it_was(sdk: stripe.StripeClient, ask: Ask) -> None:
    first = customer(sdk, "Amina Yusuf")
    once(sdk, 999, customer=first)
    for _ in range(104):
        once(sdk, 500)
    commit()
    whole = books()
    promises_only([])
    call_command("seed_demo")
    # What comes together is written together: here each page comes alone.
    ask("faults", rules=[{"kind": "pace", "match": "GET /v1/charges", "seconds": 1}])
    with _amina_being_written() as other:
        process = subprocess.Popen(COMMAND, cwd=ROOT, env=_environment(), stderr=subprocess.PIPE)
        _wait_for_lock(process)
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
        assert Donation.objects.count() == 100
        assert StripeCursor.objects.filter(name__startswith="backfill:charges").count() == 1
        other.rollback()
    # Meanwhile the other site went on.
    once(sdk, 12345)
    again = subprocess.run(COMMAND, cwd=ROOT, env=_environment(), capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert Donation.objects.filter(amount_minor=12345).count() == 1
    assert Donation.objects.count() == 106
    assert not StripeCursor.objects.filter(name__startswith="backfill").exists()
    assert set(whole["donations"]) < set(books()["donations"])
    assert set(whole["postings"]) < set(books()["postings"])
    assert compared() == []
    books_hold()


def test_a_donor_who_gives_on_the_site_meanwhile_is_one_donor(
    sdk: stripe.StripeClient, ask: Ask
) -> None:
    once(sdk, 999, customer=customer(sdk, "Amina Yusuf"))
    with _amina_being_written() as other:
        process = subprocess.Popen(COMMAND, cwd=ROOT, env=_environment(), stderr=subprocess.PIPE)
        _wait_for_lock(process)
        other.commit()
        assert process.wait(60) == 0
    assert Donation.objects.get().donor == Donor.objects.get()


@contextmanager
def _amina_being_written() -> Iterator["psycopg.Connection[Any]"]:
    """Her row is in a transaction of somebody else's: whoever writes it too has to wait."""
    with psycopg.connect(_test_database(), autocommit=False) as other:
        other.execute(
            "INSERT INTO api_donor (reference, name, email, name_key, email_key, phone, line1, line2,"
            " city, postcode, country, language, created_at) VALUES ('x', 'A', 'a', 'amina yusuf',"
            " 'amina@example.org', '', '', '', '', '', '', '', now())"
        )
        yield other


def _test_database() -> str:
    url, _, options = os.environ["DATABASE_URL"].partition("?")
    return f"{url.rpartition('/')[0]}/{connection.settings_dict['NAME']}?{_for_psycopg(options)}"


def _for_psycopg(options: str) -> str:
    """Without what only Django's pool knows."""
    return "&".join(one for one in options.split("&") if not one.startswith("pool"))


def _environment() -> dict[str, str]:
    url, _, options = os.environ["DATABASE_URL"].partition("?")
    named = f"{url.rpartition('/')[0]}/{connection.settings_dict['NAME']}?{options}"
    return {**os.environ, "DATABASE_URL": named}


def _wait_for_lock(process: "subprocess.Popen[bytes]") -> None:
    """Until a statement of the command waits for another transaction."""
    with connection.cursor() as cursor:
        while True:
            assert process.poll() is None, process.stderr and process.stderr.read().decode()
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO \"api_donor\"%'"
            )
            if cursor.fetchone()[0]:
                return


def test_a_page_of_gifts_takes_a_fixed_number_of_queries(
    sdk: stripe.StripeClient, ask: Ask
) -> None:
    counts = []
    for size in (5, 20):
        charges = [once(sdk, customer=customer(sdk, f"Giver{size}n{n}")) for n in range(size)]
        page = next(
            list_pages(
                "/v1/charges", limit=size, expand=["data.customer", "data.balance_transaction"]
            )
        )
        assert {one["id"] for one in page} == set(charges)
        with CaptureQueriesContext(connection) as asked, transaction.atomic():
            charges_take(Sweep(True, FundChoice()), page)
        counts.append(len(asked))
    assert counts[0] == counts[1] < 30


def test_what_happened_to_gifts_takes_a_fixed_number_of_queries_a_page(
    sdk: stripe.StripeClient, ask: Ask
) -> None:
    counts = []
    for size in (3, 12):
        promises_only([])
        ask("reset")
        call_command("seed_demo")
        charges = [once(sdk) for _ in range(2 * size)]
        for charge in charges[:size]:
            sdk.v1.refunds.create({"charge": charge, "amount": 100})
        for charge in charges[size:]:
            dispute = ask(f"charges/{charge}/dispute")
            ask(f"disputes/{dispute['id']}/decide", won=False)
        ask("time", advance=10 * DAY)
        for payout in ask("payouts")["data"]:
            ask(f"payouts/{payout['id']}/pay")
        counts.append([_queries(take, path, expand) for take, path, expand in PARTS])
        assert Donation.objects.filter(status=DonationStatus.CHARGED_BACK).count() == size
        assert Donation.objects.filter(status=DonationStatus.PART_REFUNDED).count() == size
    assert counts[0] == counts[1]
    assert max(counts[0]) < 45
    commit()
    assert compared() == []


PARTS: list[tuple[Any, str, list[str]]] = [
    (charges_take, "/v1/charges", ["data.customer", "data.balance_transaction"]),
    (refunds_take, "/v1/refunds", []),
    (disputes_take, "/v1/disputes", []),
    (payouts_take, "/v1/payouts", []),
    (lines_take, "/v1/balance_transactions", ["data.source"]),
]


def _queries(take: Any, path: str, expand: list[str]) -> int:
    page = next(list_pages(path, expand=expand))
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        take(Sweep(True, FundChoice()), page)
    return len(asked)


def test_progress_says_how_far_it_is_and_how_long_it_will_take() -> None:
    out, clock = StringIO(), iter([0.0, 0.0, 5.0, 10.0])
    progress = Progress(out, lambda: next(clock))
    progress.tell("charges", 100, 0.1)
    progress.tell("charges", 1200, 0.25)
    progress.tell("refunds", 3, None)
    progress.close()
    assert out.getvalue().splitlines() == [
        "charges                [######..................]  25%  1,200 done  240/s  about 0:00:15 left",
        "refunds                3 done  1/s",
    ]
