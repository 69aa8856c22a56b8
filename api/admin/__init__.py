"""What staff see at /admin/, one file per noun: money rows are read-only."""

from api.admin import (
    audit,
    balance_transactions,
    disputes,
    donations,
    donors,
    funds,
    ledger,
    messages,
    payments,
    payouts,
    receipts,
    reconciliations,
    refunds,
    subscriptions,
    users,
    webhooks,
)

__all__ = [
    "audit",
    "balance_transactions",
    "disputes",
    "donations",
    "donors",
    "funds",
    "ledger",
    "messages",
    "payments",
    "payouts",
    "receipts",
    "reconciliations",
    "refunds",
    "subscriptions",
    "users",
    "webhooks",
]
