"""Staff sign in at /admin/: through the site and straight at web, under each name of this machine."""

import os
import re
from urllib.parse import urlsplit

import httpx
import pytest

STAFF = "staff@example.org"


def sign_in(base: str, email: str, password: str, *, origin: str = "") -> httpx.Response:
    """Fill in the form as a browser does; the last answer after all redirects."""
    address = base + "/admin/login/?next=/admin/"
    with httpx.Client(follow_redirects=True, timeout=30) as browser:
        form = browser.get(address)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
        assert token, form.text[:500]
        answer = browser.post(
            address,
            data={"username": email, "password": password, "csrfmiddlewaretoken": token[1]},
            headers={"Origin": origin or base, "Referer": address},
        )
        if answer.status_code == 200:
            assert str(answer.url) == base + "/admin/" and email in answer.text
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
