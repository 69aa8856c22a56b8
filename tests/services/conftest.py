"""Gifts made straight in the database, for rules that need no Stripe."""

from collections.abc import Callable
from typing import Any

import pytest

from api.models import Donation, DonationKind, Donor, Fund
from api.services.funds import funds_seed
from tests.people import BEN


@pytest.fixture
def make_donation(no_jobs: None) -> Callable[..., Donation]:
    """A started gift of Ben's, £25 unless said otherwise."""
    funds_seed()
    donor, _ = Donor.objects.get_or_create(
        email_key=BEN["email"], name_key="ben okafor", defaults=BEN
    )

    def make(**changes: Any) -> Donation:
        fields: dict[str, Any] = {
            "kind": DonationKind.ONE_OFF,
            "donor": donor,
            "fund": Fund.objects.get(code="general"),
            "amount_minor": 2500,
            "currency": "GBP",
        }
        return Donation.objects.create(**fields | changes)

    return make
