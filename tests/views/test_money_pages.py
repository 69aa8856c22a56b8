"""What staff see of the money: every figure opens its rows, and a refund is made by hand."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import stripe
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from api.models import (
    AuditLine,
    BalanceTransaction,
    Dispute,
    Donation,
    LedgerEntry,
    LedgerPosting,
    Payout,
    Refund,
    RefundStatus,
    Role,
    User,
)
from api.services.gateways import stripe as gateway
from api.services.reconciliations import reconcile
from api.services.timelines import timeline_read
from tests.clients import Client
from tests.environment import free_port
from tests.people import staff as staff_member
from tests.walks.conftest import ask, dora, funds, news, paid, pay, sdk, story
from tests.walks.stories import Ask

__all__ = ["ask", "dora", "funds", "news", "paid", "pay", "sdk", "story"]
pytestmark = pytest.mark.django_db(transaction=True)
TABLES = {
    "refund": Refund,
    "dispute": Dispute,
    "payout": Payout,
    "balancetransaction": BalanceTransaction,
    "ledgerposting": LedgerPosting,
    "donation": Donation,
}


@pytest.fixture
def staff(dora: User) -> Client:
    """Dora, signed in, in a browser of her own."""
    client = Client()
    client.force_login(dora)
    return client


def test_every_table_and_row_of_the_money_is_shown_and_none_can_be_changed(
    staff: Client, story: dict[str, Any]
) -> None:
    from datetime import UTC, datetime

    reconcile(begins_at=datetime(2020, 1, 1, tzinfo=UTC), ends_at=datetime(2040, 1, 1, tzinfo=UTC))
    for table in [*TABLES, "ledgerentry", "reconciliation"]:
        page = staff.get(f"/admin/api/{table}/", follow=True)
        assert page.status_code == 200
        links = set(re.findall(rf"/admin/api/{table}/(\d+)/change/", page.content.decode()))
        assert links or table == "ledgerentry"
        for row in links:
            address = f"/admin/api/{table}/{row}/change/"
            assert staff.get(address).status_code == 200
            assert staff.post(address, {}).status_code == 403


def test_the_tables_ask_as_many_questions_for_many_rows_as_for_one(
    staff: Client, story: dict[str, Any]
) -> None:
    for table in ("balancetransaction", "ledgerposting"):
        model = TABLES[table]
        least = list(model._default_manager.order_by("pk").values_list("pk", flat=True)[:1])
        counts = []
        for query in (f"?pk__in={least[0]}", ""):
            staff.get(f"/admin/api/{table}/{query}")
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert staff.get(f"/admin/api/{table}/{query}").status_code == 200
            counts.append(len(asked))
        assert counts[0] == counts[1], table


def test_each_figure_of_the_books_opens_the_rows_that_sum_to_it(
    staff: Client, story: dict[str, Any]
) -> None:
    page = staff.get("/admin/api/ledgerentry/books/")
    figures = re.findall(r'data-minor="(-?\d+)" href="([^"]+)"', page.content.decode())
    assert len(figures) > 10
    entries: list[int] = []
    for shown, address in figures:
        rows = staff.get(address.replace("&amp;", "&"))
        found = rows.context_data["cl"].queryset  # type: ignore[attr-defined]
        total = found.order_by().aggregate(total=Sum("amount_minor"))["total"]
        assert total == int(shown)
        assert f'data-minor="{shown}"' in rows.content.decode()
        entries += found.values_list("pk", flat=True)
    assert sorted(entries) == sorted(LedgerEntry.objects.values_list("pk", flat=True))
    for currency in ("GBP", "JPY", "USD"):
        part = LedgerEntry.objects.filter(currency=currency)
        assert part.aggregate(total=Sum("amount_minor"))["total"] == 0


def test_the_story_of_a_gift_is_whole_in_order_and_read_by_the_same_number_of_queries(
    staff: Client, story: dict[str, Any]
) -> None:
    counts = set()
    for donation in Donation.objects.settled():
        with CaptureQueriesContext(connection) as asked:
            timeline = timeline_read(donation.pk)
        counts.add(len(asked))
        moments = [one.at for one in timeline.happenings]
        assert moments == sorted(moments)
        kinds = {one.kind for one in timeline.happenings}
        assert {"Event", "Status", "Payment", "Receipt", "Books", "E-mail", "Audit"} <= kinds
        assert staff.get(f"/admin/api/donation/{donation.pk}/why/").status_code == 200
    assert len(counts) == 1 and counts.pop() <= 11


def test_the_story_says_what_was_refunded_and_when_the_rest_is_in_the_bank(
    staff: Client, paid: Callable[..., Donation], news: Callable[[], None], ask: Ask, dora: User
) -> None:
    donation = paid()
    news()
    refund_by_hand(staff, donation, dora, amount="£10.00")
    ask("time", advance=10 * 86400)
    [made] = ask("payouts")["data"]
    ask(f"payouts/{made['id']}/pay")
    news()
    timeline = timeline_read(donation.pk)
    payout = Payout.objects.get()
    fee = BalanceTransaction.objects.get(type="charge").fee_minor
    assert (timeline.money.given, timeline.money.refunded) == ("£25.00", "£10.00")
    assert timeline.money.net == f"£{(1500 - fee) / 100:.2f}"
    [arrival] = timeline.money.arrivals
    assert (arrival.is_in_bank, arrival.on, arrival.amount) == (
        True,
        payout.arrives_on,
        timeline.money.net,
    )
    kinds = [one.kind for one in timeline.happenings]
    assert kinds.count("Refund") == 1 and kinds.count("Payout") == 1
    assert kinds.count("Stripe's statement") == 2
    types = {one.what for one in timeline.happenings if one.kind == "Event"}
    assert {"payment_intent.succeeded", "charge.refunded", "payout.paid"} <= types
    page = staff.get(f"/admin/api/donation/{donation.pk}/why/").content.decode()
    assert f"in the bank on {payout.arrives_on:%-d %b %Y}" in page
    assert f"by {dora}" in page


def refund_by_hand(staff: Client, donation: Donation, dora: User, **changes: str) -> str:
    """The form, the preview, the second yes; returns the preview page."""
    address = f"/admin/api/donation/{donation.pk}/refund/"
    form = staff.get(address).context_data["form"]  # type: ignore[attr-defined]
    asked = {
        "amount": form.initial["amount"],
        "reason": "requested_by_customer",
        "note": "By phone",
        "approved_by": str(dora.pk),
        "reference": form.initial["reference"],
    } | changes
    preview = staff.post(address, asked).content.decode()
    if "confirm" in preview:
        staff.post(address, asked | {"confirm": "yes"})
        staff.post(address, asked | {"confirm": "yes"})
    return preview


def test_a_refund_is_shown_before_it_is_made_and_a_second_click_makes_no_second_one(
    staff: Client, paid: Callable[..., Donation], news: Callable[[], None], dora: User
) -> None:
    donation = paid()
    news()
    preview = refund_by_hand(staff, donation, dora, amount="10")
    assert "£10.00 of £25.00 goes back to Ben Okafor&#x27;s Visa card ending 4242." in preview
    assert "can't be undone" in preview
    refund = Refund.objects.get()
    assert (refund.status, refund.amount_minor, refund.note) == (
        RefundStatus.SUCCEEDED,
        1000,
        "By phone",
    )
    assert (refund.asked_by, refund.approved_by) == (dora, dora)
    form = staff.get(f"/admin/api/donation/{donation.pk}/refund/").context_data["form"]  # type: ignore[attr-defined]
    assert form.initial["amount"] == "£15.00"


@pytest.mark.parametrize("amount", ["25.01", "0", "-1", "ten", "1.234", ""])
def test_a_refund_of_a_wrong_amount_is_refused_in_words_and_asks_stripe_for_nothing(
    staff: Client,
    paid: Callable[..., Donation],
    news: Callable[[], None],
    dora: User,
    amount: str,
) -> None:
    donation = paid()
    news()
    page = refund_by_hand(staff, donation, dora, amount=amount)
    assert "There is a problem" in page
    assert not Refund.objects.exists()


def test_who_may_not_refund_gets_no_form_and_moves_no_money(
    paid: Callable[..., Donation], news: Callable[[], None], dora: User
) -> None:
    donation = paid()
    news()
    client = Client()
    client.force_login(staff_member(Role.AUDITOR))
    address = f"/admin/api/donation/{donation.pk}/refund/"
    page = client.get(f"/admin/api/donation/{donation.pk}/why/")
    assert page.status_code == 200 and address not in page.content.decode()
    assert client.get(address).status_code == 403
    assert client.post(address, {"confirm": "yes"}).status_code == 403
    assert client.post("/admin/api/refund/1/again/").status_code == 403
    assert client.post("/admin/api/webhookevent/1/again/").status_code == 403
    assert not Refund.objects.exists()


def test_stripe_refuses_and_staff_read_why_ask_again_or_withdraw(
    staff: Client,
    paid: Callable[..., Donation],
    news: Callable[[], None],
    dora: User,
    sdk: stripe.StripeClient,
) -> None:
    donation = paid()
    news()
    donation.refresh_from_db()
    sdk.v1.refunds.create({"charge": str(donation.payment.stripe_charge_id)})
    refund_by_hand(staff, donation, dora)
    asked = Refund.objects.get()
    assert asked.status == RefundStatus.ASKED
    page = staff.get(f"/admin/api/refund/{asked.pk}/change/").content.decode()
    assert "Stripe refused. It says:" in page
    assert "Ask Stripe again" in page and "Withdraw" in page
    assert staff.get(f"/admin/api/refund/{asked.pk}/again/").status_code == 405
    staff.post(f"/admin/api/refund/{asked.pk}/again/")
    staff.post(f"/admin/api/refund/{asked.pk}/withdraw/")
    asked.refresh_from_db()
    assert asked.status == RefundStatus.CANCELLED
    assert AuditLine.objects.filter(action="refund.withdrawn", actor=dora).count() == 1
    assert not LedgerEntry.objects.filter(account="refunds").exists()
    news()
    assert [one.status for one in donation.refunds.order_by("pk")] == [
        RefundStatus.CANCELLED,
        RefundStatus.SUCCEEDED,
    ]


def test_a_refund_that_stripe_does_not_answer_is_kept_and_asked_again(
    staff: Client,
    paid: Callable[..., Donation],
    news: Callable[[], None],
    dora: User,
    settings: Any,
) -> None:
    donation = paid()
    news()
    there = settings.STRIPE_API_URL
    settings.STRIPE_API_URL = f"http://127.0.0.1:{free_port()}"
    gateway._client.cache_clear()
    try:
        refund_by_hand(staff, donation, dora)
    finally:
        settings.STRIPE_API_URL = there
        gateway._client.cache_clear()
    asked = Refund.objects.get()
    assert asked.status == RefundStatus.ASKED
    page = staff.get(f"/admin/api/refund/{asked.pk}/change/").content.decode()
    assert "Stripe is not answering" in page and "nothing is lost" in page
    staff.post(f"/admin/api/refund/{asked.pk}/again/")
    asked.refresh_from_db()
    assert asked.status == RefundStatus.SUCCEEDED
    news()
    assert [one.amount_minor for one in donation.refunds.all()] == [2500]
