"""Donors' passkeys: a way in that tells nobody who gives, and that goes with the address."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from fido2.utils import websafe_decode

from api.clock import now
from api.models import AuditLine, Donor, DonorPasskey, DonorSession
from api.services.donor_secrets import CHANGE_SALT, secret_sign
from api.services.donor_sign_ins import donor_sign_ins_forget
from api.services.donors import donor_edit, donor_version
from api.services.email_changes import email_change_answer, email_change_ask
from api.services.tokens import secret_digest
from api.views.donor_access import SESSION_COOKIE
from tests.clients import Client
from tests.passkeys import SITE, Passkey
from tests.people import AMINA, BEN

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def donors(no_jobs: None) -> None:
    """Amina and Ben have given."""
    for person in (AMINA, BEN):
        keys = {"name_key": person["name"].casefold(), "email_key": person["email"]}
        Donor.objects.create(**person, **keys)


def signed_in(email: str = AMINA["email"]) -> Client:
    """A browser in which a donor is signed in, by a link say."""
    client, secret = Client(), f"{email} {DonorSession.objects.count()}"
    ends_at = now() + timedelta(hours=1)
    DonorSession.objects.create(digest=secret_digest(secret), email_key=email, ends_at=ends_at)
    client.cookies[SESSION_COOKIE] = secret
    return client


def send(client: Client, path: str, body: Any = None, method: str = "POST") -> Any:
    """One call of the site."""
    text = json.dumps(body or {})
    url = f"/api/donor/{path}"
    kinds = {"content_type": "application/json", "HTTP_HOST": f"{SITE}:3000"}
    return client.generic(method, url, text, **kinds)


def make(client: Client, name: str = "Phone") -> Passkey:
    """A new passkey of whoever is signed in."""
    asked = send(client, "passkeys/begin/").json()
    passkey = Passkey()
    body = {"ceremony": asked["ceremony"], "credential": passkey.made(asked), "name": name}
    assert send(client, "passkeys/", body).status_code == 200
    return passkey


def sign_in(client: Client, passkey: Passkey, asked: Any = None, **how: Any) -> Any:
    """Try to come in by a passkey alone: no address is typed."""
    asked = asked or send(client, "sign-in/passkey/begin/").json()
    answer = passkey.answer(asked, **how)
    return send(client, "sign-in/passkey/", {"ceremony": asked["ceremony"], "credential": answer})


def is_in(client: Client) -> bool:
    """Whether the page of a donor opens."""
    return bool(client.get("/api/donor/me/").status_code == 200)


def test_a_donor_makes_a_passkey_and_comes_in_by_it_alone() -> None:
    amina, phone = signed_in(), Client()
    passkey = make(amina)
    assert sign_in(phone, passkey).status_code == 204
    cookie = phone.cookies[SESSION_COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    (told,) = phone.get("/api/donor/me/").json()["passkeys"]
    assert (told["name"], bool(told["used_at"])) == ("Phone", True)
    assert AMINA["email"] not in websafe_decode(passkey.handle).decode()
    lines = AuditLine.objects.filter(action__startswith="donor.").order_by("id")
    assert [(line.action, line.detail.get("way", "")) for line in lines] == [
        ("donor.passkey_added", ""),
        ("donor.signed_in", "passkey"),
    ]


def test_an_answer_opens_once_and_only_what_it_was_asked_for() -> None:
    amina = signed_in()
    passkey, thief = make(amina), Client()
    asked = send(thief, "sign-in/passkey/begin/").json()
    assert sign_in(thief, passkey, asked, site="evil.example").status_code == 401
    assert sign_in(thief, passkey, asked).status_code == 401, "a ceremony has one answer"
    assert sign_in(thief, passkey, is_verified=False).status_code == 401
    late = send(thief, "sign-in/passkey/begin/").json()
    Session.objects.update(expire_date="2020-01-01T00:00Z")
    assert sign_in(thief, passkey, late).status_code == 401
    for_new = send(amina, "passkeys/begin/").json()
    assert sign_in(thief, passkey, for_new).status_code == 401
    assert not is_in(thief) and DonorSession.objects.count() == 1


def test_whoever_has_no_passkey_here_is_told_the_same_as_whoever_has_a_wrong_one() -> None:
    amina, stranger = signed_in(), Client()
    passkey, unknown = make(amina), Passkey()
    forged = Passkey()
    forged.id, forged.handle = passkey.id, passkey.handle
    other_owner = Passkey()
    other_owner.key, other_owner.id, other_owner.handle = passkey.key, passkey.id, "AAAA"
    answers = [sign_in(stranger, one) for one in (unknown, forged, other_owner)]
    asked = send(stranger, "sign-in/passkey/begin/").json()
    body = {"ceremony": asked["ceremony"], "credential": {"id": 1}}
    answers.append(send(stranger, "sign-in/passkey/", body))
    assert {one.status_code for one in answers} == {401}
    assert len({one.content for one in answers}) == 1
    begun = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            begun.append(send(stranger, "sign-in/passkey/begin/").json()["options"]["publicKey"])
        assert "api_donor" not in " ".join(one["sql"] for one in queries)
    assert begun[0] | {"challenge": ""} == begun[1] | {"challenge": ""}
    assert not begun[0].get("allowCredentials")


def test_a_passkey_is_taken_into_use_by_its_own_donor_alone() -> None:
    amina, ben, passkey = signed_in(), signed_in(BEN["email"]), Passkey()
    asked = send(amina, "passkeys/begin/").json()
    body = {"ceremony": asked["ceremony"], "credential": passkey.made(asked)}
    refused = send(ben, "passkeys/", body)
    assert (refused.status_code, refused.json()["code"]) == (400, "passkey_refused")
    told = send(amina, "passkeys/", body)
    assert [one["name"] for one in told.json()] == ["Unknown device"]
    assert send(amina, "passkeys/", body).status_code == 400, "once"
    again = send(amina, "passkeys/begin/").json()["options"]["publicKey"]
    assert [websafe_decode(one["id"]) for one in again["excludeCredentials"]] == [passkey.id]
    choice = again["authenticatorSelection"]
    assert (choice["residentKey"], choice["userVerification"]) == ("required", "required")


@pytest.mark.parametrize("whole", ["", "oA", "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YUEA"])
def test_what_is_no_passkey_is_refused_in_words_and_nothing_is_kept(whole: str) -> None:
    amina = signed_in()
    asked = send(amina, "passkeys/begin/").json()
    credential = Passkey().made(asked)
    credential["response"]["attestationObject"] = whole
    body = {"ceremony": asked["ceremony"], "credential": credential}
    refused = send(amina, "passkeys/", body)
    assert (refused.status_code, refused.json()["code"]) == (400, "passkey_refused")
    assert not DonorPasskey.objects.exists()


def test_a_passkey_that_is_removed_opens_nothing_and_its_device_is_signed_out() -> None:
    amina, phone, ben = signed_in(), Client(), signed_in(BEN["email"])
    passkey = make(amina)
    sign_in(phone, passkey)
    reference = DonorPasskey.objects.get().reference
    assert send(ben, f"passkeys/{reference}/", method="DELETE").status_code == 404
    left = send(amina, f"passkeys/{reference}/", method="DELETE")
    assert (left.status_code, left.json()) == (200, [])
    assert is_in(amina) and not is_in(phone)
    assert sign_in(phone, passkey).status_code == 401


def test_a_donor_has_so_many_passkeys_and_no_more() -> None:
    amina = signed_in()
    for _ in range(10):
        make(amina)
    refused = send(amina, "passkeys/begin/")
    assert (refused.status_code, "Remove one" in refused.json()["detail"]) == (409, True)


def test_passkeys_go_when_the_address_changes_and_when_nobody_has_it() -> None:
    mine, theirs = make(signed_in()), make(signed_in(BEN["email"]))
    change = email_change_ask(
        email_key=AMINA["email"], email="amina.new@example.org", address="198.51.100.7"
    )
    for side in ("old", "new"):
        token = secret_sign(f"{change.reference}-{side}", CHANGE_SALT)
        email_change_answer(token=token, says_yes=True)
    assert sign_in(Client(), mine).status_code == 401
    ben = Client()
    assert sign_in(ben, theirs).status_code == 204
    donor_sign_ins_forget(BEN["email"])
    assert sign_in(Client(), theirs).status_code == 401
    assert not is_in(ben) and DonorPasskey.objects.count() == 0


def test_staff_who_correct_an_address_leave_no_way_in_to_whoever_has_it_next() -> None:
    amina, passkey = Donor.objects.get(name=AMINA["name"]), make(signed_in())
    changes = {"email": "amina.yusuf@example.org"}
    donor_edit(reference=amina.reference, changes=changes, version=donor_version(amina), actor=None)
    Donor.objects.create(
        name="Next", email=AMINA["email"], name_key="next", email_key=AMINA["email"]
    )
    assert sign_in(Client(), passkey).status_code == 401
    assert not DonorSession.objects.filter(email_key=AMINA["email"], ended_at=None).exists()


def test_a_passkey_is_renamed_by_its_own_donor_alone() -> None:
    amina, ben = signed_in(), signed_in(BEN["email"])
    make(amina)
    path = f"passkeys/{DonorPasskey.objects.get().reference}/"
    (told,) = send(amina, path, {"name": " Old phone "}, "PATCH").json()
    assert told["name"] == "Old phone"
    assert send(ben, path, {"name": "Mine"}, "PATCH").status_code == 404
    for wrong in ({}, {"name": " "}, {"name": "x" * 61}, {"name": ["x"]}):
        answer = send(amina, path, wrong, "PATCH")
        assert answer.status_code == 400 and list(answer.json()["fields"]) == ["name"]
    assert DonorPasskey.objects.get().name == "Old phone"
    assert AuditLine.objects.filter(action="donor.passkey_renamed").count() == 1
