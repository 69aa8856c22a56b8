"""Postings to the books."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Sum

from api.models import Account, BooksSum, Donation, LedgerEntry, LedgerPosting, Payout
from api.services.rows import rows_insert


@dataclass(frozen=True)
class Draft:
    """A posting to write: debits positive, credits negative, in minor units of one currency.

    The fund is the donation's; a payout's money is of the charity as a whole.
    """

    name: str
    currency: str
    lines: Sequence[tuple[Account, int]]
    donation: Donation | None = None
    payout: Payout | None = None

    @property
    def fund_id(self) -> int | None:
        """Whose purse it is."""
        return self.donation.fund_id if self.donation else None

    @property
    def has_money(self) -> bool:
        """What moves nothing is no posting: the database refuses it."""
        return any(amount for _, amount in self.lines)


def ledger_post(drafts: Sequence[Draft]) -> None:
    """Write balanced postings, in the caller's transaction.

    The database refuses an unbalanced posting and a second one of the same name.
    """
    keys = rows_insert(
        LedgerPosting,
        {
            "name": [draft.name for draft in drafts],
            "donation_id": [draft.donation.pk if draft.donation else None for draft in drafts],
            "payout_id": [draft.payout.pk if draft.payout else None for draft in drafts],
        },
    )
    sides = [
        (key, draft, account, amount)
        for key, draft in zip(keys, drafts, strict=True)
        for account, amount in draft.lines
        if amount
    ]
    rows_insert(
        LedgerEntry,
        {
            "posting_id": [key for key, *_ in sides],
            "account": [account for _, _, account, _ in sides],
            "fund_id": [draft.fund_id for _, draft, _, _ in sides],
            "amount_minor": [amount for *_, amount in sides],
            "currency": [draft.currency for _, draft, _, _ in sides],
        },
    )


def ledger_post_new(drafts: Sequence[Draft]) -> None:
    """Write those that are not in the books yet. The caller holds the lock of what they are about."""
    names = [draft.name for draft in drafts]
    known = set(LedgerPosting.objects.filter(name__in=names).values_list("name", flat=True))
    ledger_post([draft for draft in drafts if draft.name not in known])


@dataclass(frozen=True)
class Balance:
    """One figure of the books, in minor units: debits positive. No fund: the charity as a whole."""

    account: Account
    currency: str
    fund_id: int | None
    fund_name: str
    amount_minor: int


def ledger_balances() -> list[Balance]:
    """Every account's balance per currency and fund, in the order of the accounts: one query.

    Read from the kept sums, which equal the sum of the entries at any moment (services/summaries.py).
    """
    places = {account: place for place, account in enumerate(Account)}
    rows = BooksSum.objects.values_list("account", "currency", "fund_id", "fund__name")
    sums = rows.order_by().annotate(total=Sum("amount_minor"))
    found = [
        Balance(Account(account), currency, fund_id, fund_name or "", total)
        for account, currency, fund_id, fund_name, total in sums
    ]
    return sorted(found, key=lambda one: (one.currency, places[one.account], one.fund_name))


def ledger_unbalanced(*, limit: int = 20) -> list[str]:
    """Names of postings that do not sum to zero in one currency: none, or the database was tampered with."""
    sums = (
        LedgerPosting.objects.annotate(
            total=Sum("entries__amount_minor"), currencies=Count("entries__currency", distinct=True)
        )
        .exclude(total=0, currencies=1)
        .order_by("id")
    )
    return list(sums.values_list("name", flat=True)[:limit])
