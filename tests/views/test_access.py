"""Every route x every role x every method, against `access_table.py`; and nothing ever breaks."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, get_resolver

from api.clock import now
from api.models import Donor, DonorSession, Fund, Right, Role, StaffSession, User, WebhookEvent
from api.models.fields import reference_new
from api.services.api_clients import SCOPES, api_client_find, api_client_make
from api.services.donations import donation_settle
from api.services.funds import funds_seed
from api.services.payments import Settlement
from api.services.sessions import session_start
from api.services.tokens import secret_digest
from api.views.donor_access import SESSION_COOKIE
from tests.clients import Client
from tests.people import BEN, staff
from tests.views.access_table import ANYBODY, DONOR, NOBODY, PRINCIPAL, STAFF, SUPERUSER, TABLE

pytestmark = pytest.mark.django_db
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
# What is allowed is tried by everybody with these; the others take the same way, and are tried once.
TRIED_BY_ALL = ("GET", "POST")
# Django's admin looks for the row before it asks who may see it.
LOOKS_FIRST = ("admin/api/", "admin/procrastinate/", "admin/^")
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
REFERENCE = reference_new()
# What a route's arguments are in this walk, by name; rows of models are found.
ARGUMENTS = {
    "month": "2026-11",
    "reference": REFERENCE,  # Of the donor and of the gift.
    "uuid:key": "00000000-0000-4000-8000-000000000000",
    "name": "giving",
    "form": "json",
    "table": "events",
    "action": "retry",
    "app_label": "api",
    "url": "nothing-here/",
    "content_type_id": "1",
}


@dataclass(frozen=True)
class Caller:
    """Somebody who calls, as the sign-in middleware finds them, and what they may."""

    name: str
    user: Any
    session: StaffSession | None
    way: str
    rights: frozenset[Right]
    donor_cookie: str = ""


class AsCaller(AuthenticationMiddleware):
    """Stands in for the sign-in, which has tests of its own: thousands of sessions need not be read."""

    caller: Caller

    def process_request(self, request: Any) -> None:
        """It is the caller of now."""
        request.user, request.staff_session = self.caller.user, self.caller.session
        request.signed_in_by = self.caller.way
        request._dont_enforce_csrf_checks = True


class Unrendered:
    """Pages of Django's admin are told apart before they are drawn: that would take minutes."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        return self.get_response(request)

    def process_template_response(self, request: Any, response: TemplateResponse) -> Any:
        """The same answer without its words."""
        response.content = b""
        return response


