"""The way in to the donor's page: one link, one use, and nothing told to anybody else."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.clock import clock_at, now
from api.models import Donor, DonorLink, DonorSession, EmailChange, Message, Role
from api.services.donor_secrets import LINK_SALT, STAND_IN, message_revealed, secret_sign
from api.services.donor_sign_ins import LINK_LIFE, donor_link_email_send
from api.services.email_changes import email_change_email_send
from tests.clients import Client
from tests.people import AMINA, BEN, staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def donors(no_jobs: None) -> None:
    """Amina and Ben have given; Amina under two names."""
    for person in (AMINA, {**AMINA, "name": "Yusuf & Daughters"}, BEN):
        keys = {"name_key": person["name"].casefold(), "email_key": person["email"]}
        Donor.objects.create(**person, **keys)


def post(client: Client, path: str, **body: Any) -> Any:
    """One call of the site."""
    return client.post(f"/api/donor/{path}", json.dumps(body), content_type="application/json")


def link_of(client: Client, email: str = "amina@example.org") -> str:
    """Ask for a link, and take it from the e-mail as its reader does."""
    assert post(client, "link/", email=email).status_code == 204
    link = DonorLink.objects.first()
    assert link
    donor_link_email_send(link.pk)
    message = Message.objects.get(key=f"donor_link:{link.reference}")
    found = re.search(r"/my-giving/in/(\S+)", message_revealed(message).text)
    assert found
    return found[1]


def test_a_link_opens_the_page_of_all_donors_of_the_address_in_the_browser_that_asked(
    client: Client,
) -> None:
    assert client.get("/api/donor/me/").status_code == 401
    assert post(client, "sign-in/", token=link_of(client)).status_code == 204
    told = client.get("/api/donor/me/").json()
    assert [one["name"] for one in told["people"]] == ["Amina Yusuf", "Yusuf & Daughters"]
    cookie = client.cookies["domaap_donor"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"


def test_a_link_opens_once(client: Client) -> None:
    token = link_of(client)
    assert post(client, "sign-in/", token=token).status_code == 204
    again = post(Client(), "sign-in/", token=token, is_confirmed=True)
    assert (again.status_code, DonorSession.objects.count()) == (404, 1)


def test_what_opens_nothing_says_the_same_whatever_is_wrong_with_it(client: Client) -> None:
    used, old = link_of(client), link_of(client)
    post(client, "sign-in/", token=used)
    DonorLink.objects.filter(used_at=None).update(ends_at=now() - timedelta(seconds=1))
    of_nobody = DonorLink.objects.create(
        email_key="nobody@example.org", browser_digest="", ends_at=now() + LINK_LIFE
    )
    forged = f"{of_nobody.reference}.forged"
    signed = secret_sign(of_nobody.reference, LINK_SALT)
    answers = {
        post(client, "sign-in/", token=token, is_confirmed=True).content
        for token in (used, old, forged, signed, "x")
    }
    assert len(answers) == 1 and b"over or not complete" in answers.pop()
    assert DonorSession.objects.count() == 1


def test_a_mail_scanner_that_opens_the_link_uses_nothing_up(client: Client) -> None:
    token, scanner = link_of(client), Client()
    opened = post(scanner, "sign-in/", token=token)
    assert (opened.status_code, opened.json()["code"]) == (409, "link_needs_button")
    assert DonorSession.objects.count() == 0
    phone = Client()
    assert post(phone, "sign-in/", token=token, is_confirmed=True).status_code == 204
    assert phone.get("/api/donor/me/").status_code == 200


def test_the_answer_and_the_work_are_the_same_for_an_address_that_nobody_has(
    client: Client,
) -> None:
    post(client, "link/", email="somebody@example.org")  # The network is counted from here on.
    told, work = [], []
    for email in ("amina@example.org", "x@example.org"):
        with CaptureQueriesContext(connection) as asked:
            told.append(post(client, "link/", email=email))
        work.append(
            [one["sql"].split(" ")[0] for one in asked if "api_ratewindow" not in one["sql"]]
        )
    assert work[0] == work[1], "what is asked of the database is the same"
    assert [one.content for one in told] == [b"", b""] and {one.status_code for one in told} == {
        204
    }
    for link in DonorLink.objects.all():
        donor_link_email_send(link.pk)
    assert list(Message.objects.values_list("to", flat=True)) == ["amina@example.org"]


def test_what_staff_read_in_the_log_of_e_mails_holds_no_link_that_opens_anything(
    client: Client,
) -> None:
    token = link_of(client)
    kept = Message.objects.get()
    assert STAND_IN in kept.text and STAND_IN in kept.html
    assert token not in kept.text + kept.html + kept.key + kept.message_id


def test_what_goes_out_by_smtp_has_the_link_and_what_stays_has_not(
    client: Client, settings: Any
) -> None:
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    token = link_of(client)
    (sent,) = mail.outbox
    assert token in sent.body and STAND_IN not in sent.body
    assert Message.objects.get().state == "sent" and token not in Message.objects.get().text


def test_a_flood_of_wishes_slows_its_network_down_and_leaves_the_owner_a_way_in(
    client: Client,
) -> None:
    codes = [post(client, "link/", email="amina@example.org").status_code for _ in range(12)]
    assert codes[0] == 204 and codes[-1] == 429
    for link in DonorLink.objects.all():
        donor_link_email_send(link.pk)
    assert Message.objects.count() == 3, "no more e-mails than can be used"
    elsewhere = client.post(
        "/api/donor/link/",
        json.dumps({"email": "amina@example.org"}),
        content_type="application/json",
        REMOTE_ADDR="198.51.100.7",
    )
    assert elsewhere.status_code == 204


def test_no_cookie_of_a_donor_opens_a_page_of_staff_and_none_of_staff_a_donors(
    client: Client,
) -> None:
    post(client, "sign-in/", token=link_of(client))
    assert client.get("/api/auth/me/").status_code == 401
    assert client.get("/admin/").status_code == 302
    dora = Client()
    dora.force_login(staff(Role.ADMINISTRATOR))
    assert dora.get("/api/donor/me/").status_code == 401


def test_a_change_needs_the_form_token_and_signing_out_ends_the_session_here() -> None:
    client = Client(enforce_csrf_checks=True)
    post(client, "sign-in/", token=link_of(client))
    assert post(client, "sign-out/").status_code == 403
    client.get("/api/donor/me/")
    token = client.cookies["csrftoken"].value
    out = client.post("/api/donor/sign-out/", headers={"X-CSRFToken": token})
    assert out.status_code == 204
    assert client.get("/api/donor/me/").status_code == 401
    assert DonorSession.objects.get().ended_at


def test_a_session_is_over_after_half_a_day(client: Client) -> None:
    post(client, "sign-in/", token=link_of(client))
    with clock_at(now() + timedelta(hours=12, minutes=1)):
        assert client.get("/api/donor/me/").status_code == 401


def test_a_password_lets_in_and_signs_other_browsers_out(client: Client) -> None:
    phone = Client()
    for browser in (client, phone):
        post(browser, "sign-in/", token=link_of(browser))
    weak = post(client, "password/", password="password1234")
    assert weak.status_code == 400 and "password" in weak.json()["fields"]
    assert post(client, "password/", password="sixteen camels in a row").status_code == 204
    assert phone.get("/api/donor/me/").status_code == 401
    tablet, asked = Client(), {"email": "Amina@example.org"}
    wrong = post(tablet, "sign-in/password/", password="sixteen camels", **asked)
    nobody = post(tablet, "sign-in/password/", password="sixteen camels", email="x@example.org")
    assert wrong.status_code == 401 and wrong.content == nobody.content
    right = post(tablet, "sign-in/password/", password="sixteen camels in a row", **asked)
    assert right.status_code == 204
    assert tablet.get("/api/donor/me/").json()["has_password"] is True


def answer(change: EmailChange, side: str, *, says_yes: bool = True) -> Any:
    """Open the link at one address and press a button."""
    email_change_email_send(change.pk, side=side)
    message = Message.objects.get(key=f"email_change:{change.reference}-{side}")
    found = re.search(r"/my-giving/address/(\S+)", message_revealed(message).text)
    assert found
    return post(Client(), "email/answer/", token=found[1], says_yes=says_yes)


def test_an_address_changes_when_both_have_said_yes_and_not_before(client: Client) -> None:
    post(client, "sign-in/", token=link_of(client))
    assert post(client, "email/", email="amina.new@example.org").status_code == 204
    change = EmailChange.objects.get()
    assert answer(change, "new").json() == {"state": "waiting"}
    assert Donor.objects.filter(email="amina.new@example.org").count() == 0
    assert answer(change, "old").json() == {"state": "done"}
    assert Donor.objects.filter(email_key="amina.new@example.org").count() == 2
    assert set(Message.objects.filter(kind="email_change").values_list("to", flat=True)) == {
        "amina@example.org",
        "amina.new@example.org",
    }
    assert client.get("/api/donor/me/").status_code == 401


def test_a_no_from_the_old_address_ends_a_change_for_good(client: Client) -> None:
    post(client, "sign-in/", token=link_of(client))
    post(client, "email/", email="thief@example.org")
    change = EmailChange.objects.get()
    assert answer(change, "new").json() == {"state": "waiting"}
    assert answer(change, "old", says_yes=False).json() == {"state": "refused"}
    token = secret_sign(f"{change.reference}-old", "email-change")
    assert post(client, "email/answer/", token=token, says_yes=True).status_code == 404
    assert Donor.objects.filter(email="thief@example.org").count() == 0
