"""Donors held while something of them is written: who writes waits for an erasure, and it for them."""

from api.models import Donor


def donor_hold(donor_id: int) -> Donor:
    """A donor as they are now, held to the end of the transaction: nobody forgets them meanwhile."""
    return Donor.objects.select_for_update(no_key=True).get(pk=donor_id)
