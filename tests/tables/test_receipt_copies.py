"""Receipts are sent again after a look at who gets one: each once for a wish, marked as a copy."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from api.models import AuditLine, Donor, Message, MessageKind, Receipt, Role, Subscription
from api.services.jobs import CAUSE
from api.services.message_files import message_files
from api.services.receipt_emails import receipt_copy_send
from tests.clients import Client
from tests.tables.conftest import As

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/tables/receipts/action/"


def look(client: Client, **told: Any) -> tuple[str, dict[str, Any]]:
    """The preview, and what its yes sends."""
    answer = client.post(ADDRESS, {"action": "copy", **told}, follow=True)
    page = unescape(answer.content.decode())
    hidden = dict(re.findall('type="hidden" name="(once|expected)" value="([^"]+)"', page))
    return page, {"action": "copy", **told, **hidden, "confirm": "yes"}


def queued() -> list[dict[str, Any]]:
    """The jobs that send copies."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args FROM procrastinate_jobs WHERE task_name = 'api.tasks.receipt_copy_email' ORDER BY id"
        )
        found = [json.loads(args) for (args,) in cursor.fetchall()]
    return [{key: value for key, value in args.items() if key != CAUSE} for args in found]


def test_copies_go_once_to_todays_addresses_and_say_that_they_are_copies(
    charity: dict[str, Any], signed_in: As, no_jobs: None
) -> None:
    client = signed_in(Role.SUPPORT)
    amina, ben, chen = charity["donors"][:3]
    Donor.objects.filter(pk=ben.pk).update(email="ben.new@example.org", email_key="ben.new")
    Donor.objects.filter(pk=chen.pk).update(email="", email_key="")
    keys = list(Receipt.objects.order_by("pk").values_list("pk", flat=True)[:3])

    page, yes = look(client, pk=keys, which="some")
    assert "2 receipts are sent again, each to its donor's address of today." in page
    assert amina.email in page and "ben.new@example.org" in page
    assert "1 receipt is left out, as we have no e-mail address of Chen Wei." in page
    assert queued() == [] and not AuditLine.objects.exists()

    for _ in range(2):
        done = client.post(ADDRESS, yes, follow=True).content.decode()
        assert "Send again: done for 2 receipts." in done
    jobs = queued()
    assert [job["donation_id"] for job in jobs] == [gift.pk for gift in charity["gifts"][:2]]
    whole = AuditLine.objects.get(action="receipts.sent_again")
    assert (whole.actor and whole.actor.email, whole.detail) == ("hana@example.org", {"count": 2})
    assert AuditLine.objects.filter(action="receipt.sent_again").count() == 2

    for job in [*jobs, *jobs]:
        receipt_copy_send(**job)
    copies = Message.objects.filter(kind=MessageKind.RECEIPT_COPY).order_by("pk")
    assert [copy.to for copy in copies] == [amina.email, "ben.new@example.org"]
    for copy in copies:
        assert copy.subject.startswith("Copy: your receipt for £")
        assert "This is a copy of the receipt that you had before" in copy.text
        assert "This is a copy of the receipt that you had before" in copy.html
        assert [file.content[:5] for file in message_files(copy)] == [b"%PDF-"]
    assert "Stop this monthly gift" in copies[0].text and "Stop this" not in copies[1].text

    donor = client.get(f"/admin/donors/{amina.reference}/").content.decode()
    assert f'<a href="/admin/messages/{copies[0].pk}/">Copy: your receipt' in donor

    _, again = look(client, pk=keys[:1], which="some")
    client.post(ADDRESS, again)
    assert len(queued()) == 3  # Another wish is another copy.


def test_a_copy_says_nothing_of_collections_once_the_plan_ended(
    charity: dict[str, Any], no_jobs: None
) -> None:
    Subscription.objects.update(status="cancelled", cancelled_at=timezone.now())
    receipt_copy_send(charity["gifts"][0].pk, "0" * 16)
    copy = Message.objects.get(kind=MessageKind.RECEIPT_COPY)
    assert "Stop this monthly gift" not in copy.text and "next collect" not in copy.text


def test_who_may_not_follow_up_sends_nothing_and_is_not_offered_it(
    charity: dict[str, Any], signed_in: As, no_jobs: None
) -> None:
    client = signed_in(Role.AUDITOR)
    assert "Send again" not in client.get("/admin/receipts/").content.decode()
    keys = list(Receipt.objects.values_list("pk", flat=True))
    told = {"action": "copy", "pk": keys, "which": "some", "confirm": "yes", "expected": len(keys)}
    assert client.post(ADDRESS, told).status_code == 403
    assert queued() == [] and not Message.objects.filter(kind=MessageKind.RECEIPT_COPY).exists()
