"""Whoever knows a donor's name and address can fill in a form with them: what it says counts once it is paid."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.clock import now
from api.models import AuditLine, Donation, Donor
from api.services.donations import donations_settle
from api.services.payments import Settlement
from tests.clients import Client
from tests.people import BEN, gift, monthly
from tests.walks.tools import start

pytestmark = pytest.mark.django_db(transaction=True)

HOME = {"line1": "1 Mill Lane", "city": "York", "postcode": "YO1 7AB", "country": "GB"}
ELSEWHERE = {"line1": "9 Stranger Street", "city": "Hull", "postcode": "HU1 1AA", "country": "GB"}


def details(donor: Donor) -> tuple[str, str, str]:
    """What is compared."""
    donor.refresh_from_db()
    return donor.phone, donor.line1, donor.postcode


def test_an_unpaid_form_changes_nothing_of_a_known_donor_and_a_paid_one_does_on_record(
    client: Client, pay: Callable[..., Any], paid: Callable[..., Donation], news: Callable[[], None]
) -> None:
    paid(donor={**BEN, "phone": "0121 1", "address": HOME})
    ben = Donor.objects.get()
    assert details(ben) == ("0121 1", "1 Mill Lane", "YO1 7AB")
    strange = {**BEN, "phone": "0999 9", "address": ELSEWHERE}
    one_off = start(client, gift(donor=strange))
    plan = start(client, monthly(donor=strange), "/api/stripe/subscription-intent/")
    assert details(ben) == ("0121 1", "1 Mill Lane", "YO1 7AB")
    assert Donor.objects.count() == 1
    assert not AuditLine.objects.filter(action="donor.changed").exists()

    pay(one_off)
    news()
    assert details(ben) == ("0999 9", "9 Stranger Street", "HU1 1AA")
    line = AuditLine.objects.get(action="donor.changed")
    assert line.subject == f"donor:{ben.reference}" and line.actor is None
    assert line.detail["before"]["line1"] == "1 Mill Lane"
    assert line.detail["gift"] == one_off["reference"]
    gifts = Donation.objects.filter(reference__in=[one_off["reference"], plan["reference"]])
    assert gifts.get(donor_details__isnull=False).reference == plan["reference"]


def test_a_donor_who_is_the_same_as_we_know_costs_no_question_more(
    client: Client, paid: Callable[..., Donation]
) -> None:
    known = {**BEN, "phone": "0121 1", "address": HOME}
    paid(donor=known)
    with CaptureQueriesContext(connection) as asked:
        paid(donor=known)
    assert not [one for one in asked if 'UPDATE "api_donor"' in one["sql"]]
    assert not Donation.objects.filter(donor_details__isnull=False).exists()


def test_many_donors_who_moved_cost_as_many_questions_as_few(client: Client) -> None:
    def settled(count: int) -> int:
        """Questions asked to settle gifts of so many donors of whom the form says something new."""
        who = [
            {"name": f"Donor {count} {n}", "email": f"d{count}-{n}@example.org"}
            for n in range(count)
        ]
        for one in who:
            start(client, gift(donor=one))
        told = [start(client, gift(donor={**one, "phone": "0121 7"})) for one in who]
        due = Donation.objects.filter(reference__in=[one["reference"] for one in told])
        money = [
            Settlement(donation_id=one.pk, amount_minor=one.total_minor, currency="GBP",
                       payment_intent_id=one.stripe_payment_intent_id, charge_id="",
                       received_at=now(), why="test")
            for one in due
        ]  # fmt: skip
        with CaptureQueriesContext(connection) as asked:
            donations_settle(money)
        assert (
            Donor.objects.filter(name__startswith=f"Donor {count} ", phone="0121 7").count()
            == count
        )
        return len(asked)

    assert settled(2) == settled(6)
    assert AuditLine.objects.filter(action="donor.changed").count() == 8
    assert not Donation.objects.filter(donor_details__isnull=False).exists()
