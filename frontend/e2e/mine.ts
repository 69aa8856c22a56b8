/** The steps that the walks through the donor's own page share. */
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import {
  expectThanks,
  fillCard,
  fillGift,
  type Giver,
  give,
  giver,
  openForm,
  PAYS,
} from "./giving";

/** A donor with a gift of £10 every month, just begun. */
export async function monthly(page: Page): Promise<Giver> {
  const amina = giver("Amina Yusuf");
  await openForm(page);
  await page.getByRole("radio", { name: "Give monthly" }).check();
  await fillGift(page, amina, "£10");
  await fillCard(page, PAYS);
  await give(page);
  await expectThanks(page, amina, "£10");
  return amina;
}

/** The newest e-mail to a donor whose link begins so; the address that it leads to. */
export async function mailed(page: Page, who: Giver, path: RegExp): Promise<string> {
  const mails = page.getByRole("listitem").filter({ hasText: who.email });
  let found = "";
  await expect(async () => {
    await page.goto("/mailbox/");
    for (const mail of await mails.getByRole("link").all()) {
      const href = (await mail.getAttribute("href")) ?? "";
      const text = await (await page.request.get(href)).text();
      found = path.exec(text)?.[0] ?? "";
      if (found) return;
    }
    throw new Error("It is not there yet.");
  }).toPass();
  return found;
}

export async function signIn(page: Page, who: Giver) {
  await page.goto("/my-giving");
  await page.getByLabel("E-mail").fill(who.email);
  await page.getByRole("button", { name: "Send me a link" }).click();
  await expect(page.getByRole("heading", { name: "Look in your e-mail" })).toBeFocused();
  await page.goto(await mailed(page, who, /\/my-giving\/in\/[\w.-]+/));
  await expect(page.getByRole("heading", { name: "My giving" })).toBeVisible();
}

export async function expectAccessible(page: Page) {
  const found = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  expect(found.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(wide, "pixels of horizontal scroll").toBe(0);
}

/** What a real Stripe does by itself, asked of the simulator; the plan is the donor's only one. */
export async function simulator(page: Page, who: Giver) {
  const giving = await (await page.request.get("/api/giving/")).json();
  const origin = new URL(giving.stripe.script_url).origin;
  const headers = { Authorization: "Bearer sk_test_walk" };
  const first = async (path: string) =>
    (await (await page.request.get(`${origin}/v1/${path}`, { headers })).json()).data[0];
  const customer = await first(`customers?email=${who.email}`);
  const plan = await first(`subscriptions?customer=${customer.id}`);
  const order = (path: string, data: object) =>
    page.request.post(`${origin}/_sim/${path}`, { data }).then((answer) => expect(answer).toBeOK());
  const now = Math.floor(Date.now() / 1000);
  const method = `payment_methods/${plan.default_payment_method}/refuses`;
  return {
    /** The bank says no from now on, for this reason. */
    refuse: (code: string) =>
      order(method, { spans: [{ from: now - 60, until: now + 86_400, code }] }),
    accept: () => order(method, { spans: [] }),
    /** The next gift is due now. */
    bill: () => order(`subscriptions/${plan.id}/bill`, {}),
  };
}
