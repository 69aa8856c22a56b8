"""Sessions end at once; tokens that are stolen, old or made up open nothing."""

import base64
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings

from api.clock import now
from api.models import (
    AuditLine,
    DonorSession,
    RefreshToken,
    Role,
    SessionKind,
    StaffSession,
    User,
)
from api.services.donors import DonorDetails, donor_record
from api.services.sessions import LEEWAY_OF_BROWSERS, session_renew, session_start
from api.services.tokens import AUDIENCE, secret_digest
from api.views.donor_access import SESSION_COOKIE
from api.views.session_cookies import REFRESH_COOKIE
from tests.clients import Client, bearer
from tests.conftest import until
from tests.people import BEN, staff
from tests.views.test_sign_in import ACCESS, LOGIN, browser, farid, is_in, post, sign_in

__all__ = ["browser", "farid"]
pytestmark = pytest.mark.django_db


def test_an_old_refresh_token_used_again_ends_the_whole_session(farid: User) -> None:
    tokens = session_start(user=farid)
    client = Client()
    first = renew(client, tokens.refresh).json()
    second = renew(client, first["refresh_token"]).json()
    assert me(client, second["access_token"]) == 200
    assert renew(client, first["refresh_token"]).status_code == 401
    assert me(client, second["access_token"]) == 401
    assert renew(client, second["refresh_token"]).status_code == 401
    session = StaffSession.objects.get()
    assert session.ended_at and session.ended_why == "reuse"
    assert AuditLine.objects.filter(action="session.reuse_found").count() == 1


def renew(client: Client, token: str) -> Any:
    """Ask for new tokens as an app does."""
    return client.post(
        "/api/auth/refresh/", {"refresh_token": token}, content_type="application/json"
    )


def me(client: Client, token: str) -> int:
    """How the API answers a token."""
    return int(
        client.get("/api/auth/me/", headers={"Authorization": f"Bearer {token}"}).status_code
    )


def test_refresh_tokens_are_not_kept(farid: User) -> None:
    tokens = session_start(user=farid)
    kept = RefreshToken.objects.get()
    assert tokens.refresh not in (kept.digest, str(kept)) and len(tokens.refresh) >= 43


def test_a_browser_is_renewed_on_the_way_when_its_access_cookie_is_over(
    client: Client, farid: User
) -> None:
    client.force_login(farid)
    old = client.cookies[REFRESH_COOKIE].value
    with override_settings(ACCESS_TOKEN_LIFE=timedelta(seconds=-1)):
        client.cookies[ACCESS] = session_start(user=farid).access
    assert is_in(client)
    assert client.cookies[REFRESH_COOKIE].value != old
    del client.cookies[ACCESS]  # A browser drops it when it is over.
    assert is_in(client) and client.cookies[ACCESS].value


@pytest.mark.parametrize("end", ["idle", "longest", "closed", "no staff"])
def test_a_session_ends_by_idleness_age_and_with_the_account(
    client: Client, farid: User, end: str
) -> None:
    client.force_login(farid)
    match end:
        case "idle":
            RefreshToken.objects.update(made_at=now() - timedelta(hours=13))
            del client.cookies[ACCESS]
        case "longest":
            StaffSession.objects.update(ends_at=now())
        case "closed":
            User.objects.update(is_active=False)
        case _:
            User.objects.update(is_staff=False)
    assert client.get("/admin/account/").status_code == 302


def test_who_asks_is_known_by_one_query(
    client: Client, farid: User, django_assert_num_queries: Any
) -> None:
    client.force_login(farid)
    token = bearer(farid)
    client.get("/api/auth/me/")  # The first request of a minute takes a share of the quota too.
    with django_assert_num_queries(1):
        assert client.get("/api/auth/me/").status_code == 200
    with django_assert_num_queries(1):
        assert Client().get("/api/auth/me/", headers=token).status_code == 200
    with django_assert_num_queries(0):
        Client().get("/health/live")


