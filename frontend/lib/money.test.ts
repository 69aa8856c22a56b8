import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { currencyDigits, feeCover, moneyFormat, moneyParse } from "./money";

describe("an amount that someone types", () => {
  it.each([
    ["25", 2500],
    ["25.00", 2500],
    ["25.5", 2550],
    ["£25", 2500],
    [" £ 25.01 ", 2501],
    ["1,000", 100_000],
    ["1,234,567.89", 123_456_789],
    ["0.29", 29],
  ])("%s is read as %i minor units", (text, minor) => {
    expect(moneyParse(text)).toBe(minor);
  });

  it.each(["", "abc", "-5", "1e3", "25.001", "1,00", "25,50", "£", "2 5x", "$25", "1.", ".5"])(
    "%j is not guessed at",
    (text) => {
      expect(moneyParse(text)).toBeNull();
    },
  );
});

describe("an amount that is shown", () => {
  it.each([
    [1000, "£10"],
    [1050, "£10.50"],
    [5, "£0.05"],
    [123_456_789, "£1,234,567.89"],
    [-2500, "−£25"],
    [100_000, "£1,000"],
  ])("%i is shown as %s", (minor, text) => {
    expect(moneyFormat(minor)).toBe(text);
  });

  it("survives being typed again, for every penny up to £20", () => {
    for (let minor = 0; minor < 2000; minor += 1)
      expect(moneyParse(moneyFormat(minor))).toBe(minor);
  });

  it("refuses part of a penny", () => {
    expect(() => moneyFormat(10.5)).toThrow(RangeError);
  });
});

describe("covering the fee", () => {
  const fee = { percent_basis_points: 150, fixed_minor: 20 };

  it("adds the least that leaves the whole amount", () => {
    for (let amount = 100; amount < 20_000; amount += 7) {
      const total = amount + feeCover(amount, fee);
      expect(total * 9850).toBeGreaterThanOrEqual((amount + 20) * 10_000);
      expect((total - 1) * 9850).toBeLessThan((amount + 20) * 10_000);
    }
  });

  it("is 36p on £10", () => {
    expect(feeCover(1000, fee)).toBe(36);
  });
});

describe("an amount in another language", () => {
  it("is written the same for a Welsh reader, whatever the machine's own language", () => {
    expect(moneyFormat(123_456_789, "GBP", "cy")).toBe("£1,234,567.89");
    expect(moneyFormat(1000, "GBP", "cy")).toBe("£10");
  });

  it("stays exact where a float would not", () => {
    expect(moneyFormat(Number.MAX_SAFE_INTEGER)).toBe("£90,071,992,547,409.91");
  });
});

describe("a currency without two digits", () => {
  it.each([
    ["JPY", "2,500", 2500, "JP¥2,500"],
    ["KWD", "1.5", 1500, "KWD 1.500"],
    ["EUR", "€12.30", 1230, "€12.30"],
  ])("%s: %s is %i minor units and is shown as %s", (currency, typed, minor, shown) => {
    expect(moneyParse(typed, currency)).toBe(minor);
    expect(moneyFormat(minor, currency).replace(/\s/g, " ")).toBe(shown);
  });

  it.each([
    ["JPY", "25.5"],
    ["JPY", "25.00"],
    ["KWD", "1.2345"],
  ])("%s: %s is not guessed at", (currency, typed) => {
    expect(moneyParse(typed, currency)).toBeNull();
  });

  it("is known to the API by the same list", () => {
    const path = fileURLToPath(new URL("../../api/money.py", import.meta.url));
    const lists = [
      ...readFileSync(path, "utf8").matchAll(/^_(?:WHOLE|THOUSANDTHS) = "([A-Z ]+)"$/gm),
    ];
    const [whole = [], thousandths = []] = lists.map(([, codes]) => codes?.split(" "));
    expect([whole.length, thousandths.length]).toEqual([15, 5]);
    for (const code of whole) expect(currencyDigits(code)).toBe(0);
    for (const code of thousandths) expect(currencyDigits(code)).toBe(3);
    for (const code of ["GBP", "ISK", "UGX"]) expect(currencyDigits(code)).toBe(2);
  });
});
