"""What is asked of one plan at the same instant, or while Stripe is being asked, comes true once."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import stripe
from django.db import connection

from api.clock import clock_at
from api.errors import StripeUnavailable
from api.models import AuditLine, MessageKind, PlanChange, PlanChangeState, Role, SubscriptionStatus
from api.services.gateways.stripe_asking import outage_forget
from api.services.plan_changes import plan_cancel, plan_change_amount
from api.services.plan_mending import plans_mend
from stripe_sim.near import NearClient
from tests.people import staff
from tests.plans.world import World

type Answer = tuple[str, int, Mapping[str, str]]


@contextmanager
def asked(
    near: NearClient, told: Callable[[Answer], Answer], path: str = "/v1/subscriptions/"
) -> Iterator[None]:
    """Within it Stripe makes each change of a plan, and `told` says what comes of its answer."""
    plain = near.request

    def request(method: str, url: str, *rest: Any, **more: Any) -> Answer:
        answer = plain(method, url, *rest, **more)
        is_change = method.upper() != "GET" and path in url
        return told(answer) if is_change else answer

    near.request = request  # type: ignore[method-assign]
    try:
        yield
    finally:
        near.request = plain  # type: ignore[method-assign]


def meanwhile(deed: Callable[[], object]) -> Callable[[Answer], Answer]:
    """What happens once, before the first answer comes back."""
    left = [deed]

    def told(answer: Answer) -> Answer:
        if left:
            left.pop()()
        return answer

    return told


def lines(world: World, action: str) -> int:
    return AuditLine.objects.filter(
        subject=f"subscription:{world.plan.reference}", action=action
    ).count()


def test_a_change_whose_answer_was_lost_is_made_by_sending_it_again(world: World) -> None:
    plan = world.start()

    def lost(answer: Answer) -> Answer:
        raise stripe.APIConnectionError("the line broke")

    with clock_at(world.now):
        with asked(world.near, lost), pytest.raises(StripeUnavailable):
            plan_change_amount(plan=plan, amount_minor=2500, reference="form-1")
        outage_forget()
        plan_change_amount(plan=plan, amount_minor=2500, reference="form-1")
    assert PlanChange.objects.get().state == PlanChangeState.DONE
    assert world.fresh().amount_minor == 2500 and lines(world, "subscription.amount") == 1


def test_a_change_sent_twice_at_once_is_made_once_and_told_as_made(world: World) -> None:
    plan = world.start()

    def again() -> object:
        return plan_change_amount(plan=plan, amount_minor=2500, reference="form-1")

    with clock_at(world.now), asked(world.near, meanwhile(again)):
        first = plan_change_amount(plan=plan, amount_minor=2500, reference="form-1")
    assert first.state == PlanChangeState.DONE == PlanChange.objects.get().state
    assert world.fresh().amount_minor == 2500 and lines(world, "subscription.amount") == 1


def test_a_repeat_that_stripe_still_works_on_refuses_nothing(world: World) -> None:
    plan = world.start()
    busy = '{"error": {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": "In use."}}'

    def again() -> None:
        with (
            asked(world.near, lambda answer: (busy, 409, answer[2])),
            pytest.raises(StripeUnavailable),
        ):
            plan_change_amount(plan=plan, amount_minor=2500, reference="form-1")

    with clock_at(world.now), asked(world.near, meanwhile(again)):
        plan_change_amount(plan=plan, amount_minor=2500, reference="form-1")
    assert PlanChange.objects.get().state == PlanChangeState.DONE


@pytest.mark.parametrize("reference", ["form-1", "form-2"])
def test_a_plan_stopped_twice_at_once_is_stopped_once_on_record(
    world: World, reference: str
) -> None:
    """By two clicks, and by the donor and a member of staff."""
    plan, dora = world.start(), staff(Role.ADMINISTRATOR)

    def again() -> object:
        return plan_cancel(plan=plan, reference=reference, by=dora)

    with clock_at(world.now), asked(world.near, meanwhile(again)):
        plan_cancel(plan=plan, reference="form-1")
    assert world.fresh().status == SubscriptionStatus.CANCELLED
    assert PlanChange.objects.count() == 1 and lines(world, "subscription.cancel") == 1
    world.tell()
    world.work()
    assert (
        len([subject for kind, _, subject in world.mails() if kind == MessageKind.PLAN_CHANGED])
        == 1
    )


def test_the_nightly_comparison_takes_back_nothing_that_changed_while_it_ran(world: World) -> None:
    plan, told = world.start(), []

    def change_first(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        """The donor is a moment before the comparison at the plan's row."""
        if "FOR UPDATE" in sql and not told:
            told.append(sql)
            with clock_at(world.now + timedelta(seconds=1)):
                plan_change_amount(plan=plan, amount_minor=2500)
        return execute(sql, *rest)

    with clock_at(world.now), connection.execute_wrapper(change_first):
        found = plans_mend()
    assert told and found.mended == 0
    assert world.fresh().amount_minor == 2500


@pytest.mark.parametrize("status", [409, 500])
def test_a_stripe_that_stumbles_over_a_product_or_a_stop_is_away_for_a_moment(
    world: World, status: int
) -> None:
    """Two donors' first gifts to a new fund may make its product at once."""
    plan = world.start()
    told = '{"error": {"type": "api_error", "message": "An unknown error occurred."}}'
    with clock_at(world.now), asked(world.near, lambda answer: (told, status, answer[2]), "/v1/"):
        with pytest.raises(StripeUnavailable):
            plan_change_amount(plan=plan, amount_minor=2500)
        with pytest.raises(StripeUnavailable):
            plan_cancel(plan=plan)
    assert world.fresh().status == SubscriptionStatus.ACTIVE and plan.amount_minor == 1000
