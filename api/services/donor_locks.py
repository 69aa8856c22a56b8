"""Donors held while something of them is written: who writes waits for an erasure, and it for them."""

from collections.abc import Collection

from api.models import Donor


def donor_hold(donor_id: int) -> Donor:
    """A donor as they are now, held to the end of the transaction: nobody forgets them meanwhile."""
    return donors_hold([donor_id])[donor_id]


def donors_hold(donor_ids: Collection[int]) -> dict[int, Donor]:
    """Many donors, held alike, in one order, so that two who hold some of them never wait for each other."""
    rows = Donor.objects.select_for_update(no_key=True).filter(pk__in=donor_ids)
    return {donor.pk: donor for donor in rows.order_by("pk")}
