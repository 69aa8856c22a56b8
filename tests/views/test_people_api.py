"""Administrators' apps manage staff and programs by the API: in person, lately proved, as on the pages."""

from datetime import timedelta
from typing import Any

import pytest

from api.clock import charity_date, now
from api.models import ApiClient, AuditLine, Right, Role, User
from api.services import factors
from api.services.api_clients import api_client_make
from api.services.sessions import session_start
from tests.clients import Client, bearer
from tests.passkeys import SITE
from tests.people import staff
from tests.views.test_api_passkeys import passkey_of
from tests.views.test_sessions import me
from tests.views.test_sign_in import PASSWORD, browser, code, farid, post

__all__ = ["browser", "farid"]
pytestmark = pytest.mark.django_db
EVE = {"name": "Eve Lund", "email": "Eve@Example.org", "role": "support"}
COUNTER = {"name": "Counter", "scopes": ["giving.view"]}


class App:
    """An app that somebody signed in with."""

    def __init__(self, user: User, *, is_proved: bool = True) -> None:
        self.headers = bearer(user)
        if not is_proved:
            user.sessions.update(proved_at=now() - timedelta(minutes=11))

    def __call__(self, method: str, path: str, said: Any = None, **more: Any) -> Any:
        """One request; of a body JSON."""
        address, kind = f"/api/{path}", "application/json"
        data = {} if said is None else said
        send = getattr(Client(), method)
        return send(address, data, content_type=kind, headers=self.headers, **more)

    def get(self, path: str) -> Any:
        """What is there."""
        return Client().get(f"/api/{path}", headers=self.headers)


@pytest.fixture
def dora() -> User:
    """Dora, an administrator."""
    return staff(Role.ADMINISTRATOR)


@pytest.fixture
def app(dora: User) -> App:
    """Her app."""
    return App(dora)


def said(answer: Any) -> tuple[int, str, Any]:
    """A refusal: its status, its code and the fields it names."""
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    return answer.status_code, told["code"], told["fields"]


def test_a_person_is_invited_by_a_link_that_is_told_to_the_administrator(
    app: App, dora: User, browser: Client
) -> None:
    answer = app("post", "staff/people/", EVE)
    assert answer.status_code == 201 and answer["Cache-Control"] == "no-store"
    eve = User.objects.get(email="eve@example.org")
    assert answer.json()["person"] == {
        "id": eve.pk,
        "name": "Eve Lund",
        "email": "eve@example.org",
        "role": "support",
        "is_active": True,
        "has_second_factor": False,
        "signed_in_at": None,
    }
    line = AuditLine.objects.get(action="staff.added")
    assert (line.actor, line.subject) == (dora, f"user:{eve.pk}")
    path = answer.json()["link"].removeprefix("http://localhost:3000")
    words = {"new_password1": "winter coats 77", "new_password2": "winter coats 77"}
    assert post(browser, path, words)["Location"] == "/admin/login/"
    again = app("post", "staff/people/", {**EVE, "email": "eve@example.ORG"})
    taken = {"email": ["There is an account with this address already."]}
    assert said(again) == (409, "staff_refused", taken)
    assert User.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ["eve@example.org"]}, "email"),
        ({"role": "king"}, "role"),
        ({"role": {"x": 1}}, "role"),
        ({"name": " "}, "name"),
        ({"name": True}, "name"),
        ({"name": "a\0b"}, "name"),
    ],
)
def test_a_wrong_invitation_names_its_field_and_makes_nobody(
    app: App, change: dict[str, Any], field: str
) -> None:
    status, word, fields = said(app("post", "staff/people/", {**EVE, **change}))
    assert (status, word, list(fields)) == (400, "invalid", [field])
    assert User.objects.count() == 1


def test_the_list_names_everybody_but_programs_in_four_queries(
    app: App, dora: User, farid: User, django_assert_max_num_queries: Any
) -> None:
    api_client_make(name="A", scopes=[], expires_at=None, actor=dora)
    for number in range(51):
        staff(Role.SUPPORT, f"Hana{number}")
    with django_assert_max_num_queries(4):
        first = app.get("staff/people/").json()
    rest = app.get(f"staff/people/?before={first['next']}").json()
    people = first["results"] + rest["results"]
    assert len(first["results"]) == 50 and rest["next"] is None
    assert [one["id"] for one in people] == sorted((one["id"] for one in people), reverse=True)
    assert {one["email"] for one in people if one["has_second_factor"]} == {farid.email}
    assert len(people) == 53


