"""Two people, or two clicks, at one instant: each gets an answer, and what they do is done once."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.db import OperationalError, connection, transaction

from api import tasks
from api.clock import charity_date, now
from api.errors import Invalid, MoveRefused, SignInRefused, StaffRefused, StripeRefused
from api.models import (
    AuditLine,
    BankLine,
    Donation,
    Donor,
    DonorSession,
    DonorTag,
    EmailChange,
    FollowUp,
    Fund,
    Payout,
    PayoutStatus,
    Receipt,
    ReceiptFault,
    Reconciliation,
    Refund,
    RefundReason,
    ReportSchedule,
    Role,
    User,
)
from api.services.bank_lines import bank_line_match, bank_lines_match
from api.services.donations import donation_apply, donation_settle
from api.services.donor_secrets import CHANGE_SALT, secret_sign
from api.services.donor_sign_ins import (
    donor_password_set,
    donor_password_sign_in,
    donor_session_find,
    donor_session_start,
)
from api.services.donors import donor_customer
from api.services.email_changes import email_change_answer
from api.services.factors import recovery_codes_renew, totp_secret_make, totp_set
from api.services.follow_ups import follow_up_write_off
from api.services.gateways.stripe import IntentFacts
from api.services.payments import Settlement
from api.services.receipt_replacements import receipt_replace
from api.services.refunds import RefundRequest, refund_ask
from api.services.report_schedules import ScheduleRequest, schedule_make
from api.services.tags import tag_add, tag_add_all
from api.services.users import staff_add
from tests.clients import Client
from tests.conftest import until
from tests.people import staff

pytestmark = pytest.mark.django_db(transaction=True)

WAITS = "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
type Deed = Callable[[], Any]


def beside(deed: Deed) -> "Future[Any]":
    """Somebody else does this at the same time: they have done it, or wait for a lock of ours."""

    def carried_out() -> Any:
        try:
            return deed()
        finally:
            connection.close()

    def is_far() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(WAITS)
            return future.done() or cursor.fetchone() is not None

    hands = ThreadPoolExecutor(1)
    future = hands.submit(carried_out)
    hands.shutdown(wait=False)
    assert until(is_far, 10)
    return future


@contextmanager
def between(words: str, deed: Deed) -> Iterator["list[Future[Any]]"]:
    """Within it somebody else does this, once, at the moment before a statement with these words."""
    left, begun = [deed], []

    def look(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if words in sql and left:
            begun.append(beside(left.pop()))
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        yield begun
    assert begun


def test_a_member_of_staff_added_by_two_clicks_is_one_and_the_second_is_told() -> None:
    dora = staff(Role.ADMINISTRATOR)

    def add() -> object:
        return staff_add(email="new@example.org", name="New", role=Role.FINANCE, actor=dora)

    with pytest.raises(StaffRefused), between('INSERT INTO "api_user"', add):
        add()
    assert User.objects.filter(email="new@example.org").count() == 1
    assert AuditLine.objects.filter(action="staff.added").count() == 1


def test_an_app_for_codes_taken_into_use_by_two_clicks_is_taken_once() -> None:
    dora, secret = staff(Role.ADMINISTRATOR), totp_secret_make()
    counter = list(totp.yield_hotp_counters_from_time())[settings.MFA_TOTP_TOLERANCE]
    code = totp.format_hotp_value(totp.hotp_value(secret, counter))

    def take() -> None:
        totp_set(user=dora, secret=secret, code=code)

    with transaction.atomic():
        take()
        second = beside(take)
    second.result(10)
    assert AuditLine.objects.filter(action="factor.added").count() == 1


def test_recovery_codes_made_anew_by_two_clicks_are_made() -> None:
    dora = staff(Role.ADMINISTRATOR)
    with transaction.atomic():
        recovery_codes_renew(dora)
        second = beside(lambda: recovery_codes_renew(dora))
    second.result(10)


@pytest.fixture
def payout() -> Payout:
    """Of £40, and two lines of the bank that may be it: a person must choose."""
    today = charity_date(now())
    for number in (1, 2):
        BankLine.objects.create(
            account="main",
            booked_on=today,
            amount_minor=4000,
            currency="GBP",
            reference=f"STRIPE {number}",
            number=number,
        )
    return Payout.objects.create(
        stripe_payout_id="po_1",
        amount_minor=4000,
        currency="GBP",
        status=PayoutStatus.PAID,
        is_automatic=True,
        arrives_on=today,
        made_at=now(),
    )


def test_a_person_and_an_import_that_match_the_same_payout_never_stop_each_other(
    payout: Payout,
) -> None:
    farid, line = staff(Role.FINANCE), BankLine.objects.earliest("pk")
    with between('FROM "api_payout" WHERE "api_payout"."id"', bank_lines_match) as imports:
        bank_line_match(line_id=line.pk, payout_id=payout.pk, actor=farid)
    assert imports[0].result(10) == 0
    assert [one.payout_id for one in BankLine.objects.order_by("pk")] == [payout.pk, None]


def test_one_reference_sent_for_the_refunds_of_two_gifts_at_once_is_one_refund(
    make_donation: Callable[..., Donation], simulator: str
) -> None:
    farid, gifts = staff(Role.FINANCE), [make_donation(), make_donation()]
    for gift in gifts:
        donation_settle(
            Settlement(gift.pk, 2500, "GBP", now(), "test", payment_intent_id=f"pi_{gift.pk}")
        )
    asked = RefundRequest(500, RefundReason.DUPLICATE, "", farid, farid)

    def ask(gift: Donation) -> None:
        with suppress(StripeRefused):  # It has none of these payments.
            refund_ask(donation_reference=gift.reference, request=asked)

    with (
        pytest.raises(MoveRefused),
        between('INSERT INTO "api_refund"', lambda: ask(gifts[0])),
    ):
        ask(gifts[1])
    assert Refund.objects.get().donation_id == gifts[0].pk


@pytest.fixture
def amina() -> Donor:
    return Donor.objects.create(
        name="Amina", email="amina@example.org", name_key="amina", email_key="amina@example.org"
    )


def test_an_address_that_somebody_of_the_same_name_takes_at_that_moment_is_refused(
    amina: Donor,
) -> None:
    change = EmailChange.objects.create(
        email_key=amina.email_key,
        email_new="new@example.org",
        ends_at=now() + timedelta(days=1),
        new_said_yes_at=now(),
    )
    token = secret_sign(f"{change.reference}-old", CHANGE_SALT)

    def take() -> None:
        taken = {"email": change.email_new, "email_key": change.email_new}
        Donor.objects.create(name="Amina", name_key="amina", **taken)

    with pytest.raises(MoveRefused), between('UPDATE "api_donor"', take):
        email_change_answer(token=token, says_yes=True)
    change.refresh_from_db()
    assert change.done_at is None


def test_a_password_that_is_changed_while_the_old_one_is_typed_lets_nobody_in(amina: Donor) -> None:
    with transaction.atomic():
        own = donor_session_find(donor_session_start(amina.email_key, by="link"))
    assert own
    donor_password_set(session=own, password="rather long words")

    def change() -> None:
        donor_password_set(session=own, password="other long words")

    with pytest.raises(SignInRefused), between('DELETE FROM "api_signinpause"', change):
        donor_password_sign_in(email=amina.email, password="rather long words", address=None)
    assert DonorSession.objects.get(ended_at=None).pk == own.pk


def forgotten_beside(donor: Donor, deed: Deed) -> "Future[Any]":
    """The donor is being forgotten as somebody else does something about them."""
    with transaction.atomic():
        Donor.objects.select_for_update().get(pk=donor.pk)
        other = beside(deed)
        Donor.objects.filter(pk=donor.pk).update(erased_at=now())
    return other


def test_no_tag_is_put_on_a_donor_who_is_being_forgotten(amina: Donor) -> None:
    gwen = staff(Role.FUNDRAISER)
    one = forgotten_beside(amina, lambda: tag_add(donor=amina, name="Host", actor=gwen))
    with pytest.raises(Invalid):
        one.result(10)
    assert tag_add_all(donors=[amina], name="Host", actor=gwen) == 0
    assert not DonorTag.objects.exists()


def test_no_receipt_is_replaced_while_its_donor_is_being_forgotten(
    make_donation: Callable[..., Donation],
) -> None:
    farid, gift = staff(Role.FINANCE), make_donation()
    donation_settle(Settlement(gift.pk, 2500, "GBP", now(), "test"))
    number = Receipt.objects.get().number
    other = forgotten_beside(
        gift.donor, lambda: receipt_replace(number=number, reason=ReceiptFault.NAME, actor=farid)
    )
    with pytest.raises(MoveRefused):
        other.result(10)
    assert Receipt.objects.get().number == number


def test_a_name_that_is_corrected_while_stripe_makes_the_customer_is_told_to_stripe(
    amina: Donor, simulator: str, no_jobs: None
) -> None:
    def correct() -> None:
        Donor.objects.filter(pk=amina.pk).update(name="Amina Yusuf")

    with between('SET "stripe_customer_id"', correct):
        assert donor_customer(amina)
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args ->> 'donor_id' FROM procrastinate_jobs")
        assert cursor.fetchall() == [("api.tasks.donor_customer_follow", str(amina.pk))]


def test_a_donor_who_looks_while_the_inbox_settles_others_sees_the_gift_settled(
    make_donation: Callable[..., Donation],
) -> None:
    """The inbox has taken receipt numbers and comes to the gift that the donor's page is settling."""
    other, mine = make_donation(), make_donation()
    paid = IntentFacts("pi_1", "succeeded", 2500, "GBP")
    with transaction.atomic():
        donation_settle(Settlement(other.pk, 2500, "GBP", now(), "test"))
        page = beside(
            lambda: donation_apply(donation_id=mine.pk, intent=paid, at=now(), why="asked Stripe")
        )
        # Should PostgreSQL end this one, the event is handled again in a second.
        with suppress(OperationalError), transaction.atomic():
            Donation.objects.select_for_update(of=("self",)).get(pk=mine.pk)
    page.result(10)
    mine.refresh_from_db()
    assert mine.status == "succeeded" and Receipt.objects.count() == 2


