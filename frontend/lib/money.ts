/** Money in whole minor units (2500 is £25.00). Integers only: no float ever holds an amount. */
import { type Language, languageTags } from "./languages";

export type MinorUnits = number;

/** Digits of Stripe's minor units where they are not two: the same list as the API's (api/money.py). */
const NONE = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" ");
const THREE = "BHD JOD KWD OMR TND".split(" ");
const SYMBOLS: Record<string, string> = { GBP: "£", EUR: "€", USD: "$", JPY: "¥" };
const AMOUNT = /^(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(\d+))?$/;

/** How many digits stand after the point in this currency. */
export function currencyDigits(currency: string): number {
  return NONE.includes(currency) ? 0 : THREE.includes(currency) ? 3 : 2;
}

/** Reads what people type ("25", "25.00", "£25", "1,000"); null when it is not clearly an amount. */
export function moneyParse(text: string, currency = "GBP"): MinorUnits | null {
  const symbol = SYMBOLS[currency] ?? "";
  let bare = text.replace(/\s/g, "");
  if (symbol && bare.startsWith(symbol)) bare = bare.slice(symbol.length);
  const match = AMOUNT.exec(bare);
  if (!match?.[1]) return null;
  const whole = match[1].replaceAll(",", "");
  const digits = currencyDigits(currency);
  const part = (match[2] ?? "").padEnd(digits, "0");
  if (part.length > digits) return null;
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
  const digits = currencyDigits(currency);
  const format = new Intl.NumberFormat(languageTags(language), {
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    trailingZeroDisplay: "stripIfInteger",
  });
  const exact = minorToDecimal(minor, currency);
  return format.format(exact as Intl.StringNumericLiteral).replace("-", "−");
}

/** "10.50" of 1050, "500" of 500 yen: a decimal text, which Intl reads exactly; no float in between. */
export function minorToDecimal(minor: MinorUnits, currency: string): string {
  const digits = currencyDigits(currency);
  const text = String(Math.abs(minor)).padStart(digits + 1, "0");
  const point = text.length - digits;
  const part = digits > 0 ? `.${text.slice(point)}` : "";
  return `${minor < 0 ? "-" : ""}${text.slice(0, point)}${part}`;
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
