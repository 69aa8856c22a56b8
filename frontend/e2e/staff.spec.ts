import { expect, test } from "@playwright/test";
import {
  expectThanks,
  fillCard,
  fillGift,
  give,
  giver,
  openForm,
  PAYS,
  staffSignIn,
} from "./giving";

test.use({ viewport: { width: 1280, height: 800 } });

test("staff sign in through the site and see the donor, the donation and its receipt", async ({
  page,
}) => {
  const zofia = giver("Zofia Łęcka");
  await openForm(page);
  await fillGift(page, zofia, "£50");
  await fillCard(page, PAYS);
  await give(page);
  const reference = await expectThanks(page, zofia, "£50");
  await staffSignIn(page);
  for (const [table, words] of [
    ["donor", zofia.name],
    ["donation", reference],
    ["receipt", zofia.name],
    ["payment", "£50.00"],
    ["webhookevent", "payment_intent.succeeded"],
  ] as const) {
    await page.goto(`/admin/api/${table}/`);
    await expect(page.getByRole("table").getByText(words).first()).toBeVisible();
  }
});
