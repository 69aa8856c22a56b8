import { readFile } from "node:fs/promises";
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { giveOnce, giver, staffSignIn } from "./giving";

test("staff find a donor by a mistyped name, filter the gifts and take them away as a file", async ({
  page,
}) => {
  const dilys = giver("Dilys Featherstonehaugh");
  const reference = await giveOnce(page, dilys, "£25");
  await staffSignIn(page);

  await page.goto("/admin/donors/");
  await page.getByRole("searchbox").fill("Dilsy Fetherstonehaugh");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.getByText("These are names like it.")).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: dilys.email })).toContainText(dilys.name);

  await page.goto("/admin/donations/");
  await page.getByRole("searchbox").fill(dilys.email);
  await page.locator("summary", { hasText: "Filter" }).click();
  await page.getByRole("checkbox", { name: "Paid", exact: true }).check();
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "Status: Paid" })).toBeVisible();
  const row = page.getByRole("row").filter({ hasText: reference });
  await expect(row).toContainText("£25.00");
  for (const menu of ["Filter", "Columns", "Views", "Export"])
    await page.locator("summary", { hasText: menu }).click();
  const found = await new AxeBuilder({ page })
    .include(".table-page")
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  expect(found.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);

  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "CSV file" }).click(),
  ]);
  const lines = (await readFile(await file.path(), "utf8")).trim().split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain(reference);

  await page.getByRole("link", { name: "Remove the filter Status: Paid" }).click();
  await expect(page.getByRole("row").filter({ hasText: reference })).toBeVisible();
  await page.getByRole("link", { name: "Show all" }).click();
  await expect(page.getByText(/donations in all/)).toBeVisible();
});
