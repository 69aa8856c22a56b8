"""The books counted, so that what comes back from a backup can be held against the living ones."""

from datetime import datetime

from django.db import connection

from api.models import Alert, AlertKind
from api.services.alerts import alert_close, alert_open

# Each of rows that are never removed, and by the time at which they were written.
_COUNTS = {
    "donations": ("api_donation", "created_at"),
    "receipts": ("api_receipt", "issued_at"),
    "refunds": ("api_refund", "created_at"),
    "events": ("api_webhookevent", "received_at"),
    "postings": ("api_ledgerposting", "posted_at"),
}
_SUMS = """
SELECT entry.account || ' ' || entry.currency, sum(entry.amount_minor)::bigint
  FROM api_ledgerentry AS entry JOIN api_ledgerposting AS posting ON posting.id = entry.posting_id
 WHERE posting.posted_at < %s GROUP BY entry.account, entry.currency ORDER BY 1"""


def backup_figures(before: datetime, *, sealed: int = 0) -> dict[str, int | str]:
    """Counts, sums by account in minor units, and the chain's digest, of all written before a moment.

    `sealed`: at which seal to read the digest, where the chain is longer than in the copy; 0: its last.
    """
    figures: dict[str, int | str] = {}
    with connection.cursor() as cursor:
        for name, (table, column) in _COUNTS.items():
            cursor.execute(f"SELECT count(*) FROM {table} WHERE {column} < %s", [before])  # noqa: S608
            figures[name] = cursor.fetchone()[0]
        cursor.execute(_SUMS, [before])
        figures.update({f"sum of {name}": amount for name, amount in cursor.fetchall()})
        cursor.execute(
            "SELECT sequence, digest FROM api_ledgerseal WHERE %s IN (0, sequence)"
            " ORDER BY sequence DESC LIMIT 1",
            [sealed],
        )
        figures["sealed"], figures["digest"] = cursor.fetchone() or (0, "")
    return figures


def backup_fail(words: str) -> bool:
    """Tell staff that a backup or a drill failed; once until it is put right. True when they were told."""
    if Alert.objects.filter(kind=AlertKind.BACKUP, closed_at=None).exists():
        return False
    return alert_open(AlertKind.BACKUP, words[:255])


def backup_recover() -> None:
    """Backups are well again: the next failure is told again."""
    for alert in Alert.objects.filter(kind=AlertKind.BACKUP, closed_at=None):
        alert_close(AlertKind.BACKUP, alert.subject)
