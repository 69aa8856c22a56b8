"""Every model, imported from here always."""

from api.models.alerts import Alert, AlertKind
from api.models.audit import AuditLine
from api.models.balance_transactions import BalanceTransaction, StripeCursor
from api.models.bank_lines import BankLine
from api.models.campaigns import Campaign
from api.models.disputes import (
    DISPUTE_MOVES,
    DISPUTE_OPEN,
    DISPUTE_WAITS_FOR_US,
    Dispute,
    DisputeStatus,
)
from api.models.donations import (
    DONATION_FINAL,
    DONATION_MOVES,
    DONATION_PAID,
    DONATION_TAKEN_BACK,
    Donation,
    DonationKind,
    DonationMove,
    DonationStatus,
)
from api.models.donors import Donor
from api.models.funds import Fund, FundRestriction
from api.models.ledger import Account, LedgerEntry, LedgerPosting, LedgerSeal
from api.models.messages import Message, MessageKind, MessageState
from api.models.payments import Payment
from api.models.payouts import PAYOUT_MOVES, PAYOUT_RETURNED, Payout, PayoutStatus
from api.models.receipts import Receipt, ReceiptCounter
from api.models.reconciliations import (
    Difference,
    DifferenceKind,
    Reconciliation,
    ReconciliationStage,
)
from api.models.refunds import (
    REFUND_MOVES,
    REFUND_TAKEN,
    REFUND_UNDONE,
    Refund,
    RefundReason,
    RefundStatus,
)
from api.models.report_runs import RUN_UNDER_WAY, ReportRun, RunState
from api.models.report_schedules import Every, ReportSchedule
from api.models.rights import ROLE_RIGHTS, Right, Role, permission_right
from api.models.subscriptions import (
    SUBSCRIPTION_ENDED,
    SUBSCRIPTION_FAILING,
    SUBSCRIPTION_LIVE,
    SUBSCRIPTION_MOVES,
    Subscription,
    SubscriptionMove,
    SubscriptionStatus,
)
from api.models.summaries import (
    BooksSum,
    DonorPattern,
    DonorYear,
    GivingSum,
    PlanSum,
    SummaryLevel,
    YearBasis,
)
from api.models.users import User
from api.models.webhooks import (
    EVENT_INTENT,
    EVENT_INVOICE,
    EVENT_THING,
    WebhookEvent,
    WebhookStatus,
)

# The brief's names.
DonorModel = Donor
DonationModel = Donation
PaymentModel = Payment

__all__ = [
    "DISPUTE_MOVES",
    "DISPUTE_OPEN",
    "DISPUTE_WAITS_FOR_US",
    "DONATION_FINAL",
    "DONATION_MOVES",
    "DONATION_PAID",
    "DONATION_TAKEN_BACK",
    "EVENT_INTENT",
    "EVENT_INVOICE",
    "EVENT_THING",
    "PAYOUT_MOVES",
    "PAYOUT_RETURNED",
    "REFUND_MOVES",
    "REFUND_TAKEN",
    "REFUND_UNDONE",
    "ROLE_RIGHTS",
    "RUN_UNDER_WAY",
    "SUBSCRIPTION_ENDED",
    "SUBSCRIPTION_FAILING",
    "SUBSCRIPTION_LIVE",
    "SUBSCRIPTION_MOVES",
    "Account",
    "Alert",
    "AlertKind",
    "AuditLine",
    "BalanceTransaction",
    "BankLine",
    "BooksSum",
    "Campaign",
    "Difference",
    "DifferenceKind",
    "Dispute",
    "DisputeStatus",
    "Donation",
    "DonationKind",
    "DonationModel",
    "DonationMove",
    "DonationStatus",
    "Donor",
    "DonorModel",
    "DonorPattern",
    "DonorYear",
    "Every",
    "Fund",
    "FundRestriction",
    "GivingSum",
    "LedgerEntry",
    "LedgerPosting",
    "LedgerSeal",
    "Message",
    "MessageKind",
    "MessageState",
    "Payment",
    "PaymentModel",
    "Payout",
    "PayoutStatus",
    "PlanSum",
    "Receipt",
    "ReceiptCounter",
    "Reconciliation",
    "ReconciliationStage",
    "Refund",
    "RefundReason",
    "RefundStatus",
    "ReportRun",
    "ReportSchedule",
    "Right",
    "Role",
    "RunState",
    "StripeCursor",
    "Subscription",
    "SubscriptionMove",
    "SubscriptionStatus",
    "SummaryLevel",
    "User",
    "WebhookEvent",
    "WebhookStatus",
    "YearBasis",
    "permission_right",
]
