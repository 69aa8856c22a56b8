"""One donor on one screen: who may see what, and what staff write down."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext

from api.clock import charity_date, day_begin, now, tax_year_begin
from api.models import (
    AuditLine,
    Consent,
    Donation,
    DonationStatus,
    Donor,
    DonorNote,
    Payment,
    Receipt,
    Refund,
    RefundStatus,
    Right,
    Role,
)
from api.services.api_clients import api_client_make
from api.services.consents import consent_is_given, consents_now
from api.services.donor_giving import giving_figures
from api.services.donors import DonorDetails, donor_record, donor_version
from api.services.receipts import receipt_document, receipts_issue
from tests.clients import Client
from tests.people import AMINA, BEN, staff
from tests.services.conftest import make_donation

__all__ = ["make_donation"]
pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def ben(make_donation: Callable[..., Donation]) -> Donor:
    """Ben, with one paid gift of £25 today."""
    return paid(make_donation()).donor


def paid(donation: Donation, *, at: datetime | None = None) -> Donation:
    """The money of a gift, without the books."""
    moment = at or now()
    Donation.objects.filter(pk=donation.pk).update(
        status=DonationStatus.SUCCEEDED, created_at=moment
    )
    Payment.objects.create(
        donation=donation,
        amount_minor=donation.amount_minor,
        currency=donation.currency,
        received_at=moment,
    )
    donation.refresh_from_db()
    return donation


def signed_in(role: Role) -> Client:
    """A browser of someone with this role."""
    client = Client()
    client.force_login(staff(role))
    return client


def page_of(donor: Donor, role: Role, after: str = "") -> str:
    """The donor's page as someone sees it."""
    answer = signed_in(role).get(f"/admin/donors/{donor.reference}/", {"after": after})
    assert answer.status_code == 200
    return answer.content.decode()


def details(donor: Donor, **changes: str) -> dict[str, str]:
    """What the form sends."""
    names = ("name", "email", "phone", "line1", "line2", "city", "postcode", "country")
    return {
        **{name: getattr(donor, name) for name in names},
        "version": donor_version(donor),
        **changes,
    }


def test_the_figures_are_what_is_left_of_each_currency_and_tax_year(
    make_donation: Callable[..., Donation],
) -> None:
    begins = tax_year_begin(charity_date(now()))
    this, last = day_begin(begins), day_begin(begins.replace(year=begins.year - 1))
    paid(make_donation(amount_minor=1000), at=this)
    paid(make_donation(amount_minor=2001), at=this - timedelta(seconds=1))
    part = paid(make_donation(amount_minor=5000), at=last)
    whole = paid(make_donation(amount_minor=9900), at=last)
    paid(make_donation(amount_minor=700), at=last - timedelta(seconds=1))
    paid(make_donation(amount_minor=5000, currency="JPY"), at=this)
    make_donation(amount_minor=123, status=DonationStatus.FAILED)
    for gift, amount, status in ((part, 2000, "part_refunded"), (whole, 9900, "refunded")):
        Refund.objects.create(
            donation=gift, amount_minor=amount, currency="GBP", status=RefundStatus.SUCCEEDED
        )
        Donation.objects.filter(pk=gift.pk).update(status=status)
    Refund.objects.create(
        donation=part, amount_minor=50, currency="GBP", status=RefundStatus.FAILED
    )
    pounds, yen = giving_figures(part.donor)
    assert (pounds.currency, pounds.count, pounds.lifetime_minor) == ("GBP", 4, 6701)
    assert (pounds.this_year_minor, pounds.last_year_minor) == (1000, 5001)
    assert (pounds.average_minor, pounds.biggest_minor) == (1675, 3000)
    assert pounds.first_on == charity_date(last - timedelta(seconds=1))
    assert pounds.last_on == begins
    assert (yen.currency, yen.count, yen.lifetime_minor) == ("JPY", 1, 5000)


def test_contact_details_are_shown_to_those_roles_only_that_may_see_them(ben: Donor) -> None:
    seen = {role: BEN["email"] in page_of(ben, role) for role in Role}
    assert seen == {
        Role.ADMINISTRATOR: True,
        Role.FINANCE: True,
        Role.FUNDRAISER: True,
        Role.SUPPORT: True,
        Role.AUDITOR: False,
    }
    told = signed_in(Role.AUDITOR).get(f"/api/staff/donors/{ben.reference}/").json()
    assert told["contact"] is None and told["name"] == BEN["name"]
    assert told["giving"][0]["lifetime_minor"] == 2500


