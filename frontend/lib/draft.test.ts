import { beforeEach, describe, expect, it } from "vitest";
import type { Giving } from "./api/types";
import { draftClear, draftKeep, draftRead } from "./draft";
import { formEmpty } from "./giftForm";
import type { TabStore } from "./tabStore";

const giving = {
  currency: "GBP",
  currencies: ["GBP"],
  intervals: ["month", "quarter"],
  suggestions: { once: [1000, 2500], monthly: [500] },
  funds: [{ code: "general", name: "General", purpose: "" }],
  collection_days: [1, 15],
} as unknown as Giving;
const empty = formEmpty(giving, 15);
let store: TabStore;

beforeEach(() => {
  const held = new Map<string, string>();
  store = {
    getItem: (name) => held.get(name) ?? null,
    setItem: (name, text) => void held.set(name, text),
    removeItem: (name) => void held.delete(name),
  };
});

describe("what was typed", () => {
  it("comes back", () => {
    const form = { ...empty, choice: "2500", name: "Ben Okafor", message: "For Nan" };
    draftKeep(store, form);
    expect(draftRead(store, empty, giving)).toEqual(form);
  });

  it("is forgotten after the gift", () => {
    draftKeep(store, { ...empty, name: "Ben Okafor" });
    draftClear(store);
    expect(draftRead(store, empty, giving)).toBe(empty);
  });

  it.each([
    ["an amount that is no longer offered", { choice: "9900" }],
    ["a fund that has closed", { fund: "closed" }],
    ["a rhythm that is no longer offered", { interval: "week" }],
    ["a currency that is no longer taken", { currency: "JPY" }],
    ["a value of another kind", { day: "15" }],
  ])("is dropped when it holds %s", (_, change) => {
    store.setItem("domaap.draft", JSON.stringify({ ...empty, ...change }));
    expect(draftRead(store, empty, giving)).toBe(empty);
  });

  it("is dropped when it cannot be read", () => {
    store.setItem("domaap.draft", "{");
    expect(draftRead(store, empty, giving)).toBe(empty);
  });
});
