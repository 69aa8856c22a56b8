"""What staff do about a payment that did not come: once, on record, and never a penny twice."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import stripe

from api.clock import now
from api.errors import MoveRefused, StripeUnavailable
from api.models import (
    AuditLine,
    Donation,
    DonationStatus,
    Donor,
    FollowUp,
    FollowUpOutcome,
    LedgerPosting,
    Message,
    MessageKind,
    Role,
)
from api.services.follow_ups import follow_up_link, follow_up_retry
from api.services.gateways import stripe as gateway
from api.services.tracker import (
    Age,
    Stage,
    TrackerFilter,
    ageing_read,
    attempts,
)
from tests.clients import Client
from tests.environment import free_port
from tests.people import gift, monthly, staff
from tests.walks.stories import Ask
from tests.walks.tools import start, work

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86400
FORM = "FORMFORMFORMFORMFORM"


def older(donation: Donation, **age: float) -> None:
    """It was started longer ago."""
    Donation.objects.filter(pk=donation.pk).update(created_at=now() - timedelta(**age))


def test_a_link_goes_out_once_however_often_it_is_pressed_and_again_after_a_day(
    hana: Client, declined: Callable[[], Donation]
) -> None:
    donation = declined()
    address = f"/admin/tracker/{donation.reference}/"
    preview = hana.get(address).content.decode()
    assert "One e-mail goes to Ben Okafor (ben@example.org)" in preview
    assert not Message.objects.exists()
    for form in (FORM, FORM, "OTHERFORMOTHERFORMOT"):
        assert hana.post(f"{address}link/", {"reference": form}).status_code == 302
    work()
    message = Message.objects.get(kind=MessageKind.GIVE_LINK)
    assert message.to == "ben@example.org"
    link = "/donate?kind=one_off&amount=2500&fund=youth-club&campaign=xmas"
    assert link in message.text and link.replace("&", "&amp;") in message.html
    assert "No money was taken" in message.text
    assert FollowUp.objects.count() == 1
    FollowUp.objects.update(at=now() - timedelta(days=2))
    hana.post(f"{address}link/", {"reference": "THIRDFORMTHIRDFORMTH"})
    work()
    assert Message.objects.filter(kind=MessageKind.GIVE_LINK).count() == 2
    lines = AuditLine.objects.filter(action="follow_up.link", actor=staff(Role.SUPPORT))
    assert lines.count() == 2
    story = hana.get(f"/admin/api/donation/{donation.pk}/why/").content.decode()
    assert story.count("Link sent") == 2


def test_nobody_is_written_to_who_may_be_paying_or_has_paid(
    client: Any, pay: Callable[..., Any], tell: Callable[[], None]
) -> None:
    hana = staff(Role.SUPPORT)
    started = start(client, gift())
    reference = started["reference"]
    with pytest.raises(MoveRefused, match="wait until an hour"):
        follow_up_link(donation_reference=reference, reference="", actor=hana)
    older(Donation.objects.get(), hours=2)
    pay(started)
    tell()
    with pytest.raises(MoveRefused, match="The money has come"):
        follow_up_link(donation_reference=reference, reference="", actor=hana)
    assert not FollowUp.objects.exists()


def test_a_link_without_an_address_is_not_offered_and_not_sent(
    hana: Client, declined: Callable[[], Donation]
) -> None:
    donation = declined()
    address, donors = f"/admin/tracker/{donation.reference}/", Donor.objects.all()
    for change, why in (
        ({"email": "", "email_key": ""}, "We have no e-mail address of this donor."),
        ({"email": "x@erased.invalid", "erased_at": now()}, "The donor was forgotten"),
    ):
        donors.update(**change)
        assert why in hana.get(address).content.decode()
        assert why in hana.post(f"{address}link/", follow=True).content.decode()
    assert not FollowUp.objects.exists()


def failed_month(
    client: Any,
    sdk: stripe.StripeClient,
    ask: Ask,
    pay: Callable[..., Any],
    tell: Callable[[], None],
) -> Donation:
    """Amina's second month, that her new card did not pay."""
    pay(start(client, monthly(), "/api/stripe/subscription-intent/"))
    tell()
    plan = Donation.objects.get().subscription
    assert plan is not None
    use_card(sdk, plan.stripe_subscription_id or "", "pm_card_chargeCustomerFail")
    ask("time", advance=33 * DAY)
    tell()
    return Donation.objects.exclude(status=DonationStatus.SUCCEEDED).get()


