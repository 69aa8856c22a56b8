import type { NextConfig } from "next";
import createNextIntlPlugin from "next-intl/plugin";

const config: NextConfig = {
  output: "standalone",
  outputFileTracingRoot: import.meta.dirname,
  poweredByHeader: false,
  // Django's addresses end in a slash: a redirect here would lose the body of a POST.
  skipTrailingSlashRedirect: true,
};

const withWords = createNextIntlPlugin({
  requestConfig: "./i18n/request.ts",
  experimental: {
    // Messages are parsed while building, so no page carries a parser.
    messages: { path: "./messages", format: "json", locales: "infer", precompile: true },
  },
});

export default withWords(config);
