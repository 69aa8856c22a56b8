"""A donor who asks to be forgotten is, everywhere; what the law keeps is apart, for finance, until its date."""

import json
import logging
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from pytest_django import Settings

from api.clock import clock_at, day_begin, now
from api.errors import StripeUnavailable
from api.models import (
    AuditLine,
    Donation,
    Donor,
    DonorNote,
    Erasure,
    ErasureState,
    LedgerEntry,
    NameWord,
    Receipt,
    RetainedRecord,
    Role,
    SuppressedAddress,
    Tag,
    WebhookEvent,
)
from api.services.erasures import (
    erasure_ask,
    erasure_carry_out,
    erasure_retained_until,
    erasures_finish,
)
from api.services.gateways import stripe as gateway
from api.services.mail_addresses import address_is_suppressed
from api.services.personal_fields import NOT_PERSONAL, OF_STAFF, PERSONAL, Fate
from api.services.receipts import receipt_document
from api.services.subject_access import donor_data
from tests.clients import Client
from tests.environment import free_port
from tests.people import AMINA, gift, staff
from tests.walks.canaries import CANARY, MARKS, everything, traces
from tests.walks.tools import start, work

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_field_of_text_is_in_the_register_of_personal_data_or_named_as_not_personal() -> None:
    kinds = (models.CharField, models.TextField, models.JSONField, models.GenericIPAddressField,
             models.FileField, models.BinaryField, models.GeneratedField)  # fmt: skip
    found = {
        f"{model._meta.model_name}.{field.name}"
        for model in apps.get_app_config("api").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, kinds) and not field.choices
    }
    known = set(PERSONAL) | OF_STAFF | NOT_PERSONAL
    assert found - known == set(), "say in api/services/personal_fields.py what these are"
    names = {"donortag.tag", "donor.language", "message.kind", "message.language",
             "messagewording.kind", "webhookevent.about"}  # fmt: skip
    assert known - found <= names, "these are no fields any more"


def totals() -> list[Any]:
    """The books, and what was given."""
    entries = LedgerEntry.objects.order_by("id").values_list("account", "amount_minor", "currency")
    gifts = Donation.objects.order_by("id").values_list("reference", "amount_minor", "status")
    return [*entries, *gifts]


def test_nothing_is_left_but_what_the_law_keeps_and_the_sums_are_the_same(
    canary: Donor, caplog: pytest.LogCaptureFixture
) -> None:
    before, seen = totals(), traces()
    assert {"api_donor", "api_message", "api_webhookevent", "api_auditline", "api_nameword",
            "api_donornote", "api_replacedreceipt", "api_tribute", "api_donation", "api_savedview",
            "api_donorpasskey"} <= seen  # fmt: skip
    with caplog.at_level(logging.INFO):
        erasure_ask(donor=canary, actor=staff(Role.FINANCE))
        work()
    assert not any(mark in caplog.text.casefold() for mark in MARKS)
    erasure = Erasure.objects.get()
    assert erasure.state == ErasureState.ERASED
    assert traces() == {"api_retainedrecord"}
    assert totals() == before
    kept = {name for name, field in PERSONAL.items() if field.fate == Fate.RETAINED}
    assert {"donor.name", "donor.postcode", "receipt.document"} <= kept
    record = RetainedRecord.objects.get()
    assert (record.name, record.address_lines[0]) == (CANARY["name"], "77 Zyxcanaryline Road")
    assert record.keep_until == erasure_retained_until(canary)
    assert not any(mark in json.dumps(erasure.certificate).casefold() for mark in MARKS)
    assert erasure.certificate["counts"]["monthly plans stopped"] == 1


def test_what_stripe_sends_afterwards_about_the_customer_is_cleaned_too(
    canary: Donor, news: Callable[[], None]
) -> None:
    erasure_ask(donor=canary, actor=None)
    work()
    news()
    erasures_finish()
    assert WebhookEvent.objects.filter(type="customer.deleted").exists()
    assert traces() == {"api_retainedrecord"}


def test_others_keep_every_word_of_theirs(canary: Donor) -> None:
    texts = {
        table: text.count("ben okafor")
        for table, text in everything().items()
        if "ben okafor" in text
    }
    erasure_ask(donor=canary, actor=None)
    work()
    after = everything()
    assert {table: after[table].count("ben okafor") for table in texts} == texts
    assert NameWord.objects.filter(word="okafor").exists()
    assert Tag.objects.filter(name="river").exists()


def test_the_law_lets_go_by_itself_on_its_date(canary: Donor) -> None:
    erasure_ask(donor=canary, actor=None)
    work()
    record = RetainedRecord.objects.get()
    last_day = day_begin(record.keep_until) + timedelta(hours=23)
    page = f"/admin/privacy/{record.erasure.reference}/retained/"
    farid = Client()
    farid.force_login(staff(Role.FINANCE))
    with clock_at(last_day):
        assert erasures_finish() == 0
    assert traces() == {"api_retainedrecord"}
    with clock_at(last_day + timedelta(hours=2)):
        assert erasures_finish() == 1
        assert erasures_finish() == 0
    assert Erasure.objects.get().state == ErasureState.FINISHED
    assert traces() == set()
    assert farid.get(page).status_code == 404
    receipt = Receipt.objects.filter(donation__donor=canary).earliest("pk")
    assert farid.get(f"{page}{receipt.number}.pdf").status_code == 404
    assert farid.get("/admin/privacy/").status_code == 200


