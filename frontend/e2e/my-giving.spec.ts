import { expect, type Page, test } from "@playwright/test";
import { ASKS_3DS, fillCard } from "./giving";
import { expectAccessible, mailed, monthly, signIn } from "./mine";

test("a donor signs in by a link, changes the amount, leaves one out, pauses, and takes another card", async ({
  page,
}) => {
  const amina = await monthly(page);
  await signIn(page, amina);
  await expectAccessible(page);
  const coming = page.getByRole("list", { name: "The next 12 gifts" }).getByRole("listitem");
  await expect(coming).toHaveCount(12);

  await page.getByRole("button", { name: "Change amount" }).click();
  await expect(page.getByRole("heading", { name: "Another amount" })).toBeFocused();
  await page.getByLabel("New amount").fill("7.50");
  await page.getByRole("button", { name: "Change amount" }).click();
  await expect(page.getByText("The amount is changed.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Change amount" })).toBeFocused();
  await expect(coming.first()).toContainText("£7.50");

  await page.getByRole("button", { name: "In memory or honour" }).click();
  await page.getByLabel("In memory or in honour?").selectOption("In honour of");
  await page.getByLabel("Their name").fill("نور الهدى");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Save" }).first().click();
  await expect(page.getByText("It is changed from the next gift on.")).toBeVisible();
  await expect(page.getByText("In honour of نور الهدى")).toBeVisible();

  await page.getByRole("button", { name: "Leave out the next" }).click();
  await page.getByRole("button", { name: "Leave it out" }).click();
  await expect(coming.first()).toContainText("left out");
  await expect(coming).toHaveCount(13);

  await page.getByRole("button", { name: "Pause" }).click();
  await expectAccessible(page);
  const until = new Date(Date.now() + 100 * 86_400_000).toISOString().slice(0, 10);
  await page.getByLabel("Until").fill(until);
  await page.getByRole("button", { name: "Pause my gift" }).click();
  await expect(page.getByText("Your gift is paused.")).toBeVisible();
  await expect(coming.first()).toContainText("paused");

  await page.getByRole("button", { name: "Change card or account" }).click();
  await fillCard(page, ASKS_3DS);
  await page.getByRole("button", { name: "Use this card" }).click();
  await page.getByRole("button", { name: "Complete authentication" }).click();
  await expect(page.getByText("The next gift is taken from this card.")).toBeVisible();
  await expect(page.getByText(/Paid with Visa card ending 3220/)).toBeVisible();
  const receipt = page.getByRole("link", { name: /^Receipt for £10/ });
  const file = await page.request.get((await receipt.getAttribute("href")) ?? "");
  expect(file.headers()["content-type"]).toBe("application/pdf");
});

test("the page works by the keyboard alone, and a link opens once", async ({ page, browser }) => {
  const amina = await monthly(page);
  await page.goto("/my-giving");
  const reach = async (target: ReturnType<Page["getByLabel"]>) => {
    for (let presses = 0; presses < 60; presses++) {
      if (await target.evaluate((node) => node === document.activeElement)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error("Sixty presses of Tab do not reach it.");
  };
  await reach(page.getByLabel("E-mail"));
  await page.keyboard.type(amina.email);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Look in your e-mail" })).toBeFocused();
  const link = await mailed(page, amina, /\/my-giving\/in\/[\w.-]+/);

  // Another browser, a mail scanner's say, opens it: nothing is used up, and a button is asked for.
  const other = await browser.newPage({ baseURL: new URL(page.url()).origin });
  await other.goto(link);
  await expect(other.getByRole("button", { name: "Open my giving" })).toBeVisible();

  await page.goto(link);
  await expect(page.getByRole("heading", { name: "My giving" })).toBeVisible();
  await reach(page.getByRole("button", { name: "Leave out the next" }));
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Leave out the next" })).toBeFocused();
  await page.keyboard.press("Enter");
  await reach(page.getByRole("button", { name: "Leave it out" }));
  await page.keyboard.press("Enter");
  await expect(page.getByText("The next gift is left out.")).toBeVisible();
  await reach(page.getByRole("button", { name: "Stop", exact: true }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Stop this gift?" })).toBeFocused();
  await reach(page.getByRole("button", { name: "Stop my gift" }));
  await page.keyboard.press("Enter");
  await expect(page.getByText("Stopped: nothing more is taken")).toBeVisible();

  await other.getByRole("button", { name: "Open my giving" }).click();
  await expect(
    other.getByRole("heading", { name: "This link opens nothing any more" }),
  ).toBeVisible();
  await other.close();
});

test("a gift is stopped from its receipt in two clicks, with scripts off and no sign-in", async ({
  page,
  browser,
}) => {
  const amina = await monthly(page);
  const link = await mailed(page, amina, /\/giving\/stop\/[^/\s"<]+\//);
  const context = await browser.newContext({
    javaScriptEnabled: false,
    baseURL: new URL(page.url()).origin,
  });
  const plain = await context.newPage();
  await plain.goto(link);
  await plain.getByRole("button", { name: "Stop my gift" }).click();
  await expect(plain.getByRole("heading", { name: /has stopped/ })).toBeVisible();
  await context.close();
});
