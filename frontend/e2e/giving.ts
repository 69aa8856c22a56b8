/** The steps that the walks share: what a donor does, and what they and staff then see. */
import { createHmac, randomBytes } from "node:crypto";
import { expect, type Page } from "@playwright/test";

export const PAYS = "4242 4242 4242 4242";
export const DECLINED = "4000 0000 0000 0002";
export const ASKS_3DS = "4000 0000 0000 3220";

export type Giver = { name: string; email: string };

/** A donor whom no other test knows, so that a search finds this walk's rows alone. */
export function giver(name: string): Giver {
  return { name, email: `${randomBytes(6).toString("hex")}@example.org` };
}

export async function openForm(page: Page) {
  await page.goto("/donate");
  await expect(page.getByLabel("Card number")).toBeVisible();
}

export async function fillGift(page: Page, who: Giver, amount: RegExp | string) {
  await page.getByRole("radio", { name: amount, exact: true }).check();
  await page.getByLabel("Name", { exact: true }).fill(who.name);
  await page.getByLabel("E-mail").fill(who.email);
}

export async function fillCard(page: Page, number: string) {
  await page.getByLabel("Card number").fill(number);
  await page.getByLabel("Expiry date").fill("12 / 34");
  await page.getByLabel("Security code").fill("123");
}

export async function give(page: Page) {
  await page.getByRole("button", { name: /^Give/ }).click();
}

/** Waits for the truth on the thank-you page; returns the gift's public reference. */
export async function expectThanks(page: Page, who: Giver, amount: string) {
  await expect(page.getByRole("heading", { name: `Thank you, ${who.name}` })).toBeVisible();
  await expect(page.getByText(`You gave ${amount}`)).toBeVisible();
  return new URL(page.url()).pathname.split("/").at(-1) ?? "";
}

/** A gift from the empty form to the thanks; returns its public reference. */
export async function giveOnce(page: Page, who: Giver, amount: string) {
  await openForm(page);
  await fillGift(page, who, amount);
  await fillCard(page, PAYS);
  await give(page);
  return expectThanks(page, who, amount);
}

/** The e-mails kept for a donor, by subject, newest first. Waits until there is one. */
export async function expectMails(page: Page, who: Giver, count: number) {
  const mails = page.getByRole("listitem").filter({ hasText: who.email });
  await expect(async () => {
    await page.goto("/mailbox/");
    await expect(mails).not.toHaveCount(0, { timeout: 500 });
  }).toPass();
  await expect(mails).toHaveCount(count);
  return mails;
}

/** The code that an app for codes shows now (RFC 6238: SHA-1, 30 s, 6 digits). */
export function totpCode(secret: string, at = Date.now()) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replace(/=+$/, "")]
    .map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const start = (hash.at(-1) ?? 0) & 0xf;
  return String((hash.readUInt32BE(start) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** What the environment says; without it the walk can't begin. */
function told(name: string) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: it stands in var/embedded.env.`);
  return value;
}

/** Sign in as the demo member of staff: password, then the code of the second factor. */
export async function staffSignIn(page: Page) {
  await page.goto("/admin/");
  await page.getByLabel("E-mail").fill("staff@example.org");
  await page.getByLabel("Password").fill(told("DEMO_PASSWORD"));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Code").fill(totpCode(told("DEMO_TOTP_SECRET")));
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/admin\/$/);
}
