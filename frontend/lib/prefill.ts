/** What a link to the giving page has chosen already: amount, how often, fund, appeal. */
import type { Giving } from "./api/types";
import { amountsOffered, type GiftForm } from "./giftForm";
import { minorToDecimal } from "./money";

export type Query = Record<string, string | string[] | undefined>;
type Named = "kind" | "interval" | "currency" | "choice" | "own" | "fund" | "campaign";
export type Prefill = Partial<Pick<GiftForm, Named>>;

const KINDS = new Map<string, GiftForm["kind"]>([
  ["monthly", "monthly"],
  ["one_off", "one_off"],
  ["once", "one_off"],
]);
const MINOR = /^[1-9]\d{0,11}$/;
const CODE = /^[-\w]{1,40}$/;

function words(query: Query, name: string): string {
  const value = query[name];
  return typeof value === "string" ? value : "";
}

function amountRead(
  text: string,
  rhythm: Pick<GiftForm, "kind" | "interval">,
  currency: string,
  giving: Giving,
): Prefill {
  const minor = MINOR.test(text) ? Number.parseInt(text, 10) : 0;
  if (minor < giving.minimum_minor || minor > giving.maximum_minor) return {};
  if (amountsOffered(rhythm, giving).includes(minor)) return { choice: String(minor) };
  return { choice: "other", own: minorToDecimal(minor, currency).replace(/\.0+$/, "") };
}

/**
 * Reads `?amount=2500&currency=GBP&kind=monthly&interval=quarter&fund=CODE&campaign=CODE`; what is
 * not offered is left out, and an amount in another currency with it.
 */
export function prefillRead(query: Query, giving: Giving): Prefill {
  const kind = KINDS.get(words(query, "kind"));
  const interval = giving.intervals.find((one) => one === words(query, "interval"));
  const rhythm = { kind: kind ?? "one_off", interval: interval ?? "month" } as const;
  const named = words(query, "currency");
  const currency = giving.currencies.find((code) => code === (named || giving.currency));
  const amount = currency ? amountRead(words(query, "amount"), rhythm, currency, giving) : {};
  const fund = giving.funds.find(({ code }) => code === words(query, "fund"))?.code;
  const campaign = words(query, "campaign");
  return {
    ...(kind && { kind }),
    ...(kind === "monthly" && interval && { interval }),
    // An amount means nothing without its currency; where there is but one, it goes without saying.
    ...(amount.choice && giving.currencies.length > 1 && { currency }),
    ...amount,
    ...(fund && { fund }),
    ...(CODE.test(campaign) && { campaign }),
  };
}

/** The form as the link wants it; what the link does not name stays. */
export function prefillApply(form: GiftForm, prefill: Prefill): GiftForm {
  const link = JSON.stringify(prefill);
  const asked = prefill.kind === "monthly" ? { interval: "month" as const, ...prefill } : prefill;
  // An amount is offered for one rhythm: it goes when the link changes how often.
  const { kind = form.kind, interval = form.interval } = asked;
  const changes = kind !== form.kind || interval !== form.interval;
  const choice = changes && form.choice !== "other" ? "" : form.choice;
  return { ...form, choice, ...asked, link };
}
