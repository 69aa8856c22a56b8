/** Why a card did not pay, in words that a donor can act on. */
import type { StripeError } from "./stripe";
import type { Words } from "./words";

// https://docs.stripe.com/declines/codes
const REASONS = {
  insufficient_funds: "noFunds",
  expired_card: "expired",
  incorrect_cvc: "wrongCode",
  payment_intent_authentication_failure: "notYou",
  processing_error: "bankSilent",
  card_declined: "declined",
} as const;

function isReason(code: string | undefined): code is keyof typeof REASONS {
  return code !== undefined && Object.hasOwn(REASONS, code);
}

/** The reason that our API gives for a gift that failed. */
export function declineWords(code: string, words: Words<"mistakes">): string {
  return words(isReason(code) ? REASONS[code] : "declined");
}

/** What Stripe says in the browser. Each sentence tells what happened to the money. */
export function cardWords(error: StripeError, words: Words<"mistakes">): string {
  if (error.type === "validation_error") return error.message ?? words("cardDetails");
  if (error.type === "api_connection_error") return words("network");
  const code = isReason(error.decline_code) ? error.decline_code : error.code;
  if (isReason(code)) return words(REASONS[code]);
  if (!error.message) return words("stopped");
  return words("stoppedBecause", { reason: error.message });
}
