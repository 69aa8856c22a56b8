"""Every attempt to pay, from click to bank."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.models import (
    Donation,
    DonationStatus,
)
from api.services.tracker import (
    Stage,
    Step,
    TrackerFilter,
    attempts,
    funnel_read,
)
from api.services.tracker_rows import tracker_row
from tests.clients import Client
from tests.people import gift
from tests.walks.stories import Ask
from tests.walks.tools import start

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86400
FORM = "FORMFORMFORMFORMFORM"


def stages() -> dict[str, Stage]:
    """The stage of every attempt, by its amount in pounds."""
    known = Donation.objects.values_list("reference", flat=True)
    rows = [tracker_row(reference) for reference in known]
    return {str(row.donation.amount_minor // 100): row.stage for row in rows}


def pounds(client: Any, amount: int) -> dict[str, Any]:
    """A started gift of so many pounds."""
    return start(client, gift(amount_minor=amount * 100))


def test_each_stage_is_told_by_the_facts_and_the_funnel_counts_them(
    client: Any, hana: Client, sdk: stripe.StripeClient, ask: Ask, pay: Callable[..., Any],
    news: Callable[[], None],
) -> None:  # fmt: skip
    pounds(client, 1)
    pay(pounds(client, 2), "pm_card_authenticationRequired")
    pay(pounds(client, 4))
    ask("time", advance=10 * DAY)
    for payout in ask("payouts")["data"]:
        ask(f"payouts/{payout['id']}/pay")
    debit = pounds(client, 3)["client_secret"].split("_secret_")[0]
    method = sdk.v1.payment_methods.create(
        {
            "type": "bacs_debit",
            "bacs_debit": {"account_number": "00012345", "sort_code": "108800"},
            "billing_details": {"name": "Ben", "email": "ben@example.org"},
        }
    )
    mandate: Any = {"customer_acceptance": {"type": "offline"}}
    sdk.v1.payment_intents.confirm(
        debit, {"payment_method": method.id, "mandate_data": mandate, "return_url": "http://x.test"}
    )
    pay(pounds(client, 5))
    with pytest.raises(stripe.CardError):
        pay(pounds(client, 6), "pm_card_chargeDeclinedInsufficientFunds")
    back = pay(pounds(client, 7))
    sdk.v1.refunds.create({"charge": back.latest_charge, "amount": 100})
    ask(f"charges/{pay(pounds(client, 8)).latest_charge}/dispute")
    given_up = pounds(client, 9)["client_secret"].split("_secret_")[0]
    sdk.v1.payment_intents.cancel(given_up)
    news()
    assert stages() == {
        "1": Stage.STARTED,
        "2": Stage.WAITING,
        "3": Stage.PROCESSING,
        "4": Stage.PAID_OUT,
        "5": Stage.PAID,
        "6": Stage.FAILED,
        "7": Stage.REFUNDED,
        "8": Stage.DISPUTED,
        "9": Stage.CANCELLED,
    }
    funnel = funnel_read(TrackerFilter())
    assert {step: funnel.steps[step].count for step in Step} == {
        Step.STARTED: 9,
        Step.SENT: 7,
        Step.PAID: 4,
        Step.PAID_OUT: 1,
    }
    assert funnel.steps[Step.PAID].minor == {"GBP": 2400}
    assert funnel.share(Step.PAID) == "44.4 %"
    for step in Step:
        assert attempts(TrackerFilter(step=step)).count() == funnel.steps[step].count
    for stage in Stage:
        [found] = attempts(TrackerFilter(stage=stage))
        assert stages()[str(found.amount_minor // 100)] == stage
    failed = tracker_row(Donation.objects.get(amount_minor=600).reference)
    assert failed.why == "Not enough money in the account"
    debit_row = tracker_row(Donation.objects.get(amount_minor=300).reference)
    assert debit_row.why == "Working day 1 of 7" and debit_row.expected_on is not None
    page = hana.get("/admin/tracker/").content.decode()
    assert "Not enough money in the account" in page and "Working day 1 of 7" in page
    told = hana.get("/api/staff/tracker/?stage=failed&begins_at=2020-01-01T00:00:00Z").json()
    assert [row["total_minor"] for row in told["results"]] == [600]
    assert [step["count"] for step in told["steps"]] == [9, 7, 4, 1]
    whole = hana.get("/api/staff/tracker/").json()
    assert (whole["steps"], len(whole["results"])) == ([], 9), "all time is not counted"
    assert "choose dates" in hana.get("/admin/tracker/?period=all").content.decode()


def test_the_tracker_asks_as_many_questions_for_many_attempts_as_for_one_and_pages_through_all(
    hana: Client, declined: Callable[[], Donation]
) -> None:
    kept = declined()
    counts = []
    hana.get("/admin/tracker/")
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert hana.get("/admin/tracker/").status_code == 200
        counts.append(len(asked))
        copies = [
            Donation(
                kind=kept.kind, donor=kept.donor, fund=kept.fund, amount_minor=100 + number,
                currency="GBP", status=DonationStatus.FAILED, failure_code="expired_card",
            )
            for number in range(120)
        ]  # fmt: skip
        if not counts[1:]:
            Donation.objects.bulk_create(copies)
    assert counts[0] == counts[1] <= 16
    found: list[str] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] or not found:
        page = hana.get("/api/staff/tracker/", {"after": page["next"]}).json()
        found += [row["reference"] for row in page["results"]]
    order = Donation.objects.order_by("-created_at", "-pk").values_list("reference", flat=True)
    assert found == list(order) and len(found) == 121