def use_card(sdk: stripe.StripeClient, subscription_id: str, card: str) -> None:
    """The plan pays by this card from now on."""
    plan = sdk.v1.subscriptions.retrieve(subscription_id)
    method = sdk.v1.payment_methods.attach(card, {"customer": str(plan.customer)})
    sdk.v1.subscriptions.update(subscription_id, {"default_payment_method": method.id})


def test_a_failed_month_says_why_and_is_paid_once_by_trying_again(
    client: Any, hana: Client, sdk: stripe.StripeClient, ask: Ask, pay: Callable[..., Any],
    tell: Callable[[], None],
) -> None:  # fmt: skip
    month = failed_month(client, sdk, ask, pay, tell)
    assert (month.status, month.failure_code) == (DonationStatus.FAILED, "generic_decline")
    page = hana.get(f"/admin/tracker/{month.reference}/").content.decode()
    assert "The bank declined and gives no reason" in page
    assert "can&#x27;t be paid twice" in page and "/donate?" not in page
    plan = month.subscription
    assert plan is not None
    use_card(sdk, plan.stripe_subscription_id or "", "pm_card_visa")
    for _ in range(2):
        hana.post(f"/admin/tracker/{month.reference}/retry/", {"reference": FORM})
    month.refresh_from_db()
    assert month.status == DonationStatus.FAILED, "the money comes by events alone"
    tell()
    month.refresh_from_db()
    assert month.status == DonationStatus.SUCCEEDED
    assert FollowUp.objects.get().outcome == FollowUpOutcome.TAKEN
    assert LedgerPosting.objects.filter(donation=month).count() == 1
    assert sdk.v1.invoices.retrieve(month.stripe_invoice_id or "").amount_paid == 1000
    actions = AuditLine.objects.filter(action__startswith="follow_up").values_list(
        "action", flat=True
    )
    assert list(actions) == ["follow_up.retry_taken", "follow_up.retry"]


def test_a_failed_month_of_a_plan_that_goes_on_is_paid_by_its_own_bill_never_twice(
    client: Any, hana: Client, sdk: stripe.StripeClient, ask: Ask, pay: Callable[..., Any],
    tell: Callable[[], None],
) -> None:  # fmt: skip
    month = failed_month(client, sdk, ask, pay, tell)
    hana.post(f"/admin/tracker/{month.reference}/link/", {"reference": FORM})
    work()
    text = Message.objects.get(kind=MessageKind.GIVE_LINK).text
    [page] = re.findall(r"http\S+/invoice/\S+", text)
    assert "goes on as before" in text and "/donate" not in text
    refused = httpx.post(page, data={"number": "4000 0000 0000 0002"})
    assert "declined" in refused.text
    assert "Thank you" in httpx.post(page, data={"number": "4242 4242 4242 4242"}).text
    tell()
    month.refresh_from_db()
    assert month.status == DonationStatus.SUCCEEDED
    assert LedgerPosting.objects.filter(donation=month).count() == 1
    Donation.objects.filter(pk=month.pk).update(status=DonationStatus.FAILED)
    FollowUp.objects.update(at=now() - timedelta(days=2))
    with pytest.raises(MoveRefused, match="no open bill"):
        follow_up_link(donation_reference=month.reference, reference="", actor=staff(Role.SUPPORT))
    Donation.objects.filter(pk=month.pk).update(stripe_invoice_id="in_of_another_account")
    told = hana.post(f"/admin/tracker/{month.reference}/link/", follow=True).content.decode()
    assert "Stripe does not find this month&#x27;s bill." in told
    assert FollowUp.objects.count() == 1


def test_a_try_that_fails_again_says_so_and_waits_a_day_for_the_next(
    client: Any, sdk: stripe.StripeClient, ask: Ask, pay: Callable[..., Any],
    tell: Callable[[], None],
) -> None:  # fmt: skip
    month, hana = failed_month(client, sdk, ask, pay, tell), staff(Role.SUPPORT)
    deed = follow_up_retry(donation_reference=month.reference, reference=FORM, actor=hana)
    assert (deed.outcome, deed.outcome_code) == ("declined", "generic_decline")
    with pytest.raises(MoveRefused, match="wait a day"):
        follow_up_retry(donation_reference=month.reference, reference="", actor=hana)
    Donation.objects.filter(pk=month.pk).update(failure_code="stolen_card")
    FollowUp.objects.update(at=now() - timedelta(days=2))
    with pytest.raises(MoveRefused, match="reported stolen"):
        follow_up_retry(donation_reference=month.reference, reference="", actor=hana)
    assert not LedgerPosting.objects.filter(donation=month).exists()


