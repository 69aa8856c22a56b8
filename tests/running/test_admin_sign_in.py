"""Staff sign in at /admin/: through the site and straight at web, under each name of this machine."""

import os
import re
import time
from urllib.parse import urlsplit

import httpx
import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

STAFF = "staff@example.org"


def form_token(page: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found, page[:500]
    return found[1]


def code() -> str:
    """What the demo login's app shows now."""
    counter = int(time.time()) // 30
    return format_hotp_value(hotp_value(os.environ["DEMO_TOTP_SECRET"], counter))


def sign_in(
    base: str, email: str, password: str, *, origin: str = "", is_new: bool = False
) -> httpx.Response:
    """Fill in both forms as a browser does; the last answer after all redirects.

    A new account has no second factor yet: its password leads to setting one up, and no further.
    """
    address = base + "/admin/login/?next=/admin/"
    with httpx.Client(follow_redirects=True, timeout=30) as browser:
        sent = {"username": email, "password": password}
        for step in (sent,) if is_new else (sent, {"code": code()}):
            page = browser.get(address)
            answer = browser.post(
                address,
                data={**step, "csrfmiddlewaretoken": form_token(page.text)},
                headers={"Origin": origin or base, "Referer": address},
            )
            if answer.status_code != 200:
                return answer
            address = str(answer.url)
        assert address == base + ("/admin/account/app/" if is_new else "/admin/")
        assert is_new or email in answer.text
    return answer


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("process", ["BASE_URL", "WEB_URL"])
def test_staff_sign_in_at_the_site_and_at_web(process: str, name: str) -> None:
    base = f"http://{name}:{urlsplit(os.environ[process]).port}"
    assert sign_in(base, STAFF, os.environ["DEMO_PASSWORD"]).status_code == 200


@pytest.mark.parametrize("process", ["BASE_URL", "WEB_URL"])
def test_a_form_of_another_site_signs_nobody_in(process: str) -> None:
    base, password = os.environ[process], os.environ["DEMO_PASSWORD"]
    assert sign_in(base, STAFF, password, origin="http://evil.example").status_code == 403