def routes() -> Iterator[str]:
    """Every address of the project, as its patterns are written."""
    yield from dict.fromkeys(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, before: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield before + str(pattern.pattern)
        else:
            yield from _walk(pattern, before + str(pattern.pattern))


def test_every_route_is_in_the_table_and_every_line_of_the_table_is_a_route() -> None:
    known = set(routes())
    assert sorted(known - set(TABLE)) == [], "say who may call it, in tests/views/access_table.py"
    assert sorted(set(TABLE) - known) == [], "there is no such route any more"


def callers() -> list[Caller]:
    """Nobody, each role, staff without a role, a superuser, and programs without and with scopes."""
    secret = "ben" * 10
    DonorSession.objects.create(
        digest=secret_digest(secret), email_key="b", ends_at=now() + timedelta(hours=1)
    )
    people = [staff(role) for role in Role]
    people.append(User.objects.create_user("norole@example.org", is_staff=True))
    people.append(User.objects.create_superuser("owner@example.org"))
    found = [Caller("anonymous", AnonymousUser(), None, "", frozenset())]
    found.append(Caller("donor", AnonymousUser(), None, "", frozenset(), secret))
    for user in people:
        session = session_start(user=user).session
        found.append(Caller(user.email, user, session, "cookie", user.rights))
    for name, scopes in (("client-none", []), ("client-all", SCOPES)):
        _, token = api_client_make(name=name, scopes=scopes, expires_at=None, actor=people[0])
        account = api_client_find(token)
        assert account
        found.append(Caller(name, account, None, "bearer", account.rights))
    return found


def may(caller: Caller, route: str, method: str) -> bool:
    """What the table says."""
    cells = TABLE[route]
    who = cells.get("GET" if method == "HEAD" else method, cells.get("*", NOBODY))
    return all(holds(caller, route, word) for word in ((who,) if isinstance(who, str) else who))


def holds(caller: Caller, route: str, word: str) -> bool:
    """Whether one word or right of the table holds for the caller."""
    is_program = caller.way == "bearer"
    answers = {
        ANYBODY: True,
        DONOR: bool(caller.donor_cookie),
        NOBODY: False,
        STAFF: caller.session is not None,
        PRINCIPAL: is_program or caller.session is not None,
        SUPERUSER: bool(caller.user.is_superuser),
    }
    if word in answers:
        return answers[word]
    return word in caller.rights and (not is_program or route.startswith("api/"))


def address(route: str) -> str:
    """The route with arguments in it."""
    row = re.match(r"admin/(api|procrastinate)/(\w+)/<", route)
    pk = "1"
    if row:
        first = apps.get_model(row[1], row[2])._default_manager.first()
        pk = str(first.pk) if first else "1"
    text = re.sub(r"\^?\(\?P<(\w+)>[^)]*\)", lambda m: ARGUMENTS[m[1]], route).replace("$", "")
    found = lambda m: ARGUMENTS.get(m[0].strip("<>"), ARGUMENTS.get(m[1], pk))  # noqa: E731
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", found, text)


def is_refused(response: Any) -> bool:
    """No, or please sign in first."""
    to_sign_in = response.status_code == 302 and "/admin/login/?next=" in response["Location"]
    return to_sign_in or response.status_code in (401, 403, 405)


def is_nothing_there(response: Any) -> bool:
    """There is no such row: Django's admin then leads back to its first page."""
    return response.status_code == 404 or response.get("Location") == "/admin/"


@pytest.fixture
def world(no_jobs: None, settings: Any) -> Iterator[None]:
    """Ben has given £25; Stripe told us something. Nothing is logged or drawn, to be quick."""
    left_out = "api.middleware.RateLimitMiddleware"
    settings.MIDDLEWARE = [
        name.replace("api.middleware.SignInMiddleware", f"{__name__}.AsCaller")
        for name in [*settings.MIDDLEWARE, f"{__name__}.Unrendered"]
        if name != left_out
    ]
    funds_seed()
    donor = Donor.objects.create(email_key="b", name_key="b", reference=REFERENCE, **BEN)
    fund = Fund.objects.get(code="general")
    money = {"amount_minor": 2500, "currency": "GBP"}
    donation = donor.donations.create(kind="one_off", fund=fund, reference=REFERENCE, **money)
    at = now()
    donation_settle(Settlement(donation.pk, 2500, "GBP", at, "test", payment_intent_id="pi_1"))
    told = {"type": "invoice.paid", "payload": {}, "route": "/", "stripe_created_at": at}
    WebhookEvent.objects.create(stripe_event_id="evt_9", next_attempt_at=at, **told)
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def call(client: Client, caller: Caller, method: str, url: str) -> HttpResponse:
    """One request, of which nothing stays."""
    AsCaller.caller = caller
    client.cookies.clear()
    if caller.donor_cookie:
        client.cookies[SESSION_COOKIE] = caller.donor_cookie
    return client.generic(method, url)


def call_and_undo(client: Client, caller: Caller, method: str, url: str) -> HttpResponse:
    """One request that may change something, of which nothing stays."""
    with transaction.atomic():
        response = call(client, caller, method, url)
        transaction.set_rollback(True)
    return response


def wrong_at(
    client: Client, route: str, url: str, method: str, people: list[Caller]
) -> Iterator[str]:
    """What is not as the table says, of one route and method."""
    is_tried = False
    for caller in people:
        expected = may(caller, route, method)
        if expected and is_tried and method not in TRIED_BY_ALL:
            continue
        is_tried = is_tried or expected
        changes = expected and method in CHANGING
        response = (call_and_undo if changes else call)(client, caller, method, url)
        said = f"{method} {url} as {caller.name}: {response.status_code}"
        is_unnamed = response.status_code == 405 and method not in TABLE[route]
        may_miss = expected or route.startswith(LOOKS_FIRST)
        if response.status_code >= 500:
            yield said
        elif method == "OPTIONS" or is_unnamed or (may_miss and is_nothing_there(response)):
            continue
        elif is_refused(response) == expected:
            yield f"{said} {response.get('Location', '')}, may: {expected}"


def test_each_role_may_what_the_table_says_by_every_method_and_nothing_breaks(
    world: None,
) -> None:
    client, people = Client(raise_request_exception=False), callers()
    wrong = [
        found
        for route in routes()
        for url in [address(route)]
        for method in METHODS
        for found in wrong_at(client, route, url, method, people)
    ]
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:60])