def test_a_revoked_session_is_refused_at_once(client: Client, farid: User) -> None:
    stolen = session_start(user=farid, device="Thief's phone")
    client.force_login(farid)
    assert me(client, stolen.access) == 200
    page = client.get("/admin/account/").content.decode()
    assert "Thief&#x27;s phone" in page and str(stolen.session.key) in page
    client.post("/admin/account/sessions/", {"session": str(stolen.session.key)})
    assert me(client, stolen.access) == 401 and renew(client, stolen.refresh).status_code == 401
    assert is_in(client)


def test_nobody_ends_the_session_of_somebody_else(client: Client, farid: User) -> None:
    other = session_start(user=staff(Role.ADMINISTRATOR))
    client.force_login(farid)
    client.post("/admin/account/sessions/", {"session": str(other.session.key)})
    answer = client.delete(f"/api/auth/sessions/{other.session.key}/")
    assert answer.status_code == 404 and me(Client(), other.access) == 200


@pytest.mark.parametrize(("which", "stays"), [("others", True), ("all", False)])
def test_signing_out_everywhere_else_and_everywhere(
    client: Client, farid: User, which: str, stays: bool
) -> None:
    app = session_start(user=farid)
    client.force_login(farid)
    kept = client.cookies[ACCESS].value
    client.post("/admin/account/sessions/", {"session": which})
    assert me(Client(), app.access) == 401
    assert is_in(client) is stays
    assert (me(Client(), kept) == 200) is stays


def test_signing_out_ends_the_session_on_the_server(browser: Client, farid: User) -> None:
    sign_in(browser, farid.email)
    kept = browser.cookies[ACCESS].value
    assert post(browser, "/admin/logout/", {})["Location"] == LOGIN
    assert me(Client(), kept) == 401 and not browser.cookies[ACCESS].value


def tokens_wrong(farid: User) -> dict[str, str]:
    """Tokens that somebody made up, changed, or kept too long."""
    good = session_start(user=farid)
    said = jwt.decode(good.access, options={"verify_signature": False})
    head, body, sign = good.access.split(".")
    key, other = settings.JWT_SECRET_KEYS[0], "x" * 40
    kid = jwt.get_unverified_header(good.access)["kid"]
    more = base64.urlsafe_b64encode(json.dumps({**said, "sub": "1"}).encode()).rstrip(b"=")

    def signed(claims: dict[str, Any], by: str = key, **how: Any) -> str:
        return jwt.encode(claims, by, how.pop("algorithm", "HS256"), headers={"kid": kid, **how})

    return {
        "alg none": signed(said, "", algorithm="none"),
        "no signature": f"{head}.{body}.",
        "changed": f"{head}.{more.decode()}.{sign}",
        "other key": signed(said, other),
        "unknown kid": signed(said, kid="ffff"),
        "kid of no text": signed(said, kid=""),
        "other audience": signed({**said, "aud": "else"}),
        "over": signed({**said, "exp": int(time.time()) - 1}),
        "no end": signed({name: said[name] for name in said if name != "exp"}),
        "no session": signed({name: said[name] for name in said if name != "sid"}),
        "session of others": signed({**said, "sub": str(staff(Role.AUDITOR).pk)}),
        "session of no shape": signed({**said, "sid": "'; DROP"}),
        "refresh token": good.refresh,
        "nothing": "",
        "rubbish": "a.b.c",
    }


