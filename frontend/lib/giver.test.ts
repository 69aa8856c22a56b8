import { describe, expect, it } from "vitest";
import { giverKeep, giverRead } from "./giver";
import type { TabStore } from "./tabStore";

function store(): TabStore {
  const held = new Map<string, string>();
  return {
    getItem: (name) => held.get(name) ?? null,
    setItem: (name, text) => void held.set(name, text),
    removeItem: (name) => void held.delete(name),
  };
}

describe("who gave", () => {
  it("is known for this gift and for no other", () => {
    const kept = store();
    const amina = { name: "Amina Yusuf", email: "amina@example.org" };
    giverKeep(kept, "ABC", amina);
    expect(giverRead(kept, "ABC")).toEqual(amina);
    expect(giverRead(kept, "ABD")).toBeNull();
  });

  it("is known with the person of the tribute", () => {
    const kept = store();
    const tribute = { kind: "memory", name: "Ruth Okafor" } as const;
    const ben = { name: "Ben Okafor", email: "ben@example.org", tribute };
    giverKeep(kept, "ABC", ben);
    expect(giverRead(kept, "ABC")).toEqual(ben);
  });

  it.each(["{", "null", "{}", '{"name":"Amina"}', "7"])("is nobody when the text is %s", (text) => {
    const kept = store();
    kept.setItem("domaap.giver.ABC", text);
    expect(giverRead(kept, "ABC")).toBeNull();
  });
});
