"""What answers say beside their content: policies, caching, cookies, one id in every log."""

import json
import re
import time

import httpx
import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from deploy.kit.releases import manage
from tests.deployed.site import Deployed
from tests.running.test_admin_sign_in import form_token


def script_sources(answer: httpx.Response) -> str:
    """The policy's `script-src`."""
    found = re.search(r"script-src ([^;]*)", answer.headers["Content-Security-Policy"])
    assert found
    return found[1]


def log_line(site: Deployed, request_id: str) -> dict[str, object]:
    """nginx's line of a request."""
    log = site.places.nginx_logs / "domaap-access.log"
    for _ in range(50):
        for line in log.read_text().splitlines():
            if request_id in line:
                return dict(json.loads(line))
        time.sleep(0.1)
    raise AssertionError(f"{request_id} is not in {log}")


@pytest.mark.parametrize("path", ["/donate", "/thanks/nobody", "/admin/login/", "/api/giving/"])
def test_every_answer_says_the_same_about_safety(http: httpx.Client, path: str) -> None:
    headers = http.get(path).headers
    assert headers.get_list("Strict-Transport-Security") == ["max-age=63072000"]
    assert headers.get_list("X-Content-Type-Options") == ["nosniff"]
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert 'payment=(self "https://js.stripe.com")' in headers["Permissions-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]
    assert "frame-ancestors" in headers["Content-Security-Policy"]
    assert headers["Server"] == "nginx"
    assert "X-Powered-By" not in headers


@pytest.mark.parametrize("path", ["/donate", "/thanks/nobody", "/admin/login/"])
def test_no_page_before_the_sign_in_runs_inline_or_evaluated_scripts(
    http: httpx.Client, path: str
) -> None:
    answer = http.get(path)
    assert "'unsafe-inline'" not in script_sources(answer)
    assert "'unsafe-eval'" not in script_sources(answer)


def test_nginx_leaves_it_to_the_page_who_may_frame_it(http: httpx.Client) -> None:
    assert "X-Frame-Options" not in http.get("/donate").headers
    assert http.get("/admin/login/").headers.get_list("X-Frame-Options") == ["SAMEORIGIN"]


def test_the_site_s_parts_are_cached_for_good_and_sent_small(http: httpx.Client) -> None:
    path = re.search(r'/_next/static/[^"]+\.js', http.get("/donate").text)
    assert path
    answer = http.get(path[0])
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" in answer.headers
    missing = http.get("/_next/static/chunks/never.js")
    assert missing.status_code == 404
    assert "immutable" not in missing.headers.get("Cache-Control", "")


def test_staff_s_files_are_asked_for_again_and_mostly_not_sent_again(http: httpx.Client) -> None:
    answer = http.get("/static/api/staff.css")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["Content-Type"].startswith("text/css")
    again = http.get("/static/api/staff.css", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_pages_with_a_person_in_them_are_kept_nowhere(http: httpx.Client) -> None:
    assert "no-store" in http.get("/donate").headers["Cache-Control"]
    assert "no-store" in http.get("/admin/login/").headers["Cache-Control"]


def test_one_id_stands_in_nginx_s_log_in_ours_and_in_the_answer(
    site: Deployed, http: httpx.Client
) -> None:
    given = "a" * 32
    request_id = http.get("/api/giving/", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert request_id != given
    line = log_line(site, request_id)
    assert (line["path"], line["status"], line["address"]) == ("/api/giving/", 200, "127.0.0.1")
    assert request_id in (site.places.logs / "application.log").read_text()
    of_site = http.get("/donate").headers["X-Request-ID"]
    assert log_line(site, of_site)["path"] == "/donate"


def test_links_that_are_keys_are_in_no_log(site: Deployed, http: httpx.Client) -> None:
    request_id = http.get("/giving/stop/secret-token-of-amina/?a=b").headers["X-Request-ID"]
    assert log_line(site, request_id)["path"] == "/giving/***"
    assert "secret-token" not in (site.places.nginx_logs / "domaap-access.log").read_text()


def test_what_a_visitor_says_of_their_address_is_not_believed(http: httpx.Client) -> None:
    said = {"X-Forwarded-For": "198.51.100.7", "X-Real-IP": "198.51.100.7"}
    said |= {"Forwarded": "for=198.51.100.7", "X-Forwarded-Proto": "http"}
    answer = http.get("/api/giving/", headers=said)
    # From 127.0.0.1 it is the machine's own; believed, it would be a stranger's.
    assert answer.headers["RateLimit-Policy"].startswith('"own"')


def form_send(http: httpx.Client, site: Deployed, path: str, **fields: str) -> httpx.Response:
    """Fill in the form at an address as a browser does, and follow where it leads."""
    page = http.get(path, follow_redirects=True)
    token = {"csrfmiddlewaretoken": form_token(page.text)}
    headers = {"Referer": str(page.url), "Origin": site.url}
    answer = http.post(str(page.url), data={**fields, **token}, headers=headers)
    cookies = [*page.headers.get_list("Set-Cookie"), *answer.headers.get_list("Set-Cookie")]
    for cookie in cookies:
        if "; Max-Age=0;" in cookie:
            continue  # One that is taken away again carries nothing.
        assert "; Secure" in cookie
        assert "; SameSite=Lax" in cookie
        assert "; HttpOnly" in cookie or cookie.startswith("csrftoken=")
    return answer


def test_cookies_of_a_sign_in_go_over_https_alone_and_scripts_do_not_see_them(
    site: Deployed, http: httpx.Client
) -> None:
    word, email = "winter coats 77", "dora@example.org"
    link = manage(site.places, "one", "first_administrator", email).strip()
    assert form_send(http, site, link, new_password1=word, new_password2=word).status_code == 302
    answer = form_send(http, site, "/admin/login/", username=email, password=word)
    assert answer.status_code == 302
    page = http.get("/admin/account/app/").text
    secret = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page)
    assert secret, page
    counter = int(time.time()) // 30
    code = format_hotp_value(hotp_value(secret[0].replace(" ", ""), counter))
    answer = form_send(http, site, "/admin/account/app/", code=code)
    assert answer.status_code in {200, 302}, answer.text
    assert {"access_token", "access_token_refresh", "csrftoken"} <= set(http.cookies)
    staff = http.get("/admin/", follow_redirects=True)
    assert staff.status_code == 200
    assert "'unsafe-inline'" not in script_sources(staff)
    assert staff.headers.get_list("Strict-Transport-Security") == ["max-age=63072000"]
