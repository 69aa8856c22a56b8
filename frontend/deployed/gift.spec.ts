import { expect, test } from "@playwright/test";
import { expectThanks, fillCard, fillGift, give, openForm, PAYS } from "../e2e/giving";

test("a donor gives £25 over HTTPS and is thanked, and the browser has nothing to complain of", async ({
  page,
}) => {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  const ben = { name: "Ben Okafor", email: process.env.GIVER ?? "ben@example.org" };
  await openForm(page);
  expect(new URL(page.url()).protocol).toBe("https:");
  await fillGift(page, ben, "£25");
  await fillCard(page, PAYS);
  await give(page);
  await expectThanks(page, ben, "£25");
  expect(complaints).toEqual([]);
});
