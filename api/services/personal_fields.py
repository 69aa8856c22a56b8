"""The register of personal data: every field that holds some, what for, and what becomes of it at an erasure.

A test holds it against the models: a new field of text is either here or named as not personal.
Sources: UK GDPR articles 5, 15, 17 and 30; Charities Act 2011 section 131 and HMRC's record keeping
(six years after the end of the accounting period) for what is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """What becomes of a field when its donor is forgotten."""

    BLANKED = "blanked"  # Emptied, or a stand-in is put in its place.
    CLEANED = "cleaned"  # Text that may name the donor among other things: the naming is taken out.
    DELETED = "deleted"  # The whole row goes.
    RETAINED = "retained"  # In api_retainedrecord until the law's date, then deleted.
    KEPT = "kept"  # Says nothing of a person once the donor's row is a stand-in.


@dataclass(frozen=True)
class Personal:
    """One field of the register. `path` leads from the row to its donor; empty: found by other means."""

    purpose: str
    fate: Fate
    path: str = ""
    is_exported: bool = True


_CONTACT = "To write to the donor about what they gave"
_ACCOUNTS = "Proof of income in the accounts"


def _names(words: str) -> list[str]:
    return words.split()


def _all(names: str, field: Personal) -> dict[str, Personal]:
    return dict.fromkeys(_names(names), field)


PERSONAL: Mapping[str, Personal] = {
    "donor.name": Personal(_ACCOUNTS, Fate.RETAINED, "self"),
    **_all(
        "donor.line1 donor.line2 donor.city donor.postcode donor.country",
        Personal(_ACCOUNTS, Fate.RETAINED, "self"),
    ),
    **_all("donor.email donor.phone", Personal(_CONTACT, Fate.BLANKED, "self")),
    **_all(
        "donor.name_key donor.email_key donor.name_search",
        Personal("To find the donor again", Fate.BLANKED, "self", is_exported=False),
    ),
    "donor.language": Personal(_CONTACT, Fate.BLANKED, "self"),
    "donor.stripe_customer_id": Personal("To take payments", Fate.BLANKED, "self"),
    "donation.message": Personal("What the donor wished to say", Fate.BLANKED, "donor"),
    "donation.request_fingerprint": Personal(
        "To know a form that is sent twice", Fate.BLANKED, "donor", is_exported=False
    ),
    # The charity's bank statement is part of its accounts; a transfer may name who made it.
    **_all(
        "bankline.reference bankline.description",
        Personal(_ACCOUNTS, Fate.RETAINED, is_exported=False),
    ),
    **_all(
        "tribute.name tribute.message",
        Personal("In whose memory or honour the donor gives", Fate.DELETED, "donor"),
    ),
    "payment.method": Personal(_ACCOUNTS, Fate.KEPT, "donation__donor"),
    **_all(
        "subscription.method subscription.mandate_reference",
        Personal("To take payments", Fate.KEPT, "donor"),
    ),
    "planchange.after": Personal(
        "What the donor asked of a plan", Fate.CLEANED, "subscription__donor"
    ),
    "planchange.before": Personal(
        "What the donor asked of a plan", Fate.CLEANED, "subscription__donor"
    ),
    "receipt.document": Personal(_ACCOUNTS, Fate.RETAINED, "donation__donor"),
    "replacedreceipt.document": Personal(_ACCOUNTS, Fate.RETAINED, "donation__donor"),
    "refund.note": Personal("Why money went back", Fate.BLANKED, "donation__donor"),
    "followup.note": Personal("What staff did about a payment", Fate.BLANKED, "donation__donor"),
    "donornote.text": Personal("What staff should know", Fate.DELETED, "donor"),
    "donortag.tag": Personal("To find donors of a kind", Fate.DELETED, "donor"),
    "consent.wording": Personal("Proof of what was agreed", Fate.KEPT, "donor"),
    **_all(
        "message.to message.subject message.text message.html message.error",
        Personal("Proof of what was written", Fate.BLANKED, "donor"),
    ),
    "mailevent.reason": Personal("Why an e-mail came back", Fate.BLANKED, "message__donor"),
    "auditline.detail": Personal("Who changed what", Fate.CLEANED, is_exported=False),
    "webhookevent.payload": Personal("What Stripe told us", Fate.CLEANED, is_exported=False),
    "webhookevent.error": Personal("Why an event failed", Fate.CLEANED, is_exported=False),
    "nameword.word": Personal("To find mistyped names", Fate.DELETED, is_exported=False),
    # Addresses of the net, gone within an hour by themselves.
    "ratewindow.key": Personal("To slow down abuse", Fate.DELETED, is_exported=False),
    **_all(
        "donorlink.email_key donorsession.email_key donorpassword.email_key donorpassword.password "
        "donorpasskey.email_key donorpasskey.name "
        "emailchange.email_key emailchange.email_new",
        Personal("To let the donor in", Fate.DELETED, is_exported=False),
    ),
    **_all(
        "savedview.query savedview.name",
        Personal("Views that staff kept", Fate.CLEANED, is_exported=False),
    ),
    "reportrun.parameters": Personal("Files of staff", Fate.CLEANED, is_exported=False),
    "reportschedule.parameters": Personal("Files of staff", Fate.CLEANED, is_exported=False),
    **_all(
        "retainedrecord.name retainedrecord.address_lines retainedrecord.country "
        "retainedrecord.receipts",
        Personal(_ACCOUNTS, Fate.RETAINED, "erasure__donor"),
    ),
    "erasure.stripe_customer_id": Personal(
        "To clean what Stripe still sends", Fate.BLANKED, "donor", is_exported=False
    ),
}
# Of staff, who work here: not part of a donor's erasure.
OF_STAFF = frozenset(
    _names(
        """
        user.email user.first_name user.last_name user.password staffsession.device staffsession.address
        signinpause.key apiclient.name apiclient.prefix apiclient.digest refreshtoken.digest
        """
    )
)
# Codes, ids of ours and of Stripe's that name no person by themselves, and words of the charity.
NOT_PERSONAL = frozenset(
    _names(
        """
        donorlink.reference donorlink.browser_digest donorsession.digest emailchange.reference
        donorpasskey.reference donorpasskey.handle donorpasskey.credential_id donorpasskey.credential
        appealrun.reference appealrun.name appealwords.subject appealwords.first appealwords.body
        alert.subject auditline.action
        auditline.subject campaign.code campaign.name donor.reference
        fund.code fund.name fund.purpose subscription.reference subscription.currency
        subscription.stripe_item_id subscription.stripe_payment_method_id subscription.method_kind
        subscription.stripe_mandate_id subscription.mandate_status planchange.reference
        planchange.stripe_params planchange.error recovery.reference recovery.stripe_invoice_id
        recovery.currency recovery.reason recovery.group recovery.policy recovery.next_deed
        recoverystep.outcome subscription.stripe_subscription_id subscriptionmove.currency
        subscriptionmove.why donation.reference donation.currency donation.failure_code
        donation.idempotency_key forgottenname.digest statementsum.currency statementsum.type
        donation.stripe_payment_intent_id
        donation.stripe_invoice_id donationmove.why payout.stripe_payout_id payout.currency
        payout.failure_code balancetransaction.stripe_balance_transaction_id balancetransaction.type
        balancetransaction.source_id balancetransaction.stripe_payment_intent_id
        balancetransaction.currency balancetransaction.source_currency stripecursor.name
        bankline.account bankline.currency bankline.file_name
        dispute.currency dispute.reason dispute.stripe_dispute_id followup.reference
        followup.outcome_code ledgerposting.name ledgerentry.currency ledgerseal.digest message.key
        message.kind message.language message.message_id suppressedaddress.address_hash
        messagewording.kind messagewording.language messagewording.subject messagewording.opening
        messagewording.closing payment.currency payment.method_kind payment.stripe_payment_intent_id
        payment.stripe_charge_id reconciliation.totals reconciliation.error reconciliation.chain_head
        reconciliation.chain_broken difference.subject difference.currency difference.explanation
        difference.advice refund.reference refund.currency refund.reason refund.failure_reason
        refund.stripe_refund_id reportschedule.reference reportschedule.report reportschedule.format
        reportrun.reference reportrun.kind reportrun.name reportrun.title reportrun.format
        reportrun.progress_words reportrun.claim reportrun.rights reportrun.stored_as
        reportrun.file_name reportrun.sha256 reportrun.error savedview.table
        staffsession.ended_why givingsum.currency givingsum.method_kind bookssum.currency
        donoryear.currency donorpattern.currency plansum.currency statementsum.currency
        statementsum.type tag.name tag.name_key
        webhookevent.stripe_event_id webhookevent.type webhookevent.api_version webhookevent.route
        replacedreceipt.replaced_by statementrun.reference statementrun.period statementrun.language
        statementsum.type statementsum.currency
        webhookevent.note webhookevent.about erasure.reference erasure.certificate retainedrecord.why
        checkup.findings metricsum.name metricsum.labels pulse.name pulse.release rehearsal.reference
        rehearsal.policies rehearsal.results rehearsal.error webhookevent.request_id
        """
    )
)