def test_finance_reads_what_is_kept_and_the_receipt_of_then_and_nobody_else_does(
    canary: Donor,
) -> None:
    erasure_ask(donor=canary, actor=None)
    work()
    erasure = Erasure.objects.get()
    receipt = Receipt.objects.filter(donation__donor=canary).first()
    assert receipt is not None and receipt_document(receipt).donor_name == "Erased donor"
    page = f"/admin/privacy/{erasure.reference}/retained/"
    for role in Role:
        client = Client()
        client.force_login(staff(role))
        may = role in (Role.ADMINISTRATOR, Role.FINANCE)
        assert client.get(page).status_code == (200 if may else 403), role
        file = client.get(f"{page}{receipt.number}.pdf")
        assert file.status_code == (200 if may else 403), role
        if may:
            assert "Zyxcanaryname" in client.get(page).content.decode()
            assert file.content.startswith(b"%PDF")
    assert AuditLine.objects.filter(action="donor.retained_seen").exists()


def test_staff_see_what_will_happen_and_must_type_the_reference(
    canary: Donor, client: Client
) -> None:
    client.force_login(staff(Role.FINANCE))
    page = f"/admin/privacy/donors/{canary.reference}/forget/"
    asked = client.get(page).content.decode()
    assert "The plan of £10.00" in asked and "can&#x27;t be undone" in asked.replace("'", "&#x27;")
    assert "Type" in client.post(page, {"reference": "OTHER"}).content.decode()
    assert not Erasure.objects.exists()
    for _ in range(2):
        client.post(page, {"reference": canary.reference.lower(), "silence": "yes"})
    work()
    assert Erasure.objects.count() == 1
    assert address_is_suppressed("ZYXcanarymail@example.org")
    row = SuppressedAddress.objects.get()
    assert "zyx" not in row.address_hash
    certificate = client.get(f"/admin/privacy/{Erasure.objects.get().reference}/certificate.pdf")
    assert certificate.content.startswith(b"%PDF")


def test_a_donor_whose_gift_never_came_leaves_nothing_at_all(client: Client) -> None:
    start(client, gift(donor=CANARY))
    donor = Donor.objects.get()
    erasure_ask(donor=donor, actor=None, wants_silence=False)
    work()
    assert Erasure.objects.get().state == ErasureState.FINISHED
    assert traces() == set() and not SuppressedAddress.objects.exists()


def test_stripe_out_of_reach_leaves_everything_until_it_answers(
    canary: Donor, settings: Settings
) -> None:
    erasure = erasure_ask(donor=canary, actor=None)
    there, settings.STRIPE_API_URL = settings.STRIPE_API_URL, f"http://127.0.0.1:{free_port()}"
    gateway._client.cache_clear()
    with pytest.raises(StripeUnavailable):
        erasure_carry_out(erasure.pk)
    canary.refresh_from_db()
    assert (canary.erased_at, canary.name) == (None, CANARY["name"])
    settings.STRIPE_API_URL = there
    gateway._client.cache_clear()
    erasure_carry_out(erasure.pk)
    erasure_carry_out(erasure.pk)
    canary.refresh_from_db()
    assert (canary.name, canary.email_key) == (
        "Erased donor",
        f"{canary.reference.lower()}@erased.invalid",
    )


def test_notes_and_the_audit_log_stay_as_they_are_for_everything_else(canary: Donor) -> None:
    for change in (
        lambda: DonorNote.objects.filter(donor=canary).delete(),
        lambda: DonorNote.objects.update(text="changed"),
        lambda: AuditLine.objects.update(detail={}),
        lambda: AuditLine.objects.update(action="changed"),
        lambda: AuditLine.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL domaap.erasing = 'on'")
        cursor.execute("UPDATE api_auditline SET action = 'changed'")


def test_all_their_data_is_what_the_register_says_and_of_nobody_else(
    canary: Donor, client: Client, tmp_path: Path
) -> None:
    data = donor_data(canary)
    text = json.dumps(data).casefold()
    assert "ben okafor" not in text and AMINA["name"].casefold() not in text
    assert data["donor"][0]["email"] == CANARY["email"]
    assert data["donation"][0]["message"] == "Zyxcanarymessage for you"
    assert data["donornote"][0]["text"].startswith("Zyxcanarynote")
    assert {row["reference"] for row in data["donation"]} == set(
        Donation.objects.filter(donor=canary).values_list("reference", flat=True)
    )
    exported = {key for key, field in PERSONAL.items() if field.is_exported and field.path}
    for key in exported - {"donortag.tag"}:
        model, _, name = key.partition(".")
        assert all(name in row for row in data[model]), key
    client.force_login(staff(Role.ADMINISTRATOR))
    base = f"/admin/privacy/donors/{canary.reference}/data"
    assert client.get(f"{base}.json").status_code == 405
    assert client.post(f"{base}.json").json()["donor"] == data["donor"]
    pdf = client.post(f"{base}.pdf")
    assert pdf.content.startswith(b"%PDF") and "attachment" in pdf["Content-Disposition"]
    (tmp_path / "data.pdf").write_bytes(pdf.content)
    assert AuditLine.objects.filter(action="donor.data_given").count() == 2


def test_the_law_counts_from_the_end_of_the_charitys_year(canary: Donor) -> None:
    paid_on = now().date()
    until = erasure_retained_until(canary)
    assert until is not None
    first = date(paid_on.year, 3, 31)
    end = first if paid_on <= first else date(paid_on.year + 1, 3, 31)
    assert until == end.replace(year=end.year + 6)
