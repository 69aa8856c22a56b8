import { describe, expect, it } from "vitest";
import { embeddersOf, policyMake } from "./policy";

function directive(policy: string, name: string): string[] {
  const found = policy.split("; ").find((line) => line.startsWith(`${name} `));
  return found?.split(" ").slice(1) ?? [];
}

describe("the policy of the donor's pages", () => {
  const policy = policyMake({ nonce: "abc" });

  it("lets no script run without the nonce, and evaluates no text", () => {
    const sources = directive(policy, "script-src");
    expect(sources).toContain("'nonce-abc'");
    expect(sources).toContain("'strict-dynamic'");
    expect(sources).not.toContain("'unsafe-inline'");
    expect(sources).not.toContain("'unsafe-eval'");
  });

  it("lets no style element in without the nonce", () => {
    expect(directive(policy, "style-src")).toEqual(["'self'", "'nonce-abc'"]);
  });

  it("knows Stripe and no simulator when there is none", () => {
    expect(directive(policy, "connect-src")).toEqual([
      "'self'",
      "https://js.stripe.com",
      "https://*.js.stripe.com",
      "https://api.stripe.com",
    ]);
    expect(policy).not.toContain("127.0.0.1");
  });

  it("lets the simulator answer where it runs", () => {
    const simulator = "http://127.0.0.1:12111";
    const local = policyMake({ nonce: "abc", simulator });
    expect(directive(local, "connect-src")).toContain(simulator);
    expect(directive(local, "script-src")).toContain(simulator);
  });

  it("evaluates text in development alone, where React needs it", () => {
    const local = policyMake({ nonce: "abc", isDevelopment: true });
    expect(directive(local, "script-src")).toContain("'unsafe-eval'");
  });

  it("is shown within no other site, unless the charity names it, and then the giving pages alone", () => {
    expect(directive(policy, "frame-ancestors")).toEqual(["'none'"]);
    const origins = "https://www.riverbank.org,https://appeal.riverbank.org";
    const framed = (path: string) =>
      directive(
        policyMake({ nonce: "abc", embedders: embeddersOf(path, origins) }),
        "frame-ancestors",
      );
    const named = ["'self'", "https://www.riverbank.org", "https://appeal.riverbank.org"];
    expect(framed("/donate")).toEqual(named);
    expect(framed("/thanks/ABC")).toEqual(named);
    expect(framed("/my-giving")).toEqual(["'none'"]);
    expect(framed("/donated")).toEqual(["'none'"]);
  });
});
