/**
 * What a donor typed stays in this tab until the gift is given: a reload or the back button loses
 * nothing. Never the card, which the page does not see.
 */
import type { Giving } from "./api/types";
import { amountsOffered, type GiftForm } from "./giftForm";
import { type Prefill, prefillApply } from "./prefill";
import type { TabStore } from "./tabStore";

const NAME = "domaap.draft";

function offered(form: GiftForm, giving: Giving): boolean {
  const amounts = amountsOffered(form, giving).map(String);
  return (
    giving.intervals.includes(form.interval) &&
    giving.currencies.includes(form.currency) &&
    ["", "other", ...amounts].includes(form.choice) &&
    giving.funds.some(({ code }) => code === form.fund) &&
    giving.collection_days.includes(form.day)
  );
}

/**
 * The draft, if it still fits what the charity offers; else the empty form. A link that has filled
 * this draft before does not undo what was chosen since; another link's choices go over it.
 */
export function draftRead(
  store: TabStore,
  empty: GiftForm,
  giving: Giving,
  prefill: Prefill = {},
): GiftForm {
  const kept = keptRead(store, empty, giving);
  if (Object.keys(prefill).length === 0) return kept;
  return kept.link === JSON.stringify(prefill) ? kept : prefillApply(kept, prefill);
}

function keptRead(store: TabStore, empty: GiftForm, giving: Giving): GiftForm {
  const text = store.getItem(NAME);
  if (text === null) return empty;
  try {
    const kept = JSON.parse(text) as Record<string, unknown>;
    const fits = Object.entries(empty).every(([name, value]) => typeof kept[name] === typeof value);
    const form = kept as GiftForm;
    return fits && offered(form, giving) ? { ...empty, ...form } : empty;
  } catch {
    // An older version's text: the donor starts afresh.
    return empty;
  }
}

export function draftKeep(store: TabStore, form: GiftForm): void {
  store.setItem(NAME, JSON.stringify(form));
}

/** After a gift's success nothing personal stays. */
export function draftClear(store: TabStore): void {
  store.removeItem(NAME);
}
