"""What staff see at /admin/, one file per noun: money rows are read-only."""

from api.admin import (
    audit,
    balance_transactions,
    campaigns,
    disputes,
    donations,
    donors,
    factors,
    funds,
    ledger,
    payments,
    payouts,
    receipts,
    reconciliations,
    refunds,
    subscriptions,
    webhooks,
)

__all__ = [
    "audit",
    "balance_transactions",
    "campaigns",
    "disputes",
    "donations",
    "donors",
    "factors",
    "funds",
    "ledger",
    "payments",
    "payouts",
    "receipts",
    "reconciliations",
    "refunds",
    "subscriptions",
    "webhooks",
]
