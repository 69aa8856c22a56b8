"""Why a payment failed, in the words of staff, with what to do (docs.stripe.com/declines/codes)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Decline:
    """One reason. `may_retry`: the same card or account may be tried again without asking the donor."""

    why: str
    advice: str
    may_retry: bool


_LINK = "Send a link, so that the donor can give with another card."
_BANK = "Send a link; the donor may need to speak to their bank first."
_AGAIN = "Try again in a day or two; if it fails again, send a link."
_DONOR_ACTS = "Send a link: the donor has to confirm it."
_TYPED = "Send a link, so that the donor can type it again."
_NEW_ACCOUNT = "Send a link, so that the donor can give from another account."
_QUIET = "Do not try again. Write off, or write to the donor by hand."


def _again(why: str, advice: str = _AGAIN) -> Decline:
    return Decline(why, advice, may_retry=True)


def _ask(why: str, advice: str = _LINK) -> Decline:
    return Decline(why, advice, may_retry=False)


_CARDS = {
    "approve_with_id": _again("The bank wanted to check who pays"),
    "authentication_not_handled": _ask(
        "The bank asked the donor to confirm it, and nobody did", _DONOR_ACTS
    ),
    "authentication_required": _ask(
        "The bank wants the donor to confirm it (3-D Secure)", _DONOR_ACTS
    ),
    "call_issuer": _ask("The bank declined and gives no reason", _BANK),
    "card_not_supported": _ask("The card can't be used for this kind of payment"),
    "card_velocity_exceeded": _again("The card's limit is reached"),
    "currency_not_supported": _ask("The card can't pay in this currency"),
    "do_not_honor": _again("The bank declined and gives no reason"),
    "do_not_try_again": _ask("The bank declined for good", _QUIET),
    "duplicate_transaction": _ask(
        "The same amount was paid with this card just before",
        "Look whether the donor's other gift came; then write off.",
    ),
    "expired_card": _ask("The card has expired"),
    "fraudulent": _ask("Stripe takes it for fraud", _QUIET),
    "generic_decline": _again("The bank declined and gives no reason"),
    "incorrect_address": _ask("The address is not the card's", _TYPED),
    "incorrect_cvc": _ask("The security code is wrong", _TYPED),
    "incorrect_number": _ask("The card number is wrong", _TYPED),
    "incorrect_pin": _ask("The PIN is wrong", _TYPED),
    "incorrect_zip": _ask("The postcode is not the card's", _TYPED),
    "insufficient_funds": _again(
        "Not enough money in the account",
        "Try again after the donor's next payday, or send a link.",
    ),
    "invalid_account": _ask("The card or its account does not exist any more"),
    "invalid_amount": _ask("The bank does not allow this amount", _BANK),
    "invalid_cvc": _ask("The security code is wrong", _TYPED),
    "invalid_expiry_month": _ask("The expiry month is wrong", _TYPED),
    "invalid_expiry_year": _ask("The expiry year is wrong", _TYPED),
    "invalid_number": _ask("The card number is wrong", _TYPED),
    "invalid_pin": _ask("The PIN is wrong", _TYPED),
    "issuer_not_available": _again("The bank could not be reached"),
    "lost_card": _ask("The card was reported lost", _QUIET),
    "merchant_blacklist": _ask("It is on our own block list at Stripe", _QUIET),
    "mobile_device_authentication_required": _ask(
        "The bank wants the donor to confirm it on a phone", _DONOR_ACTS
    ),
    "new_account_information_available": _ask("The card was replaced or its account has changed"),
    "no_action_taken": _again("The bank declined and gives no reason"),
    "not_permitted": _ask("The bank does not allow this payment", _BANK),
    "offline_pin_required": _ask("The card wants its PIN", _LINK),
    "online_or_offline_pin_required": _ask("The card wants its PIN", _LINK),
    "pickup_card": _ask("The bank has withdrawn the card", _QUIET),
    "pin_try_exceeded": _ask("The PIN was wrong too often"),
    "processing_error": _again("The bank had a fault", "Try again: it was nobody's mistake."),
    "reenter_transaction": _again("The bank had a fault", "Try again: it was nobody's mistake."),
    "restricted_card": _ask("The bank has blocked the card", _QUIET),
    "revocation_of_all_authorizations": _ask(
        "The donor told the bank to stop all such payments", _QUIET
    ),
    "revocation_of_authorization": _ask("The donor told the bank to stop these payments", _QUIET),
    "security_violation": _ask("The bank declined for its own safety", _BANK),
    "service_not_allowed": _ask("The bank does not allow this kind of payment", _BANK),
    "stolen_card": _ask("The card was reported stolen", _QUIET),
    "stop_payment_order": _ask("The donor told the bank to stop this payment", _QUIET),
    "test_mode_decline": _ask("A test card was used", "Nothing to do: no real card was tried."),
    "testmode_decline": _ask("A test card was used", "Nothing to do: no real card was tried."),
    "transaction_not_allowed": _ask("The bank does not allow this payment", _BANK),
    "try_again_later": _again("The bank declined and gives no reason"),
    "withdrawal_count_limit_exceeded": _ask("The card's limit is reached", _LINK),
}
# Errors of Stripe's own, of bank debits, and ours (docs.stripe.com/error-codes).
_OTHERS = {
    "account_closed": _ask("The bank account is closed", _NEW_ACCOUNT),
    "bank_account_closed": _ask("The bank account is closed", _NEW_ACCOUNT),
    "bank_account_restricted": _ask("The bank account is blocked", _NEW_ACCOUNT),
    "bank_ownership_changed": _ask("The bank account has moved to another bank", _NEW_ACCOUNT),
    "card_declined": _again("The bank declined the card"),
    "charge_exceeds_source_limit": _again("More debits than the limit of this week allows"),
    "debit_not_authorized": _ask("The donor or the bank has ended the Direct Debit", _QUIET),
    "invalid_account_number": _ask("There is no such bank account", _NEW_ACCOUNT),
    "no_account": _ask("There is no such bank account", _NEW_ACCOUNT),
    "payment_failed": _again("The payment failed; Stripe has not told why"),
    "payment_intent_authentication_failure": _ask(
        "The donor's bank could not confirm that it was the donor (3-D Secure)", _DONOR_ACTS
    ),
    "payment_intent_payment_attempt_failed": _again("The payment failed; Stripe has not told why"),
    "payment_intent_payment_attempt_expired": _ask("The donor did not finish in time", _DONOR_ACTS),
    "payment_method_customer_decline": _ask("The donor declined it", _LINK),
    "payment_method_provider_decline": _ask("The donor's bank or wallet declined it", _BANK),
    "payment_method_provider_timeout": _again("The donor's bank or wallet did not answer"),
    "refer_to_customer": _again("The bank asks us to speak to the donor", _BANK),
}
DECLINES = _CARDS | _OTHERS
_UNKNOWN = _again("The payment failed")


def decline_read(code: str) -> Decline:
    """The reason behind a code; one that Stripe has added since is told by its own name."""
    known = DECLINES.get(code)
    if known or not code:
        return known or _UNKNOWN
    return Decline(
        f"The payment failed ({code.replace('_', ' ')})", _UNKNOWN.advice, may_retry=True
    )