def test_a_role_and_a_name_change_at_once_and_what_is_not_sent_stays(
    app: App, dora: User, farid: User
) -> None:
    theirs = App(farid)
    assert theirs.get("staff/payouts/").status_code == 200
    answer = app("patch", f"staff/people/{farid.pk}/", {"role": "support"}).json()
    assert (answer["role"], answer["name"]) == ("support", "Farid")
    assert theirs.get("staff/payouts/").status_code == 403
    app("patch", f"staff/people/{farid.pk}/", {"name": "Farid Aziz"})
    nothing = app("patch", f"staff/people/{farid.pk}/", {"email": "other@example.org"})
    assert said(nothing) == (400, "invalid", {"role": ["Send a name, a role, or both."]})
    farid.refresh_from_db()
    assert (farid.role, farid.get_full_name()) == ("support", "Farid Aziz")
    lines = AuditLine.objects.filter(action="staff.changed").order_by("pk")
    assert [line.detail["after"] for line in lines] == [{"role": "support"}, {"name": "Farid Aziz"}]
    deeds = app.get(f"staff/people/{farid.pk}/audit/").json()["results"]
    assert [deed["what"] for deed in deeds[:2]] == ["Staff changed"] * 2
    assert deeds[0]["who"] == dora.email


def test_one_person_shows_factors_and_devices(app: App, farid: User) -> None:
    session_start(user=farid, device="Phone", address="192.0.2.7")
    passkey_of(farid)
    one = app.get(f"staff/people/{farid.pk}/").json()
    assert one["has_second_factor"] and one["factors"]["app_made_at"]
    assert [key["name"] for key in one["factors"]["passkeys"]] == ["Phone"]
    assert [(it["device"], it["is_current"]) for it in one["sessions"]] == [("Phone", False)]


def test_closing_opening_signing_out_and_a_lost_phone(app: App, dora: User, farid: User) -> None:
    def act(deed: str) -> Any:
        answer = app("post", f"staff/people/{farid.pk}/{deed}/")
        assert answer.status_code == 200, answer.json()
        return answer.json()

    access = session_start(user=farid).access
    assert act("sign-out")["sessions"] == [] and me(Client(), access) == 401
    access = session_start(user=farid).access
    assert act("factors/reset")["has_second_factor"] is False and me(Client(), access) == 401
    assert not factors.factors_of(farid).is_set
    assert "/admin/welcome/" in act("link")["link"]
    access = session_start(user=farid).access
    assert act("close")["is_active"] is False and me(Client(), access) == 401
    act("close")
    closed = app("post", f"staff/people/{farid.pk}/link/")
    assert said(closed)[:2] == (409, "staff_refused")
    assert act("reopen")["is_active"] is True
    lines = AuditLine.objects.filter(subject=f"user:{farid.pk}", actor=dora)
    counted = [lines.filter(action=f"staff.{word}").count() for word in ("closed", "reopened")]
    assert (counted, lines.filter(action="factors.reset").count()) == ([1, 1], 1)
    assert lines.filter(action="sessions.ended").count() == 3


def test_the_last_administrator_neither_closes_nor_demotes_themself(app: App, dora: User) -> None:
    status, word, fields = said(app("patch", f"staff/people/{dora.pk}/", {"role": "finance"}))
    assert (status, word, list(fields)) == (409, "staff_refused", ["role"])
    closed = app("post", f"staff/people/{dora.pk}/close/")
    assert said(closed)[:2] == (409, "staff_refused")
    dora.refresh_from_db()
    assert (dora.role, dora.is_active) == (Role.ADMINISTRATOR, True)
    assert app.get("auth/me/").status_code == 200


def changes(pk: int, client: int) -> list[tuple[str, str, Any]]:
    """Everything that opens or shuts doors."""
    deeds = ("close", "reopen", "sign-out", "factors/reset", "link")
    return [
        ("post", "staff/people/", EVE),
        ("patch", f"staff/people/{pk}/", {"role": "administrator"}),
        *(("post", f"staff/people/{pk}/{deed}/", None) for deed in deeds),
        ("post", "staff/api-clients/", COUNTER),
        ("post", f"staff/api-clients/{client}/revoke/", None),
    ]


