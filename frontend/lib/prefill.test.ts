import { describe, expect, it } from "vitest";
import type { Giving } from "./api/types";
import { draftKeep, draftRead } from "./draft";
import { formEmpty, formRequest } from "./giftForm";
import { detailsMark } from "./idempotency";
import { prefillApply, prefillRead } from "./prefill";
import type { TabStore } from "./tabStore";

const giving = {
  currency: "GBP",
  currencies: ["GBP"],
  intervals: ["month", "quarter"],
  minimum_minor: 100,
  maximum_minor: 1_000_000,
  suggestions: { once: [1000, 2500], monthly: [500] },
  funds: [
    { code: "general", name: "General", purpose: "" },
    { code: "winter-warmth", name: "Winter Warmth", purpose: "" },
  ],
  collection_days: [1, 15],
} as unknown as Giving;
const worldly = { ...giving, currencies: ["GBP", "JPY"] };
const empty = formEmpty(giving, 15);

function storeMake(): TabStore {
  const held = new Map<string, string>();
  return {
    getItem: (name) => held.get(name) ?? null,
    setItem: (name, text) => void held.set(name, text),
    removeItem: (name) => void held.delete(name),
  };
}

describe("a link to the giving page", () => {
  it.each([
    [{ amount: "2500" }, { choice: "2500" }],
    [{ amount: "500" }, { choice: "other", own: "5" }],
    [
      { amount: "500", kind: "monthly" },
      { kind: "monthly", choice: "500" },
    ],
    [{ amount: "1234" }, { choice: "other", own: "12.34" }],
    [{ amount: "100000" }, { choice: "other", own: "1000" }],
    [{ kind: "once" }, { kind: "one_off" }],
    [
      { amount: "2500", kind: "monthly", interval: "quarter" },
      { kind: "monthly", interval: "quarter", choice: "2500" },
    ],
    [
      { fund: "winter-warmth", campaign: "xmas_26" },
      { fund: "winter-warmth", campaign: "xmas_26" },
    ],
  ])("chooses %o", (query, chosen) => {
    expect(prefillRead(query, giving)).toEqual(chosen);
  });

  it("names an amount's currency where there are several", () => {
    const yen = prefillRead({ amount: "1234", currency: "JPY" }, worldly);
    expect(yen).toEqual({ currency: "JPY", choice: "other", own: "1234" });
    expect(prefillRead({ amount: "2500" }, worldly)).toEqual({ currency: "GBP", choice: "2500" });
    expect(prefillRead({ fund: "general" }, worldly)).toEqual({ fund: "general" });
  });

  it.each([
    { amount: "99" },
    { amount: "1000001" },
    { amount: "25.00" },
    { amount: "-2500" },
    { amount: "1e3" },
    { amount: ["2500", "1000"] },
    { kind: "weekly" },
    { interval: "quarter" },
    { amount: "2500", currency: "EUR" },
    { fund: "closed" },
    { campaign: "<script>" },
    { campaign: "x".repeat(41) },
    {},
  ])("ignores %o", (query) => {
    expect(prefillRead(query, giving)).toEqual({});
  });
});

describe("a draft and a link", () => {
  const prefill = prefillRead({ amount: "500", kind: "monthly", campaign: "xmas" }, giving);

  it("fills an empty form, and ticks nothing else", () => {
    const form = draftRead(storeMake(), empty, giving, prefill);
    expect(form).toMatchObject({ kind: "monthly", choice: "500", campaign: "xmas" });
    expect([form.coversFee, form.anonymous, form.fund]).toEqual([false, false, "general"]);
  });

  it("keeps what was typed, and a reload keeps what was chosen since", () => {
    const store = storeMake();
    draftKeep(store, { ...empty, choice: "2500", name: "Ben Okafor" });
    const filled = draftRead(store, empty, giving, prefill);
    expect(filled).toMatchObject({ name: "Ben Okafor", kind: "monthly", choice: "500" });
    draftKeep(store, { ...filled, choice: "other", own: "7" });
    expect(draftRead(store, empty, giving, prefill)).toMatchObject({ choice: "other", own: "7" });
  });

  it("takes another link's choices over the draft", () => {
    const store = storeMake();
    draftKeep(store, prefillApply(empty, prefill));
    const other = prefillRead({ kind: "one_off" }, giving);
    expect(draftRead(store, empty, giving, other)).toMatchObject({ kind: "one_off", choice: "" });
    expect(draftRead(store, empty, giving)).toMatchObject({ kind: "monthly", choice: "500" });
  });

  it("leads a quarterly draft to monthly, without the amount that was offered for it", () => {
    const quarterly = { ...empty, kind: "monthly", interval: "quarter", choice: "2500" } as const;
    const link = prefillRead({ kind: "monthly" }, giving);
    expect(prefillApply(quarterly, link)).toMatchObject({ interval: "month", choice: "" });
  });

  it("sends the appeal, and another appeal is another gift", () => {
    const form = { ...empty, choice: "2500", name: "Ben", email: "ben@example.org" };
    const sent = formRequest({ ...form, campaign: "xmas" }, "en");
    expect(sent.campaign).toBe("xmas");
    expect(detailsMark(sent)).not.toBe(detailsMark(formRequest(form, "en")));
  });
});
