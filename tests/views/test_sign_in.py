"""Staff sign in with password and second factor; what is stolen, old or changed opens nothing."""

import base64
import json
import time
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.test import override_settings

from api.clock import now
from api.models import AuditLine, Role, SignInPause, User
from api.services import factors
from api.services.sign_in_pauses import pause_seconds
from api.views.session_cookies import REFRESH_COOKIE
from tests.clients import Client
from tests.hashers import QuickArgon2
from tests.people import staff

pytestmark = pytest.mark.django_db
ACCESS = settings.JWT_COOKIE_NAME
PASSWORD = "a long password"
SECRET = base64.b32encode(b"twenty bytes of luck").decode()
LOGIN = "/admin/login/"
SECOND = "/admin/login/second-factor/"


def code(steps: int = 0) -> str:
    """What the app shows now, or some steps later."""
    counter = int(time.time()) // 30 + steps
    return totp.format_hotp_value(totp.hotp_value(SECRET, counter))


@pytest.fixture
def farid() -> User:
    """Farid of finance, who has an app for codes."""
    user = staff(Role.FINANCE)
    totp.TOTP.activate(user, SECRET)
    factors.RecoveryCodes.activate(user)
    return user


@pytest.fixture
def browser() -> Client:
    """A browser that insists on form tokens."""
    return Client(enforce_csrf_checks=True)


def post(browser: Client, url: str, data: dict[str, Any], **more: Any) -> Any:
    """Fill in the form as a browser does: with the form token of the page."""
    if "csrftoken" not in browser.cookies:
        browser.get(LOGIN)
    token = browser.cookies["csrftoken"].value
    return browser.post(url, {**data, "csrfmiddlewaretoken": token}, **more)


def password(browser: Client, email: str, word: str = PASSWORD, **more: Any) -> Any:
    """The first step."""
    return post(browser, LOGIN, {"username": email, "password": word}, **more)


def sign_in(browser: Client, email: str) -> Any:
    """Both steps."""
    assert password(browser, email)["Location"] == SECOND
    return post(browser, SECOND, {"code": code()})


def is_in(browser: Client) -> bool:
    """Whether this browser sees pages of staff."""
    return bool(browser.get("/admin/account/").status_code == 200)


def test_password_and_code_open_the_pages_and_the_password_alone_opens_nothing(
    browser: Client, farid: User
) -> None:
    assert password(browser, " FARID@example.org ")["Location"] == SECOND
    assert not is_in(browser) and ACCESS not in browser.cookies
    assert browser.get("/api/auth/me/").status_code == 401
    answer = post(browser, SECOND, {"code": code()})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert is_in(browser)
    for name in (ACCESS, REFRESH_COOKIE):
        cookie = answer.cookies[name]
        assert cookie["httponly"] and cookie["samesite"] == "Lax"
        assert not cookie["domain"] and not cookie["secure"]  # http://localhost: this host alone
    line = AuditLine.objects.get(action="session.started")
    assert (line.actor, line.detail["factor"]) == (farid, "totp")


@override_settings(
    SITE_URL="https://give.example.org", COOKIES_SECURE=True, ACTIVE_COOKIE_DOMAIN="example.org"
)
@pytest.mark.parametrize(
    ("host", "domain"), [("give.example.org", "example.org"), ("127.0.0.1", "")]
)
def test_the_cookie_is_of_the_domain_of_the_settings_where_it_fits(
    browser: Client, farid: User, host: str, domain: str
) -> None:
    with override_settings(ALLOWED_HOSTS=[host]):
        browser.defaults["HTTP_HOST"] = host
        sign_in(browser, farid.email)
    cookie = browser.cookies[ACCESS]
    assert (cookie["domain"], bool(cookie["secure"])) == (domain, True)


def test_behind_the_site_the_cookie_is_of_the_host_in_the_browser(
    browser: Client, farid: User
) -> None:
    with override_settings(ACTIVE_COOKIE_DOMAIN="give.example.org"):
        browser.defaults["HTTP_X_FORWARDED_HOST"] = "give.example.org"
        sign_in(browser, farid.email)
    assert browser.cookies[ACCESS]["domain"] == "give.example.org"


