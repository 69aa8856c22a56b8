import base from "./playwright.config";

/** One walk through the product as the kit deploys it: `make deploy-test` runs it over HTTPS. */
export default {
  ...base,
  testDir: "deployed",
  use: { ...base.use, ignoreHTTPSErrors: true },
};
