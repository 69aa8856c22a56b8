import type { NextConfig } from "next";

const config: NextConfig = {
  output: "standalone",
  outputFileTracingRoot: import.meta.dirname,
  poweredByHeader: false,
  // Django's addresses end in a slash: a redirect here would lose the body of a POST.
  skipTrailingSlashRedirect: true,
};

export default config;
