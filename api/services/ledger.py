"""Postings to the books."""

from collections.abc import Sequence

from api.models import Account, Donation, LedgerEntry, LedgerPosting


def ledger_post(
    *, name: str, donation: Donation, currency: str, lines: Sequence[tuple[Account, int]]
) -> LedgerPosting:
    """Write one balanced posting, in the caller's transaction. Debits positive, in minor units.

    The database refuses an unbalanced posting and a second one of the same name.
    """
    posting = LedgerPosting.objects.create(name=name, donation=donation)
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            posting=posting,
            account=account,
            fund_id=donation.fund_id,
            amount_minor=amount,
            currency=currency,
        )
        for account, amount in lines
    )
    return posting
