"""A small history that every report is held to: written through the services, so that books and summaries have it.

Amina gives monthly; Ben gave in 2024 and 2025; Chen once in 2023, again in 2026; Zoë gave in euros; Ada is new.
"""

from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from api.models import (
    Campaign,
    Donation,
    DonationKind,
    Donor,
    Fund,
    FundRestriction,
    RefundStatus,
    Subscription,
)
from api.services.balance_transactions import balance_record
from api.services.donations import donations_settle
from api.services.donors import name_fold
from api.services.funds import funds_seed
from api.services.payments import Settlement
from api.services.refunds import RefundFacts, refund_follow
from api.services.subscriptions import SubscriptionFacts, subscription_follow

TODAY = date(2026, 11, 24)
HOSTILE = '=HYPERLINK("https://example.org")'


def donor(name: str, email: str) -> Donor:
    """A person, made when new."""
    found, _ = Donor.objects.get_or_create(
        name_key=name_fold(name), email_key=email, defaults={"name": name, "email": email}
    )
    return found


def moment(text: str) -> datetime:
    """2026-10-05 is noon of it, UTC; with a time it is that time, UTC."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T12:00").replace(tzinfo=UTC)


def paid(who: Donor, on: str, amount: int, **changes: Any) -> Donation:
    """A gift that was received at a moment, with what it cost."""
    number = Donation.objects.count() + 1
    method = changes.pop("method_kind", "card")
    fields: dict[str, Any] = {
        "kind": DonationKind.ONE_OFF,
        "donor": who,
        "fund": Fund.objects.get(code="general"),
        "amount_minor": amount,
        "currency": "GBP",
        "stripe_payment_intent_id": f"pi_{number}",
    }
    gift = changes.pop("gift", None) or Donation.objects.create(**fields | changes)
    donations_settle(
        [
            Settlement(
                donation_id=gift.pk,
                amount_minor=gift.total_minor,
                currency=gift.currency,
                received_at=moment(on),
                why="test",
                payment_intent_id=gift.stripe_payment_intent_id or "",
                charge_id=f"ch_{gift.pk}",
                method_kind=method,
            )
        ]
    )
    return gift


def charged(gift: Donation, on: str, fee: int) -> None:
    """Stripe's statement tells of a gift and its fee."""
    total = gift.total_minor
    balance_record(
        [
            {
                "id": f"txn_{gift.pk}",
                "type": "charge",
                "source": {
                    "object": "charge",
                    "id": f"ch_{gift.pk}",
                    "currency": gift.currency.lower(),
                    "amount": total,
                    "payment_intent": gift.stripe_payment_intent_id,
                },
                "amount": total,
                "fee": fee,
                "net": total - fee,
                "currency": gift.currency.lower(),
                "available_on": int(moment(on).timestamp()),
                "created": int(moment(on).timestamp()),
            }
        ]
    )


def given_back(gift: Donation, amount: int) -> None:
    """A refund that Stripe carried out now."""
    refund_follow(
        RefundFacts(
            id=f"re_{gift.pk}",
            status=RefundStatus.SUCCEEDED,
            amount_minor=amount,
            currency=gift.currency,
            reason="requested_by_customer",
            failure_reason="",
            payment_intent_id=gift.stripe_payment_intent_id or "",
            reference="",
        ),
        why="test",
    )


def plan(who: Donor, on: str, amount: int, **changes: Any) -> Subscription:
    """A monthly plan that began at a moment."""
    fields: dict[str, Any] = {
        "donor": who,
        "fund": Fund.objects.get(code="general"),
        "amount_minor": amount,
        "currency": "GBP",
        "collection_day": 5,
    }
    made = Subscription.objects.create(**fields | changes)
    moved(made, "active", on)
    return made


def moved(of: Subscription, status: str, on: str) -> None:
    """Stripe says that a plan is in another state now."""
    facts = SubscriptionFacts(f"sub_{of.pk}", status, of.reference, None)
    assert subscription_follow(facts, at=moment(on))


def month(of: Subscription, on: str, *, failed_on: str = "", is_paid: bool = True) -> Donation:
    """One month of a plan; with `failed_on` its first try failed at that moment."""
    number = Donation.objects.count() + 1
    gift = Donation.objects.create(
        kind=DonationKind.MONTHLY,
        donor=of.donor,
        fund=of.fund,
        subscription=of,
        amount_minor=of.amount_minor,
        currency=of.currency,
        stripe_payment_intent_id=f"pi_{number}",
        status="failed" if failed_on else "created",
        failure_code="insufficient_funds" if failed_on else "",
    )
    if failed_on:
        # Django would put its own time in.
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO api_donationmove (donation_id, from_status, to_status, why, at)"
                " VALUES (%s, 'created', 'failed', 'test', %s)",
                [gift.pk, moment(failed_on)],
            )
    return paid(of.donor, on, of.amount_minor, gift=gift) if is_paid else gift


def history_write() -> dict[str, Any]:
    """All of it. Figures that follow are worked out by hand in the tests."""
    funds_seed()
    roof, _ = Fund.objects.get_or_create(
        code="roof", defaults={"name": "The roof", "restriction": FundRestriction.RESTRICTED}
    )
    winter = Campaign.objects.create(code="winter", name="Winter appeal")
    amina, ben = donor("Amina Yusuf", "amina@example.org"), donor("Ben Okafor", "ben@example.org")
    chen, zoe = donor("Chen Li", "chen@example.org"), donor("Zoë Łęcka", "zoe@example.org")
    ada = donor(HOSTILE, "ada@example.org")
    paid(chen, "2023-05-05", 10_000)
    paid(ben, "2024-06-01", 5_000)
    paid(ben, "2025-06-01", 6_000, fund=roof)
    euros = paid(zoe, "2025-07-01", 7_000, currency="EUR")
    # Half past eleven at night in UTC is the first of October in London.
    late = paid(chen, "2026-09-30T23:30", 2_500, fund=roof, campaign=winter)
    ada_gift = paid(ada, "2026-10-10", 4_000, fee_cover_minor=81, campaign=winter)
    bacs = paid(ada, "2026-10-31T23:59", 1_000, method_kind="bacs_debit")
    plans = _plans(amina, ben, roof)
    charged(late, "2026-10-01", 58)
    charged(ada_gift, "2026-10-10", 81)
    charged(bacs, "2026-11-03", 20)
    given_back(ada_gift, 1_081)
    with connection.cursor() as cursor:
        # The receipts' e-mails are not what these tests are about, and would ask Stripe.
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    return {
        "amina": amina, "ben": ben, "chen": chen, "zoe": zoe, "ada": ada,
        "roof": roof, "winter": winter, "euros": euros, "late": late, "ada_gift": ada_gift, **plans,
    }  # fmt: skip


def _plans(amina: Donor, ben: Donor, roof: Fund) -> dict[str, Any]:
    """Amina's goes on and once failed and recovered; Ben's failed and was stopped."""
    going, stopped = plan(amina, "2026-08-05", 1_000), plan(ben, "2026-09-01", 500, fund=roof)
    month(going, "2026-08-05")
    month(going, "2026-09-05")
    month(going, "2026-10-08", failed_on="2026-10-05")
    moved(going, "past_due", "2026-10-05")
    moved(going, "active", "2026-10-08")
    month(stopped, "2026-09-01", is_paid=False)
    month(stopped, "", failed_on="2026-10-01", is_paid=False)
    moved(stopped, "past_due", "2026-10-01")
    moved(stopped, "canceled", "2026-10-20")
    return {"going": going, "stopped": stopped}