def test_made_up_changed_and_old_tokens_open_nothing(farid: User) -> None:
    assert AUDIENCE == "domaap-staff"
    for name, token in tokens_wrong(farid).items():
        answer = Client().get("/api/auth/me/", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, name
        assert answer["WWW-Authenticate"].startswith("Bearer"), name
        browser = Client()
        browser.cookies[ACCESS] = token
        assert browser.get("/admin/account/").status_code == 302, name


def test_a_new_key_signs_and_the_old_one_is_understood_until_it_is_taken_away(
    farid: User,
) -> None:
    old, new = "o" * 40, "n" * 40
    with override_settings(JWT_SECRET_KEYS=[old]):
        before = session_start(user=farid).access
    with override_settings(JWT_SECRET_KEYS=[new, old]):
        after = session_start(user=farid).access
        assert me(Client(), before) == me(Client(), after) == 200
    with override_settings(JWT_SECRET_KEYS=[new]):
        assert (me(Client(), before), me(Client(), after)) == (401, 200)


def test_a_stolen_cookie_without_the_form_token_changes_nothing(
    browser: Client, farid: User
) -> None:
    other = session_start(user=farid)
    browser.force_login(farid)
    sessions = StaffSession.objects.live().count()
    url = f"/api/auth/sessions/{other.session.key}/"
    for answer in (
        browser.delete(url),
        browser.post("/api/auth/sign-out/", {}, content_type="application/json"),
        browser.post("/admin/account/sessions/", {"session": "all"}),
        browser.post("/admin/logout/"),
    ):
        assert answer.status_code == 403
    assert StaffSession.objects.live().count() == sessions
    browser.get("/admin/account/")
    token = browser.cookies["csrftoken"].value
    assert browser.delete(url, headers={"X-CSRFToken": token}).status_code == 204
    assert me(Client(), other.access) == 401


def test_a_bearer_needs_no_form_token(browser: Client, farid: User) -> None:
    other = session_start(user=farid)
    url = f"/api/auth/sessions/{other.session.key}/"
    assert browser.delete(url, headers=bearer(farid)).status_code == 204


@pytest.mark.django_db(transaction=True)
def test_parallel_requests_of_one_browser_get_the_same_successor_and_end_nothing(
    farid: User,
) -> None:
    tokens = session_start(user=farid)

    def renewed(_: int) -> str:
        try:
            found = session_renew(tokens.refresh, leeway=LEEWAY_OF_BROWSERS)
            return found.refresh if found else "none"
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        successors = set(pool.map(renewed, range(16)))
    assert len(successors) == 1 and "none" not in successors
    assert RefreshToken.objects.count() == 2
    assert StaffSession.objects.get().ended_at is None


@pytest.mark.django_db(transaction=True)
def test_an_app_that_renews_twice_at_once_stays_signed_in_and_later_reuse_ends_it(
    farid: User,
) -> None:
    tokens = session_start(user=farid, kind=SessionKind.APP)
    together = threading.Barrier(6)

    def renewed(_: int) -> str:
        try:
            together.wait()
            return str(renew(Client(), tokens.refresh).json().get("refresh_token"))
        finally:
            connection.close()

    with transaction.atomic():  # Holds the row, so that all have come before the first is answered.
        RefreshToken.objects.select_for_update().get()
        pool = ThreadPoolExecutor(6)
        answers = pool.map(renewed, range(6))
        assert until(lambda: waiting() == 6)
    [successor] = set(answers)
    pool.shutdown()
    assert StaffSession.objects.get().ended_at is None
    assert renew(Client(), tokens.refresh).status_code == 401
    assert StaffSession.objects.get().ended_why == "reuse"
    assert renew(Client(), successor).status_code == 401


def waiting() -> int:
    """How many connections wait for a row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return int(cursor.fetchone()[0])


def test_a_bearer_that_opens_nothing_frees_no_cookie_from_the_form_token(browser: Client) -> None:
    secret = "ben" * 10
    donor_record(DonorDetails(**BEN))
    DonorSession.objects.create(
        digest=secret_digest(secret), email_key=BEN["email"], ends_at=now() + timedelta(hours=1)
    )
    browser.cookies[SESSION_COOKIE] = secret
    junk = {"Authorization": "Bearer x"}
    answer = browser.post("/api/donor/sign-out/", headers=junk, content_type="application/json")
    assert answer.status_code == 403
    assert DonorSession.objects.get().ended_at is None
