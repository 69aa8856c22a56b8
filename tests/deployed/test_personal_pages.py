"""A donor's own pages through nginx: kept by nobody on the way, framed by nobody, their keys in no log."""

import re
import secrets
from dataclasses import dataclass
from email.message import Message

import httpx
import pytest

from deploy.kit.releases import manage
from tests.conftest import until
from tests.deployed.site import EMBEDDER, Deployed
from tests.deployed.test_headers import script_sources
from tests.people import monthly

TELL = """
from api.models import Message, Receipt
from api.services.messages import unsubscribe_url
from api.services.receipt_codes import receipt_code
receipt = Receipt.objects.get(donation__donor__email=%r)
mail = Message.objects.filter(donor=receipt.donation.donor).latest("pk")
print("told", receipt_code(receipt.year, receipt.sequence), unsubscribe_url(mail.key))
"""


@dataclass(frozen=True)
class Amina:
    """A donor who gives monthly, is signed in, and holds all the links that we send."""

    http: httpx.Client
    links: dict[str, str]


def text_of(mail: Message) -> str:
    """The plain text of an e-mail."""
    part = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


def mailed(site: Deployed, address: str, pattern: str) -> str:
    """What an e-mail to an address says, once it has come."""

    def found() -> list[str]:
        return [
            match[0]
            for mail in site.mails.to(address)
            for match in re.finditer(pattern, text_of(mail))
        ]

    assert until(lambda: bool(found())), [text_of(mail) for mail in site.mails.to(address)]
    return found()[0]


def given(site: Deployed, http: httpx.Client, address: str) -> None:
    """£10 a month, the first of it paid."""
    body = monthly(donor={"name": "Amina Yusuf", "email": address})
    answer = http.post("/api/stripe/subscription-intent/", json=body)
    assert answer.status_code == 201, answer.text
    secret = answer.json()["client_secret"]
    form = {"client_secret": secret, "payment_method": "pm_card_visa", "key": "pk_test_simulator"}
    intent = f"{site.simulator}/v1/payment_intents/{secret.split('_secret_')[0]}/confirm"
    httpx.post(intent, data=form, trust_env=False).raise_for_status()


def patiently(http: httpx.Client, path: str, body: dict[str, str]) -> int:
    """The status of what is posted, asked again while the limits that others used up hold it back."""
    codes: list[int] = []

    def is_let_in() -> bool:
        codes.append(http.post(path, json=body).status_code)
        return codes[-1] != httpx.codes.TOO_MANY_REQUESTS

    until(is_let_in)
    return codes[-1]


@pytest.fixture(scope="module")
def amina(site: Deployed) -> Amina:
    """Everything by the product's own ways: her gift, her receipt, her link."""
    address = f"amina.{secrets.token_hex(4)}@example.org"
    http = site.http()
    given(site, http, address)
    stop = mailed(site, address, r"/giving/stop/[^\s)]+")
    assert patiently(http, "/api/donor/link/", {"email": address}) == 204
    way_in = mailed(site, address, r"/my-giving/in/[^\s)]+")
    token = way_in.removeprefix("/my-giving/in/")
    assert patiently(http, "/api/donor/sign-in/", {"token": token}) == 204
    said = manage(site.places, "one", "shell", "--no-imports", "-c", TELL % address)
    told = re.search(r"^told (\S+) (\S+)$", said, re.MULTILINE)
    assert told, said
    receipt = http.get("/api/donor/gifts/").json()["gifts"][0]["reference"]
    links = {
        "stop": stop,
        "in": way_in,
        "verify": f"/verify/{told[1]}",
        "unsubscribe": told[2].removeprefix(site.url),
        "mine": "/my-giving",
        "me": "/api/donor/me/",
        "plans": "/api/donor/plans/",
        "gifts": "/api/donor/gifts/",
        "receipt": f"/api/donor/gifts/{receipt}/receipt.pdf",
    }
    return Amina(http, links)


PAGES = ("stop", "in", "verify", "unsubscribe", "mine")


@pytest.mark.parametrize("name", [*PAGES, "me", "plans", "gifts", "receipt"])
def test_nobody_on_the_way_keeps_what_is_hers(amina: Amina, name: str) -> None:
    answer = amina.http.get(amina.links[name])
    assert answer.status_code == 200, answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers.get_list("Strict-Transport-Security") == ["max-age=63072000"]
    assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"]


@pytest.mark.parametrize("name", PAGES)
def test_no_other_site_frames_her_pages_and_none_runs_scripts_of_strangers(
    amina: Amina, name: str
) -> None:
    answer = amina.http.get(amina.links[name])
    policy = answer.headers["Content-Security-Policy"]
    assert re.search(r"frame-ancestors '(none|self)'(;|$)", policy)
    assert EMBEDDER not in policy
    assert "'unsafe-inline'" not in script_sources(answer)
    assert "'unsafe-eval'" not in script_sources(answer)


def test_the_giving_page_alone_is_framed_by_the_sites_that_the_charity_named(
    http: httpx.Client,
) -> None:
    for path in ("/donate", "/thanks/nobody"):
        policy = http.get(path).headers["Content-Security-Policy"]
        assert policy.endswith(f"frame-ancestors 'self' {EMBEDDER}")


def test_the_keys_in_her_links_are_in_no_log(amina: Amina, site: Deployed) -> None:
    for name in ("stop", "in", "unsubscribe"):
        assert amina.http.get(f"{amina.links[name]}?from=mail").status_code == 200
    logs = [
        path
        for folder in (site.places.nginx_logs, site.places.logs)
        for path in folder.rglob("*.log")
    ]
    assert len(logs) > 2
    for name in ("stop", "in", "unsubscribe"):
        key = max(amina.links[name].split("/"), key=len)
        assert len(key) > 20
        assert [path.name for path in logs if key in path.read_text()] == []


def test_too_many_wishes_for_a_link_from_one_address_are_held_up(http: httpx.Client) -> None:
    wish = {"email": "nobody@example.org"}
    codes = [http.post("/api/donor/link/", json=wish).status_code for _ in range(60)]
    assert set(codes) <= {204, 429}
    refused = http.post("/api/donor/link/", json=wish)
    if refused.status_code == 429:
        assert refused.json()["code"] == "too_many_requests"
    assert 429 in codes
    assert http.get("/my-giving").status_code == 200
