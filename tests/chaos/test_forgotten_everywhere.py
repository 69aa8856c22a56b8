"""A donor is forgotten on the running product: their words are nowhere but where the law keeps them.

Looked for in the whole database as `pg_dump` writes it, in every file and in every log, in plain and in
what can be turned back into it.
"""

import base64
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import psycopg
import pypdfium2
import pytest

from embedded.postgres import cluster_of
from tests.chaos.forgotten_deeds import CANARY
from tests.chaos.killable import Killable, killable
from tests.chaos.mail_sink import mail_sink
from tests.conftest import until
from tests.environment import ROOT
from tests.people import gift, monthly

# Folded; the first letter is left out, since base64 tells it apart from a large one.
WORDS = ("qjcanary", "nikódqj", "07700 900999", "ze3 9jz")
EMAIL = str(CANARY["email"])
BILLING = {"name": "X. Ünikódqj", "email": EMAIL, "phone": "07700 900999"}
MESSAGE = "Xqjcanarymessage for you"
CLUSTER = "postgres-forgotten"
JOBS = (
    "SELECT 1 FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queue_name = 'default'"
)
EVENTS = "SELECT 1 FROM api_webhookevent WHERE status = 'waiting'"
TOTALS = (
    """SELECT account, currency, sum(amount_minor), count(*) FROM api_ledgerentry
        GROUP BY account, currency ORDER BY 1, 2""",
    "SELECT currency, sum(amount_minor), count(*) FROM api_payment GROUP BY currency ORDER BY 1",
    "SELECT year, sequence FROM api_receipt ORDER BY 1, 2",
)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killable]:
    """The whole product, with a mail server that knows nobody of this name."""
    folder = tmp_path_factory.mktemp("forgotten")
    with mail_sink(folder, "canary") as (port, _):
        mail = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port), "EMAIL_USE_TLS": "False"}
        parts = ("simulator", "web", "worker", "site")
        with killable(folder / "product", cluster=CLUSTER, parts=parts, settings=mail) as target:
            yield target


def test_a_forgotten_donor_is_in_no_table_file_or_log_but_where_the_law_keeps_them(
    target: Killable,
) -> None:
    with httpx.Client(timeout=30, trust_env=False) as http:
        _gives(target, http)
        _deed(target, "plant")
        _quiet(target)
        _breaks(target, http)
    assert not (told := logs(target)), told  # Not even while the donor is here.
    there = set(tables(target))
    assert {
        "api_donor", "api_donation", "api_message", "api_webhookevent", "api_auditline", "api_nameword",
        "api_donornote", "api_replacedreceipt", "api_receipt", "api_savedview", "api_refund",
        "api_followup", "api_planchange", "api_donorlink", "api_emailchange", "api_bankline",
        "api_tribute",
    } <= there  # fmt: skip
    assert {Path(name).suffix for name in files(target)} == {".csv", ".xlsx", ".pdf"}
    totals = [target.ask(query) for query in TOTALS]

    _deed(target, "forget")
    state = "SELECT state FROM api_erasure"
    assert until(lambda: target.ask(state) == [("erased",)]), target.ask(state)
    _quiet(target)

    left = tables(target)
    assert set(left) == {"api_retainedrecord", "api_bankline"}, left
    assert files(target) == {}
    assert logs(target) == {}
    assert [target.ask(query) for query in TOTALS] == totals
    kept = target.ask("SELECT name, address_lines::text, receipts::text FROM api_retainedrecord")
    assert kept[0][0] == CANARY["name"] and "77 Xqjcanaryline Road" in kept[0][1]
    assert target.ask("SELECT to_char(keep_until, 'MM-DD') FROM api_retainedrecord") == [("03-31",)]


def _gives(target: Killable, http: httpx.Client) -> None:
    """Ben once; the canary once, once with a card that is declined, and each month."""
    _give(target, http, gift())
    tribute = {"kind": "memory", "name": "Xqjcanaryauntie", "message": "Xqjcanarywords"}
    _give(target, http, gift(donor=CANARY, message=MESSAGE, tribute=tribute))
    _give(target, http, gift(donor=CANARY, amount_minor=600), number="4000000000000002")
    _give(target, http, monthly(donor=CANARY))
    settled = "SELECT count(*) FROM api_donation WHERE status IN ('succeeded', 'failed')"
    assert until(lambda: target.ask(settled) == [(4,)]), target.ask(settled)
    _quiet(target)


