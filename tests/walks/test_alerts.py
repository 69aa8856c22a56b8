"""Staff are told once of what needs a person, and again only after it was put right."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from api.models import (
    Alert,
    AlertKind,
    AuditLine,
    BalanceTransaction,
    Dispute,
    Donation,
    Message,
    MessageKind,
    MessageState,
    User,
    WebhookEvent,
    WebhookStatus,
)
from api.services.alerts import alert_events_review, alert_open
from api.services.inbox import RETRY_PAUSES
from api.services.reconciliations import reconcile
from tests.clients import Client, act, yes_of
from tests.people import BEN
from tests.walks.stories import Ask
from tests.walks.tools import work

pytestmark = pytest.mark.django_db(transaction=True)
ALWAYS = {
    "begins_at": datetime(2020, 1, 1, tzinfo=UTC),
    "ends_at": datetime(2040, 1, 1, tzinfo=UTC),
}


def broken(name: str) -> WebhookEvent:
    """An event that its handler can't read, on its last attempt."""
    return WebhookEvent.objects.create(
        stripe_event_id=name,
        type="invoice.paid",
        payload={"data": {"object": {"id": "in_1", "status_transitions": 5}}},
        route="/",
        attempts=len(RETRY_PAUSES),
        next_attempt_at=timezone.now(),
        stripe_created_at=timezone.now(),
    )


def alerts() -> list[Message]:
    """The e-mails to staff, oldest first."""
    return list(Message.objects.filter(kind=MessageKind.ALERT).order_by("pk"))


def test_a_hundred_failed_events_are_one_e_mail_and_after_they_are_put_right_the_next_is_told_again(
    client: Client, dora: User
) -> None:
    for number in range(50):
        broken(f"evt_{number}")
    work()
    for number in range(50, 100):
        broken(f"evt_{number}")
    work()
    assert WebhookEvent.objects.filter(status=WebhookStatus.FAILED).count() == 100
    [told] = alerts()
    assert (told.to, told.state) == ("giving@example.org", MessageState.KEPT)
    assert told.subject == "50 events from Stripe need a person"
    assert "/admin/events/?status=failed" in told.text
    client.force_login(dora)
    page = client.get("/admin/events/?status=failed").content.decode()
    assert "Try again" in page and "AttributeError" in page
    WebhookEvent.objects.update(payload={"data": {"object": {"id": "in_1"}}})
    first = WebhookEvent.objects.order_by("pk")[0]
    client.post(f"/admin/api/webhookevent/{first.pk}/again/")
    assert Alert.objects.get().closed_at is None
    act(client, which="all", **yes_of(act(client, which="all")))
    assert Alert.objects.get().closed_at is not None
    assert AuditLine.objects.filter(action="events.retried", actor=dora).count() == 2
    work()
    assert not WebhookEvent.objects.filter(status=WebhookStatus.FAILED).exists()
    broken("evt_new")
    work()
    assert [mail.subject for mail in alerts()][1:] == ["1 event from Stripe needs a person"]


def test_many_at_once_open_one_alert(dora: User) -> None:
    def tell(_: int) -> bool:
        try:
            return alert_open(AlertKind.FAILED_EVENTS)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(tell, range(16))) == 1
    work()
    assert Alert.objects.count() == len(alerts()) == 1


def test_an_alert_is_not_closed_while_an_event_has_failed(dora: User) -> None:
    broken("evt_1")
    work()
    alert_events_review()
    assert Alert.objects.get().closed_at is None


def test_a_dispute_that_waits_for_us_is_told_once_without_the_donors_data(
    paid: Callable[..., Donation], news: Callable[[], None], ask: Ask
) -> None:
    donation = paid()
    news()
    donation.refresh_from_db()
    dispute = ask(f"charges/{donation.payment.stripe_charge_id}/dispute")
    news()
    news()
    [told] = alerts()
    assert told.subject == "A dispute waits for your answer"
    written = told.subject + told.text + told.html
    assert BEN["name"] not in written and BEN["email"] not in written
    assert donation.reference not in written
    ask(f"disputes/{dispute['id']}/decide", won=True)
    news()
    assert Dispute.objects.get().status == "won"
    assert Alert.objects.get().closed_at is not None
    assert len(alerts()) == 1


def test_differences_are_told_once_until_a_comparison_agrees(
    paid: Callable[..., Donation], news: Callable[[], None], ask: Ask
) -> None:
    paid()
    news()
    line = BalanceTransaction.objects.get()
    BalanceTransaction.objects.update(source_id="changed", fee_minor=0, net_minor=2500)
    for _ in range(2):
        assert reconcile(**ALWAYS).differences.exists()
        work()
    assert len(alerts()) == 1
    BalanceTransaction.objects.update(fee_minor=line.fee_minor, net_minor=line.net_minor)
    assert not reconcile(**ALWAYS).differences.exists()
    assert Alert.objects.get().closed_at is not None


@pytest.mark.urls("tests.mailbox_urls")
def test_the_mailbox_shows_an_alert_that_has_no_attachment(client: Client, dora: User) -> None:
    broken("evt_1")
    work()
    [told] = alerts()
    assert "needs a person" in client.get("/mailbox/").content.decode()
    assert "receipt" not in client.get(f"/mailbox/{told.pk}/").content.decode()
    assert client.get(f"/mailbox/{told.pk}/html/").status_code == 200
    assert client.get(f"/mailbox/{told.pk}/files/receipt.pdf").status_code == 404


@pytest.mark.urls("tests.mailbox_urls")
def test_nobody_reads_the_mailbox_through_a_tunnel(
    client: Client, dora: User, settings: Settings
) -> None:
    broken("evt_1")
    work()
    [told] = alerts()
    settings.SITE_URL = "https://your-name.ngrok-free.app"
    settings.ALLOWED_HOSTS = ["*"]
    for headers, expected in (
        ({"Host": "localhost"}, 200),
        ({"Host": "localhost", "X-Forwarded-For": "::1, 127.0.0.1"}, 200),  # The site passed it on.
        ({"Host": "localhost", "X-Forwarded-For": "198.51.100.7"}, 404),
        ({"Host": "localhost", "X-Forwarded-For": "127.0.0.1, 198.51.100.7, 127.0.0.1"}, 404),
        ({"Host": "your-name.ngrok-free.app"}, 404),  # A tunnel that does not say for whom.
        ({"Host": "127.0.0.1", "X-Forwarded-Host": "Your-Name.ngrok-free.app"}, 404),
    ):
        for path in ("", f"{told.pk}/", f"{told.pk}/html/"):
            answer = client.get(f"/mailbox/{path}", headers=headers)
            assert answer.status_code == expected, (headers, path)
