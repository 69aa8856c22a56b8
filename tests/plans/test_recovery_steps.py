"""Steps that are due are carried out by one worker each, one of each plan, and none holds up the others."""

from datetime import timedelta
from typing import Any

import pytest

from api.clock import clock_at
from api.models import Donation, Recovery, Subscription
from api.services import recoveries
from api.services.funds import funds_seed
from api.services.recoveries import AGAIN, CLAIM, recoveries_run
from stripe_sim.near import NearClient
from tests.giving_history import donor, moment, plan

pytestmark = pytest.mark.django_db
NOON = moment("2026-02-05")


def failed(of: Subscription, number: int) -> Recovery:
    """A gift that failed, whose bill Stripe does not know."""
    gift = Donation.objects.create(
        kind="monthly",
        donor=of.donor,
        fund=of.fund,
        subscription=of,
        amount_minor=1000,
        currency="GBP",
        status="failed",
        stripe_invoice_id=f"in_{of.pk}_{number}",
    )
    return Recovery.objects.create(
        subscription=of,
        donation=gift,
        stripe_invoice_id=f"in_{of.pk}_{number}",
        amount_minor=1000,
        currency="GBP",
        policy="Standard",
        next_step_at=NOON + timedelta(minutes=number),
        opened_at=NOON,
    )


@pytest.fixture
def plans(near: NearClient) -> list[Subscription]:
    """Amina's plan and Ben's."""
    funds_seed()
    return [
        plan(donor("Amina", "amina@example.org"), "2026-01-05", 1000),
        plan(donor("Ben", "ben@example.org"), "2026-01-05", 1000),
    ]


def claim() -> set[int]:
    """What a worker takes."""
    return {one.pk for one in recoveries._claim(recoveries._due())}


def test_a_worker_takes_one_gift_of_each_plan_and_none_that_another_is_at(
    plans: list[Subscription],
) -> None:
    first, second, bens = failed(plans[0], 1), failed(plans[0], 2), failed(plans[1], 3)
    later = NOON + timedelta(hours=1)
    with clock_at(later):
        assert claim() == {first.pk, bens.pk}
        assert claim() == {second.pk}
        assert claim() == set()
    with clock_at(later + CLAIM + timedelta(seconds=1)):
        assert claim() == {first.pk, bens.pk}


def test_a_step_that_breaks_leaves_the_others_free_and_the_next_run_carries_them_out(
    plans: list[Subscription], near: NearClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, other = failed(plans[0], 1), failed(plans[1], 2)
    answer = near.request

    def breaks(method: str, url: str, *rest: Any, **more: Any) -> Any:
        if broken.stripe_invoice_id in url:
            raise ZeroDivisionError
        return answer(method, url, *rest, **more)

    monkeypatch.setattr(near, "request", breaks)
    later = NOON + timedelta(hours=1)
    with clock_at(later):
        with pytest.raises(ZeroDivisionError):
            recoveries_run()
        other.refresh_from_db()
        assert other.claimed_at is None
        assert recoveries_run() == 1
    broken.refresh_from_db()
    other.refresh_from_db()
    # Stripe does not know this bill: it is asked again later, and not at once.
    assert (other.claimed_at, other.next_step_at) == (None, later + AGAIN)
    assert (broken.claimed_at, broken.next_step_at) == (later, NOON + timedelta(minutes=1))


def test_what_stripe_refuses_is_asked_again_later_also_when_its_plan_has_ended(
    plans: list[Subscription], near: NearClient
) -> None:
    one = failed(plans[0], 1)
    Subscription.objects.filter(pk=plans[0].pk).update(status="cancelled")
    later = NOON + timedelta(hours=1)
    with clock_at(later):
        assert recoveries_run() == 1
    one.refresh_from_db()
    assert (one.claimed_at, one.next_step_at) == (None, later + AGAIN)