def test_only_those_who_care_for_donors_change_them(ben: Donor) -> None:
    for role in Role:
        may = role in (Role.ADMINISTRATOR, Role.FUNDRAISER, Role.SUPPORT)
        client, base = signed_in(role), f"/admin/donors/{ben.reference}"
        assert (client.get(f"{base}/change/").status_code == 200) == may
        assert (client.post(f"{base}/notes/", {"text": "Hi"}).status_code == 302) == may
        answers = {
            client.patch(f"/api/staff/donors/{ben.reference}/", "{}", JSON).status_code,
            client.post(f"/api/staff/donors/{ben.reference}/notes/", "{}", JSON).status_code,
            client.post(f"/api/staff/donors/{ben.reference}/consents/", "{}", JSON).status_code,
            client.post(f"/api/staff/donors/{ben.reference}/tags/", "{}", JSON).status_code,
        }
        assert answers == ({400} if may else {403})
    assert DonorNote.objects.count() == 3
    anonymous = Client().get(f"/admin/donors/{ben.reference}/")
    assert anonymous.status_code == 302
    assert signed_in(Role.SUPPORT).get("/admin/donors/NOBODY/").status_code == 404


def test_the_page_asks_as_many_questions_for_many_gifts_as_for_one(
    ben: Donor, make_donation: Callable[..., Donation]
) -> None:
    client, counts = signed_in(Role.ADMINISTRATOR), []
    client.get(f"/admin/donors/{ben.reference}/")
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            page = client.get(f"/admin/donors/{ben.reference}/").content.decode()
        counts.append(len(asked))
        for number in range(60):
            paid(make_donation(), at=now() - timedelta(days=number))
        client.post(f"/admin/donors/{ben.reference}/tags/", {"name": "Volunteer"})
        client.post(f"/admin/donors/{ben.reference}/notes/", {"text": "Called"})
    assert counts[0] == counts[1] <= 20
    assert page.count("The story of") == 15


def test_every_gift_is_on_one_page_of_the_history_and_on_one_only(
    ben: Donor, make_donation: Callable[..., Donation]
) -> None:
    same = now() - timedelta(days=3)
    for number in range(60):
        paid(make_donation(), at=same if number % 2 else now() - timedelta(days=number))
    client, found, after = signed_in(Role.AUDITOR), [], ""
    while True:
        answer = client.get(f"/admin/donors/{ben.reference}/", {"after": after})
        page = answer.context_data if hasattr(answer, "context_data") else answer.context
        found += [gift.pk for gift in page["gifts"].rows]
        after = page["gifts"].next
        if not after:
            break
    order = Donation.objects.order_by("-created_at", "-pk").values_list("pk", flat=True)
    assert found == list(order) and len(found) == 61
    assert client.get(f"/admin/donors/{ben.reference}/?after=nonsense").status_code == 302


def test_a_correction_is_on_record_with_before_and_after_and_a_receipt_keeps_what_it_said(
    ben: Donor,
) -> None:
    [gift] = ben.donations.all()
    receipts_issue([(gift, charity_date(now()))])
    receipt = Receipt.objects.get()
    said = receipt_document(receipt)
    client = signed_in(Role.SUPPORT)
    typed = details(ben, name="Benjamin Okafor", email="Ben.O@example.org", phone=" 0121 ")
    assert client.post(f"/admin/donors/{ben.reference}/change/", typed).status_code == 302
    ben.refresh_from_db()
    assert (ben.name, ben.email, ben.phone) == ("Benjamin Okafor", "Ben.O@example.org", "0121")
    assert (ben.name_key, ben.email_key) == ("benjamin okafor", "ben.o@example.org")
    [line] = AuditLine.objects.filter(action="donor.changed")
    assert line.actor == staff(Role.SUPPORT) and line.subject == f"donor:{ben.reference}"
    assert line.detail == {
        "before": {"name": BEN["name"], "email": BEN["email"], "phone": ""},
        "after": {"name": "Benjamin Okafor", "email": "Ben.O@example.org", "phone": "0121"},
    }
    assert receipt_document(Receipt.objects.get()) == said and said.donor_name == BEN["name"]
    assert "Ben.O@example.org" in page_of(ben, Role.FINANCE)
    hidden = page_of(ben, Role.AUDITOR)
    assert "Benjamin Okafor" in hidden and "you may not see contact details" in hidden
    assert "ben@example.org" not in hidden.lower() and "ben.o@" not in hidden.lower()
    auditor = signed_in(Role.AUDITOR).get(f"/admin/api/auditline/{line.pk}/change/")
    assert auditor.status_code == 200 and "@example.org</ins>" not in auditor.content.decode()
    assert (
        donor_record(DonorDetails(name="benjamin OKAFOR", email="ben.o@example.org")).pk == ben.pk
    )