def test_one_reference_sent_for_what_is_done_about_two_gifts_at_once_is_one_deed(
    make_donation: Callable[..., Donation],
) -> None:
    farid, gifts = staff(Role.FINANCE), [make_donation(status="failed") for _ in range(2)]

    def write_off(gift: Donation) -> object:
        return follow_up_write_off(
            donation_reference=gift.reference, reference="FORM1", actor=farid
        )

    with (
        pytest.raises(MoveRefused),
        between('INSERT INTO "api_followup"', lambda: write_off(gifts[0])),
    ):
        write_off(gifts[1])
    assert FollowUp.objects.get().donation_id == gifts[0].pk


def test_a_fund_added_by_two_clicks_is_one_and_the_second_is_told() -> None:
    dora = staff(Role.ADMINISTRATOR)
    asked = {"code": "roof", "name": "The roof", "restriction": "unrestricted", "position": 9}

    def add() -> Any:
        client = Client()
        client.force_login(dora)
        return client.post("/admin/api/fund/add/", asked, follow=True)

    with between('INSERT INTO "api_fund"', add):
        page = add()
    assert "It is here already" in page.content.decode()
    assert Fund.objects.filter(code="roof").count() == 1


def test_a_schedule_made_by_two_clicks_sends_each_report_once() -> None:
    farid = staff(Role.FINANCE)
    wish = ScheduleRequest("giving", {"period": "last_month"}, "pdf", "week", "1", [str(farid.pk)])
    with transaction.atomic():
        first = schedule_make(wish, actor=farid)
        second = beside(lambda: schedule_make(wish, actor=farid))
    assert second.result(10).pk == first.pk == ReportSchedule.objects.get().pk


def test_a_worker_that_dies_as_it_asks_for_the_nights_comparison_leaves_none_that_waits_for_ever() -> (
    None
):
    def die(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if "procrastinate_defer" in sql:
            raise KeyboardInterrupt
        return execute(sql, *rest)

    with connection.execute_wrapper(die), pytest.raises(KeyboardInterrupt):
        tasks.reconcile_nightly(timestamp=0)
    assert not Reconciliation.objects.exists()
