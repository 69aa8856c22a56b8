"""The chain over the books: each posting is sealed with a digest of itself and of the link before.

digest = SHA-256(previous digest + "\\n" + the posting as text), the first previous one being empty.
The text is one line per field, then one per entry, in the order of their ids, so that the verifier
needs nothing but the rows. Sealing runs beside the work, in the order of ids as they are committed.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from api.models import LedgerSeal
from api.services.turns import turn_take

_LOCK = 0x5EA1  # one sealer at a time
BATCH = 2000
WINDOW = 100_000

_TEXT = """
SELECT posting.id, posting.name, posting.donation_id, posting.payout_id, posting.posted_at,
       (SELECT string_agg(
           concat_ws('|', entry.id, entry.account, coalesce(entry.fund_id::text, ''),
                     entry.amount_minor, entry.currency), E'\\n' ORDER BY entry.id)
          FROM api_ledgerentry AS entry WHERE entry.posting_id = posting.id)
"""


@dataclass(frozen=True)
class BrokenLink:
    """Where the chain does not hold: which seal and posting, and what is wrong with it."""

    sequence: int
    posting_id: int
    what: str


@dataclass(frozen=True)
class ChainReport:
    """What the verifier found. `head` is the last digest: keep it elsewhere to prove the chain's length."""

    sealed: int
    unsealed: int
    head: str
    broken: BrokenLink | None


@transaction.atomic
def ledger_seal(*, limit: int = BATCH) -> int:
    """Seal committed postings that have no seal yet. Returns how many.

    Ids are given before commits, so that it looks WINDOW ids back for those that came late.
    """
    turn_take(_LOCK)
    with connection.cursor() as cursor:
        last = LedgerSeal.objects.order_by("-sequence").first()
        cursor.execute(
            _TEXT  # noqa: S608
            + """FROM api_ledgerposting AS posting
                WHERE posting.id > (SELECT coalesce(max(posting_id), 0) FROM api_ledgerseal) - %s
                  AND NOT EXISTS (SELECT FROM api_ledgerseal AS seal WHERE seal.posting_id = posting.id)
                ORDER BY posting.id LIMIT %s""",
            [WINDOW, limit],
        )
        rows = cursor.fetchall()
    sequence, digest = (last.sequence, last.digest) if last else (0, "")
    seals = []
    for row in rows:
        sequence, digest = sequence + 1, _digest(digest, row)
        seals.append(LedgerSeal(sequence=sequence, posting_id=row[0], digest=digest))
    LedgerSeal.objects.bulk_create(seals)
    return len(seals)


def ledger_verify() -> ChainReport:
    """Walk the whole chain; stops at the first broken link. Constant memory."""
    sequence, digest = 0, ""
    for seal, posting_id, kept, row in _links():
        if seal != sequence + 1:
            return _broken(sequence, digest, BrokenLink(sequence + 1, 0, "this seal was removed"))
        if row is None:
            missing = BrokenLink(seal, posting_id, f"posting {posting_id} was removed")
            return _broken(sequence, digest, missing)
        if _digest(digest, row) != kept:
            what = f"posting {posting_id} ({row[1]}) or its seal was changed"
            return _broken(sequence, digest, BrokenLink(seal, posting_id, what))
        sequence, digest = seal, kept
    return ChainReport(sequence, _unsealed(), digest, None)


def _broken(sealed: int, head: str, link: BrokenLink) -> ChainReport:
    return ChainReport(sealed, _unsealed(), head, link)


def _unsealed() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM api_ledgerposting AS posting
                WHERE NOT EXISTS (SELECT FROM api_ledgerseal WHERE posting_id = posting.id)"""
        )
        return int(cursor.fetchone()[0])


def _links() -> Iterator[tuple[int, int, str, Sequence[Any] | None]]:
    """Every seal with its posting, in order; read in batches by key, so that memory stays flat."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                _TEXT
                + """, seal.sequence, seal.posting_id, seal.digest
                FROM api_ledgerseal AS seal
                LEFT JOIN api_ledgerposting AS posting ON posting.id = seal.posting_id
                WHERE seal.sequence > %s ORDER BY seal.sequence LIMIT %s""",
                [after, BATCH],
            )
            rows = cursor.fetchall()
        if not rows:
            return
        for *posting, sequence, posting_id, digest in rows:
            yield sequence, posting_id, digest, posting if posting[0] is not None else None
        after = rows[-1][6]


def _digest(previous: str, row: Sequence[Any]) -> str:
    posting_id, name, donation_id, payout_id, posted_at, entries = row
    moment = posted_at.isoformat() if isinstance(posted_at, datetime) else posted_at
    text = "\n".join(
        str(part) for part in (previous, posting_id, name, donation_id, payout_id, moment, entries)
    )
    return hashlib.sha256(text.encode()).hexdigest()