def counts() -> list[int]:
    """What may not change."""
    administrators = User.objects.filter(role=Role.ADMINISTRATOR).count()
    live = ApiClient.objects.live().count()
    return [User.objects.count(), administrators, live, AuditLine.objects.count()]


def test_an_old_proof_changes_nobody_and_says_how_to_prove_again(dora: User, farid: User) -> None:
    client, _ = api_client_make(name="A", scopes=[], expires_at=None, actor=dora)
    unproved, before = App(dora, is_proved=False), counts()
    for method, path, data in changes(farid.pk, client.pk):
        answer = unproved(method, path, data)
        assert said(answer)[:2] == (403, "proof_needed"), path
        assert "/api/auth/prove/" in answer.json()["detail"]
    assert counts() == before
    for path in ("staff/people/", f"staff/people/{farid.pk}/", "staff/api-clients/"):
        assert unproved.get(path).status_code == 200


def test_neither_other_roles_nor_programs_manage_people_or_programs(
    dora: User, farid: User
) -> None:
    client, token = api_client_make(name="A", scopes=list(Right), expires_at=None, actor=dora)
    ApiClient.objects.filter(pk=client.pk).update(scopes=list(Right))
    program, before = App(dora), counts()
    program.headers = {"Authorization": f"Bearer {token}"}
    for who in (program, App(farid)):
        asked = changes(farid.pk, client.pk)
        asked += [("get", path, {}) for path in ("staff/people/", "staff/api-clients/")]
        for method, path, data in asked:
            assert said(who(method, path, data))[:2] == (403, "permission_denied"), path
        assert who("get", f"staff/people/{dora.pk}/").status_code == 403
    assert counts() == before
    assert said(program("post", "auth/prove/", {"password": "x", "code": "1"}))[0] == 403


def test_who_is_signed_in_proves_it_again_and_goes_on(farid: User) -> None:
    User.objects.filter(pk=farid.pk).update(role=Role.ADMINISTRATOR)
    app = App(farid, is_proved=False)
    assert said(app("post", "staff/people/", EVE))[1] == "proof_needed"
    assert said(app("post", "auth/prove/", {"password": "x", "code": code()})) == (
        403,
        "proof_refused",
        {"password": ["The password is not right."]},
    )
    wrong = app("post", "auth/prove/", {"password": PASSWORD, "code": "000000"})
    assert said(wrong)[1] == "proof_refused" and list(said(wrong)[2]) == ["code"]
    assert said(app("post", "staff/people/", EVE))[1] == "proof_needed"
    proved = app("post", "auth/prove/", {"password": PASSWORD, "code": code()})
    assert proved.status_code == 200 and proved.json()["proved_until"]
    assert app("post", "staff/people/", EVE).status_code == 201


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"code": "1"}, "password"),
        ({"password": 1.5, "code": ["1"]}, "code"),
        ({"password": "x"}, "code"),
        ({"password": "x", "code": "1", "ceremony": "a" * 32, "credential": {}}, "code"),
        ({"password": "x", "ceremony": "a" * 32}, "credential"),
        ({"password": "x", "credential": {}}, "ceremony"),
        ({"password": "x", "ceremony": "a" * 32, "credential": "x"}, "credential"),
    ],
)
def test_half_a_proof_names_what_is_missing(app: App, sent: dict[str, Any], field: str) -> None:
    status, word, fields = said(app("post", "auth/prove/", sent))
    assert (status, word, list(fields)) == (400, "invalid", [field])


def test_guesses_by_a_stolen_session_are_paused_as_at_the_sign_in(farid: User) -> None:
    app = App(farid, is_proved=False)
    sent = {"password": "guess", "code": "000000"}
    answers = [app("post", "auth/prove/", sent) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]
    assert answers[-1].json()["code"] == "sign_in_paused" and answers[-1]["Retry-After"]
    assert app("post", "auth/prove/", {"password": PASSWORD, "code": code()}).status_code == 429


