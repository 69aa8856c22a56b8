"""Addresses to which nothing goes, or no appeal. Only a keyed hash is kept: it outlives the donor's erasure."""

import hashlib
import hmac
from collections.abc import Iterable

from django.conf import settings

from api.clock import now
from api.models import SuppressedAddress, SuppressedReason


def address_hash(email: str) -> str:
    """What stands for an address that we must not keep. Case and spaces around make no difference."""
    key = settings.ADDRESS_HASH_KEY.encode()
    return hmac.new(key, email.strip().casefold().encode(), hashlib.sha256).hexdigest()


def address_suppress(email: str, reason: SuppressedReason) -> None:
    """Send nothing (it bounces), or no appeal, to this address from now on. Safe to call again."""
    SuppressedAddress.objects.get_or_create(
        address_hash=address_hash(email), reason=reason, defaults={"at": now()}
    )


def address_is_suppressed(email: str, *reasons: SuppressedReason) -> bool:
    """Whether it is, for one of these reasons; without any, for whichever."""
    rows = SuppressedAddress.objects.filter(address_hash=address_hash(email))
    return (rows.filter(reason__in=reasons) if reasons else rows).exists()


def addresses_suppressed(emails: Iterable[str], *reasons: SuppressedReason) -> int:
    """How many of these addresses are, for one of these reasons; without any, for whichever."""
    rows = SuppressedAddress.objects.values_list("address_hash", flat=True)
    hashes = set(rows.filter(reason__in=reasons) if reasons else rows)
    return sum(address_hash(email) in hashes for email in emails) if hashes else 0


def address_release(email: str) -> int:
    """Try a bouncing address again, after its owner said that it works. Returns how many rows went."""
    bounced = SuppressedAddress.objects.filter(
        address_hash=address_hash(email), reason=SuppressedReason.BOUNCED
    )
    return bounced.delete()[0]
