import { describe, expect, it } from "vitest";
import {
  detailsMark,
  type KeyStore,
  keyClear,
  keyForSubmit,
  keyOpen,
  keyRenew,
} from "./idempotency";

function store(): KeyStore {
  const kept = new Map<string, string>();
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, text) => void kept.set(name, text),
    removeItem: (name) => void kept.delete(name),
  };
}

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

describe("the key of a gift", () => {
  it("has a form that the API takes", () => {
    expect(keyOpen(store(), NOW)).toMatch(/^[A-Za-z0-9_-]{16,64}$/);
  });

  it("is the same after a reload and in a second tab", () => {
    const shared = store();
    expect(keyOpen(shared, NOW + HOUR - 1)).not.toBe("");
    expect(keyOpen(shared, NOW + HOUR)).toBe(keyOpen(shared, NOW + HOUR));
  });

  it("is the same for a double click and for another card", () => {
    const shared = store();
    const opened = keyOpen(shared, NOW);
    expect(keyForSubmit(shared, "a", NOW)).toBe(opened);
    expect(keyForSubmit(shared, "a", NOW + 1)).toBe(opened);
  });

  it("changes when the details changed after a submit", () => {
    const shared = store();
    const first = keyForSubmit(shared, "a", NOW);
    const second = keyForSubmit(shared, "b", NOW);
    expect(second).not.toBe(first);
    expect(keyForSubmit(shared, "b", NOW)).toBe(second);
  });

  it("is not used when it is an hour old", () => {
    const shared = store();
    const first = keyOpen(shared, NOW);
    expect(keyOpen(shared, NOW + HOUR)).not.toBe(first);
  });

  it("is renewed on request and forgotten after success", () => {
    const shared = store();
    const first = keyOpen(shared, NOW);
    const second = keyRenew(shared, NOW);
    expect(second).not.toBe(first);
    keyClear(shared);
    expect(keyOpen(shared, NOW)).not.toBe(second);
  });

  it("survives a broken store", () => {
    const shared = store();
    shared.setItem("domaap.gift-key", "{not json");
    expect(keyOpen(shared, NOW)).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe("the mark of the details", () => {
  it("differs for different details and keeps no name", () => {
    const mark = detailsMark({ name: "Ada Lovelace", amount: 1000 });
    expect(mark).not.toBe(detailsMark({ name: "Ada Lovelace", amount: 1001 }));
    expect(mark).not.toContain("Ada");
  });
});
