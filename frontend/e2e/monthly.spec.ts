import { expect, test } from "@playwright/test";
import {
  ASKS_3DS,
  expectMails,
  expectThanks,
  fillCard,
  fillGift,
  give,
  giver,
  openForm,
  PAYS,
} from "./giving";

test("a donor gives £10 a month and stops it by the link in the receipt", async ({ page }) => {
  const amina = giver("Amina Yusuf");
  await openForm(page);
  await page.getByRole("radio", { name: "Give monthly" }).check();
  await fillGift(page, amina, "£10");
  await page.getByLabel("Collection day").selectOption({ label: "The 15th of each month" });
  await fillCard(page, PAYS);
  await give(page);
  await expectThanks(page, amina, "£10");
  await expect(page.getByText(/Your next gift will be collected on .*15/)).toBeVisible();
  const mails = await expectMails(page, amina, 1);
  await mails.getByRole("link").click();
  const stop = page.locator("pre").getByRole("link", { name: /\/giving\/stop\// });
  await page.goto((await stop.getAttribute("href")) ?? "");
  await page.getByRole("button", { name: /stop/i }).click();
  await expect(page.getByRole("heading", { name: /stopped/i })).toBeVisible();
});

test("a monthly gift with 3-D Secure is taken after the donor's yes", async ({ page }) => {
  const amina = giver("Amina Yusuf");
  await openForm(page);
  await page.getByRole("radio", { name: "Give monthly" }).check();
  await fillGift(page, amina, "£10");
  await fillCard(page, ASKS_3DS);
  await give(page);
  await page.getByRole("button", { name: "Complete authentication" }).click();
  await expectThanks(page, amina, "£10");
  await expectMails(page, amina, 1);
});
