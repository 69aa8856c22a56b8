"""What staff see at /admin/."""

import re
from datetime import UTC, datetime

import pytest

from api.clock import now
from api.models import Donation, DonationKind, Donor, Fund, User, WebhookEvent, WebhookStatus
from api.services.donations import donation_settle
from api.services.funds import funds_seed
from api.services.payments import Settlement
from tests.clients import Client, act, yes_of
from tests.people import BEN

pytestmark = pytest.mark.django_db
TABLES = {
    "donor": "/admin/donors/",
    "donation": "/admin/donations/",
    "payment": "/admin/payments/",
    "subscription": "/admin/plans/",
    "receipt": "/admin/receipts/",
    "webhookevent": "/admin/events/",
    "ledgerposting": "/admin/api/ledgerposting/",
    "auditline": "/admin/api/auditline/",
}


@pytest.fixture
def dora(client: Client, no_jobs: None) -> Client:
    """Dora is signed in as staff; Ben has given £25."""
    funds_seed()
    donor = Donor.objects.create(email_key="b", name_key="b", **BEN)
    donation = Donation.objects.create(
        kind=DonationKind.ONE_OFF,
        donor=donor,
        fund=Fund.objects.get(code="general"),
        amount_minor=2500,
        currency="GBP",
    )
    donation_settle(
        Settlement(
            donation_id=donation.pk,
            amount_minor=2500,
            currency="GBP",
            payment_intent_id="pi_1",
            received_at=datetime(2026, 11, 22, tzinfo=UTC),
            why="test",
        )
    )
    WebhookEvent.objects.create(
        stripe_event_id="evt_9",
        type="invoice.paid",
        payload={"a": "<script>"},
        route="/",
        next_attempt_at=now(),
        stripe_created_at=now(),
        status=WebhookStatus.FAILED,
        attempts=9,
        error="KeyError: 'x'",
    )
    client.force_login(User.objects.create_superuser("dora@example.org", "a long password"))
    return client


@pytest.mark.parametrize("table", TABLES)
def test_staff_see_each_table_and_row_and_change_nothing(dora: Client, table: str) -> None:
    listing = dora.get(TABLES[table])
    assert listing.status_code == 200
    page = listing.content.decode()
    assert f"/admin/api/{table}/add/" not in page
    for link in set(re.findall(rf"/admin/api/{table}/(\d+)/change/", page)):
        assert dora.get(f"/admin/api/{table}/{link}/change/").status_code == 200
        assert dora.post(f"/admin/api/{table}/{link}/change/", {}).status_code == 403
        assert dora.post(f"/admin/api/{table}/{link}/delete/", {"post": "yes"}).status_code == 403


def test_the_donation_table_shows_who_gave_how_much(dora: Client) -> None:
    page = dora.get("/admin/donations/").content.decode()
    assert "£25.00" in page and "Ben Okafor" in page and "Paid" in page


def test_a_failed_event_shows_its_payload_and_is_retried_by_one_action(dora: Client) -> None:
    event = WebhookEvent.objects.get()
    page = dora.get(f"/admin/api/webhookevent/{event.pk}/change/").content.decode()
    assert "KeyError" in page and "&lt;script&gt;" in page
    chosen = {"which": "some", "pk": [event.pk]}
    act(dora, **chosen, **yes_of(act(dora, **chosen)))
    event.refresh_from_db()
    assert (event.status, event.attempts) == (WebhookStatus.WAITING, 0)


@pytest.mark.parametrize("table", ["", *TABLES])
def test_a_stranger_and_a_user_without_rights_see_nothing(client: Client, table: str) -> None:
    address = f"/admin/api/{table}/" if table else "/admin/"
    assert client.get(address).status_code == 302
    client.force_login(User.objects.create_user("frank@example.org", "a long password"))
    assert client.get(address).status_code == 302
