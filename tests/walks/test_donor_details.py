"""Whoever knows a donor's name and address can fill in a form with them: what it says counts once it is paid."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.models import AuditLine, Donation, Donor
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