@pytest.mark.parametrize(
    "following", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_signing_in_leads_to_no_other_site(browser: Client, farid: User, following: str) -> None:
    post(browser, LOGIN, {"username": farid.email, "password": PASSWORD, "next": following})
    assert post(browser, SECOND, {"code": code()})["Location"] == "/admin/"


def test_a_code_works_once(browser: Client, farid: User) -> None:
    shown = code()
    password(browser, farid.email)
    assert post(browser, SECOND, {"code": shown}).status_code == 302
    other = Client(enforce_csrf_checks=True)
    password(other, farid.email)
    assert "not right" in post(other, SECOND, {"code": shown}).content.decode()
    assert not is_in(other)


def test_a_recovery_code_works_once(browser: Client, farid: User) -> None:
    first, second, *_ = factors.recovery_codes(farid)
    for shown, is_good in ((first, True), (first, False), (second, True)):
        other = Client(enforce_csrf_checks=True)
        password(other, farid.email)
        post(other, SECOND, {"code": f" {shown[:4]} {shown[4:]}"})
        assert is_in(other) is is_good
    assert factors.factors_of(farid).recovery_left == 8


def test_who_has_no_second_factor_sets_one_up_before_anything_opens(browser: Client) -> None:
    gwen = staff(Role.FUNDRAISER)
    assert password(browser, gwen.email)["Location"] == SECOND
    assert browser.get(SECOND)["Location"] == "/admin/account/app/"
    for page in ("/admin/", "/admin/account/", "/admin/api/donor/"):
        assert browser.get(page)["Location"].startswith(LOGIN)
    shown = browser.get("/admin/account/app/")
    secret = shown.context["secret"].replace(" ", "")
    wrong = post(browser, "/admin/account/app/", {"code": "000000"})
    assert "not right" in wrong.content.decode() and not factors.factors_of(gwen).is_set
    counter = int(time.time()) // 30
    right = totp.format_hotp_value(totp.hotp_value(secret, counter))
    done = post(browser, "/admin/account/app/", {"code": right})
    assert done["Location"] == "/admin/account/recovery-codes/?next=%2Fadmin%2F"
    codes = browser.get(done["Location"]).content.decode()
    assert all(each in codes for each in factors.recovery_codes(gwen))
    assert is_in(browser)
    kept = factors.factors_of(gwen).totp
    assert kept and secret not in json.dumps(kept.data)  # Encrypted in the database.


def test_who_has_a_factor_can_set_up_no_other_with_the_password_alone(
    browser: Client, farid: User
) -> None:
    password(browser, farid.email)
    for page in ("/admin/account/app/", "/admin/account/passkey/"):
        assert browser.get(page)["Location"] == SECOND
        assert post(browser, page, {"code": code()})["Location"] == SECOND
    assert not is_in(browser)


class Counted(QuickArgon2):
    """Argon2 that writes down when it works."""

    work: ClassVar[list[str]] = []

    def encode(self, *args: Any, **kwargs: Any) -> str:
        self.work.append("encode")
        return super().encode(*args, **kwargs)

    def verify(self, *args: Any, **kwargs: Any) -> bool:
        self.work.append("verify")
        return super().verify(*args, **kwargs)


def test_no_answer_tells_whether_an_account_exists_and_each_costs_the_same_work(
    browser: Client, farid: User
) -> None:
    closed = staff(Role.SUPPORT)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    stranger = User.objects.create_user("frank@example.org", PASSWORD)
    unused = User.objects.create_user("unused@example.org", is_staff=True)
    tries = [
        (farid.email, "wrong"),
        ("nobody@example.org", PASSWORD),
        ("\0", PASSWORD),
        (closed.email, PASSWORD),
        (stranger.email, PASSWORD),
        (unused.email, PASSWORD),
    ]
    hashers = [f"{__name__}.Counted"]
    pages, costs, answers = set(), [], set()
    with override_settings(PASSWORD_HASHERS=hashers):
        for email, word in tries:
            Counted.work.clear()
            answer = password(Client(enforce_csrf_checks=True), email, word)
            text = answer.content.decode().replace(answer.wsgi_request.META["CSRF_COOKIE"], "")
            pages.add((answer.status_code, "is not right" in text))
            costs.append(len(Counted.work))
            sent = {"email": email.replace("\0", "x"), "password": word}
            api = browser.post("/api/auth/sign-in/", sent, content_type="application/json")
            answers.add((api.status_code, api.content))
    assert pages == {(200, True)}
    assert costs == [1] * len(tries), costs
    assert len(answers) == 1 and answers.pop()[0] == 401


def test_wrong_tries_pause_longer_and_longer_and_shut_out_nobody_elsewhere(
    farid: User,
) -> None:
    attacker, owner = {"REMOTE_ADDR": "203.0.113.9"}, {"REMOTE_ADDR": "198.51.100.7"}
    answers = [password(Client(), farid.email, "wrong", **attacker) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert 0 < int(answers[-1]["Retry-After"]) <= 10
    # Even the right password is not looked at during a pause.
    assert password(Client(), farid.email, **attacker).status_code == 429
    assert password(Client(), farid.email, **owner)["Location"] == SECOND
    assert [pause_seconds(n, 5) for n in (4, 5, 6, 7, 50)] == [0, 10, 20, 40, 900]
    SignInPause.objects.update(until=now() - timedelta(seconds=1))
    assert password(Client(), farid.email, **attacker)["Location"] == SECOND


def test_a_device_that_signed_in_before_is_not_shut_out_by_a_neighbour(farid: User) -> None:
    mine = Client(enforce_csrf_checks=True)
    sign_in(mine, farid.email)
    post(mine, "/admin/logout/", {})
    for _ in range(8):
        password(Client(), farid.email, "wrong")
    assert password(Client(), farid.email).status_code == 429
    assert password(mine, farid.email)["Location"] == SECOND


def test_unknown_accounts_are_paused_alike_and_an_address_that_tries_many_is_too(
    farid: User,
) -> None:
    at = {"REMOTE_ADDR": "203.0.113.9"}
    answers = [password(Client(), "nobody@example.org", "wrong", **at) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    for number in range(25):
        password(Client(), f"{number}@example.org", "wrong", **at)
    assert password(Client(), "new@example.org", "wrong", **at).status_code == 429
    assert SignInPause.objects.count() < 40


def test_whom_nobody_trusts_can_name_no_other_address(farid: User) -> None:
    for number in range(5):
        said = {"HTTP_X_FORWARDED_FOR": f"192.0.2.{number}", "REMOTE_ADDR": "203.0.113.9"}
        password(Client(), farid.email, "wrong", **said)
    said = {"HTTP_X_FORWARDED_FOR": "192.0.2.99", "REMOTE_ADDR": "203.0.113.9"}
    assert password(Client(), farid.email, **said).status_code == 429
    # Behind our own proxy the last address that is not ours counts, not what stands before it.
    for number in range(5):
        chain = {"HTTP_X_FORWARDED_FOR": f"10.9.9.{number}, 198.51.100.7, 127.0.0.1"}
        password(Client(), farid.email, "wrong", **chain)
    chain = {"HTTP_X_FORWARDED_FOR": "10.9.9.99, 198.51.100.7"}
    assert password(Client(), farid.email, **chain).status_code == 429


def test_codes_can_not_be_guessed_one_after_the_other(browser: Client, farid: User) -> None:
    password(browser, farid.email)
    answers = [post(browser, SECOND, {"code": f"{n:06}"}).status_code for n in range(12)]
    assert answers == [200] * 10 + [429] * 2
    assert post(browser, SECOND, {"code": code()}).status_code == 429 and not is_in(browser)


def test_the_practice_code_is_shown_in_the_embedded_mode_and_to_the_demo_login_alone(
    browser: Client, farid: User
) -> None:
    demo = User.objects.create_superuser("staff@example.org", PASSWORD)
    totp.TOTP.activate(demo, SECRET)
    for email, is_embedded, is_shown in (
        (demo.email, True, True),
        (demo.email, False, False),
        (farid.email, True, False),
    ):
        with override_settings(IS_EMBEDDED=is_embedded, DEMO_TOTP_SECRET=SECRET):
            other = Client(enforce_csrf_checks=True)
            password(other, email)
            page = other.get(SECOND).content.decode()
        assert ("Practice code" in page) is is_shown
        assert any(code(step) in page for step in (-1, 0, 1)) is is_shown


def test_nor_is_it_shown_through_a_tunnel() -> None:
    demo = User.objects.create_superuser("staff@example.org", PASSWORD)
    totp.TOTP.activate(demo, SECRET)
    with override_settings(IS_EMBEDDED=True, DEMO_TOTP_SECRET=SECRET):
        other = Client(enforce_csrf_checks=True)
        password(other, demo.email)
        page = other.get(SECOND, headers={"X-Forwarded-For": "198.51.100.7"})
    assert page.status_code == 200 and "Practice code" not in page.content.decode()
