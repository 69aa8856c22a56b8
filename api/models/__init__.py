"""Every model, imported from here always."""

from api.models.audit import AuditLine
from api.models.donations import (
    DONATION_FINAL,
    DONATION_MOVES,
    Donation,
    DonationKind,
    DonationMove,
    DonationStatus,
)
from api.models.donors import Donor
from api.models.funds import Fund, FundRestriction
from api.models.ledger import Account, LedgerEntry, LedgerPosting
from api.models.messages import Message, MessageKind, MessageState
from api.models.payments import Payment
from api.models.receipts import Receipt, ReceiptCounter
from api.models.subscriptions import (
    SUBSCRIPTION_ENDED,
    SUBSCRIPTION_MOVES,
    Subscription,
    SubscriptionStatus,
)
from api.models.users import User
from api.models.webhooks import WebhookEvent, WebhookStatus

# The brief's names.
DonorModel = Donor
DonationModel = Donation
PaymentModel = Payment

__all__ = [
    "DONATION_FINAL",
    "DONATION_MOVES",
    "SUBSCRIPTION_ENDED",
    "SUBSCRIPTION_MOVES",
    "Account",
    "AuditLine",
    "Donation",
    "DonationKind",
    "DonationModel",
    "DonationMove",
    "DonationStatus",
    "Donor",
    "DonorModel",
    "Fund",
    "FundRestriction",
    "LedgerEntry",
    "LedgerPosting",
    "Message",
    "MessageKind",
    "MessageState",
    "Payment",
    "PaymentModel",
    "Receipt",
    "ReceiptCounter",
    "Subscription",
    "SubscriptionStatus",
    "User",
    "WebhookEvent",
    "WebhookStatus",
]
