import { expect, test } from "@playwright/test";
import {
  expectMails,
  expectThanks,
  fillCard,
  fillGift,
  give,
  giver,
  openForm,
  PAYS,
} from "./giving";
import { expectAccessible } from "./mine";

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

test("a donor gives £10 each quarter in memory of somebody, on a phone", async ({ page }) => {
  const amina = giver("Amina Yusuf");
  await openForm(page);
  await expect(page.getByRole("radio", { name: "Give quarterly" })).toHaveCount(0);
  await page.getByRole("button", { name: "Another rhythm" }).tap();
  await page.getByRole("radio", { name: "Give quarterly" }).check();
  await fillGift(page, amina, "£10");
  await page.getByText("Set an end").tap();
  await page.getByRole("radio", { name: "A number of gifts" }).check();
  await page.getByText("Give in memory or in honour of somebody").tap();
  await page.getByRole("radio", { name: "In memory of" }).check();
  await fillCard(page, PAYS);
  await give(page);
  const problems = page.getByRole("alert").filter({ hasText: "There is a problem" });
  await expect(problems).toContainText("Enter how many gifts in all, from 2 to 400");
  await expect(problems).toContainText("Enter the name of the person");
  await expectAccessible(page);
  await page.getByLabel("How many gifts in all").fill("4");
  await page.getByLabel("Their name").fill("Ruth Okafor");
  await page.getByLabel("Words about them").fill("She fed the whole street.");
  await expect(
    page.getByText(/Taken today, then each quarter, 4 gifts in all: next on/),
  ).toBeVisible();
  await expect(page.getByRole("button", { name: /^Give/ })).toHaveText("Give £10 each quarter");
  await give(page);
  await expectThanks(page, amina, "£10");
  await expect(page.getByText("In memory of Ruth Okafor")).toBeVisible();
  await expect(
    page.getByText(/You give each quarter\. Your next gift will be collected/),
  ).toBeVisible();
  await expectAccessible(page);
  const mails = await expectMails(page, amina, 1);
  await mails.getByRole("link").click();
  await expect(page.locator("pre")).toContainText("In memory of: Ruth Okafor");
  await expect(page.locator("pre")).toContainText("Your quarterly gift of £10.00");
});
