"""How much, how large, how often; and what is said when it is too much."""

import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from bench.load import signed
from tests.deployed.site import WEBHOOK_SECRET, Deployed
from tests.people import gift


def delivery(number: int) -> tuple[bytes, dict[str, str]]:
    """A signed event of a kind that we keep and do nothing about."""
    body = json.dumps(
        {
            "id": f"evt_burst{number:06d}{secrets.token_hex(4)}",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": int(time.time()),
            "type": "account.updated",
            "livemode": False,
            "data": {"object": {"id": "acct_1", "object": "account"}},
        }
    ).encode()
    head = signed("/", body, WEBHOOK_SECRET).split(b"\r\n\r\n")[0].decode()
    lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    return body, {"Stripe-Signature": lines["Stripe-Signature"]}


def test_too_many_gifts_from_one_address_are_told_so_and_those_of_a_moment_later_are_taken(
    site: Deployed,
) -> None:
    with site.http() as http, ThreadPoolExecutor(16) as pool:
        empty = [pool.submit(http.post, "/api/stripe/payment-intent/", json={}) for _ in range(200)]
        answers = [each.result() for each in empty]
        codes = [answer.status_code for answer in answers]
        assert codes.count(400) >= 24
        assert codes.count(429) > 0
        assert set(codes) == {400, 429}
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert int(refused.headers["Retry-After"]) > 0
        assert refused.json()["code"] == "too_many_requests"
        assert "Nothing was charged" in refused.json()["detail"]
        assert http.get("/api/giving/").status_code == 200
        time.sleep(1.5)
        assert http.post("/api/stripe/payment-intent/", json=gift()).status_code == 201


def test_too_many_sign_ins_from_one_address_get_a_page(site: Deployed) -> None:
    with site.http() as http:
        answers = [http.post("/admin/login/", data={"username": "x"}) for _ in range(60)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert "Please wait a few seconds" in refused[0].text
        assert refused[0].headers["Content-Type"].startswith("text/html")
        assert int(refused[0].headers["Retry-After"]) > 0
        assert http.get("/admin/login/").status_code == 200


def test_five_hundred_deliveries_of_stripe_in_a_burst_from_one_address_are_all_taken(
    site: Deployed,
) -> None:
    def deliver(number: int) -> int:
        body, headers = delivery(number)
        route = ("/api/webhook/", "/api/stripe/subscription-webhook/")[number % 2]
        return http.post(route, content=body, headers=headers).status_code

    with site.http() as http, ThreadPoolExecutor(32) as pool:
        assert list(pool.map(deliver, range(500))) == [200] * 500


def test_what_is_too_large_is_refused_before_it_is_read(http: httpx.Client) -> None:
    answer = http.post("/api/stripe/payment-intent/", content=b"x" * 1_200_000)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    assert http.post("/api/webhook/", content=b"x" * 1_200_000).status_code == 413


def test_while_closed_pages_say_so_and_stripe_s_deliveries_are_taken(
    site: Deployed, http: httpx.Client
) -> None:
    closed = site.places.shared / "maintenance"
    closed.touch()
    try:
        page = http.get("/donate")
        assert page.status_code == 503
        assert "Closed for a short while" in page.text
        assert "Riverbank Community Trust" in page.text
        assert int(page.headers["Retry-After"]) > 0
        refused = http.post("/api/stripe/payment-intent/", json=gift())
        assert (refused.status_code, refused.json()["code"]) == (503, "away")
        body, headers = delivery(1)
        assert http.post("/api/webhook/", content=body, headers=headers).status_code == 200
        assert http.get("/health/ready").status_code == 200
    finally:
        closed.unlink()
    assert http.get("/donate").status_code == 200
