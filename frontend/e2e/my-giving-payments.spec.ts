import { expect, test } from "@playwright/test";
import { expectAccessible, mailed, monthly, signIn, simulator } from "./mine";

test("a gift that failed is paid by one button, and one more is given in two clicks", async ({
  page,
}) => {
  const amina = await monthly(page);
  const bank = await simulator(page, amina);
  await bank.refuse("insufficient_funds");
  await bank.bill();
  await signIn(page, amina);
  await expect(async () => {
    await page.reload();
    const failed = page.getByRole("heading", { name: /^£10 of .* did not come$/ });
    await expect(failed).toBeVisible({ timeout: 1000 });
  }).toPass();
  await expectAccessible(page);

  await page.getByRole("button", { name: "Pay £10 now" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "not enough money" })).toBeVisible();
  await bank.accept();
  await page.getByRole("button", { name: "Pay £10 now" }).click();
  await expect(page.getByText("Thank you: the gift has come.")).toBeVisible();
  await expect(page.getByRole("heading", { name: /did not come/ })).toHaveCount(0);

  await page.getByRole("button", { name: "Give once more" }).click();
  await page.getByRole("button", { name: "Give £10 now" }).click();
  await expect(page.getByText("Thank you for £10.")).toBeVisible();
  await expect(async () => {
    await page.reload();
    const receipts = page.getByRole("link", { name: /^Receipt for £10/ });
    await expect(receipts).toHaveCount(3, { timeout: 1000 });
  }).toPass();
});

test("a card becomes a Direct Debit after its words were agreed to, and the notice comes by e-mail", async ({
  page,
}) => {
  const amina = await monthly(page);
  await signIn(page, amina);
  await page.getByRole("button", { name: "Change card or account" }).click();
  await page.getByRole("radio", { name: "Bacs Direct Debit" }).check();
  await page.getByLabel("Name on the account").fill(amina.name);
  await page.getByLabel("Sort code").fill("108800");
  await page.getByLabel("Account number").fill("00012345");
  await page.getByText("The Direct Debit Guarantee").click();
  await expect(page.getByText("full and immediate refund")).toBeVisible();
  await expect(page.getByText(/£10 is next asked for on/)).toBeVisible();
  await expectAccessible(page);

  await page.getByRole("button", { name: "Use this account" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "tick the box" })).toBeVisible();
  await page.getByRole("checkbox", { name: /I am the account holder/ }).check();
  await page.getByRole("button", { name: "Use this account" }).click();
  await expect(page.getByText("Your Direct Debit is set up.")).toBeVisible();
  await expect(page.getByText("Paid with Bacs Direct Debit ending 2345")).toBeVisible();
  await expect(page.getByRole("button", { name: "Give once more" })).toHaveCount(0);
  const notice = /Account number[\s\S]*2345[\s\S]*advance notice of your gifts[\s\S]*Guarantee/;
  await mailed(page, amina, notice);

  await page.goto("/my-giving");
  await page.getByRole("button", { name: "Change card or account" }).click();
  await page.getByRole("radio", { name: "Bacs Direct Debit" }).check();
  await page.getByLabel("Name on the account").fill(amina.name);
  await page.getByLabel("Sort code").fill("10-88-00");
  await page.getByLabel("Account number").fill("22222227");
  await page.getByRole("checkbox", { name: /I am the account holder/ }).check();
  await page.getByRole("button", { name: "Use this account" }).click();
  await expect(page.getByText("Paid with Bacs Direct Debit ending 2227")).toBeVisible();
});
