import { expect, test } from "@playwright/test";
import { authenticator } from "./authenticator";
import { giveOnce, giver } from "./giving";
import { expectAccessible, signIn } from "./mine";

test("a donor makes a passkey, comes in by it alone, renames and removes it", async ({ page }) => {
  await authenticator(page);
  const ben = giver("Ben Okafor");
  await giveOnce(page, ben, "£25");
  await signIn(page, ben);
  await page.getByText("Passkeys", { exact: true }).click();
  await page.getByLabel("A name for it").fill("My laptop");
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await expect(page.getByText("Your passkey is made.")).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: "My laptop" })).toContainText(
    "Made on",
  );
  await page.getByLabel("Rename the passkey My laptop").click();
  await page.getByLabel("New name").fill("My laptop at work");
  await page.getByRole("button", { name: "Rename", exact: true }).click();
  await expect(page.getByText("The passkey has its new name.")).toBeFocused();
  await expect(page.getByRole("listitem").filter({ hasText: "at work" })).toBeVisible();
  await expectAccessible(page);

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await expect(page.getByText(`Signed in as ${ben.email}`)).toBeVisible();
  await page.getByText("Passkeys", { exact: true }).click();
  await page.getByRole("button", { name: "Remove the passkey My laptop at work" }).click();
  await expect(page.getByText("The passkey is removed")).toBeVisible();

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "opens nothing here" })).toBeVisible();
});
