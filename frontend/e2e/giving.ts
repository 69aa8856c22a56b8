/** The steps that the walks share: what a donor does, and what they and staff then see. */
import { randomBytes } from "node:crypto";
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

export async function staffSignIn(page: Page) {
  const password = process.env.DEMO_PASSWORD;
  if (!password) throw new Error("DEMO_PASSWORD is not set: it stands in var/embedded.env.");
  await page.goto("/admin/");
  await page.getByLabel(/e-?mail|username/i).fill("staff@example.org");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: /log in|sign in/i }).click();
  await expect(page).toHaveURL(/\/admin\/$/);
}
