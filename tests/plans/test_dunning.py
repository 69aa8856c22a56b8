"""Failed payments are won back as the policy says: nobody is charged twice, nobody is written to for nothing."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.clock import clock_at
from api.errors import Invalid, MoveRefused, NotFound
from api.models import (
    DonationStatus,
    MessageKind,
    RecoveredBy,
    Recovery,
    RecoveryState,
    SubscriptionStatus,
)
from api.services.donor_pages import donor_plan_tell
from api.services.dunning_policies import policy_parse, policy_read, policy_schedule
from api.services.plan_changes import plan_cancel
from api.services.plan_links import GIVING_LINK_PATH, PlanPurpose, giving_link, giving_link_read
from api.services.plan_mending import cards_remind, plans_mend
from api.services.plan_methods import (
    plan_change_method,
    plan_give_again,
    plan_method_start,
    plan_retry_payment,
)
from tests.plans.world import World

STANDARD = Path("api/policies/standard.json")
SEVENTH = datetime(2026, 1, 7, 8, 30, tzinfo=UTC)


def bill_day(world: World) -> datetime:
    """Shortly before the next bill."""
    plan = world.fresh()
    assert plan.next_bill_at
    return plan.next_bill_at - timedelta(minutes=30)


def test_an_empty_account_is_tried_again_on_pay_day_and_the_plan_recovers(world: World) -> None:
    world.start(SEVENTH)
    world.live(bill_day(world))
    world.refuse("insufficient_funds", until=datetime(2026, 2, 14, tzinfo=UTC))
    world.live(datetime(2026, 2, 8, tzinfo=UTC))
    assert world.fresh().status == SubscriptionStatus.PAST_DUE
    recovery = Recovery.objects.get()
    assert (recovery.group, recovery.state) == ("funds", RecoveryState.OPEN)
    assert recovery.next_step_at and recovery.next_step_at.date() == date(2026, 2, 15)
    [(kind, on, _)] = world.mails()
    assert (kind, on) == (MessageKind.PAYMENT_FAILED, date(2026, 2, 7))
    world.live(datetime(2026, 2, 16, tzinfo=UTC))
    recovery.refresh_from_db()
    assert (recovery.state, recovery.recovered_by) == (RecoveryState.RECOVERED, RecoveredBy.RETRY)
    assert world.fresh().status == SubscriptionStatus.ACTIVE
    assert world.charged() == [(date(2026, 1, 7), 1000), (date(2026, 2, 15), 1000)]
    world.live(datetime(2026, 3, 6, tzinfo=UTC))
    assert len(world.mails()) == 1


def test_a_lost_card_is_never_tried_again_and_the_donor_is_asked_until_the_last_note(
    world: World,
) -> None:
    world.start(SEVENTH)
    world.live(bill_day(world))
    world.refuse("lost_card", days=400)
    world.live(datetime(2026, 3, 6, 12, tzinfo=UTC), step=timedelta(hours=12))
    recovery = Recovery.objects.get()
    assert recovery.state == RecoveryState.LOST
    assert [step.deed for step in recovery.steps.all()] == ["write", "write", "final", "end"]
    assert [on for _, on, _ in world.mails()] == [
        date(2026, 2, 7),
        date(2026, 2, 14),
        date(2026, 2, 23),
    ]
    # One month is let go: the plan stays and asks again next month.
    assert world.fresh().status == SubscriptionStatus.ACTIVE
    assert world.plan.donations.get(recovery=recovery).status == DonationStatus.CANCELLED


def test_three_gifts_missed_in_a_row_stop_the_plan(world: World) -> None:
    world.start(SEVENTH)
    world.live(bill_day(world))
    world.refuse("stolen_card", days=400)
    world.live(datetime(2026, 5, 8, tzinfo=UTC), step=timedelta(days=1))
    assert world.fresh().status == SubscriptionStatus.CANCELLED
    assert set(Recovery.objects.values_list("state", flat=True)) == {RecoveryState.LOST}
    assert len(world.charged()) == 1


def test_a_new_card_pays_what_failed_at_once_and_the_ones_to_come(world: World) -> None:
    plan = world.start(SEVENTH)
    world.live(bill_day(world))
    world.refuse("expired_card", days=400)
    world.live(datetime(2026, 2, 9, tzinfo=UTC))
    with clock_at(world.now):
        setup = plan_method_start(plan=plan, reference="new-card")
        with pytest.raises(Invalid, match="correct the marked"):
            plan_change_method(plan=plan, setup_id=setup.id, reference="change-1")
    world.sdk.v1.setup_intents.confirm(setup.id, {"payment_method": "pm_card_mastercard"})
    with clock_at(world.now):
        plan_change_method(plan=plan, setup_id=setup.id, reference="change-1")
        plan_change_method(plan=plan, setup_id=setup.id, reference="change-1")
    world.tell()
    world.work()
    recovery = Recovery.objects.get()
    assert (recovery.state, recovery.recovered_by) == (RecoveryState.RECOVERED, RecoveredBy.DONOR)
    assert world.fresh().method == "Mastercard card ending 4444"
    world.live(datetime(2026, 3, 8, tzinfo=UTC))
    assert [amount for _, amount in world.charged()] == [1000, 1000, 1000]


def test_another_donors_new_card_is_refused(world: World) -> None:
    plan = world.start(SEVENTH)
    other = world.sdk.v1.customers.create({"name": "Ben"})
    setup = world.sdk.v1.setup_intents.create(
        {"customer": other.id, "confirm": True, "payment_method": "pm_card_visa"}
    )
    with clock_at(world.now), pytest.raises(NotFound):
        plan_change_method(plan=plan, setup_id=setup.id)
    assert world.fresh().method != "Visa card ending 4242" or not plan.changes.exists()


def test_a_bank_that_asks_is_answered_by_the_donor_through_the_link(world: World) -> None:
    plan = world.start(SEVENTH)
    world.live(bill_day(world))
    world.refuse("authentication_required", days=3)
    world.live(datetime(2026, 2, 8, tzinfo=UTC))
    assert Recovery.objects.get().group == "authentication"
    text = plan.donor.messages.get(kind=MessageKind.PAYMENT_FAILED).text
    token = text.partition(GIVING_LINK_PATH)[2].split()[0]
    assert giving_link_read(token).purpose == PlanPurpose.CONFIRM
    with clock_at(world.now):
        tried = plan_retry_payment(plan=plan, reference="pay-1")
    assert not tried.is_taken and "_secret_" in tried.client_secret
    intent = tried.client_secret.split("_secret_")[0]
    world.sdk.raw_request(
        "post", f"/v1/payment_intents/{intent}/simulate_authentication", success="true"
    )
    world.tell()
    assert Recovery.objects.get().recovered_by == RecoveredBy.DONOR
    with clock_at(world.now), pytest.raises(MoveRefused):
        plan_retry_payment(plan=plan)


def test_a_plan_recovers_by_itself_when_stripe_does(world: World) -> None:
    world.start(SEVENTH)
    world.live(bill_day(world))
    world.refuse("generic_decline", days=1)
    world.live(datetime(2026, 2, 8, 11, tzinfo=UTC))
    recovery = Recovery.objects.get()
    params: Any = {}
    world.sdk.v1.invoices.pay(recovery.stripe_invoice_id, params)
    world.tell()
    recovery.refresh_from_db()
    assert (recovery.state, recovery.recovered_by) == (RecoveryState.RECOVERED, RecoveredBy.OTHER)
    world.live(datetime(2026, 2, 25, tzinfo=UTC))
    assert world.mails() == [] and len(world.charged()) == 2


def test_stripe_itself_no_longer_tries_a_bill_that_we_try(world: World) -> None:
    world.start(SEVENTH)
    world.live(bill_day(world))
    world.refuse("generic_decline", days=400)
    world.live(datetime(2026, 3, 6, 12, tzinfo=UTC), step=timedelta(hours=12))
    recovery = Recovery.objects.get()
    retries = [step for step in recovery.steps.all() if step.deed == "retry"]
    invoice = world.sdk.v1.invoices.retrieve(recovery.stripe_invoice_id)
    assert (len(retries), invoice.attempt_count, invoice.status) == (3, 4, "void")


def test_stopping_a_plan_ends_what_is_done_about_its_failed_gift(world: World) -> None:
    plan = world.start(SEVENTH)
    world.live(bill_day(world))
    world.refuse("lost_card", days=400)
    world.live(datetime(2026, 2, 8, tzinfo=UTC))
    with clock_at(world.now):
        plan_cancel(plan=plan, reference="stop")
        plan_cancel(plan=plan, reference="stop")
    world.live(datetime(2026, 3, 10, tzinfo=UTC), step=timedelta(days=1))
    assert Recovery.objects.get().state == RecoveryState.LOST
    assert [kind for kind, _, _ in world.mails()] == ["payment_failed", "plan_changed"]


def test_a_card_that_expires_is_told_once_and_a_bank_that_renews_it_is_followed(
    world: World,
) -> None:
    plan = world.start(SEVENTH)
    world.work()
    assert world.fresh().card_expires_on == date(2034, 12, 31)
    plan.__class__.objects.update(card_expires_on=date(2026, 1, 31))
    with clock_at(world.now):
        assert (cards_remind(), cards_remind()) == (1, 1)
        world.work()
        assert cards_remind() == 0
    assert [kind for kind, _, _ in world.mails()] == [MessageKind.CARD_EXPIRES]
    world.near.order(
        f"/_sim/payment_methods/{world.method()}/renew", exp_year=2031, exp_month=6, last4="0001"
    )
    world.tell()
    assert world.fresh().card_expires_on == date(2031, 6, 30)
    assert world.plan.method == "Visa card ending 0001"


def test_a_debits_payer_is_told_before_and_can_be_asked_for_nothing_at_short_notice(
    world: World,
) -> None:
    world.start(SEVENTH, card="pm_bacsDebit_success")
    world.live(datetime(2026, 1, 20, tzinfo=UTC), step=timedelta(days=1))
    plan = world.fresh()
    assert (plan.status, plan.is_debit, plan.mandate_status) == ("active", True, "active")
    notice = plan.donor.messages.get(kind=MessageKind.DEBIT_NOTICE)
    for words in ("10-88-00", "ending 2345", plan.mandate_reference, "7 February 2026: £10.00"):
        assert words in notice.text
    assert "entitled to a full and immediate refund" in notice.text
    assert world.charged() == [(date(2026, 1, 7), 1000)]


def account_given(world: World, reference: str) -> str:
    """The donor gives a bank account, and says yes to the mandate; its SetupIntent."""
    with clock_at(world.now):
        setup = plan_method_start(plan=world.plan, reference=reference)
    world.sdk.v1.setup_intents.confirm(setup.id, {"payment_method": "pm_bacsDebit_success"})
    with clock_at(world.now):
        plan_change_method(plan=world.plan, setup_id=setup.id, reference=f"{reference}-change")
    world.tell()
    return setup.id


def test_a_card_that_becomes_a_direct_debit_gives_notice_of_the_gifts_to_come_and_asks_for_none(
    world: World,
) -> None:
    world.start(SEVENTH)
    account_given(world, "account1")
    world.work()
    plan = world.fresh()
    assert (plan.method, plan.mandate_status) == ("Bacs Direct Debit ending 2345", "pending")
    (notice,) = plan.donor.messages.filter(kind=MessageKind.DEBIT_NOTICE)
    for words in ("10-88-00", "ending 2345", plan.mandate_reference, "7 February 2026: £10.00"):
        assert words in notice.text
    assert "asked for now" not in notice.text and "advance notice of your gifts:" in notice.text
    world.live(datetime(2026, 2, 20, tzinfo=UTC), step=timedelta(days=1))
    assert world.charged() == [(date(2026, 1, 7), 1000), (date(2026, 2, 7), 1000)]
    assert plan.donor.messages.filter(kind=MessageKind.DEBIT_NOTICE).count() == 1


def test_an_account_that_is_debited_in_pounds_does_not_pay_a_plan_in_euros(
    world: World, settings: Any
) -> None:
    settings.GIFT_CURRENCIES = ["GBP", "EUR"]
    world.start(SEVENTH, currency="EUR")
    with pytest.raises(Invalid) as refused:
        account_given(world, "account3")
    assert "can't take EUR" in refused.value.fields["setup_id"][0]
    assert not world.fresh().is_debit and not world.plan.changes.exists()


def test_a_gift_that_failed_is_asked_of_a_new_account_once_and_is_on_its_way_meanwhile(
    world: World,
) -> None:
    world.start(SEVENTH)
    world.live(bill_day(world))
    world.refuse("expired_card", days=400)
    world.live(datetime(2026, 2, 9, tzinfo=UTC))
    account_given(world, "account2")
    world.work()
    notice = world.plan.donor.messages.get(kind=MessageKind.DEBIT_NOTICE)
    assert "£10.00 is asked for now" in notice.text
    with clock_at(world.now):
        told = donor_plan_tell(world.fresh())
        with pytest.raises(MoveRefused):
            plan_retry_payment(plan=world.plan, reference="again")
    assert told.failed is None and "retry" not in told.may
    world.live(datetime(2026, 2, 20, tzinfo=UTC), step=timedelta(days=1))
    assert [amount for _, amount in world.charged()] == [1000, 1000]
    assert Recovery.objects.get().state == RecoveryState.RECOVERED


def test_one_more_gift_with_the_saved_card_is_taken_once(world: World) -> None:
    plan = world.start(SEVENTH)
    world.work()
    with clock_at(world.now):
        given = plan_give_again(plan=plan, amount_minor=2500, reference="again-1")
        again = plan_give_again(plan=plan, amount_minor=2500, reference="again-1")
    assert given.donation.pk == again.donation.pk
    assert given.donation.status == DonationStatus.SUCCEEDED
    assert [amount for _, amount in world.charged()] == [1000, 2500]


def test_a_plan_changed_at_stripe_by_hand_is_mended_and_told(world: World) -> None:
    plan = world.start(SEVENTH)
    world.work()
    params: Any = {"pause_collection": {"behavior": "void"}}
    world.sdk.v1.subscriptions.update(plan.stripe_subscription_id or "", params)
    world.near.drain()  # No delivery came.
    with clock_at(world.now + timedelta(hours=1)):
        counted = plans_mend(is_rehearsal=True)
        assert (counted.compared, counted.mended) == (1, 1)
        assert not world.fresh().is_paused
        assert plans_mend().mended == 1
        assert world.fresh().status == SubscriptionStatus.PAUSED
        assert plans_mend().mended == 0


def test_a_link_that_is_cut_or_over_opens_nothing(world: World) -> None:
    plan = world.start(SEVENTH)
    token = giving_link(plan, PlanPurpose.PAY).partition(GIVING_LINK_PATH)[2]
    assert giving_link_read(token).plan == plan
    for wrong in (token[:-1], token.upper(), ""):
        with pytest.raises(NotFound):
            giving_link_read(wrong)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('"day": 27', '"day": 1'), "no step has a later one"),
        (('"paydays": [1, 15, 25, 28]', '"paydays": [0]'), "from 1 to 31"),
        (('"let_go"', '"keep"'), "`let_go` or `stop`"),
        (('"insufficient_funds"', '"lost_card"'), "`lost_card` is not tried again"),
        (('"unknown"', '"others"'), "a group `unknown` is needed"),
        (('"hour_utc"', '"hour"'), "no such setting"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_by_name(
    change: tuple[str, str], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        policy_parse(STANDARD.read_text().replace(*change, 1))


def test_pay_days_in_the_standard_policy_leave_out_the_next_day() -> None:
    policy = policy_read(STANDARD)
    failed = datetime(2026, 2, 24, 11, tzinfo=UTC)
    steps = policy_schedule(policy, policy.groups["funds"], failed)
    assert [one.at.date() for one in steps if one.deed == "retry"] == [
        date(2026, 2, 28),
        date(2026, 3, 1),
    ]


def test_a_pay_day_after_the_end_is_not_waited_for() -> None:
    policy = policy_parse(
        STANDARD.read_text().replace('"paydays": [1, 15, 25, 28]', '"paydays": [5]')
    )
    failed = datetime(2026, 2, 7, 11, tzinfo=UTC)
    steps = policy_schedule(policy, policy.groups["funds"], failed)
    assert [one.deed for one in steps] == ["write", "write", "final", "retry", "end"]
    assert [one.at.date() for one in steps][-2:] == [date(2026, 3, 5), date(2026, 3, 6)]
