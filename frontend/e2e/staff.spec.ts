import { expect, test } from "@playwright/test";
import { authenticator } from "./authenticator";
import { expectMails, giveOnce, giver, staffSignIn } from "./giving";

test.use({ viewport: { width: 1280, height: 800 } });

test("staff sign in through the site and see the donor, the donation and its receipt", async ({
  page,
}) => {
  const zofia = giver("Zofia Łęcka");
  const reference = await giveOnce(page, zofia, "£50");
  await staffSignIn(page);
  for (const [table, words] of [
    ["donors", zofia.name],
    ["donations", reference],
    ["receipts", zofia.name],
    ["payments", "£50.00"],
    ["events", "payment_intent.succeeded"],
  ] as const) {
    await page.goto(`/admin/${table}/`);
    await expect(page.getByRole("table").getByText(words).first()).toBeVisible();
  }
});

test("a device that is signed out in the list of sessions is out at once", async ({
  page,
  browser,
}) => {
  const lost = await browser.newContext({
    userAgent: "Mozilla/5.0 (Android 16; Mobile) Firefox/150.0",
  });
  const phone = await lost.newPage();
  await staffSignIn(phone);
  await staffSignIn(page);
  await page.goto("/admin/account/");
  const row = page.getByRole("row").filter({ hasText: "Firefox on Android" }).first();
  await expect(page.getByRole("row").filter({ hasText: "This one" })).toHaveCount(1);
  await row.getByRole("button", { name: /Sign out Firefox on Android/ }).click();
  await expect(page.getByText("Firefox on Android is signed out.")).toBeVisible();

  await phone.goto("/admin/account/");
  await expect(phone.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Where you are signed in" })).toBeVisible();
  await lost.close();
});

test("the password alone opens nothing, and a wrong code says so", async ({ page }) => {
  await page.goto("/admin/api/donor/");
  await page.getByLabel("E-mail").fill("staff@example.org");
  await page.getByLabel("Password").fill(process.env.DEMO_PASSWORD ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Second step" })).toBeVisible();
  await page.goto("/admin/api/donor/");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.goto("/admin/login/second-factor/");
  await page.getByLabel("Code").fill("12345");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("That code is not right.");
});

test("a passkey is made and signs in", async ({ page, context }) => {
  await authenticator(page);
  await staffSignIn(page);
  const name = `Laptop ${Date.now()}`;
  await page.goto("/admin/account/passkey/");
  await page.getByLabel("A name for it").fill(name);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await expect(page.getByText(`Passkey “${name}”`)).toBeVisible();
  await context.clearCookies();
  await page.goto("/admin/");
  await page.getByLabel("E-mail").fill("staff@example.org");
  await page.getByLabel("Password").fill(process.env.DEMO_PASSWORD ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Use your passkey" }).click();
  await expect(page).toHaveURL(/\/admin\/$/);
  // The same passkey signs an app in, by the API alone.
  const me = await page.evaluate(async (password) => {
    const send = async (path: string, said: unknown, token = "") => {
      const answer = await fetch(`/api/auth/${path}/`, {
        method: said ? "POST" : "GET",
        headers: {
          "Content-Type": "application/json",
          ...(token && { Authorization: `Bearer ${token}` }),
        },
        credentials: "omit",
        ...(said ? { body: JSON.stringify(said) } : {}),
      });
      return answer.json();
    };
    const { ticket } = await send("sign-in", { email: "staff@example.org", password });
    const { ceremony, options } = await send("passkey/begin", { ticket });
    const credential = await navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey),
    });
    const told = (credential as PublicKeyCredential).toJSON();
    const answer = { ticket, ceremony, credential: told, device: "App" };
    const { access_token } = await send("passkey/complete", answer);
    return send("me", null, access_token);
  }, process.env.DEMO_PASSWORD ?? "");
  expect(me.email).toBe("staff@example.org");
  await page.goto("/admin/account/");
  await page.getByRole("button", { name: `Remove the passkey ${name}` }).click();
  await expect(page.getByText(`Passkey “${name}”`)).toHaveCount(0);
});

test("staff give a part of a gift back by hand, after reading what will happen, and see why", async ({
  page,
}) => {
  const ben = giver("Ben Okafor");
  const reference = await giveOnce(page, ben, "£25");
  await expectMails(page, ben, 1);
  await staffSignIn(page);
  await page.goto(`/admin/api/donation/?q=${reference}`);
  await page.getByRole("link", { name: "Why?" }).click();
  await page.getByRole("link", { name: "Refund", exact: true }).click();

  await expect(page.getByLabel("Amount")).toHaveValue("£25.00");
  await page.getByLabel("Amount").fill("26");
  await page.getByLabel("Approved by").selectOption({ label: "staff@example.org" });
  await page.getByRole("button", { name: "See what will happen" }).click();
  await expect(page.getByRole("alert")).toContainText("At most £25.00");

  await page.getByLabel("Amount").fill("10");
  await page.getByLabel("Note").fill("Asked for by phone");
  await page.getByRole("button", { name: "See what will happen" }).click();
  await expect(
    page.getByText("£10.00 of £25.00 goes back to Ben Okafor's Visa card ending 4242."),
  ).toBeVisible();
  await expect(page.getByText("This can't be undone.")).toBeVisible();
  await page.getByRole("button", { name: "Give back £10.00" }).click();
  await expect(page.getByText("£10.00: given back.")).toBeVisible();

  await page.getByRole("link", { name: reference }).click();
  const refunded = page.locator(".figures div").filter({ hasText: "Refunded" });
  await expect(refunded).toContainText("£10.00");
  await expect(
    page.getByText("asked by staff@example.org, approved by staff@example.org"),
  ).toBeVisible();
  await expect(async () => {
    await page.reload();
    const told = page.getByRole("listitem").filter({ hasText: "charge.refunded" });
    await expect(told).toBeVisible({ timeout: 500 });
  }).toPass();
});
