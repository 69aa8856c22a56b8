import { defineConfig } from "@playwright/test";

/**
 * Walks through the running product, as a person would take them. `make test` starts the product
 * and tells BASE_URL and CHROMIUM; by hand: `make run`, then
 * `BASE_URL=http://localhost:3000 npx playwright test`.
 */
export default defineConfig({
  testDir: "e2e",
  fullyParallel: true,
  workers: 2,
  forbidOnly: Boolean(process.env.CI),
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  outputDir: "test-results",
  use: {
    baseURL: process.env.BASE_URL ?? "http://localhost:3000",
    viewport: { width: 390, height: 844 },
    locale: "en-GB",
    timezoneId: "Europe/London",
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: {
      ...(process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM } : {}),
      // Chromium's sandbox needs rights that a container's root has not.
      args: ["--no-sandbox", "--disable-gpu"],
    },
  },
});
