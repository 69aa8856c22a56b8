"""What stands around the pages of staff: kept in pieces, yet to each their own."""

import re
from html import unescape
from pathlib import Path

from pytest_django import DjangoAssertNumQueries

from api.clock import now
from api.models import Role, WebhookEvent, WebhookStatus
from api.views.staff.sidebar import menu
from tests.clients import Client
from tests.people import staff

TEMPLATES = Path(__file__).parents[2] / "api" / "templates"
ADDRESS = "/admin/account/"
_ENTRY = re.compile(r'<a href="(/admin/[^"]*)"[^>]*class="cursor-pointer flex h-\[38px\]')


def _page(client: Client, address: str = ADDRESS) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def _entries(page: str) -> list[str]:
    return [unescape(address) for address in _ENTRY.findall(page)]


def _failed(number: int) -> None:
    WebhookEvent.objects.create(
        stripe_event_id=f"evt_{number}",
        type="x",
        payload={},
        status=WebhookStatus.FAILED,
        next_attempt_at=now(),
        stripe_created_at=now(),
    )


def test_each_role_sees_its_own_menu_whoever_looked_before(db: None) -> None:
    people = {role: staff(role) for role in Role}
    for _ in range(2):
        for role, person in people.items():
            client = Client()
            client.force_login(person)
            expected = [
                item["link"] for group in menu(person.rights, "", {}) for item in group["items"]
            ]
            assert _entries(_page(client)) == expected, role
    assert "/admin/payouts/" not in [
        item["link"]
        for group in menu(people[Role.SUPPORT].rights, "", {})
        for item in group["items"]
    ]


def test_a_person_sees_their_own_name_and_form_token_not_those_of_who_looked_before(
    db: None,
) -> None:
    pages = []
    for name in ("Dora", "Evil <script>alert(1)</script>"):
        person = staff(Role.FINANCE, name[:4])
        person.first_name = name
        person.save()
        client = Client()
        client.force_login(person)
        pages.append(_page(client))
    dora, evil = pages
    assert "dora@example.org" in dora and "evil@example.org" not in dora
    assert "evil@example.org" in evil and "dora@example.org" not in evil
    assert "<script>alert" not in evil and "Evil &lt;script&gt;" in evil
    tokens = [re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page) for page in pages]
    assert all(len(token) == 64 for found in tokens for token in found)
    assert not set(tokens[0]) & set(tokens[1])


def test_one_entry_of_the_menu_says_that_it_is_this_page(db: None) -> None:
    client = Client()
    client.force_login(staff(Role.ADMINISTRATOR))
    for address, entry in (
        ("/admin/", "/admin/"),
        ("/admin/donations/", "/admin/donations/"),
        ("/admin/reports/files/", "/admin/reports/files/"),
        ("/admin/events/?all=yes", "/admin/events/"),
        ("/admin/events/?status=failed", "/admin/events/?status=failed"),
        ("/admin/account/", None),
    ):
        page = _page(client, address)
        found = [
            unescape(link)
            for link, rest in re.findall(r'<a href="(/admin/[^"]*)"([^>]*)>', page)
            if "aria-current" in rest
        ]
        assert found == ([entry] if entry else []), address


def test_the_number_beside_failed_events_is_this_moments_and_for_who_may_see_them(db: None) -> None:
    finance, support = Client(), Client()
    finance.force_login(staff(Role.FINANCE))
    support.force_login(staff(Role.SUPPORT))
    assert "sidebar-badge" not in _page(finance)
    for count in (1, 2):
        _failed(count)
        badge = re.search(r'class="sidebar-badge[^>]*>\s*(\d+)', _page(finance))
        assert badge is not None and badge.group(1) == str(count)
        assert "sidebar-badge" not in _page(support)


def test_the_frame_costs_one_query(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = Client()
    client.force_login(staff(Role.ADMINISTRATOR))
    _page(client, "/admin/reports/")
    with django_assert_num_queries(2):  # The session with its person, and the menu's numbers.
        _page(client, "/admin/reports/")


def test_every_page_of_staff_stands_in_the_frame() -> None:
    pages = [*TEMPLATES.glob("staff/*.html"), *TEMPLATES.glob("finance/*.html")]
    outside = [page.name for page in pages if '{% extends "admin/' in page.read_text()]
    assert outside == []
