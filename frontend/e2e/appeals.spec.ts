import { expect, test } from "@playwright/test";
import { expectMails, giveOnce, giver, staffSignIn } from "./giving";

test.use({ viewport: { width: 1280, height: 800 } });

test("an appeal is written, rehearsed and sent to who said yes, and one press ends appeals", async ({
  page,
}) => {
  const elen = giver("Elen Wyn");
  await giveOnce(page, elen, "£25");

  await staffSignIn(page);
  const found = page.getByRole("link", { name: elen.name });
  await expect(async () => {
    await page.goto(`/admin/donors/?q=${elen.email}`);
    await expect(found.first()).toBeVisible({ timeout: 1000 });
  }).toPass();
  await found.first().click();
  const tag = `Friend ${elen.email.slice(0, 12)}`;
  await page.getByLabel("New tag").fill(tag);
  await page.getByRole("button", { name: "Add tag" }).click();
  await page.getByRole("link", { name: "Write down an answer" }).click();
  await page.getByLabel("Channel").selectOption("email");
  await page.getByLabel("What did the donor say?").selectOption({ label: "Yes" });
  await page.getByLabel("On which basis").selectOption("consent");
  await page.getByLabel("Words shown or read out").fill("May we write to you by e-mail?");
  await page.getByLabel("Where was it said?").selectOption({ index: 1 });
  await page.getByRole("button", { name: "Write it down" }).click();

  await page.goto("/admin/appeal-emails/");
  await page.getByLabel("Its name, for you alone").fill(`Winter, ${tag}`);
  await page.getByRole("button", { name: "Write an appeal" }).click();
  await page.getByRole("link", { name: "Write it in English" }).click();
  await page.getByLabel("Subject").fill("Winter is here");
  await page.getByLabel("First sentence").fill("One room stays warm.");
  await page.getByLabel("What you say").fill("The youth club is open each night.");
  await page.getByRole("button", { name: "Keep these words" }).click();
  await page.getByLabel("Tag").selectOption({ label: tag });
  await page.getByRole("button", { name: "Rehearse" }).click();
  await expect(page.getByRole("row", { name: "E-mails that go" })).toContainText("1");
  await page.getByRole("button", { name: "Send 1 e-mail" }).click();

  await expect(async () => {
    const mails = await expectMails(page, elen, 2);
    await expect(mails.first()).toContainText("Winter is here", { timeout: 500 });
  }).toPass();
  await page.getByRole("link", { name: "Winter is here" }).first().click();
  const words = page.frameLocator("iframe");
  await expect(words.getByText("The youth club is open each night.")).toBeVisible();
  const out = words.getByRole("link", { name: /no more|unsubscribe/i });
  await page.goto((await out.getAttribute("href")) ?? "");
  await page.getByRole("button", { name: "Write no more appeals" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("no more");

  await page.goto(`/admin/donors/?q=${elen.email}`);
  await found.first().click();
  await expect(page.locator("#consents")).toContainText("Not any more");
});
