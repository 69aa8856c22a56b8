"""Many rows by one statement: as Django would have written them one by one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DataError, IntegrityError

from api.models import AuditLine, Donation, DonationKind, DonationMove, DonationStatus, Donor, Fund
from api.services.funds import funds_seed
from api.services.rows import rows_create, rows_update
from tests.giving_history import donor

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 11, 5, 9, 30, tzinfo=UTC)


def gift(who: Donor, **changes: Any) -> Donation:
    """A gift that is not saved."""
    funds_seed()
    known: dict[str, Any] = {"kind": DonationKind.ONE_OFF, "amount_minor": 1, "currency": "GBP"}
    return Donation(donor=who, fund=Fund.objects.get(code="general"), **known | changes)


def test_rows_are_written_whole_in_their_order_and_learn_their_keys() -> None:
    ben = donor("Ben Okafor", "ben@example.org")
    made = [
        gift(ben, amount_minor=1, message='a "quoted", {braced} \\ text', status="created"),
        gift(ben, amount_minor=2, status=DonationStatus.FAILED, created_at=MOMENT),
        gift(ben, amount_minor=3, stripe_event_at=MOMENT, is_anonymous=True, message="Zoë\nŁódź"),
    ]
    assert rows_create(Donation, made) == made
    kept = list(Donation.objects.order_by("pk"))
    assert [one.pk for one in kept] == [one.pk for one in made]
    for found, wanted in zip(kept, made, strict=True):
        for field in Donation._meta.concrete_fields:
            assert getattr(found, field.attname) == getattr(wanted, field.attname), field.attname
    made[0].message = "changed"
    made[0].save()
    assert Donation.objects.count() == 3


def test_what_was_told_before_it_was_saved_is_found() -> None:
    late = Donor(name="Zoë", email="z@example.org", name_key="zoë", email_key="z@example.org")
    given = gift(late)
    move = DonationMove(donation=given, from_status="created", to_status="succeeded", why="x")
    rows_create(Donor, [late])
    rows_create(Donation, [given])
    rows_create(DonationMove, [move])
    assert DonationMove.objects.select_related("donation__donor").get().donation.donor == late
    assert given.donor_id == late.pk


def test_times_of_writing_and_json_are_kept() -> None:
    rows_create(AuditLine, [AuditLine(action="a", subject="b", detail={"n": [1, "ü", None]})])
    line = AuditLine.objects.get()
    assert line.detail == {"n": [1, "ü", None]}
    assert line.at is not None


def test_a_text_that_is_too_long_is_refused_and_never_cut() -> None:
    ben = donor("Ben Okafor", "ben@example.org")
    with pytest.raises(DataError):
        rows_create(Donation, [gift(ben, currency="POUND")])


def test_a_text_that_is_too_long_is_not_cut_where_rows_are_changed_either() -> None:
    ben = donor("Ben Okafor", "ben@example.org")
    [made] = rows_create(Donation, [gift(ben)])
    made.failure_code = "x" * 65
    with pytest.raises(DataError):
        rows_update(Donation, [made], ["failure_code"])


def test_what_the_database_refuses_is_refused_whole() -> None:
    ben = donor("Ben Okafor", "ben@example.org")
    pair = [gift(ben, idempotency_key="k" * 16) for _ in range(2)]
    with pytest.raises(IntegrityError):
        rows_create(Donation, pair)


def test_nothing_to_write_is_no_question() -> None:
    assert rows_create(Donation, []) == []
