"""What a role may not see, no page, file, search or filter tells it."""

import io
import re
from typing import Any

import pypdf
import pytest

from api.clock import now
from api.models import Donor, Message, MessageKind, Payment, Role, WebhookEvent
from api.services.api_clients import api_client_make
from api.services.audit import audit_record
from api.services.funds import funds_seed
from api.services.message_samples import SAMPLES
from api.services.messages import message_write
from tests.clients import Client
from tests.giving_history import donor, paid
from tests.people import staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(no_jobs: None) -> Donor:
    """Ben, who gave £25 by his Visa card."""
    funds_seed()
    found = donor("Ben Okafor", "ben@example.org")
    paid(found, "2026-02-01", 2500)
    Payment.objects.update(method="Visa card ending 4242")
    return found


def signed_in(role: Role) -> Client:
    """Somebody of this role."""
    client = Client()
    client.force_login(staff(role))
    return client


def page(role: Role, path: str) -> str:
    """A page as this role reads it."""
    answer = signed_in(role).get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def write(ben: Donor, kind: MessageKind, language: str = "en", **words: Any) -> Message:
    """An e-mail of this kind to Ben."""
    said = {**SAMPLES[kind](language), **words}
    return message_write(kind=kind, key=f"{kind}:{language}", to=ben.email, words=said, donor=ben)


@pytest.mark.parametrize("language", ["en", "cy"])
def test_support_reads_an_e_mail_without_the_cards_last_digits(ben: Donor, language: str) -> None:
    Donor.objects.update(language=language)
    ben.refresh_from_db()
    method = "Visa card ending 4242" if language == "en" else "Cerdyn Visa yn gorffen gyda 4242"
    written = write(ben, MessageKind.CARD_EXPIRES, language, method=method)
    assert "4242" in written.text and "4242" in written.html
    for role, sees in ((Role.FINANCE, True), (Role.SUPPORT, False), (Role.FUNDRAISER, False)):
        for path in (f"/admin/messages/{written.pk}/", f"/admin/messages/{written.pk}/html/"):
            assert ("4242" in page(role, path)) == sees, (role, path)


def test_support_does_not_read_the_account_of_a_direct_debit(ben: Donor) -> None:
    written = write(ben, MessageKind.DEBIT_NOTICE, sort_code="10-88-00", account_ending="2345")
    assert "10-88-00" in written.text
    for path in (f"/admin/messages/{written.pk}/", f"/admin/messages/{written.pk}/html/"):
        assert "10-88-00" in page(Role.FINANCE, path)
        assert not re.search("10-88-00|2345", page(Role.SUPPORT, path))


def test_nobody_of_staff_acts_as_the_donor_by_a_link_in_an_e_mail(ben: Donor) -> None:
    stop = "http://localhost:3000/giving/stop/a-key-of-ben/"
    written = write(ben, MessageKind.PAYMENT_FAILED, stop_url=stop)
    assert stop in written.text
    for role in (Role.ADMINISTRATOR, Role.AUDITOR):
        for path in (f"/admin/messages/{written.pk}/", f"/admin/messages/{written.pk}/html/"):
            assert "a-key-of-ben" not in page(role, path)


def test_the_auditor_does_not_read_the_address_in_what_a_mail_server_said(ben: Donor) -> None:
    written = write(ben, MessageKind.CARD_EXPIRES)
    Message.objects.update(state="failed", error="550 <ben@example.org>: no such person")
    assert "550" in page(Role.SUPPORT, f"/admin/messages/{written.pk}/")
    assert "550" not in page(Role.AUDITOR, f"/admin/messages/{written.pk}/")
    listing = "/api/staff/messages/?columns=error"
    assert signed_in(Role.SUPPORT).get(listing).status_code == 200
    assert signed_in(Role.AUDITOR).get(listing).status_code == 400


def test_support_opens_a_receipt_without_the_cards_last_digits(ben: Donor) -> None:
    number = ben.donations.get().receipt.number
    for role, sees in ((Role.FINANCE, True), (Role.SUPPORT, False)):
        answer = signed_in(role).get(f"/admin/receipt/{number}/file.pdf")
        said = pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
        assert "Visa card" in said and ("4242" in said) == sees


def test_the_auditor_reads_an_event_without_what_it_tells_of_the_donor() -> None:
    thing = {
        "id": "pi_1",
        "amount": 2500,
        "receipt_email": "ben@example.org",
        "billing_details": {"address": {"postal_code": "B10 0AB"}, "phone": "0121 496 0000"},
    }
    told = {"type": "charge.succeeded", "route": "/", "stripe_created_at": now()}
    event = WebhookEvent.objects.create(
        stripe_event_id="evt_9", next_attempt_at=now(), payload={"data": {"object": thing}}, **told
    )
    path = f"/admin/api/webhookevent/{event.pk}/change/"
    assert "ben@example.org" in page(Role.FINANCE, path)
    shown = page(Role.AUDITOR, path)
    assert "pi_1" in shown and "2500" in shown
    assert not re.search("ben@example.org|B10 0AB|0121 496", shown)
    event.refresh_from_db()
    assert event.payload["data"]["object"] == thing


def test_what_changed_is_no_filter_of_the_audit_log() -> None:
    changed = {"before": {"email": "ben@example.org"}, "after": {"email": "b@example.org"}}
    audit_record(action="donor.changed", subject="donor:X", **changed)
    iris = signed_in(Role.AUDITOR)
    for guess in ("b", "z"):
        path = f"/admin/api/auditline/?detail__before__email__startswith={guess}"
        assert iris.get(path).status_code == 400
    assert iris.get("/admin/api/auditline/?action=donor.changed").status_code == 200


def test_a_program_that_sees_gifts_and_no_donors_learns_no_name_from_the_tracker(
    ben: Donor,
) -> None:
    dora, reference = staff(Role.ADMINISTRATOR), ben.donations.get().reference
    for scopes, name in ((["giving.view"], None), (["giving.view", "donors.view"], ben.name)):
        _, token = api_client_make(name="A", scopes=scopes, expires_at=None, actor=dora)  # type: ignore[arg-type]
        headers = {"Authorization": f"Bearer {token}"}
        listed = Client().get("/api/staff/tracker/", headers=headers).json()["results"][0]
        one = Client().get(f"/api/staff/tracker/{reference}/", headers=headers).json()["attempt"]
        assert (listed["donor_name"], one["donor_name"]) == (name, name)
        assert bool(listed["donor_reference"]) == bool(name)


def test_who_did_what_to_a_donor_is_told_by_the_api_as_far_as_the_role_sees(ben: Donor) -> None:
    hana = staff(Role.SUPPORT)
    changed = {"before": {"email": "old@example.org"}, "after": {"email": ben.email}}
    audit_record(action="donor.changed", subject=f"donor:{ben.reference}", actor=hana, **changed)
    path = f"/api/staff/donors/{ben.reference}/audit/"
    [deed] = signed_in(Role.SUPPORT).get(path).json()["results"]
    assert (deed["who"], deed["what"]) == (hana.email, "Donor changed")
    told = {"field": "Email", "before": "old@example.org", "after": ben.email, "is_hidden": False}
    assert deed["changes"] == [told]
    [deed] = signed_in(Role.AUDITOR).get(path).json()["results"]
    assert deed["changes"] == [{"field": "Email", "before": "", "after": "", "is_hidden": True}]
    gift = ben.donations.get().reference
    assert signed_in(Role.SUPPORT).get(f"/api/staff/donations/{gift}/audit/").status_code == 200
    assert signed_in(Role.SUPPORT).get("/api/staff/donations/XXXX/audit/").status_code == 404