def test_the_second_of_two_who_change_a_donor_is_told_and_loses_nothing(ben: Donor) -> None:
    first, second = signed_in(Role.SUPPORT), signed_in(Role.FUNDRAISER)
    typed = details(ben, phone="0121 111", city="Leeds")
    address = f"/admin/donors/{ben.reference}/change/"
    assert first.post(address, details(ben, phone="0121 222")).status_code == 302
    answer = second.post(address, typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "0121 222" in page and 'value="0121 111"' in page and 'value="Leeds"' in page
    ben.refresh_from_db()
    assert (ben.phone, ben.city) == ("0121 222", "")
    assert second.post(address, {**typed, "version": donor_version(ben)}).status_code == 302
    ben.refresh_from_db()
    assert (ben.phone, ben.city) == ("0121 111", "Leeds")
    assert AuditLine.objects.filter(action="donor.changed").count() == 2


def test_two_rows_for_one_person_are_refused_with_a_link_to_the_other(ben: Donor) -> None:
    amina = donor_record(DonorDetails(**AMINA))
    client = signed_in(Role.SUPPORT)
    typed = details(ben, name="AMINA  yusuf", email="Amina@Example.org")
    answer = client.post(f"/admin/donors/{ben.reference}/change/", typed)
    assert answer.status_code == 409
    assert f"/admin/donors/{amina.reference}/" in answer.content.decode()
    told = client.patch(f"/api/staff/donors/{ben.reference}/", json.dumps(typed), JSON)
    assert (told.status_code, told.json()["code"]) == (409, "donor_exists")
    assert amina.reference in told.json()["detail"]
    ben.refresh_from_db()
    assert ben.name == BEN["name"]
    assert not AuditLine.objects.filter(action="donor.changed").exists()


def test_a_program_corrects_a_donor_and_is_told_when_it_read_too_long_ago(ben: Donor) -> None:
    client, address = signed_in(Role.SUPPORT), f"/api/staff/donors/{ben.reference}/"
    read = client.get(address).json()
    change = json.dumps({"version": read["version"], "postcode": "B10 0AB", "country": "GB"})
    told = client.patch(address, change, JSON)
    assert told.status_code == 200
    assert told.json()["contact"]["postcode"] == "B10 0AB"
    assert told.json()["contact"]["email"] == BEN["email"]
    again = client.patch(address, change, JSON)
    assert (again.status_code, again.json()["code"]) == (409, "edit_conflict")
    bad = client.patch(
        address, json.dumps({"version": told.json()["version"], "email": "ben", "name": " "}), JSON
    )
    assert bad.status_code == 400 and set(bad.json()["fields"]) == {"email", "name"}


def test_a_program_that_may_not_see_contact_details_may_not_change_them(ben: Donor) -> None:
    scopes = [Right.DONORS_VIEW, Right.DONORS_EDIT]
    _, token = api_client_make(
        name="Letters", scopes=scopes, expires_at=None, actor=staff(Role.ADMINISTRATOR)
    )
    client, address = (
        Client(headers={"authorization": f"Bearer {token}"}),
        (f"/api/staff/donors/{ben.reference}/"),
    )
    read = client.get(address).json()
    assert read["contact"] is None
    change = json.dumps({"version": read["version"], "email": "other@example.org"})
    assert client.patch(address, change, JSON).status_code == 403
    made = client.post(f"{address}notes/", json.dumps({"text": "Letter sent"}), JSON)
    assert made.status_code == 201
    assert "by the program “Letters”" in page_of(ben, Role.SUPPORT)
    ben.refresh_from_db()
    assert ben.email == BEN["email"]


def test_a_note_stays_as_it_is_and_a_second_click_adds_none(ben: Donor) -> None:
    client = signed_in(Role.SUPPORT)
    for _ in range(2):
        client.post(f"/admin/donors/{ben.reference}/notes/", {"text": "Prefers <b>post</b>"})
    [note] = DonorNote.objects.all()
    page = page_of(ben, Role.AUDITOR)
    assert "Prefers &lt;b&gt;post&lt;/b&gt;" in page and "hana@example.org" in page
    for change in (lambda: note.delete(), lambda: DonorNote.objects.update(text="")):
        with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
            change()
    line = AuditLine.objects.get(action="note.added")
    assert "post" not in json.dumps(line.detail)
    told = client.get(f"/api/staff/donors/{ben.reference}/notes/").json()
    assert [one["text"] for one in told["results"]] == ["Prefers <b>post</b>"]


def test_a_donor_has_a_tag_once_however_it_is_written(ben: Donor) -> None:
    client, base = signed_in(Role.FUNDRAISER), f"/api/staff/donors/{ben.reference}/tags/"
    for name in ("Major  donor", "major donor", "Volunteer"):
        told = client.post(base, json.dumps({"name": name}), JSON)
    assert [tag["name"] for tag in told.json()["results"]] == ["Major donor", "Volunteer"]
    assert client.delete(f"{base}MAJOR donor/").status_code == 204
    assert client.delete(f"{base}MAJOR donor/").status_code == 204
    assert [tag["name"] for tag in client.get(base).json()["results"]] == ["Volunteer"]
    actions = AuditLine.objects.filter(action__startswith="tag.").values_list("action", "detail")
    assert list(actions) == [
        ("tag.removed", {"tag": "Major donor"}),
        ("tag.added", {"tag": "Volunteer"}),
        ("tag.added", {"tag": "Major donor"}),
    ]


def consent(**changes: Any) -> dict[str, Any]:
    """What the form sends when Ben says yes to e-mail."""
    today = charity_date(now()).isoformat()
    return {
        "channel": "email",
        "state": "given",
        "basis": "consent",
        "wording": "May we e-mail you about our work?",
        "source": "telephone",
        "on": today,
        **changes,
    }


def test_the_newest_answer_about_a_channel_counts_and_none_is_ever_changed(ben: Donor) -> None:
    client, address = signed_in(Role.SUPPORT), f"/admin/donors/{ben.reference}/consents/"
    assert not consent_is_given(ben, "email")  # type: ignore[arg-type]
    for _ in range(2):
        assert client.post(address, consent()).status_code == 302
    assert consent_is_given(ben, "email")  # type: ignore[arg-type]
    client.post(address, consent(state="withdrawn", basis="", wording=""))
    client.post(address, consent(channel="post", state="refused", basis="", wording=""))
    # A form of paper that was signed before the withdrawal comes in late.
    client.post(address, consent(source="paper", on="2026-03-01"))
    now_said = {channel: said and said.state for channel, said in consents_now(ben).items()}
    assert now_said == {"email": "withdrawn", "post": "refused", "telephone": None, "sms": None}
    assert Consent.objects.count() == 4
    for change in (
        lambda: Consent.objects.all().delete(),
        lambda: Consent.objects.update(state="given"),
    ):
        with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
            change()
    changes = AuditLine.objects.filter(action="consent.withdrawn").get().detail
    assert (changes["before"], changes["after"]) == ({"state": "given"}, {"state": "withdrawn"})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"basis": ""}, "basis"),
        ({"wording": " "}, "wording"),
        ({"state": "refused"}, "basis"),
        ({"basis": "soft_opt_in", "channel": "post"}, "basis"),
        ({"basis": "soft_opt_in", "on": "2026-02-04"}, "basis"),
        ({"basis": "soft_opt_in", "source": "preference_service"}, "basis"),
        ({"on": "2999-01-01"}, "on"),
        ({"channel": "pigeon"}, "channel"),
    ],
)
def test_an_answer_that_the_law_or_sense_does_not_allow_is_refused(
    ben: Donor, changes: dict[str, str], field: str
) -> None:
    address = f"/admin/donors/{ben.reference}/consents/"
    answer = signed_in(Role.SUPPORT).post(address, consent(**changes))
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not Consent.objects.exists()


def test_the_database_itself_refuses_a_soft_opt_in_by_post_and_a_yes_to_nothing(ben: Donor) -> None:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    for fields in (
        {"channel": "post", "basis": "soft_opt_in", "wording": "x"},
        {"channel": "email", "basis": "consent", "wording": ""},
        {"channel": "email", "basis": "", "wording": "x"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Consent.objects.create(donor=ben, state="given", source="paper", at=at, **fields)
