/** Money in whole minor units (2500 is £25.00). Integers only: no float ever holds an amount. */
import { type Language, languageTags } from "./languages";

export type MinorUnits = number;

const DIGITS = 2;
const SYMBOLS: Record<string, string> = { GBP: "£" };
const AMOUNT = /^(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(\d{1,2}))?$/;

/** Reads what people type ("25", "25.00", "£25", "1,000"); null when it is not clearly an amount. */
export function moneyParse(text: string, currency = "GBP"): MinorUnits | null {
  const symbol = SYMBOLS[currency] ?? "";
  let bare = text.replace(/\s/g, "");
  if (symbol && bare.startsWith(symbol)) bare = bare.slice(symbol.length);
  const match = AMOUNT.exec(bare);
  if (!match?.[1]) return null;
  const whole = match[1].replaceAll(",", "");
  const part = (match[2] ?? "").padEnd(DIGITS, "0");
  const minor = Number.parseInt(whole + part, 10);
  return Number.isSafeInteger(minor) ? minor : null;
}

/** What is written before an amount in this currency. */
export function currencySign(currency: string): string {
  return SYMBOLS[currency] ?? currency;
}

/** "£10", "£10.50", "£1,234,567.89": pence only where there are some. */
export function moneyFormat(
  minor: MinorUnits,
  currency = "GBP",
  language: Language = "en",
): string {
  if (!Number.isSafeInteger(minor)) throw new RangeError("an amount is whole minor units");
  const digits = String(Math.abs(minor)).padStart(DIGITS + 1, "0");
  // A decimal text, which Intl reads exactly: no float in between.
  const exact = `${minor < 0 ? "-" : ""}${digits.slice(0, -DIGITS)}.${digits.slice(-DIGITS)}`;
  const format = new Intl.NumberFormat(languageTags(language), {
    style: "currency",
    currency,
    trailingZeroDisplay: "stripIfInteger",
  });
  return format.format(exact as Intl.StringNumericLiteral).replace("-", "−");
}

export type FeeRule = { percent_basis_points: number; fixed_minor: number };

/** The fee to add so that the whole amount arrives: ceil((amount + fixed) / (1 - percent)) - amount. */
export function feeCover(amount: MinorUnits, fee: FeeRule): MinorUnits {
  const share = 10_000n - BigInt(fee.percent_basis_points);
  if (share <= 0n) throw new RangeError("a fee is less than the whole gift");
  const scaled = (BigInt(amount) + BigInt(fee.fixed_minor)) * 10_000n;
  const total = (scaled + share - 1n) / share;
  return Number(total) - amount;
}