def test_a_passkey_proves_it_too_once_and_on_this_site(dora: User) -> None:
    key, app = passkey_of(dora), App(dora, is_proved=False)
    at = {"HTTP_HOST": f"{SITE}:3000"}
    asked = app("post", "auth/prove/passkey/", **at).json()
    sent = {"password": PASSWORD, "ceremony": asked["ceremony"], "credential": key.answer(asked)}
    stranger = App(staff(Role.ADMINISTRATOR, "Olga"), is_proved=False)
    assert list(said(stranger("post", "auth/prove/", sent, **at))[2]) == ["credential"]
    assert app("post", "auth/prove/", sent, **at).status_code == 200
    assert list(said(app("post", "auth/prove/", sent, **at))[2]) == ["credential"]
    assert app("post", "staff/api-clients/", COUNTER).status_code == 201


def test_who_has_no_passkey_is_told(farid: User) -> None:
    assert said(App(farid)("post", "auth/prove/passkey/"))[:2] == (409, "passkey_missing")


def test_a_programs_token_is_told_once_and_opens_nothing_once_revoked(app: App, dora: User) -> None:
    today = charity_date(now()).isoformat()
    made = app("post", "staff/api-clients/", {**COUNTER, "expires_on": today})
    assert made.status_code == 201 and made["Cache-Control"] == "no-store"
    token, client = made.json()["token"], made.json()["client"]
    assert client["expires_at"] == f"{today}T23:59:59Z" and client["state"] == "live"
    assert (client["scopes"], client["made_by"]) == (
        ["giving.view"],
        {"id": dora.pk, "name": "Dora"},
    )
    assert me(Client(), token) == 200
    listing = app.get("staff/api-clients/")
    assert token not in listing.content.decode()
    assert token.startswith(listing.json()["results"][0]["token_begins"])
    for _ in range(2):
        revoked = app("post", f"staff/api-clients/{client['id']}/revoke/").json()
        assert revoked["state"] == "revoked" and me(Client(), token) == 401
    assert AuditLine.objects.get(action="api_client.made").actor == dora
    assert AuditLine.objects.get(action="api_client.revoked").actor == dora


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": {"a": 1}}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": "giving.view"}, "scopes"),
        ({"scopes": ["staff.manage"]}, "scopes.0"),
        ({"scopes": [["giving.view"]]}, "scopes.0"),
        ({"expires_on": "2020-01-01"}, "expires_on"),
        ({"expires_on": "soon"}, "expires_on"),
        ({"expires_on": 20301231}, "expires_on"),
    ],
)
def test_a_wrong_program_names_its_field_and_is_not_made(
    app: App, change: dict[str, Any], field: str
) -> None:
    status, word, fields = said(app("post", "staff/api-clients/", {**COUNTER, **change}))
    assert (status, word, list(fields)) == (400, "invalid", [field])
    assert not ApiClient.objects.exists()


@pytest.mark.parametrize("path", ["people/999999/close/", "api-clients/999999/revoke/"])
def test_nobody_there_is_a_404(app: App, path: str) -> None:
    assert said(app("post", f"staff/{path}"))[:2] == (404, "not_found")


def test_the_pages_too_ask_for_password_and_code_before_they_change_anybody(
    client: Client, dora: User, farid: User
) -> None:
    program, _ = api_client_make(name="A", scopes=[], expires_at=None, actor=dora)
    client.force_login(dora)
    dora.sessions.update(proved_at=now() - timedelta(minutes=11))
    before, page = counts(), f"/admin/staff/{farid.pk}/"
    for url, data in (
        ("/admin/staff/add/", EVE),
        (page, {"name": "F", "role": "administrator"}),
        (f"{page}act/", {"deed": "link"}),
        ("/admin/api-clients/add/", COUNTER),
        (f"/admin/api-clients/{program.pk}/revoke/", {}),
    ):
        answer = client.post(url, data, headers={"Referer": f"http://testserver{page}"})
        assert answer["Location"] == f"/admin/account/prove/?next=%2Fadmin%2Fstaff%2F{farid.pk}%2F"
    assert counts() == before
    assert "Nothing was changed yet" in client.get(answer["Location"]).content.decode()
    assert client.get(page).status_code == 200