def _give(
    target: Killable, http: httpx.Client, body: dict[str, Any], *, number: str = "4242424242424242"
) -> None:
    is_plan = body["amount_minor"] == 1000
    route = "subscription-intent" if is_plan else "payment-intent"
    started = (
        http.post(f"{target.web_url}/api/stripe/{route}/", json=body).raise_for_status().json()
    )
    secret = started["client_secret"]
    billing = BILLING if body["donor"] == CANARY else {"name": "Ben Okafor"}
    method = {
        f"payment_method_data[billing_details][{name}]": value for name, value in billing.items()
    }
    method |= {
        "payment_method_data[type]": "card",
        "payment_method_data[card][number]": number,
        "payment_method_data[card][exp_month]": "12",
        "payment_method_data[card][exp_year]": "2034",
    }
    answer = http.post(
        f"{target.simulator_url}/v1/payment_intents/{secret.split('_secret_')[0]}/confirm",
        data={"key": "pk_test_simulator", "client_secret": secret, **method},
    )
    assert answer.status_code in (200, 402), answer.text


def _breaks(target: Killable, http: httpx.Client) -> None:
    """All that may go wrong while somebody asks with a donor's words: none of it may be in a log."""
    web, site = target.web_url, target.site_url
    asked = {"q": CANARY["name"], "email": EMAIL}
    body = gift(donor=CANARY, message=MESSAGE)
    target.tell("ALTER TABLE api_donor RENAME COLUMN phone TO phone_away")
    broken = http.post(f"{web}/api/stripe/payment-intent/", params=asked, json=body)
    target.tell("ALTER TABLE api_donor RENAME COLUMN phone_away TO phone")
    assert broken.status_code == 500
    with pytest.raises(psycopg.errors.UniqueViolation):
        target.tell(
            """UPDATE api_donor SET (name_key, email_key) =
                (SELECT name_key, email_key FROM api_donor WHERE city = 'Xqjcanarytown')"""
        )
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        target.tell("SELECT 'Xqjcanarytown'::int")
    for address in (
        f"{web}/giving/stop/Xqjcanarytoken/",
        f"{web}/giving/unsubscribe/xqjcanary:token/",
        f"{web}/admin/donors/",
        f"{web}/api/staff/donors/",
        f"{web}/not-here/",
        f"{site}/donate",
        f"{site}/my-giving/plan/xqjcanary:token",
        f"{site}/my-giving/in/xqjcanary:token",
        f"{site}/not-here",
    ):
        http.get(address, params=asked)
    http.post(f"{web}/api/stripe/payment-intent/", json={**body, "amount_minor": EMAIL})
    http.post(f"{web}/api/stripe/payment-intent/", content=b'{"donor": "Xqjcanary')
    http.post(f"{web}/api/donor/sign-in/", json={"token": "xqjcanary.token"})
    event = {
        "id": "evt_x",
        "type": "charge.succeeded",
        "data": {"object": {"name": CANARY["name"]}},
    }
    http.post(
        f"{web}/api/stripe/webhook/", json=event, headers={"Stripe-Signature": f"t=1,v1={EMAIL}"}
    )
    # Words of Stripe's own that name the donor: a customer that it does not take.
    strange = {"donor": {**CANARY, "email": "xqjcanary@nowhere"}}
    http.post(f"{web}/api/stripe/payment-intent/", json=gift(**strange))


