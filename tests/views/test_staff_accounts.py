"""Administrators add staff and programs, and take their rights away at once; all of it is written down."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from api.clock import now
from api.errors import StaffRefused
from api.models import ApiClient, AuditLine, Right, Role, User
from api.services import factors, users
from api.services.api_clients import api_client_make
from api.services.sessions import session_start
from tests.clients import Client
from tests.people import staff
from tests.views.test_api_passkeys import passkey_of
from tests.views.test_sessions import me
from tests.views.test_sign_in import SECRET, browser, farid, password, post

__all__ = ["browser", "farid"]
pytestmark = pytest.mark.django_db
NEW = {"name": "Eve Lund", "email": "Eve@Example.org", "role": "support"}


@pytest.fixture
def dora(client: Client) -> User:
    """Dora, an administrator, signed in."""
    user = staff(Role.ADMINISTRATOR)
    client.force_login(user)
    return user


def last(action: str) -> AuditLine:
    """The newest line of this kind."""
    return AuditLine.objects.filter(action=action)[0]


def test_a_new_member_of_staff_chooses_a_password_by_a_link_that_works_once(
    client: Client, dora: User, browser: Client
) -> None:
    page = client.post("/admin/staff/add/", NEW)
    eve = User.objects.get(email="eve@example.org")
    assert (eve.get_full_name(), eve.role, eve.is_staff, eve.is_superuser) == (
        "Eve Lund",
        "support",
        True,
        False,
    )
    assert not eve.has_usable_password()
    line = last("staff.added")
    assert (line.actor, line.subject, line.detail) == (
        dora,
        f"user:{eve.pk}",
        {"after": {"role": "support"}},
    )
    found = re.search(r"http://localhost:3000(/admin/welcome/[^\"]+)", page.content.decode())
    assert found
    words = {"new_password1": "winter coats 77", "new_password2": "winter coats 77"}
    weak = {"new_password1": "short", "new_password2": "short"}
    assert "There is a problem" in post(browser, found[1], weak).content.decode()
    assert post(browser, found[1], words)["Location"] == "/admin/login/"
    assert "This link is over" in post(browser, found[1], words).content.decode()
    # The password alone opens nothing: a second factor comes first.
    assert password(browser, eve.email, "winter coats 77")["Location"].endswith("/second-factor/")
    assert browser.get("/admin/account/")["Location"].startswith("/admin/login/")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"email": "dora@example.org"}, "already"),
        ({"email": "nobody"}, "valid"),
        ({"role": "king"}, "valid choice"),
        ({"name": ""}, "name"),
        ({"name": "a\0b"}, "Null"),
    ],
)
def test_a_wrong_new_member_is_refused_in_words_and_not_made(
    client: Client, dora: User, change: dict[str, str], word: str
) -> None:
    page = client.post("/admin/staff/add/", {**NEW, **change}).content.decode()
    assert "There is a problem" in page and word in page
    assert User.objects.count() == 1


def test_another_role_holds_at_once_and_before_and_after_are_written_down(
    client: Client, dora: User, farid: User
) -> None:
    theirs = Client()
    theirs.force_login(farid)
    assert theirs.get("/admin/reconciliation/").status_code == 200
    client.post(f"/admin/staff/{farid.pk}/", {"name": "Farid", "role": "support"})
    assert theirs.get("/admin/reconciliation/").status_code == 403
    line = last("staff.changed")
    assert line.detail == {"before": {"role": "finance"}, "after": {"role": "support"}}
    page = client.get(f"/admin/staff/{farid.pk}/").content.decode()
    deeds = page.partition('id="deeds-title"')[2].partition("</ol>")[0]
    assert "finance" in deeds and "support" in deeds and "dora@example.org" in deeds
    client.post(f"/admin/staff/{farid.pk}/", {"name": "Farid", "role": "support"})
    assert AuditLine.objects.filter(action="staff.changed").count() == 1


def test_closing_an_account_signs_every_device_out_at_once(
    client: Client, dora: User, farid: User
) -> None:
    access = session_start(user=farid).access
    client.post(f"/admin/staff/{farid.pk}/act/", {"deed": "close"})
    farid.refresh_from_db()
    assert not farid.is_active and me(Client(), access) == 401
    assert last("staff.closed").detail == {
        "before": {"is_active": True},
        "after": {"is_active": False},
    }
    client.post(f"/admin/staff/{farid.pk}/act/", {"deed": "reopen"})
    farid.refresh_from_db()
    assert farid.is_active and me(Client(), access) == 401


def test_a_lost_phone_is_helped_and_the_old_code_opens_nothing(
    client: Client, dora: User, farid: User
) -> None:
    access = session_start(user=farid).access
    client.post(f"/admin/staff/{farid.pk}/act/", {"deed": "reset_factors"})
    assert not factors.factors_of(farid).is_set and me(Client(), access) == 401
    line = last("factors.reset")
    assert (line.actor, line.detail) == (dora, {"count": 2})


def test_the_last_administrator_stays(client: Client, dora: User) -> None:
    for url, data in (
        (f"/admin/staff/{dora.pk}/", {"name": "Dora", "role": "support"}),
        (f"/admin/staff/{dora.pk}/act/", {"deed": "close"}),
    ):
        page = client.post(url, data, follow=True).content.decode()
        assert "last administrator" in page
    dora.refresh_from_db()
    assert (dora.role, dora.is_active) == (Role.ADMINISTRATOR, True)
    other = staff(Role.ADMINISTRATOR, "Olga")
    users.staff_close(user_id=other.pk, actor=dora)
    with pytest.raises(StaffRefused):
        users.staff_close(user_id=dora.pk, actor=dora)
    users.staff_reopen(user_id=other.pk, actor=dora)
    assert not users.staff_close(user_id=dora.pk, actor=other).is_active


def test_the_audit_log_can_not_be_changed(dora: User) -> None:
    users.staff_add(email="x@example.org", name="X", role=Role.SUPPORT, actor=dora)
    with pytest.raises(Exception, match="append"), connection.cursor() as cursor:
        cursor.execute("UPDATE api_auditline SET detail = '{}'")


def test_the_command_for_the_last_administrator_without_a_phone(farid: User, capsys: Any) -> None:
    call_command("reset_second_factor", "FARID@example.org")
    assert not factors.factors_of(farid).is_set
    assert last("factors.reset").actor is None


def test_a_password_changed_on_the_server_ends_what_the_old_one_began(
    farid: User, monkeypatch: pytest.MonkeyPatch, no_jobs: None
) -> None:
    thief = session_start(user=farid)
    monkeypatch.setattr("getpass.getpass", lambda prompt: "winter coats 77")
    call_command("changepassword", farid.email)
    farid.refresh_from_db()
    assert farid.check_password("winter coats 77")
    assert me(Client(), thief.access) == 401
    assert last("staff.password_set").actor is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs")
        assert cursor.fetchall() == [("api.tasks.password_changed_email",)]


def test_a_programs_token_is_shown_once_and_kept_as_a_digest_alone(
    client: Client, dora: User
) -> None:
    sent = {"name": "Counter", "scopes": ["giving.view"], "expires_on": ""}
    page = client.post("/admin/api-clients/add/", sent).content.decode()
    token = re.findall(r'value="(dmp_[0-9a-f]{8}_[\w-]{43})"', page)[0]
    answer = Client().get("/api/auth/me/", headers={"Authorization": f"Bearer {token}"})
    assert answer.json() == {
        "kind": "client",
        "name": "Counter",
        "email": "",
        "role": "",
        "rights": ["giving.view"],
    }
    listing = client.get("/admin/api-clients/").content.decode()
    assert token not in listing and token[:12] in listing
    assert token not in str(ApiClient.objects.values()) + str(AuditLine.objects.values())
    assert last("api_client.made").detail["after"]["scopes"] == ["giving.view"]
    client.post(f"/admin/api-clients/{ApiClient.objects.get().pk}/revoke/")
    assert me(Client(), token) == 401
    assert last("api_client.revoked").actor == dora


def test_a_program_opens_no_page_of_staff_and_manages_nobody(dora: User) -> None:
    _, token = api_client_make(name="All", scopes=list(Right), expires_at=None, actor=dora)
    headers = {"Authorization": f"Bearer {token}"}
    assert Client().get("/admin/", headers=headers).status_code == 302
    assert Client().get("/admin/reconciliation/", headers=headers).status_code == 302
    assert Client().get("/api/auth/sessions/", headers=headers).status_code == 403
    rights = Client().get("/api/auth/me/", headers=headers).json()["rights"]
    assert "staff.manage" not in rights and "donors.view" in rights


@pytest.mark.parametrize("end", ["expired", "revoked", "closed", "changed"])
def test_a_programs_token_that_is_over_opens_nothing(dora: User, end: str) -> None:
    client, token = api_client_make(name="A", scopes=[], expires_at=None, actor=dora)
    assert me(Client(), token) == 200
    match end:
        case "expired":
            ApiClient.objects.update(expires_at=now() - timedelta(seconds=1))
        case "revoked":
            ApiClient.objects.update(revoked_at=now())
        case "closed":
            User.objects.filter(pk=client.account_id).update(is_active=False)
        case _:
            token = token[:-1] + ("a" if token[-1] != "a" else "b")
    assert me(Client(), token) == 401


def test_nobody_signs_in_as_a_program(dora: User, browser: Client) -> None:
    client, _ = api_client_make(name="A", scopes=[], expires_at=None, actor=dora)
    assert "is not right" in password(browser, client.account.email, "").content.decode()
    client.account.set_password("a long password")
    client.account.save()
    assert "is not right" in password(browser, client.account.email).content.decode()
    assert client.account not in users.staff_all()


def test_changing_a_factor_asks_for_password_and_code_again(client: Client, farid: User) -> None:
    client.force_login(farid)
    session = client.tokens.session
    type(session).objects.update(proved_at=now() - timedelta(minutes=11))
    for page in ("app/", "passkey/", "recovery-codes/"):
        assert "/account/prove/" in client.get(f"/admin/account/{page}")["Location"]
    assert "/account/prove/" in client.get("/admin/password_change/")["Location"]
    client.post("/admin/account/factors/remove/", {"factor": "1"})
    assert factors.factors_of(farid).is_set
    wrong = client.post("/admin/account/prove/", {"password": "a long password", "code": "1"})
    assert "not right" in wrong.content.decode()
    recovery = factors.recovery_codes(farid)[0]
    sent = {"password": "a long password", "code": recovery, "next": "/admin/password_change/"}
    assert client.post("/admin/account/prove/", sent)["Location"] == "/admin/password_change/"
    other = session_start(user=farid).access
    words = {"new_password1": "winter coats 77", "new_password2": "winter coats 77"}
    assert client.post("/admin/password_change/", words)["Location"] == "/admin/account/"
    farid.refresh_from_db()
    assert farid.check_password("winter coats 77")
    assert me(Client(), other) == 401 and client.get("/admin/account/").status_code == 200


def test_the_only_factor_can_not_be_taken_away(client: Client, farid: User) -> None:
    client.force_login(farid)
    kept = factors.factors_of(farid).totp
    assert kept and SECRET
    answer = client.post("/admin/account/factors/remove/", {"factor": str(kept.pk)}, follow=True)
    assert "only second factor" in answer.content.decode()
    assert factors.factors_of(farid).is_set


def test_a_passkey_is_renamed_by_its_owner_alone(client: Client, dora: User, farid: User) -> None:
    passkey_of(farid)
    [theirs] = factors.factors_of(farid).passkeys

    def rename(name: str) -> str:
        sent = {"factor": str(theirs.pk), "name": name}
        answer = client.post("/admin/account/factors/rename/", sent, follow=True)
        return str(answer.content.decode())

    assert "This passkey is gone" in rename("Mine")
    client.force_login(farid)
    assert "Enter a name" in rename(" ")
    assert "Old phone" in rename(" Old\0\n phone ")
    [theirs] = factors.factors_of(farid).passkeys
    assert theirs.data["name"] == "Old phone" and theirs.data["credential"]
    assert last("factor.renamed").actor == farid
