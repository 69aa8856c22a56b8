"""Every model, imported from here always."""

from api.models.alerts import Alert, AlertKind
from api.models.api_clients import ApiClient
from api.models.appeal_runs import AppealGiving, AppealRun, AppealWords
from api.models.audit import AuditLine
from api.models.balance_transactions import BalanceTransaction, StripeCursor
from api.models.bank_lines import BankLine
from api.models.campaigns import Campaign
from api.models.checkups import Checkup
from api.models.consents import (
    SOFT_OPT_IN_CHANNELS,
    SOFT_OPT_IN_FROM,
    Consent,
    ConsentBasis,
    ConsentChannel,
    ConsentSource,
    ConsentState,
)
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
    DONATION_OPEN,
    DONATION_PAID,
    DONATION_TAKEN_BACK,
    Donation,
    DonationKind,
    DonationMove,
    DonationStatus,
)
from api.models.donor_notes import DonorNote
from api.models.donor_sign_ins import (
    DonorLink,
    DonorPasskey,
    DonorPassword,
    DonorSession,
    EmailChange,
)
from api.models.donors import SEARCH_FROM, SEARCH_TO, Donor, Language, NameWord, NameWordMark
from api.models.erasures import Erasure, ErasureState, ForgottenName, RetainedRecord
from api.models.follow_ups import FollowUp, FollowUpKind, FollowUpOutcome
from api.models.funds import Fund, FundRestriction
from api.models.ledger import Account, LedgerEntry, LedgerPosting, LedgerSeal
from api.models.mail_addresses import (
    MailEvent,
    MailEventKind,
    MessageWording,
    SuppressedAddress,
    SuppressedReason,
)
from api.models.mail_runs import MAIL_RUN_MOVES, MAIL_RUN_OPEN, MailRun, MailRunState
from api.models.messages import (
    MARKETING_KINDS,
    SECRET_KINDS,
    STAFF_KINDS,
    Message,
    MessageKind,
    MessageState,
)
from api.models.metrics import MetricSum
from api.models.payments import Payment
from api.models.payouts import PAYOUT_MOVES, PAYOUT_RETURNED, Payout, PayoutStatus
from api.models.plan_changes import PlanChange, PlanChangeKind, PlanChangeState
from api.models.pulses import Pulse
from api.models.rate_limits import RateWindow
from api.models.receipts import Receipt, ReceiptCounter, ReceiptFault, ReplacedReceipt
from api.models.reconciliations import (
    Difference,
    DifferenceKind,
    Reconciliation,
    ReconciliationStage,
)
from api.models.recoveries import (
    RecoveredBy,
    Recovery,
    RecoveryDeed,
    RecoveryState,
    RecoveryStep,
)
from api.models.refunds import (
    REFUND_MOVES,
    REFUND_TAKEN,
    REFUND_UNDONE,
    Refund,
    RefundReason,
    RefundStatus,
)
from api.models.rehearsals import Rehearsal, RehearsalState
from api.models.report_runs import RUN_UNDER_WAY, ReportRun, RunState
from api.models.report_schedules import Every, ReportSchedule
from api.models.rights import ROLE_RIGHTS, Right, Role, permission_right
from api.models.saved_views import SavedView
from api.models.sessions import RefreshToken, SessionKind, StaffSession
from api.models.sign_in_pauses import SignInPause
from api.models.statement_runs import StatementRun
from api.models.subscriptions import (
    SUBSCRIPTION_ENDED,
    SUBSCRIPTION_FAILING,
    SUBSCRIPTION_LIVE,
    SUBSCRIPTION_MOVES,
    PlanInterval,
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
    StatementSum,
    SummaryLevel,
    YearBasis,
)
from api.models.tags import DonorTag, Tag
from api.models.tributes import Tribute, TributeKind
from api.models.users import User
from api.models.webhooks import (
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
    "DONATION_OPEN",
    "DONATION_PAID",
    "DONATION_TAKEN_BACK",
    "MAIL_RUN_MOVES",
    "MAIL_RUN_OPEN",
    "MARKETING_KINDS",
    "PAYOUT_MOVES",
    "PAYOUT_RETURNED",
    "REFUND_MOVES",
    "REFUND_TAKEN",
    "REFUND_UNDONE",
    "ROLE_RIGHTS",
    "RUN_UNDER_WAY",
    "SEARCH_FROM",
    "SEARCH_TO",
    "SECRET_KINDS",
    "SOFT_OPT_IN_CHANNELS",
    "SOFT_OPT_IN_FROM",
    "STAFF_KINDS",
    "SUBSCRIPTION_ENDED",
    "SUBSCRIPTION_FAILING",
    "SUBSCRIPTION_LIVE",
    "SUBSCRIPTION_MOVES",
    "Account",
    "Alert",
    "AlertKind",
    "ApiClient",
    "AppealGiving",
    "AppealRun",
    "AppealWords",
    "AuditLine",
    "BalanceTransaction",
    "BankLine",
    "BooksSum",
    "Campaign",
    "Checkup",
    "Consent",
    "ConsentBasis",
    "ConsentChannel",
    "ConsentSource",
    "ConsentState",
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
    "DonorLink",
    "DonorModel",
    "DonorNote",
    "DonorPasskey",
    "DonorPassword",
    "DonorPattern",
    "DonorSession",
    "DonorTag",
    "DonorYear",
    "EmailChange",
    "Erasure",
    "ErasureState",
    "Every",
    "FollowUp",
    "FollowUpKind",
    "FollowUpOutcome",
    "ForgottenName",
    "Fund",
    "FundRestriction",
    "GivingSum",
    "Language",
    "LedgerEntry",
    "LedgerPosting",
    "LedgerSeal",
    "MailEvent",
    "MailEventKind",
    "MailRun",
    "MailRunState",
    "Message",
    "MessageKind",
    "MessageState",
    "MessageWording",
    "MetricSum",
    "NameWord",
    "NameWordMark",
    "Payment",
    "PaymentModel",
    "Payout",
    "PayoutStatus",
    "PlanChange",
    "PlanChangeKind",
    "PlanChangeState",
    "PlanInterval",
    "PlanSum",
    "Pulse",
    "RateWindow",
    "Receipt",
    "ReceiptCounter",
    "ReceiptFault",
    "Reconciliation",
    "ReconciliationStage",
    "RecoveredBy",
    "Recovery",
    "RecoveryDeed",
    "RecoveryState",
    "RecoveryStep",
    "RefreshToken",
    "Refund",
    "RefundReason",
    "RefundStatus",
    "Rehearsal",
    "RehearsalState",
    "ReplacedReceipt",
    "ReportRun",
    "ReportSchedule",
    "RetainedRecord",
    "Right",
    "Role",
    "RunState",
    "SavedView",
    "SessionKind",
    "SignInPause",
    "StaffSession",
    "StatementRun",
    "StatementSum",
    "StripeCursor",
    "Subscription",
    "SubscriptionMove",
    "SubscriptionStatus",
    "SummaryLevel",
    "SuppressedAddress",
    "SuppressedReason",
    "Tag",
    "Tribute",
    "TributeKind",
    "User",
    "WebhookEvent",
    "WebhookStatus",
    "YearBasis",
    "permission_right",
]