def _deed(target: Killable, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.forgotten_deeds", name],
        cwd=ROOT,
        env={
            **os.environ,
            **target.product.environment,
            "DJANGO_SETTINGS_MODULE": "donor_management.settings",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def _quiet(target: Killable) -> None:
    assert until(lambda: not target.ask(EVENTS)), target.ask(EVENTS)
    assert until(lambda: not target.ask(JOBS)), target.ask(JOBS)


def tables(target: Killable) -> dict[str, list[str]]:
    """Rows of any schema in which something of the donor is left, as COPY (and so pg_dump) writes them."""
    asked = """SELECT schemaname, tablename FROM pg_tables
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"""
    found = {}
    with psycopg.connect(target.database_url) as connection:
        for schema, table in connection.execute(asked).fetchall():
            statement = psycopg.sql.SQL("COPY {} TO STDOUT").format(
                psycopg.sql.Identifier(schema, table)
            )
            with connection.cursor() as cursor, cursor.copy(statement) as copy:
                rows = b"".join(bytes(piece) for piece in copy).splitlines()
            if told := [row.decode()[:4000] for row in rows if names_them(row)]:
                found[table] = told
    return found


def logs(target: Killable) -> dict[str, list[str]]:
    """Lines of what the processes, PostgreSQL and the mail server's client said."""
    found = {}
    paths = [*target.product.folder.glob("*.log"), *(target.product.folder / "logs").glob("*.log*")]
    paths.append(cluster_of(ROOT, CLUSTER).log)
    assert {"web.log", "worker.log", "site.log", "application.log", "postgres.log"} <= {
        path.name for path in paths
    }
    for path in paths:
        if path.name != "simulator.log":  # Stripe's side.
            lines = path.read_bytes().splitlines()
            if told := [
                line.decode("utf-8", "replace")[:600] for line in lines if names_them(line)
            ]:
                found[path.name] = told
    return found


def files(target: Killable) -> dict[str, str]:
    """Kept files in which something of the donor is left."""
    folder = Path(target.product.environment["FILES_DIR"])
    rows = dict(target.ask("SELECT stored_as, file_name FROM api_reportrun"))
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and names_them(_words_of(path.read_bytes())):
            name = str(path.relative_to(folder))
            found[rows.get(name) or name] = name
    return found


def _words_of(content: bytes) -> bytes:
    """What a file says, unpacked."""
    if content.startswith(b"%PDF"):
        pages = pypdfium2.PdfDocument(content)
        return "\n".join(page.get_textpage().get_text_range() for page in pages).encode()
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return b"\n".join(parts.read(name) for name in parts.namelist())
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def names_them(content: bytes) -> bool:
    """Whether it holds a word of the donor, in any form that leads back to it."""
    text = content.decode("utf-8", "replace")
    folded = text.casefold()
    return any(form in folded for form in FOLDED) or any(form in text for form in EXACT)


def _folded() -> Iterator[str]:
    for word in WORDS:
        yield from (word, quote(word).casefold(), quote_plus(word).casefold())
        yield json.dumps(word)[1:-1]
        yield word.encode().hex()
    for told in (EMAIL, str(CANARY["name"]), str(CANARY["name"]).casefold(), "07700900999"):
        # A hash without a key: who guesses the word can tell that it is right.
        for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256):
            yield digest(told.encode()).hexdigest()


def _exact() -> Iterator[str]:
    """base64 in both alphabets, wherever in a group of three the word begins, without what its neighbours change."""
    for word in WORDS:
        for before in range(3):
            coded = base64.b64encode(b"\0" * before + word.encode()).decode().rstrip("=")
            inner = coded[(0, 2, 3)[before] : -1]
            yield from (inner, inner.replace("+", "-").replace("/", "_"))


FOLDED, EXACT = tuple(_folded()), tuple(_exact())


def test_words_are_found_in_every_form() -> None:
    told = str(CANARY["name"])
    for form in (
        told, told.upper(), quote(told), json.dumps(told), f"x{told}y".encode().hex(),
        base64.b64encode(f"1{told}".encode()).decode(), base64.b64encode(f"12{EMAIL}".encode()).decode(),
        base64.urlsafe_b64encode(EMAIL.encode()).decode(), hashlib.sha256(EMAIL.encode()).hexdigest(),
    ):  # fmt: skip
        assert names_them(form.encode()), form
    assert not names_them(b"Ben Okafor, ben@example.org, 07700 900998, MDc3")