def test_a_try_whose_answer_is_lost_is_asked_for_again_under_the_same_key(
    client: Any, sdk: stripe.StripeClient, ask: Ask, pay: Callable[..., Any],
    tell: Callable[[], None], settings: Any,
) -> None:  # fmt: skip
    month, hana = failed_month(client, sdk, ask, pay, tell), staff(Role.SUPPORT)
    plan = month.subscription
    assert plan is not None
    use_card(sdk, plan.stripe_subscription_id or "", "pm_card_visa")
    where = settings.STRIPE_API_URL
    settings.STRIPE_API_URL = f"http://127.0.0.1:{free_port()}"
    gateway._client.cache_clear()
    with pytest.raises(StripeUnavailable, match="can't be taken twice"):
        follow_up_retry(donation_reference=month.reference, reference=FORM, actor=hana)
    settings.STRIPE_API_URL = where
    gateway._client.cache_clear()
    assert FollowUp.objects.get().outcome == ""
    follow_up_retry(donation_reference=month.reference, reference=FORM[::-1], actor=hana)
    with pytest.raises(MoveRefused, match="wait a day"):
        follow_up_retry(donation_reference=month.reference, reference="", actor=hana)
    deed = FollowUp.objects.get()
    assert (deed.reference, deed.outcome) == (FORM, FollowUpOutcome.TAKEN)


def test_a_write_off_moves_no_money_is_undone_at_a_word_and_money_that_comes_is_taken(
    client: Any, hana: Client, pay: Callable[..., Any], tell: Callable[[], None]
) -> None:
    started = start(client, gift())
    donation = Donation.objects.get()
    older(donation, days=2)
    address = f"/admin/tracker/{donation.reference}/write-off/"
    stuck = lambda: ageing_read(TrackerFilter())[Stage.STARTED][Age.THREE_DAYS]  # noqa: E731
    assert stuck() == 1
    for form in (FORM, "OTHERFORMOTHERFORMOT"):
        hana.post(address, {"reference": form, "note": "Called, changed her mind"})
    assert FollowUp.objects.count() == 1 and stuck() == 0
    assert attempts(TrackerFilter(is_written_off=True)).count() == 1
    for words in ("It is waited for again.", "It is not written off."):
        assert words in hana.post(address, {"undo": "yes"}, follow=True).content.decode()
    assert stuck() == 1
    hana.post(address, {"reference": "THIRDFORMTHIRDFORMTH"})
    donation.refresh_from_db()
    assert donation.status == DonationStatus.CREATED
    pay(started)
    tell()
    donation.refresh_from_db()
    assert donation.status == DonationStatus.SUCCEEDED
    assert Message.objects.filter(kind=MessageKind.RECEIPT).count() == 1
    actions = AuditLine.objects.filter(action__startswith="follow_up").values_list(
        "action", flat=True
    )
    assert list(actions) == ["follow_up.write_off", "follow_up.undone", "follow_up.write_off"]


def test_only_those_who_follow_up_may_and_the_api_says_why_not(
    declined: Callable[[], Donation],
) -> None:
    donation = declined()
    base = f"/staff/tracker/{donation.reference}"
    for role in Role:
        browser = Client()
        browser.force_login(staff(role))
        may = role != Role.AUDITOR
        for deed in ("link", "retry", "write-off"):
            if not may:
                page = browser.post(f"/admin/tracker/{donation.reference}/{deed}/")
                api = browser.post(f"/api{base}/{deed}/", "{}", content_type="application/json")
                assert (page.status_code, api.status_code) == (403, 403)
        told = browser.get(f"/api{base}/").json()
        assert bool(told["offers"]) == may
        assert browser.get("/admin/tracker/").status_code == 200
    assert not FollowUp.objects.exists()
    browser = Client()
    browser.force_login(staff(Role.SUPPORT))

    def post(deed: str, **body: str) -> Any:
        return browser.post(
            f"/api{base}/{deed}/", json.dumps(body), content_type="application/json"
        )

    refused = post("retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "move_refused")
    assert "nothing else has a saved card" in refused.json()["detail"]
    assert post("link", reference="x").status_code == 400
    sent, again = post("link", reference=FORM), post("link", reference=FORM)
    assert (sent.status_code, again.json()) == (201, sent.json())
    assert post("write-off", note="Gave in cash").json()["note"] == "Gave in cash"
    assert browser.delete(f"/api{base}/write-off/").status_code == 204
    nobody = browser.post("/api/staff/tracker/NOBODY/link/", "{}", content_type="application/json")
    assert nobody.status_code == 404
    assert browser.get("/api/staff/tracker/?stage=lost").status_code == 400
    assert browser.get("/api/staff/tracker/?after=lost").status_code == 400
