/** What a link to the giving page has chosen already: amount, how often, fund, appeal. */
import type { Giving } from "./api/types";
import type { GiftForm } from "./giftForm";

export type Query = Record<string, string | string[] | undefined>;
export type Prefill = Partial<Pick<GiftForm, "kind" | "choice" | "own" | "fund" | "campaign">>;

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

function amountRead(text: string, kind: GiftForm["kind"], giving: Giving): Prefill {
  const minor = MINOR.test(text) ? Number.parseInt(text, 10) : 0;
  if (minor < giving.minimum_minor || minor > giving.maximum_minor) return {};
  const offered = kind === "monthly" ? giving.suggestions.monthly : giving.suggestions.once;
  if (offered.includes(minor)) return { choice: String(minor) };
  const digits = String(minor).padStart(3, "0");
  const part = digits.slice(-2);
  return { choice: "other", own: digits.slice(0, -2) + (part === "00" ? "" : `.${part}`) };
}

/** Reads `?amount=2500&kind=monthly&fund=CODE&campaign=CODE`; what is not offered is left out. */
export function prefillRead(query: Query, giving: Giving): Prefill {
  const kind = KINDS.get(words(query, "kind"));
  const fund = giving.funds.find(({ code }) => code === words(query, "fund"))?.code;
  const campaign = words(query, "campaign");
  return {
    ...(kind && { kind }),
    ...amountRead(words(query, "amount"), kind ?? "one_off", giving),
    ...(fund && { fund }),
    ...(CODE.test(campaign) && { campaign }),
  };
}

/** The form as the link wants it; what the link does not name stays. */
export function prefillApply(form: GiftForm, prefill: Prefill): GiftForm {
  const link = JSON.stringify(prefill);
  // An amount is offered for one kind: it goes when the link changes how often.
  const changes = prefill.kind !== undefined && prefill.kind !== form.kind;
  const choice = changes && form.choice !== "other" ? "" : form.choice;
  return { ...form, choice, ...prefill, link };
}
