"""The tables of staff, one small file per noun and one engine for all: pages, API and files read the same rows."""

from api.services.tables.disputes import DISPUTES
from api.services.tables.donations import DONATIONS
from api.services.tables.donors import DONORS
from api.services.tables.events import EVENTS
from api.services.tables.messages import MESSAGES
from api.services.tables.payments import PAYMENTS
from api.services.tables.payouts import PAYOUTS
from api.services.tables.plans import PLANS
from api.services.tables.receipts import RECEIPTS
from api.services.tables.refunds import REFUNDS

TABLES = {
    table.noun: table
    for table in (
        DONORS,
        DONATIONS,
        PAYMENTS,
        PLANS,
        REFUNDS,
        DISPUTES,
        PAYOUTS,
        RECEIPTS,
        EVENTS,
        MESSAGES,
    )
}

__all__ = ["TABLES"]
