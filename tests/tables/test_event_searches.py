"""Events are found by whose they are: by the gifts, plans and payments at Stripe that they tell of."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.models import ROLE_RIGHTS, Donation, Right, Role, Subscription, WebhookEvent
from tests.tables.conftest import BEGAN, ask, donation, donor, rows

pytestmark = pytest.mark.django_db
SEES_EVENTS = frozenset({Right.EVENTS_VIEW})


def told(name: str, about: list[str], kind: str = "charge.updated") -> None:
    WebhookEvent.objects.create(
        stripe_event_id=name,
        type=kind,
        payload={},
        about=about,
        route="/",
        status="handled",
        next_attempt_at=BEGAN,
        stripe_created_at=BEGAN,
    )


def found(text: str, rights: frozenset[Right] = frozenset(Right)) -> list[str]:
    shown = rows("events", f"q={text}", "pk", rights)
    names = WebhookEvent.objects.filter(pk__in=shown).order_by("stripe_event_id")
    return list(names.values_list("stripe_event_id", flat=True))


@pytest.fixture
def amina(charity: dict[str, Any]) -> dict[str, Any]:
    """Amina's plan, its gift, its bill and her customer at Stripe; John's disputed gift of £25; nobody's event."""
    john, gift = charity["gifts"][4], charity["gifts"][0]
    Donation.objects.filter(pk=gift.pk).update(
        stripe_payment_intent_id="pi_1", stripe_invoice_id="in_77"
    )
    donor_of = charity["donors"][0]
    donor_of.stripe_customer_id = "cus_1"
    donor_of.save()
    told("evt_amina_bill", ["in_77"], "invoice.paid")
    told("evt_amina_card", ["cus_1"], "customer.updated")
    told("evt_amina_gift", ["ch_1", "pi_1"])
    told("evt_amina_plan", ["sub_1"], "customer.subscription.updated")
    told("evt_john", ["du_9", "pi_77"], "charge.dispute.created")
    told("evt_nobody", ["pi_999"])
    return {**charity, "amina": donor_of, "gift": gift, "john": john}


AMINAS = ["evt_amina_bill", "evt_amina_card", "evt_amina_gift", "evt_amina_plan"]


@pytest.mark.parametrize("most", [1_000, 0])
@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("Amina Yusuf", AMINAS),
        ("yusuf amina", AMINAS),
        ("Amnia Yusfu", AMINAS),
        ("john", ["evt_john"]),
        ("Jonh Smiht", ["evt_john"]),
        ("amina0@example.org", AMINAS),
        ("amina0", AMINAS),
        ("SW1A", []),
        ("B10 0AB", [*AMINAS, "evt_john"]),
        ("£10", ["evt_amina_bill", "evt_amina_gift"]),
        ("2026-000001", ["evt_amina_bill", "evt_amina_gift"]),
        ("2026-000005", ["evt_john"]),
        ("charge.disp", ["evt_john"]),
        ("Ben Okafor", []),
        ("xyzzy", []),
        ("%25", []),
    ],
)
def test_an_event_is_found_by_whose_it_is_however_many_have_that_name(
    amina: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    text: str,
    events: list[str],
) -> None:
    monkeypatch.setattr("api.services.tables.event_searches.OWNERS_MOST", most)
    assert found(text) == events


def test_references_of_a_donor_a_plan_and_a_gift_find_what_is_theirs(
    amina: dict[str, Any],
) -> None:
    gift_alone = ["evt_amina_bill", "evt_amina_gift"]
    assert found(amina["amina"].reference) == AMINAS
    assert found(amina["plan"].reference) == [*gift_alone, "evt_amina_plan"]
    assert found(amina["gift"].reference) == gift_alone
    assert found(amina["john"].reference) == ["evt_john"]


def test_who_may_not_see_addresses_donors_or_gifts_finds_no_event_by_them(
    amina: dict[str, Any],
) -> None:
    auditor = ROLE_RIGHTS[Role.AUDITOR]
    assert Right.EVENTS_VIEW in auditor and Right.DONORS_CONTACT not in auditor
    assert found("Amina Yusuf", auditor) == AMINAS
    for text in ("amina0@example.org", "B10 0AB", "example.org"):
        assert found(text, auditor) == []
    everything = ("Amina Yusuf", "Amnia Yusfu", "£10", "2026-000001", amina["gift"].reference)
    for text in (*everything, "amina0@example.org", "B10 0AB", "pi_77"):
        assert found(text, SEES_EVENTS) == []
    assert found("Amina Yusuf", SEES_EVENTS | {Right.DONORS_VIEW}) == []
    assert found("charge.disp", SEES_EVENTS) == ["evt_john"]


def test_a_search_by_name_asks_as_much_for_many_gifts_as_for_one(amina: dict[str, Any]) -> None:
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert found("Amina Yusuf")
        return len(seen)

    before = asked()
    for number in range(20):
        plan = Subscription.objects.get(pk=amina["plan"].pk)
        gift = donation(amina["amina"], kind="monthly", subscription=plan)
        Donation.objects.filter(pk=gift.pk).update(stripe_payment_intent_id=f"pi_more_{number}")
        told(f"evt_more_{number}", [f"pi_more_{number}"])
        donation(donor("Amina Yusuf-Smith"), stripe_payment_intent_id=f"pi_other_{number}")
    assert asked() == before
    assert len(found("Amina Yusuf")) == 24


def test_filters_and_a_search_by_name_combine(amina: dict[str, Any]) -> None:
    assert found("Amina Yusuf&type=invoice") == ["evt_amina_bill"]
    assert ask("events", "q=Amnia Yusfu").note.startswith("No name has")
