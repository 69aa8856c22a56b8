import { expect, test } from "@playwright/test";
import {
  DECLINED,
  expectMails,
  fillCard,
  fillGift,
  give,
  giver,
  openForm,
  staffSignIn,
} from "./giving";

test.use({ viewport: { width: 1280, height: 800 } });

test("staff see why a gift failed, send a link once, and write down what they know of the donor", async ({
  page,
}) => {
  const nia = giver("Nia Appiah");
  await openForm(page);
  await fillGift(page, nia, "£25");
  await fillCard(page, DECLINED);
  await give(page);
  await expect(page.getByText(/declined/i).first()).toBeVisible();

  await staffSignIn(page);
  const row = page.getByRole("row").filter({ hasText: nia.name });
  await expect(async () => {
    await page.goto("/admin/tracker/?stage=failed");
    await expect(row.first()).toBeVisible({ timeout: 1000 });
  }).toPass();
  await expect(row.first()).toContainText("The bank declined and gives no reason");
  await row.first().getByRole("link", { name: nia.name }).click();
  await expect(page.getByText(`One e-mail goes to ${nia.name} (${nia.email})`)).toBeVisible();
  await page.getByRole("button", { name: "Send a link" }).dblclick();
  await expect(page.getByText("leave the donor a day")).toBeVisible();
  const story = page.url();

  await page.getByRole("link", { name: nia.name }).first().click();
  await page.getByLabel("New tag").fill("Called us");
  await page.getByRole("button", { name: "Add tag" }).click();
  await page.getByLabel("New note").fill("Will try with another card.");
  await page.getByRole("button", { name: "Add note" }).click();
  await expect(page.getByText("Will try with another card.")).toBeVisible();
  const deeds = page.getByRole("region", { name: "Who did what" });
  await expect(deeds).toContainText("Tag added by staff@example.org");
  await expect(deeds).toContainText("Note added by staff@example.org");

  const mails = await expectMails(page, nia, 1);
  await expect(mails).toContainText("did not go through");
  await page.goto(story);
  const text = await page.locator(".rows").textContent();
  expect(text?.match(/Link sent/g)).toHaveLength(1);

  await page.goto("/donate?amount=2500&fund=youth-club&kind=one_off&campaign=none");
  await expect(page.getByRole("radio", { name: "£25" })).toBeChecked();
  await expect(page.getByLabel("What is it for?")).toHaveValue("youth-club");
});
