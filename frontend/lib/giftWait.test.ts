import { describe, expect, it } from "vitest";
import { FIRST_WAIT_MS, isLong, isWaiting, waitNext } from "./giftWait";

describe("waiting for a gift", () => {
  it("goes on while Stripe may still say yes or no", () => {
    const all = ["created", "requires_action", "processing", "succeeded", "failed", "cancelled"];
    expect((all as Parameters<typeof isWaiting>[0][]).filter(isWaiting)).toEqual([
      "created",
      "requires_action",
      "processing",
    ]);
  });

  it("asks less and less often, and never stops asking", () => {
    let wait = FIRST_WAIT_MS;
    let spent = 0;
    while (!isLong(wait)) {
      spent += wait;
      wait = waitNext(wait);
    }
    expect(spent).toBeGreaterThan(10_000);
    expect(spent).toBeLessThan(30_000);
    for (let turn = 0; turn < 20; turn += 1) wait = waitNext(wait);
    expect(wait).toBe(15_000);
  });
});
