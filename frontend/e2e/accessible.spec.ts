import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { expectThanks, fillCard, fillGift, give, giveOnce, giver, openForm, PAYS } from "./giving";

async function expectAccessible(page: Page) {
  const found = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  expect(found.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

async function expectFits(page: Page) {
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(wide, "pixels of horizontal scroll").toBe(0);
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [320, 390, 1280]) {
    test(`the pages pass axe and fit: ${colorScheme}, ${width} px`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      const siobhan = giver("Siobhán Ní Dhomhnaill-Featherstonehaugh");
      await openForm(page);
      await page.getByText("Add a message or an address").click();
      await expectAccessible(page);
      await expectFits(page);
      await give(page);
      await expect(page.getByRole("alert").filter({ hasText: "problem" })).toBeVisible();
      await expectAccessible(page);
      await expectFits(page);
      await fillGift(page, siobhan, "£25");
      await fillCard(page, PAYS);
      await give(page);
      await expectThanks(page, siobhan, "£25");
      await expectAccessible(page);
      await expectFits(page);
    });
  }
}

test("a gift can be given by the keyboard alone", async ({ page }) => {
  const ben = giver("Ben Okafor");
  await openForm(page);
  const reach = async (target: ReturnType<Page["getByLabel"]>) => {
    for (let presses = 0; presses < 40; presses++) {
      if (await target.evaluate((node) => node === document.activeElement)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error("Forty presses of Tab do not reach it.");
  };
  await reach(page.getByRole("radio", { name: "Give once" }));
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowRight");
  await expect(page.locator('input[name="choice"]:checked')).toHaveCount(1);
  const sum = ((await page.getByRole("button", { name: /^Give £/ }).textContent()) ?? "").replace(
    "Give ",
    "",
  );
  await reach(page.getByLabel("Name", { exact: true }));
  await page.keyboard.type(ben.name);
  await page.keyboard.press("Tab");
  await page.keyboard.type(ben.email);
  await reach(page.getByLabel("Card number"));
  await page.keyboard.type("4242424242424242");
  await page.keyboard.press("Tab");
  await page.keyboard.type("1234");
  await page.keyboard.press("Tab");
  await page.keyboard.type("123");
  await page.keyboard.press("Enter");
  await expectThanks(page, ben, sum);
});

test("no page asks for anything that is missing, nor breaks its own policy", async ({ page }) => {
  const broken: string[] = [];
  page.on("response", (answer) => {
    if (answer.status() >= 400) broken.push(`${answer.status()} ${answer.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error") broken.push(message.text());
  });
  page.on("pageerror", (error) => broken.push(error.message));
  const ben = giver("Ben Okafor");
  await giveOnce(page, ben, "£25");
  expect(broken).toEqual([]);
});
