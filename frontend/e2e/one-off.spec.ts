import { expect, test } from "@playwright/test";
import {
  ASKS_3DS,
  DECLINED,
  expectMails,
  expectThanks,
  fillCard,
  fillGift,
  give,
  giveOnce,
  giver,
  openForm,
  PAYS,
} from "./giving";

test("a donor gives £25 once, is thanked by name and gets one receipt", async ({ page }) => {
  const ben = giver("Ben Okafor");
  const reference = await giveOnce(page, ben, "£25");
  const mails = await expectMails(page, ben, 1);
  await mails.getByRole("link").click();
  const receipt = page.getByRole("link", { name: /^receipt-.*\.pdf$/ });
  const file = await page.request.get((await receipt.getAttribute("href")) ?? "");
  expect(file.headers()["content-type"]).toBe("application/pdf");
  expect((await file.body()).subarray(0, 5).toString()).toBe("%PDF-");
  await page.goto(`/thanks/${reference}`);
  await expectThanks(page, ben, "£25");
});

test("an own amount with the fee covered is charged to the penny", async ({ page }) => {
  const ben = giver("Ben Okafor");
  await openForm(page);
  await fillGift(page, ben, "Other");
  await page.getByLabel("Your amount, in pounds").fill("12.34");
  const cover = page.getByRole("checkbox", { name: /cover the card fee/ });
  await cover.check();
  const button = page.getByRole("button", { name: /^Give £/ });
  const total = ((await button.textContent()) ?? "").replace("Give ", "");
  expect(total).not.toBe("£12.34");
  await fillCard(page, PAYS);
  await give(page);
  await expectThanks(page, ben, total);
});

test("a declined card is told in clear words, and another card works on the same page", async ({
  page,
}) => {
  const ben = giver("Ben Okafor");
  await openForm(page);
  await fillGift(page, ben, "£25");
  await fillCard(page, DECLINED);
  await give(page);
  await expect(page.getByRole("alert").filter({ hasText: "There is a problem" })).toContainText(
    "Your bank declined the card. You have not been charged.",
  );
  await expect(page).toHaveURL(/\/donate$/);
  await fillCard(page, PAYS);
  await give(page);
  await expectThanks(page, ben, "£25");
  await expectMails(page, ben, 1);
});

test("the bank asks by 3-D Secure and the donor says yes", async ({ page }) => {
  const ben = giver("Ben Okafor");
  await openForm(page);
  await fillGift(page, ben, "£25");
  await fillCard(page, ASKS_3DS);
  await give(page);
  const bank = page.getByRole("dialog");
  await expect(bank).toContainText("is it you?");
  await bank.getByRole("button", { name: "Complete authentication" }).click();
  await expectThanks(page, ben, "£25");
  await expectMails(page, ben, 1);
});

test("the donor fails 3-D Secure: nothing is charged, and they can try again", async ({ page }) => {
  const ben = giver("Ben Okafor");
  await openForm(page);
  await fillGift(page, ben, "£25");
  await fillCard(page, ASKS_3DS);
  await give(page);
  await page.getByRole("button", { name: "Fail authentication" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "There is a problem" })).toContainText(
    "You have not been charged.",
  );
  await fillCard(page, PAYS);
  await give(page);
  await expectThanks(page, ben, "£25");
});

test("mistakes are named in place, and the first is one key away", async ({ page }) => {
  await openForm(page);
  await give(page);
  const summary = page.getByRole("alert").filter({ hasText: "There is a problem" });
  await expect(summary).toBeFocused();
  await expect(page).toHaveTitle(/^Error:/);
  await summary.getByRole("link").last().click();
  await expect(page.getByLabel("E-mail")).toBeFocused();
  await expect(page.getByLabel("E-mail")).toHaveAttribute("aria-invalid", "true");
});

test("a gift that nobody knows is not thanked for", async ({ page }) => {
  await page.goto("/thanks/dom_nothing");
  await expect(page.getByRole("heading", { name: "We did not find this gift" })).toBeVisible();
});
