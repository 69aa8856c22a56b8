import { expect, type Page, test } from "@playwright/test";
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

async function filled(page: Page, name: string) {
  const who = giver(name);
  await openForm(page);
  await fillGift(page, who, "£25");
  await fillCard(page, PAYS);
  return who;
}

test("a double click charges once", async ({ page }) => {
  const ben = await filled(page, "Ben Okafor");
  await page.getByRole("button", { name: /^Give/ }).dblclick();
  await expectThanks(page, ben, "£25");
  await expectMails(page, ben, 1);
});

test("an answer lost on the way is asked for again and charges once", async ({ page }) => {
  const ben = await filled(page, "Ben Okafor");
  let lost = 0;
  await page.route("**/api/stripe/payment-intent/", async (route) => {
    if (lost++ > 0) return route.continue();
    await route.fetch();
    await route.abort("connectionreset");
  });
  await give(page);
  await expect(page.getByText("you will not be charged twice")).toBeVisible();
  await give(page);
  await expectThanks(page, ben, "£25");
  expect(lost).toBe(2);
  await expectMails(page, ben, 1);
});

test("the back button and a second press after success never charge twice", async ({ page }) => {
  const ben = await filled(page, "Ben Okafor");
  await page.route("**/api/donations/*/", (route) => route.abort());
  await give(page);
  await expect(page.getByRole("heading", { name: "Your gift is being confirmed" })).toBeVisible();
  await page.unroute("**/api/donations/*/");
  await page.goBack();
  await expect(page.getByRole("radio", { name: "£25" })).toBeChecked();
  await expect(page.getByRole("button", { name: /^Give/ })).toHaveText("Give £25");
  await fillCard(page, PAYS);
  await give(page);
  await expectThanks(page, ben, "£25");
  await expectMails(page, ben, 1);
});

test("a reload keeps what was typed, but never the card", async ({ page }) => {
  const ben = await filled(page, "Ben Okafor");
  await page.getByText("Add a message or an address").click();
  await page.getByLabel("Message (optional)").fill("For Nan");
  await page.reload();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(ben.name);
  await expect(page.getByLabel("Message (optional)")).toHaveValue("For Nan");
  await expect(page.getByRole("button", { name: /^Give/ })).toHaveText("Give £25");
  await expect(page.getByLabel("Card number")).toHaveValue("");
});

test("two tabs with the same gift charge once", async ({ context, page }) => {
  const ben = await filled(page, "Ben Okafor");
  const other = await context.newPage();
  await openForm(other);
  await fillGift(other, ben, "£25");
  await fillCard(other, PAYS);
  await Promise.all([give(page), give(other)]);
  await expect(page).toHaveURL(/\/thanks\//);
  await expect(other).toHaveURL(/\/thanks\//);
  expect(new URL(other.url()).pathname).toBe(new URL(page.url()).pathname);
  await expectMails(page, ben, 1);
});
