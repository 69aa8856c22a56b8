"""An app signs in, is held to its limits, and reads of both in words for machines."""

from typing import Any

import pytest
from django.test import override_settings

from api.models import RateWindow, Role, User
from api.services import rate_limits
from api.services.funds import funds_seed
from tests.clients import Client, bearer
from tests.people import staff
from tests.views.test_sign_in import PASSWORD, code, farid

__all__ = ["farid"]
pytestmark = pytest.mark.django_db


def send(url: str, data: dict[str, Any], **more: Any) -> Any:
    """As an app does: JSON, no cookies."""
    return Client(enforce_csrf_checks=True).post(
        f"/api/auth/{url}/", data, content_type="application/json", **more
    )


def test_an_app_signs_in_by_two_steps_renews_and_signs_out(farid: User) -> None:
    first = send("sign-in", {"email": farid.email, "password": PASSWORD})
    assert (first.status_code, first.json()["code"]) == (401, "second_factor_needed")
    assert first["Content-Type"] == "application/problem+json"
    ticket = first.json()["ticket"]
    wrong = send("second-factor", {"ticket": ticket, "code": "000000"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "sign_in_refused")
    done = send("second-factor", {"ticket": ticket, "code": code(), "device": "Farid's phone"})
    tokens = done.json()
    assert done.status_code == 200 and not done.cookies
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 600)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    me = Client().get("/api/auth/me/", headers=headers).json()
    assert (me["email"], me["role"], "refunds.make" in me["rights"]) == (
        farid.email,
        "finance",
        True,
    )
    listed = Client().get("/api/auth/sessions/", headers=headers).json()
    assert [(one["device"], one["kind"], one["is_current"]) for one in listed] == [
        ("Farid's phone", "app", True)
    ]
    again = send("refresh", {"refresh_token": tokens["refresh_token"]}).json()
    headers = {"Authorization": f"Bearer {again['access_token']}"}
    assert send("sign-out", {}, headers=headers).status_code == 204
    assert Client().get("/api/auth/me/", headers=headers).status_code == 401
    assert send("refresh", {"refresh_token": again["refresh_token"]}).status_code == 401


def test_signing_out_everywhere_ends_the_browser_too(client: Client, farid: User) -> None:
    client.force_login(farid)
    assert send("sign-out", {"everywhere": True}, headers=bearer(farid)).status_code == 204
    assert client.get("/admin/account/").status_code == 302


def test_a_ticket_is_over_when_the_password_changes_and_can_not_be_made_up(farid: User) -> None:
    ticket = send("sign-in", {"email": farid.email, "password": PASSWORD}).json()["ticket"]
    farid.set_password("winter coats 77")
    farid.save()
    for wrong in (ticket, ticket[:-1] + "x", "x", "a:b:c"):
        answer = send("second-factor", {"ticket": wrong, "code": code()})
        assert answer.status_code == 401


def test_who_has_no_second_factor_is_told_where_to_set_it_up() -> None:
    gwen = staff(Role.FUNDRAISER)
    answer = send("sign-in", {"email": gwen.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_missing")


def test_wrong_passwords_are_paused_with_the_seconds_to_wait(farid: User) -> None:
    answers = [send("sign-in", {"email": farid.email, "password": "x"}) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert answers[-1].json()["code"] == "sign_in_paused"
    assert 0 < int(answers[-1]["Retry-After"]) <= 10


def test_wrong_tries_of_others_do_not_hold_up_an_app_that_signed_in_before(farid: User) -> None:
    def step(word: str = PASSWORD, **more: str) -> Any:
        return send("sign-in", {"email": farid.email, "password": word, **more})

    sent = {"ticket": step().json()["ticket"], "code": code()}
    mark = send("second-factor", sent).json()["device_mark"]
    for _ in range(8):
        step("wrong")
    assert step().status_code == 429
    assert step(device_mark=mark).json()["code"] == "second_factor_needed"
    of_another = send("sign-in", {"email": "x@example.org", "password": "x", "device_mark": mark})
    assert (of_another.status_code, of_another.json()["code"]) == (401, "sign_in_refused")
    assert step(device_mark=f"{mark}x").status_code == 429


def test_the_api_says_what_is_left_and_refuses_the_rest_of_the_minute(farid: User) -> None:
    headers = bearer(farid)
    with override_settings(RATE_LIMITS={"staff": 3, "sign-in": 9}):
        answers = [Client().get("/api/auth/me/", headers=headers) for _ in range(4)]
        other = Client().get("/api/auth/me/", headers=bearer(staff(Role.AUDITOR)))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0"]
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"staff";q=3;w=60'}
    assert answers[-1].json()["code"] == "too_many_requests"
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert other.status_code == 200  # Everybody has their own.


def test_donors_are_counted_by_address_and_stripe_by_nothing() -> None:
    funds_seed()
    limits = {"giving": 2, "own": 1000, "sign-in": 5}
    with override_settings(RATE_LIMITS=limits):
        hall = [Client().get("/api/giving/", REMOTE_ADDR="203.0.113.9") for _ in range(3)]
        other = Client().get("/api/giving/", REMOTE_ADDR="203.0.113.10")
        site = Client().get("/api/giving/", REMOTE_ADDR="127.0.0.1")
        stripe = [Client().post("/api/webhook/", REMOTE_ADDR="203.0.113.9") for _ in range(4)]
    assert [answer.status_code for answer in hall] == [200, 200, 429]
    assert (other.status_code, site.status_code) == (200, 200)
    assert site["RateLimit-Policy"] == '"own";q=1000;w=60'
    assert [answer.status_code for answer in stripe] == [400] * 4
    assert "RateLimit" not in stripe[0]


def test_a_quota_is_shared_between_processes_and_most_requests_cost_no_query(
    django_assert_max_num_queries: Any,
) -> None:
    with override_settings(RATE_LIMITS={"giving": 300}):
        with django_assert_max_num_queries(100):
            taken = [rate_limits.request_take("giving", "hall") for _ in range(200)]
        assert all(each.is_allowed for each in taken)
        # Another process has nothing in hand: it takes from the same table.
        rate_limits._leases.clear()
        taken = [rate_limits.request_take("giving", "hall") for _ in range(200)]
    assert 95 <= sum(each.is_allowed for each in taken) <= 100
    RateWindow.objects.update(window=0)
    assert rate_limits.rate_limits_clean() >= 1
