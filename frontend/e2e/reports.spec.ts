import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { staffSignIn } from "./giving";

test.use({ viewport: { width: 1280, height: 800 } });

test("staff run a report, take it at once, and take a long one when the worker has made it", async ({
  page,
}) => {
  await staffSignIn(page);
  await page.goto("/admin/reports/");
  await page.getByRole("link", { name: "Donations", exact: true }).click();
  await page.getByLabel("Period").selectOption({ label: "This calendar year" });
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.getByRole("heading", { name: "By fund" })).toBeVisible();
  const short = page.waitForEvent("download");
  await page.getByRole("button", { name: "PDF", exact: true }).click();
  expect((await short).suggestedFilename()).toMatch(/^giving-.*\.pdf$/);

  await page.goto("/admin/reports/receipts/?period=this_year");
  await expect(page.getByText("No number is missing")).toBeVisible();
  await page.getByRole("button", { name: "Excel", exact: true }).click();
  await expect(page).toHaveURL(/\/admin\/reports\/files\/[0-9A-Z]+\/$/);
  const link = page.getByRole("link", { name: /^Download receipts-.*\.xlsx$/ });
  await expect(link).toBeVisible({ timeout: 20_000 });
  const made = page.waitForEvent("download");
  await link.click();
  const path = await (await made).path();
  expect((await readFile(path)).subarray(0, 2).toString()).toBe("PK");

  await page.goto("/admin/reports/files/");
  await expect(page.getByText("Ready").first()).toBeVisible();
});
